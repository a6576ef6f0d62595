"""What is done to an audio track, in words."""

from collections.abc import Iterator
from fractions import Fraction

from lipready.facts.plan import Step
from lipready.facts.quantity import clock, seconds
from lipready.probe.streams.time_line import JITTER
from lipready.repair.aims import aim, band
from lipready.repair.audio.case import AudioCase
from lipready.repair.audio.channel_repair import fault_to_mend, mends_offset
from lipready.repair.audio.level import CEILING, raised
from lipready.repair.audio.noise_reduction import REDUCTION
from lipready.repair.audio.part import chosen, ends_in_pause
from lipready.repair.audio.recipe import HEARD
from lipready.repair.audio.sound import MP3_BITS, Listen
from lipready.repair.video.span import Part

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
    """Say what is done so that the sound keeps its time; nothing where it does so by itself."""
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
    if recipe.hush is not None:
        begin, end = recipe.hush.sample.start, recipe.hush.sample.start + recipe.hush.sample.length
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
    """Say why --trim-audio best cuts where it does."""
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
