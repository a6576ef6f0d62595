"""What is done to an audio track, in words."""

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

from lipready.facts.plan import Step
from lipready.facts.quantity import clock, seconds
from lipready.facts.unmeasured import Unmeasured
from lipready.probe.streams.time_line import JITTER
from lipready.repair.audio.filters import (
    CEILING,
    REDUCTION,
    fault_to_mend,
    mends_offset,
    noise_reduction,
    raised,
    sides,
)
from lipready.repair.audio.part import HIGHEST_RATE, AudioCase, chosen, ends_in_pause, kept, pad_to
from lipready.repair.audio.sound import MP3_BITS, Listen
from lipready.repair.recipe import Input, aim, band, most_bytes
from lipready.repair.video.span import Part

HEARD = ("loudness", "mono", "remove-dc")
"""The repairs of what is heard, which are made as far as they can be."""

_MP3_RATES = (8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000)
_WAV_HEADER = 100
_SAMPLE_BYTES = 2


def audio_recipe(case: AudioCase) -> Listen | None:
    """Decide what is done: write the track as WAV, or as MP3 where WAV would be too large, or nothing (None).

    16 bits need no dither: a track is brought up to level before it is rounded, and its own noise lies above the step.

    Raises FixError or UsageError where what the user chose cannot be done.
    """
    recipe = _recipe(case)
    louder = raised(case, recipe)
    recipe = replace(recipe, gain=None if louder is None else louder.gain)
    changes = (recipe.part, recipe.pad_to, recipe.sides, recipe.noise_reduction, recipe.gain)
    other = any(
        f.fix is not None and f.fix.level == "reencode" and f.fix.name not in HEARD for f in case.wanted.findings
    )
    return recipe if other or case.salvaged is not None or any(change is not None for change in changes) else None


def audio_length(case: AudioCase, recipe: Listen | None) -> Fraction | None:
    """Return how long the prepared track will be, in seconds; None where that is not known."""
    if recipe is None or (recipe.part is None and recipe.pad_to is None):
        return None if isinstance(case.audio.duration, Unmeasured) else case.audio.duration.believed
    return max(recipe.part.length if recipe.part else Fraction(0), recipe.pad_to or Fraction(0))


def audio_extension(recipe: Listen) -> str:
    """Name the file format that a recipe writes."""
    return "wav" if recipe.codec == "pcm_s16le" else "mp3"


def _recipe(case: AudioCase) -> Listen:
    """Decide everything but the level, which depends on the rest."""
    part, outputs = kept(case), sides(case)
    rate = min(case.audio.sample_rate, HIGHEST_RATE)
    channels = min(max(1, case.audio.channels if outputs is None else len(outputs)), 2)
    small = _wav_bytes(case, part, rate, channels) <= (most_bytes(case.profile, "A403") or 1 << 32)
    return Listen(
        source=Input(
            path=case.file.path,
            format="" if isinstance(case.file.format, Unmeasured) else case.file.format,
            stream=case.audio.stream_index,
            start=Fraction(0),
            seekable=False,
            broken=case.salvaged is not None,
        ),
        codec="pcm_s16le" if small else "libmp3lame",
        sample_rate=rate if small else min((r for r in _MP3_RATES if r >= rate), default=HIGHEST_RATE),
        channels=channels,
        part=part,
        pad_to=pad_to(case),
        sides=outputs,
        noise_reduction=noise_reduction(case),
        origin=case.audio.origin,
    )


def _wav_bytes(case: AudioCase, part: Part | None, rate: int, channels: int) -> Fraction:
    if isinstance(case.audio.duration, Unmeasured) and part is None:
        return Fraction(0)
    length = part.length if part else case.length
    return length * rate * channels * _SAMPLE_BYTES + _WAV_HEADER


_FAULTS = {
    "left-silent": "Keep the right side alone: the left one is silent.",
    "right-silent": "Keep the left side alone: the right one is silent.",
    "inverted": "Turn the right side over, so that the two sides no longer cancel each other.",
}
_SIDES = {1: ("",), 2: ("left ", "right ")}


def audio_steps(case: AudioCase, recipe: Listen) -> tuple[Step, ...]:
    """Name every change."""
    kind = "WAV (16 bits" if recipe.codec == "pcm_s16le" else f"MP3 ({MP3_BITS // 1000} kbit/s"
    channels = "mono" if recipe.channels == 1 else "stereo"
    count = len(case.audio.tracks)
    sound = "the sound" if count < 2 else f"track {case.audio.track} of {count}"  # noqa: PLR2004
    text = f"Write {sound} as {kind}, {recipe.sample_rate} Hz, {channels}).{_time_line(case)}"
    steps = (*_sound_steps(case, recipe), *_part_steps(case, recipe))
    named = {rule for step in steps for rule in step.rules}
    whole = (f for f in case.wanted.findings if f.fix and f.fix.level != "editorial" and f.fix.name not in HEARD)
    rest = tuple(f.rule for f in whole if f.rule not in named)
    return (Step("transcode-audio", "reencode", text, rest), *steps)


def _time_line(case: AudioCase) -> str:
    """Return what is done so that the sound keeps its time; nothing where it does so by itself."""
    offset, holes, said = case.audio.offset, case.audio.holes, ""
    if offset > JITTER:
        said += f" It begins {seconds(offset)} after the picture of the same file: silence is put before it."
    elif offset < -JITTER:
        said += f" It begins {seconds(-offset)} before the picture of the same file: that much is cut off."
    if holes:
        said += f" {seconds(holes)} of sound are missing in it: silence takes their place."
    return said


def _sound_steps(case: AudioCase, recipe: Listen) -> Iterator[Step]:
    """Name what changes the samples, in the order in which it is done."""
    fault = fault_to_mend(case)
    if case.salvaged is not None:
        found = case.salvaged
        text = f"Keep what can be decoded, {found.amount()}{found.losses('packet')}."
        yield case.wanted.step("editorial", text, "salvage")
    if mends_offset(case):
        yield case.wanted.step("reencode", f"Take away the constant offset ({_offsets(case)}).", "remove-dc")
    if fault is not None:
        yield case.wanted.step("reencode", _FAULTS[fault], "mono")
    if recipe.noise_reduction is not None:
        begin, end = (
            recipe.noise_reduction.sample.start,
            recipe.noise_reduction.sample.start + recipe.noise_reduction.sample.length,
        )
        text = f"Lower the noise by up to {REDUCTION} dB, as it is heard from {_moment(begin)} to {_moment(end)}."
        yield case.wanted.step("editorial", text, "denoise")
    louder = raised(case, recipe)
    if louder is not None:
        about, ceiling = "about " if louder.about else "", float(band(case.profile, "A502", "ceiling", CEILING))
        text = f"Raise the level by {float(louder.gain):.1f} dB, to {about}{round(louder.loudness, 1):g} LUFS"
        why = f": with more its peaks could pass {ceiling:g} dBTP." if louder.capped else "."
        yield case.wanted.step("reencode", text + why, "loudness")


def _offsets(case: AudioCase) -> str:
    offsets = case.heard.dc_offsets if case.heard is not None else ()
    names = _SIDES.get(len(offsets), ("",) * len(offsets))
    each = (f"{name}{offset * 100:+.2f} %" for name, offset in zip(names, offsets, strict=True))
    return f"{', '.join(each)} of full scale"


def _part_steps(case: AudioCase, recipe: Listen) -> Iterator[Step]:
    """Name what takes time away or adds it."""
    part, whole = chosen(case), recipe.part
    if part is not None:
        yield case.wanted.step("editorial", f"Keep {_from_to(part)}{_why(case, part)}.", "trim")
    room = part or (Part(Fraction(0), case.length) if whole is not None else None)
    if whole is not None and room is not None and whole != room:
        start = whole.start - room.start
        end = room.length - whole.length - start
        text = f"Cut off the silence around the speech: {seconds(start)} before it, {seconds(end)} after it."
        yield case.wanted.step("editorial", text, "trim-silence")
    if recipe.pad_to is not None:
        text = f"Fill it up with silence to {seconds(recipe.pad_to)}."
        yield case.wanted.step("editorial", text, "pad")


def _why(case: AudioCase, part: Part) -> str:
    """Return why --trim-audio best cuts where it does."""
    if case.choices.trim_audio != "best":
        return ""
    most = float(aim(case.profile, "A402").maximum or part.length)
    if ends_in_pause(case, part):
        return f", from the first word to the last pause within {most:g} s"
    return f", from the first word to the {most:g} s that are accepted: nobody makes a pause before"


def _from_to(part: Part) -> str:
    return f"{clock(part.start, 3)} to {clock(part.start + part.length, 3)}"


def _moment(time: Fraction) -> str:
    return clock(Fraction(round(time * 100), 100), 2)
