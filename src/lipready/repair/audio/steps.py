"""What is done to an audio track, in words."""

from collections.abc import Iterator
from fractions import Fraction

from lipready.facts.plan import Step
from lipready.facts.quantity import clock, seconds
from lipready.probe.streams.time_line import JITTER
from lipready.repair.audio.recipe import (
    CEILING,
    HEARD,
    MP3_BITS,
    REDUCTION,
    AudioCase,
    chosen,
    fault_to_mend,
    offsets_to_mend,
    raised,
)
from lipready.repair.recipe import AudioRecipe, Part, aim, band

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
    return (Step("transcode-audio", "reencode", text, case.wanted.rest(steps, *HEARD)), *steps)


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
    if any(span.start < part.end < span.end for span in case.speech("`Choices(trim_audio='best')`").speech):
        return f", from the first word to the {most:g} s that are accepted: there is no pause before that"
    return f", from the first word to the last pause within {most:g} s"
