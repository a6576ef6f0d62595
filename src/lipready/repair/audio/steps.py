"""What is done to an audio track: its recipe, and its steps in words."""

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

from lipready.facts.plan import Step
from lipready.facts.quantity import clock, seconds
from lipready.facts.unmeasured import Unmeasured
from lipready.probe.streams.time_line import JITTER
from lipready.repair.audio.corrections import (
    CEILING,
    REDUCTION,
    fault_to_mend,
    noise_reduction,
    offsets_to_mend,
    raised,
    sides,
)
from lipready.repair.audio.part import AudioCase, chosen, kept, pad_to
from lipready.repair.recipe import AudioRecipe, Part, aim, band, most_bytes

MP3_BITS = 192_000
"""The bit rate where the sound has to be written as MP3."""

_HEARD = ("loudness", "mono", "remove-dc")
"""The repairs of what is heard, which are made as far as they can be."""

_HIGHEST_RATE = 48_000
_MP3_RATES = (8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000)
_WAV_HEADER = 100
_SAMPLE_BYTES = 2


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
    fixes = (f.fix for f in case.wanted.findings if f.fix is not None)
    other = any(fix.level == "reencode" and fix.name not in _HEARD for fix in fixes)
    return recipe if other or any(change is not None for change in changes) else None


def audio_length(case: AudioCase, recipe: AudioRecipe | None) -> Fraction | None:
    """Return how long the prepared track will be, in seconds; None where that is not known."""
    if recipe is None or (recipe.part is None and recipe.pad_to is None):
        return None if isinstance(case.audio.duration, Unmeasured) else case.audio.duration.believed
    return max(recipe.part.length if recipe.part else Fraction(0), recipe.pad_to or Fraction(0))


def audio_extension(recipe: AudioRecipe) -> str:
    """Return the name of the file format that a recipe writes."""
    return "wav" if recipe.codec == "pcm_s16le" else "mp3"


_FAULTS = {
    "left-silent": "Keep the right side alone: the left one is silent.",
    "right-silent": "Keep the left side alone: the right one is silent.",
    "inverted": "Turn the right side over, so that the two sides no longer cancel each other.",
}


def audio_steps(case: AudioCase, recipe: AudioRecipe) -> tuple[Step, ...]:
    """Return every change as a step in words."""
    kind = "WAV (16 bits" if recipe.codec == "pcm_s16le" else f"MP3 ({MP3_BITS // 1000} kbit/s"
    channels = "mono" if recipe.channels == 1 else "stereo"
    count = len(case.audio.tracks)
    sound = "the sound" if count < 2 else f"track {case.audio.track} of {count}"  # noqa: PLR2004
    text = f"Write {sound} as {kind}, {recipe.sample_rate} Hz, {channels}).{_time_line(case)}"
    steps = (*_sound_steps(case, recipe), *_part_steps(case, recipe))
    return (Step("transcode-audio", "reencode", text, case.wanted.rest(steps, *_HEARD)), *steps)


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


def _sound_steps(case: AudioCase, recipe: AudioRecipe) -> Iterator[Step]:
    """Yield what changes the samples, in the order in which it is done."""
    wanted, fault, noise, louder = case.wanted, fault_to_mend(case), recipe.noise_reduction, raised(case, recipe)
    if case.salvaged is not None:
        text = f"Keep what can be decoded, {case.salvaged.amount()}{case.salvaged.losses('packet')}."
        yield wanted.step("editorial", text, "salvage")
    if case.heard is not None and offsets_to_mend(case):
        offsets = case.heard.dc_offsets
        names = ("left ", "right ") if len(offsets) == 2 else ("",) * len(offsets)  # noqa: PLR2004
        each = ", ".join(f"{name}{offset * 100:+.2f} %" for name, offset in zip(names, offsets, strict=True))
        yield wanted.step("reencode", f"Take away the constant offset ({each} of full scale).", "remove-dc")
    if fault is not None:
        yield wanted.step("reencode", _FAULTS[fault], "mono")
    if noise is not None:
        begin, end = (clock(Fraction(round(time * 100), 100), 2) for time in (noise.sample.start, noise.sample.end))
        text = f"Lower the noise by up to {REDUCTION} dB, as it is heard from {begin} to {end}."
        yield wanted.step("editorial", text, "denoise")
    if louder is not None:
        about, ceiling = "about " if louder.about else "", float(band(case.profile, "A502", "ceiling", CEILING))
        text = f"Raise the level by {float(louder.gain):.1f} dB, to {about}{round(louder.loudness, 1):g} LUFS"
        why = f": with more its peaks could pass {ceiling:g} dBTP." if louder.capped else "."
        yield wanted.step("reencode", text + why, "loudness")


def _part_steps(case: AudioCase, recipe: AudioRecipe) -> Iterator[Step]:
    """Yield what takes time away or adds it."""
    part, whole = chosen(case), recipe.part
    if part is not None:
        text = f"Keep {clock(part.start, 3)} to {clock(part.end, 3)}{_why(case, part)}."
        yield case.wanted.step("editorial", text, "trim")
    if whole is not None and whole != part:
        room = part or Part(Fraction(0), case.length)
        start, end = seconds(whole.start - room.start), seconds(room.end - whole.end)
        text = f"Cut off the silence around the speech: {start} before it, {end} after it."
        yield case.wanted.step("editorial", text, "trim-silence")
    if recipe.pad_to is not None:
        text = f"Fill it up with silence to {seconds(recipe.pad_to)}."
        yield case.wanted.step("editorial", text, "pad")


def _why(case: AudioCase, part: Part) -> str:
    """Return why --trim-audio best cuts where it does."""
    if case.choices.trim_audio != "best":
        return ""
    most = float(aim(case.profile, "A402").maximum or part.length)
    if any(span.start < part.end < span.end for span in case.speech("--trim-audio best").speech):
        return f", from the first word to the {most:g} s that are accepted: nobody makes a pause before"
    return f", from the first word to the last pause within {most:g} s"
