"""What is done to an audio track: its recipe, its command and its steps."""

from dataclasses import dataclass
from fractions import Fraction

from lipready.errors import FixError
from lipready.facts.audio import AudioFacts
from lipready.facts.file import FileFacts
from lipready.facts.plan import Step
from lipready.facts.unmeasured import Unmeasured
from lipready.fixes.aims import aim
from lipready.fixes.choices import Choices
from lipready.fixes.recipe import Input, Listen
from lipready.fixes.source import compile_command, open_input, seconds
from lipready.fixes.span import Part, chosen_part
from lipready.fixes.video_steps import clock
from lipready.fixes.wanted import Wanted
from lipready.profiles.limit import Profile

HIGHEST_RATE = 48_000
_MP3_RATES = (8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000)
_MP3_BITS = 192_000
_WAV_HEADER = 100
_SAMPLE_BYTES = 2


@dataclass(frozen=True, slots=True)
class AudioCase:
    """All that the recipe of an audio track depends on."""

    file: FileFacts
    audio: AudioFacts
    wanted: Wanted
    profile: Profile
    choices: Choices


def audio_recipe(case: AudioCase) -> Listen | None:
    """Decide what is done: write the track as WAV, or as MP3 where WAV would be too large, or nothing (None).

    Raises FixError or UsageError where what the user chose cannot be done.
    """
    part, pad_to = _part(case), _pad_to(case)
    if part is None and pad_to is None and not case.wanted.level("reencode"):
        return None
    rate, channels = min(case.audio.sample_rate, HIGHEST_RATE), min(max(1, case.audio.channels), 2)
    small = _wav_bytes(case, part, rate, channels) <= (aim(case.profile, "A403").maximum or 1 << 32)
    return Listen(
        source=Input(
            path=case.file.path,
            format="" if isinstance(case.file.format, Unmeasured) else case.file.format,
            stream=case.audio.stream_index,
            start=Fraction(0),
            seekable=False,
        ),
        codec="pcm_s16le" if small else "libmp3lame",
        sample_rate=rate if small else min((r for r in _MP3_RATES if r >= rate), default=HIGHEST_RATE),
        channels=channels,
        part=part,
        pad_to=pad_to,
    )


def audio_length(case: AudioCase, recipe: Listen | None) -> Fraction | None:
    """Tell how long the prepared track will be, in seconds; None where that is not known."""
    if recipe is None or (recipe.part is None and recipe.pad_to is None):
        return None if isinstance(case.audio.duration, Unmeasured) else case.audio.duration.believed
    return max(recipe.part.length if recipe.part else Fraction(0), recipe.pad_to or Fraction(0))


def audio_extension(recipe: Listen) -> str:
    """Name the file format that a recipe writes."""
    return "wav" if recipe.codec == "pcm_s16le" else "mp3"


def audio_commands(recipe: Listen, output: str) -> tuple[tuple[str, ...], ...]:
    """Write ffmpeg's arguments: one command."""
    source = open_input(recipe.source)
    stream = source["a:0" if recipe.source.stream is None else str(recipe.source.stream)]
    # Timestamps may begin anywhere; the samples count from zero.
    stream = stream.filter("asetpts", "PTS-STARTPTS")
    if recipe.part is not None:
        begin, end = recipe.part.start, recipe.part.start + recipe.part.length
        stream = stream.filter("atrim", start=seconds(begin), end=seconds(end)).filter("asetpts", "PTS-STARTPTS")
    if recipe.pad_to is not None:
        stream = stream.filter("apad", whole_dur=seconds(recipe.pad_to))
    options = {
        "c:a": recipe.codec,
        "ar": recipe.sample_rate,
        "ac": recipe.channels,
        "map_metadata": -1,
        "map_chapters": -1,
        "fflags": "+bitexact",
        "flags:a": "+bitexact",
        "f": audio_extension(recipe),
    }
    if recipe.codec == "libmp3lame":
        options["b:a"] = _MP3_BITS
    return (compile_command([stream], output, options),)


def audio_steps(case: AudioCase, recipe: Listen) -> tuple[Step, ...]:
    """Name every change."""
    kind = "WAV (16 bits" if recipe.codec == "pcm_s16le" else f"MP3 ({_MP3_BITS // 1000} kbit/s"
    channels = "mono" if recipe.channels == 1 else "stereo"
    text = f"Write the sound as {kind}, {recipe.sample_rate} Hz, {channels})."
    editorial = []
    if recipe.part is not None:
        end = recipe.part.start + recipe.part.length
        editorial.append(case.wanted.step("editorial", f"Keep {clock(recipe.part.start)} to {clock(end)}.", "trim"))
    if recipe.pad_to is not None:
        text_pad = f"Fill it up with silence to {float(recipe.pad_to):.2f} s."
        editorial.append(case.wanted.step("editorial", text_pad, "pad"))
    named = {rule for step in editorial for rule in step.rules}
    rest = tuple(f.rule for f in case.wanted.findings if f.rule not in named and f.fix and f.fix.level != "editorial")
    return (Step("transcode-audio", "reencode", text, rest), *editorial)


def _length(case: AudioCase) -> Fraction:
    if isinstance(case.audio.duration, Unmeasured):
        raise FixError(f"{case.file.path} does not tell how long it is: {case.audio.duration.reason}.")
    return case.audio.duration.believed


def _part(case: AudioCase) -> Part | None:
    span = case.choices.trim_audio
    return None if span is None else chosen_part(span, _length(case), case.file.path, "--trim-audio")


def _pad_to(case: AudioCase) -> Fraction | None:
    """Pad only what is too short, and only where lengthening was asked for."""
    part, minimum = _part(case), aim(case.profile, "A402").minimum
    length = part.length if part else _length(case) if case.choices.extend else None
    short = case.wanted.has("pad") or (part is not None and minimum is not None and part.length < minimum)
    return minimum if case.choices.extend and short and length is not None and minimum and length < minimum else None


def _wav_bytes(case: AudioCase, part: Part | None, rate: int, channels: int) -> Fraction:
    if isinstance(case.audio.duration, Unmeasured) and part is None:
        return Fraction(0)
    length = part.length if part else _length(case)
    return length * rate * channels * _SAMPLE_BYTES + _WAV_HEADER
