"""What is done to an audio track: its recipe, from its facts and the repairs that are wanted."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from math import floor, log10

from lipready.errors import FixError
from lipready.facts.audio import AudioFacts
from lipready.facts.speech import ChannelFault, Level, Span, SpeechFacts
from lipready.facts.unmeasured import Unmeasured
from lipready.repair.recipe import (
    AudioRecipe,
    NoiseReduction,
    Part,
    RepairCase,
    Side,
    aim,
    band,
    chosen_part,
    most_bytes,
)

MP3_BITS = 192_000
"""The bit rate where the sound has to be written as MP3."""

HEARD = ("loudness", "mono", "remove-dc")
"""The repairs of what is heard, which are made as far as they can be."""

_HIGHEST_RATE = 48_000
_MP3_RATES = (8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000)
_WAV_HEADER = 100
_SAMPLE_BYTES = 2


@dataclass(frozen=True, slots=True)
class AudioCase(RepairCase):
    """One audio track that may have to be repaired."""

    audio: AudioFacts

    @property
    def length(self) -> Fraction:
        """Its length in seconds.

        Raises FixError where the file does not tell.
        """
        if isinstance(self.audio.duration, Unmeasured):
            raise FixError(f"{self.file.path} does not tell how long it is: {self.audio.duration.reason}.")
        return self.audio.duration.believed

    @property
    def heard(self) -> SpeechFacts | None:
        """What is heard in it; None where nobody listened."""
        return None if isinstance(self.file.speech, Unmeasured) else self.file.speech

    def speech(self, flag: str) -> SpeechFacts:
        """Return what is heard, for a repair that needs speech.

        Raises FixError where nobody listened, or nobody speaks.
        """
        if isinstance(self.file.speech, Unmeasured):
            raise FixError(f"{flag} needs to hear {self.file.path}: {self.file.speech.reason}.")
        if not self.file.speech.has_speech:
            raise FixError(f"{flag} follows the speech, and no speech is heard in {self.file.path}.")
        return self.file.speech


AIR = Fraction(1, 5)
"""Seconds of silence that stay before the first word and after the last."""

_LEAST = Fraction(1, 10)
"""Silence that is this much longer than the air is worth a cut."""

_PAUSE = Fraction(1, 5)
"""Seconds between two stretches of speech that are surely between two words."""


def chosen(case: AudioCase) -> Part | None:
    """Return what --trim-audio keeps; None is everything.

    "best" keeps everything of a track that is not too long.
    """
    span = case.choices.trim_audio
    if span is None:
        return None
    return _best(case) if span == "best" else chosen_part(span, case.length, case.file.path, "`Choices.trim_audio`")


def kept(case: AudioCase) -> Part | None:
    """Return what --trim-audio and --trim-silence keep together; None is everything."""
    part = chosen(case)
    if not case.choices.trim_silence:
        return part
    room = part or Part(Fraction(0), case.length)
    quieter = _without_silence(case, room)
    return part if quieter == room else quieter


def pad_to(case: AudioCase, part: Part | None) -> Fraction | None:
    """Return the length that what is kept is filled up to: only where it is too short, and that was asked for."""
    if not case.choices.extend:
        return None
    length, minimum = part.length if part else case.length, aim(case.profile, "A402").minimum
    short = part is not None or case.wanted.has("pad")
    return minimum if short and minimum and length < minimum else None


def _best(case: AudioCase) -> Part | None:
    """Keep the first word and all up to the last pause that the provider's maximum has room for.

    Where there is no pause in all that time, the cut is made at the maximum.
    """
    lengths = aim(case.profile, "A402")
    if lengths.maximum is None or case.length <= lengths.maximum:
        return None
    spans = _inside(case.speech("`Choices(trim_audio='best')`").speech, Part(Fraction(0), case.length))
    start = _thousandths(max(Fraction(0), spans[0].start - AIR))
    limit, least = start + lengths.maximum, start + (lengths.minimum or Fraction(0))
    pauses = list(pairwise([*spans, Span(case.length, case.length)]))
    for shortest in (_PAUSE, Fraction(0)):
        # In the middle of a pause, but with no more air than is kept elsewhere.
        middles = (
            _thousandths(min((one.end + other.start) / 2, one.end + AIR))
            for one, other in pauses
            if other.start - one.end >= shortest
        )
        cuts = [cut for cut in middles if least <= cut <= limit]
        if cuts:
            return Part(start, max(cuts) - start)
    return Part(start, min(limit, case.length) - start)


def _without_silence(case: AudioCase, room: Part) -> Part:
    """Cut the silence off both ends of a part, but keep so much of it that the part stays long enough."""
    spans = _inside(case.speech("`Choices.trim_silence`").speech, room)
    if not spans:
        raise FixError(f"`Choices.trim_silence` finds no speech in the part of {case.file.path} that is kept.")
    first, last = _thousandths(spans[0].start - AIR), _thousandths(spans[-1].end + AIR)
    start = first if first - room.start >= _LEAST else room.start
    stop = last if room.end - last >= _LEAST else room.end
    least = aim(case.profile, "A402").minimum or Fraction(0)
    stop = min(room.end, max(stop, start + least))
    start = max(room.start, min(start, stop - least))
    return Part(start, stop - start)


def _inside(spans: Sequence[Span], room: Part) -> list[Span]:
    """Return the speech that lies in a part, in order."""
    inside = (Span(max(span.start, room.start), min(span.end, room.end)) for span in spans)
    return sorted((span for span in inside if span.start < span.end), key=lambda span: span.start)


def _thousandths(time: Fraction) -> Fraction:
    return Fraction(floor(time * 1000), 1000)


_STEREO = 2
_PPM = 1_000_000


def sides(case: AudioCase) -> tuple[Side, ...] | None:
    """Make the channels of the output out of those of the input; None where they stay as they are.

    Of a silent side and a good one, the good one is kept alone: the loudness of a mono track is that of its one
    channel, so that it stays the same (ITU-R BS.1770-4 adds up the energies of the channels). Of two sides that are
    each other's inverse, the right one is turned over and both are kept. They are not mixed into one: how loud their
    mix is depends on how alike they are (3 to 6 dB less than the two), which no fact tells, while turned over each side
    keeps its level and its peaks, and whoever mixes them later hears both.
    """
    fault, offsets = fault_to_mend(case), offsets_to_mend(case)
    if fault is None and not offsets:
        return None
    count = max(1, case.audio.channels)
    whole = tuple(Side(*each) for each in enumerate((*offsets, *[Fraction(0)] * count)[:count]))
    match fault:
        case "left-silent":
            return whole[1:2]
        case "right-silent":
            return whole[:1]
        case "inverted":
            return whole[0], Side(1, whole[1].offset, turned=True)
        case None:
            return whole


def fault_to_mend(case: AudioCase) -> ChannelFault | None:
    """Return which fault of a stereo track is to be repaired."""
    heard = case.heard
    mends = heard is not None and case.wanted.has("mono") and case.audio.channels == _STEREO
    return heard.channel_fault if mends and heard else None


def offsets_to_mend(case: AudioCase) -> tuple[Fraction, ...]:
    """Return the constant offset of each channel, as a share of full scale; nothing where none is to be taken away.

    They come in steps that are finer than a sample of 16 bits, and that ffmpeg reads exactly.
    """
    if case.heard is None or not case.wanted.has("remove-dc"):
        return ()
    offsets = tuple(Fraction(round(offset * _PPM), _PPM) for offset in case.heard.dc_offsets)
    return offsets if any(offsets) else ()


REDUCTION = 12
"""How far the noise is lowered, in dB; more begins to sing ("musical noise")."""

LOWEST_LEVEL, HIGHEST_LEVEL = -80, -20
"""What ffmpeg's afftdn takes for the level of a noise, in dBFS."""

_MARGIN = Fraction(1, 10)
_SHORTEST, _LONGEST = Fraction(3, 10), Fraction(1)


def noise_reduction(case: AudioCase) -> NoiseReduction | None:
    """Learn the noise from the longest pause, where --denoise asks for it; None where the pauses hold digital silence.

    Measured on a voice 10 dB over white, pink and brown noise and over hum, at 16 and 48 kHz: the noise falls by 8 to
    12 dB, the speech by 0.1 to 0.9 dB.

    Raises FixError where nobody listened, the pauses hold music, or none is long enough.
    """
    if not case.choices.denoise:
        return None
    heard = case.speech("`Choices.denoise`")
    if isinstance(heard.noise, Unmeasured):
        raise FixError(f"`Choices.denoise` does not know the noise in {case.file.path}: {heard.noise.reason}.")
    if heard.noise.gated:
        return None
    if heard.background == "music":
        raise FixError(
            f"`Choices.denoise` lowers a steady noise, and what is heard between the words of "
            f"{case.file.path} is music."
        )
    spans = sorted(heard.speech, key=lambda span: span.start)
    edges = pairwise([Span(Fraction(0), Fraction(0)), *spans, Span(heard.length, heard.length)])
    pause = max((Part(one.end, other.start - one.end) for one, other in edges), key=lambda part: part.length)
    if pause.length < _SHORTEST + 2 * _MARGIN:
        raise FixError(
            f"`Choices.denoise` learns the noise in a pause, and {case.file.path} has none of half a second."
        )
    length = min(_LONGEST, pause.length - 2 * _MARGIN)
    speech = _mean([_energy(each.dbfs) for each in heard.levels if each.speech] or [_energy(HIGHEST_LEVEL)])
    level = min(max(speech - heard.noise.mean, LOWEST_LEVEL), HIGHEST_LEVEL)
    return NoiseReduction(Fraction(round(10 * level), 10), Part((pause.start + pause.end - length) / 2, length))


TARGET, CEILING = Fraction(-20), Fraction(-1)

_LEAST_GAIN = Fraction(1, 2)
"""A change of level, in dB, that is worth encoding for."""

_MP3_PEAKS = 1.0
"""How far MP3 may raise a true peak, in dB."""

_WORN = 0.4
"""How much of the speech goes with the noise, in dB: the middle of what was measured (see `noise_reduction`)."""

_SILENT = -120.0
_BLOCK = 0.4
_ABSOLUTE_GATE, _RELATIVE_GATE = -70.0, 10.0


@dataclass(frozen=True, slots=True)
class LevelChange:
    """A change of level: `gain` in dB, and the loudness in LUFS that comes of it.

    `capped` says that the peaks leave no room for more, `about` that the loudness follows from an estimate.
    """

    gain: Fraction
    loudness: float
    capped: bool
    about: bool


def raised(case: AudioCase, recipe: AudioRecipe) -> LevelChange | None:
    """Find the one gain that brings a track to the target, as far as its peaks leave room; None where that is nothing.

    `recipe` says what else is done. The facts are those of the original. Keeping one side or turning one over changes
    neither loudness nor peak; a constant offset is not heard, but the peaks may lie as much higher once it is gone.
    What is cut off, and what is lowered between the words, changes the share that the gates of EBU R128 let through:
    that difference is estimated from the levels of the parts. More than two channels become two by ffmpeg's own mix,
    which is at most as loud and at most as high: such a track may stay below the target.
    """
    heard = case.heard
    if heard is None or not case.wanted.has("loudness"):
        return None
    if isinstance(heard.loudness, Unmeasured) or isinstance(heard.true_peak, Unmeasured):
        return None
    loudness, peak = heard.loudness + _difference(heard, recipe), heard.true_peak
    if offsets_to_mend(case):
        peak = 20 * log10(10 ** (peak / 20) + heard.dc_offset)
    peak += _MP3_PEAKS if recipe.codec == "libmp3lame" else 0.0
    to_target = float(band(case.profile, "A502", "target", TARGET)) - loudness
    to_ceiling = float(band(case.profile, "A502", "ceiling", CEILING)) - peak
    # Rounded down, so that no peak is carried over the ceiling.
    gain = Fraction(floor(min(to_target, to_ceiling) * 100 + 1e-6), 100)
    if gain < _LEAST_GAIN:
        return None
    about = recipe.part is not None or recipe.noise_reduction is not None or case.audio.channels > recipe.channels > 1
    return LevelChange(gain, loudness + float(gain), to_ceiling < to_target, about)


def _difference(heard: SpeechFacts, recipe: AudioRecipe) -> float:
    """Estimate by how many dB cutting and denoising change the gated loudness."""
    part, noise = recipe.part, recipe.noise_reduction
    if (part is None and noise is None) or not heard.levels:
        return 0.0
    step = heard.length / len(heard.levels)
    first = floor(part.start / step) if part else 0
    after = heard.levels[first : max(first + 1, round(part.end / step))] if part else heard.levels
    lowered = 0.0 if noise is None else _energy(float(noise.level)) * (1 - _energy(-float(REDUCTION)))
    size = max(1, round(_BLOCK / float(step)))
    worn = 0.0 if noise is None else _WORN
    return _gated(after, size, lowered) - _gated(heard.levels, size, 0.0) - worn


def _gated(levels: Sequence[Level], size: int, noise: float) -> float:
    """Return the mean of the blocks of levels that pass the two gates of EBU R128, in dB.

    `noise` is an energy that is taken away everywhere.
    """
    blocks = [levels[begin : begin + size] for begin in range(0, len(levels), size)]
    whole = [sum(_energy(level.dbfs) for level in block) / len(block) for block in blocks]
    energies = [max(energy - noise, energy * _energy(-float(REDUCTION))) for energy in whole]
    loud = [energy for energy in energies if energy > _energy(_ABSOLUTE_GATE)]
    if not loud:
        return _SILENT
    gate = sum(loud) / len(loud) * _energy(-_RELATIVE_GATE)
    return _mean([energy for energy in loud if energy > gate])


def _mean(energies: Sequence[float]) -> float:
    return float(10 * log10(sum(energies) / len(energies)))


def _energy(level: float) -> float:
    return float(10 ** (level / 10))


def audio_recipe(case: AudioCase) -> AudioRecipe | None:
    """Decide what is done: write the track as WAV, or as MP3 where WAV would be too large, or nothing (None).

    16 bits need no dither: a track is brought up to level before it is rounded, and its own noise lies above the step.

    Raises FixError or UsageError where what the user chose cannot be done.
    """
    part, outputs = kept(case), sides(case)
    rate = min(case.audio.sample_rate, _HIGHEST_RATE)
    channels = min(max(1, case.audio.channels if outputs is None else len(outputs)), 2)
    known = part is not None or not isinstance(case.audio.duration, Unmeasured)
    size = (part or case).length * rate * channels * _SAMPLE_BYTES + _WAV_HEADER if known else 0
    small = size <= (most_bytes(case.profile, "A403") or 1 << 32)
    recipe = AudioRecipe(
        source=case.input(case.audio.stream_index),
        codec="pcm_s16le" if small else "libmp3lame",
        sample_rate=rate if small else min((r for r in _MP3_RATES if r >= rate), default=_HIGHEST_RATE),
        channels=channels,
        part=part,
        pad_to=pad_to(case, part),
        sides=outputs,
        noise_reduction=noise_reduction(case),
        gain=None,
        origin=case.audio.origin,
    )
    # The level depends on all else.
    louder = raised(case, recipe)
    recipe = replace(recipe, gain=None if louder is None else louder.gain)
    changes = (part, recipe.pad_to, outputs, recipe.noise_reduction, louder, case.salvaged)
    other = case.wanted.level("reencode", *HEARD)
    return recipe if other or any(change is not None for change in changes) else None


def audio_length(case: AudioCase, recipe: AudioRecipe | None) -> Fraction | None:
    """Return how long the prepared track will be, in seconds; None where that is not known."""
    if recipe is None or (recipe.part is None and recipe.pad_to is None):
        return None if isinstance(case.audio.duration, Unmeasured) else case.audio.duration.believed
    return max(recipe.part.length if recipe.part else Fraction(0), recipe.pad_to or Fraction(0))
