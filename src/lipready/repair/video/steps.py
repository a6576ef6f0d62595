"""What is done to a video, in words."""

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from functools import partial

from lipready.facts.plan import Step
from lipready.facts.quantity import clock, counted, plural, seconds
from lipready.facts.unmeasured import Unmeasured
from lipready.facts.video import WIDE_GAMUTS
from lipready.repair.recipe import Encode, Remux, band
from lipready.repair.video.crop import looks_in
from lipready.repair.video.recipe import VideoCase

BLURRED = "P306"
_MEASURED_AT = 128
"""Pixels: the size at which sharpness is measured. What is smaller is enlarged to it, without smoothing."""


def softens(case: VideoCase, recipe: Encode) -> bool:
    """Return whether the speaker's face is sharp enough now, and will probably not be once the picture is enlarged.

    The sharpness falls by between the square and the cube of the enlargement, up to the size at which it is measured:
    on clips of the corpus, faces of 57 to 73 pixels, enlarged by 1.33, kept a third to three fifths of it.
    """
    people = case.file.people
    target = None if isinstance(people, Unmeasured) else people.target(case.person)
    width = case.video.width if recipe.reshape.cutout is None else recipe.reshape.cutout.box.width
    enlarged = Fraction(recipe.reshape.canvas.inner_width, width)
    if target is None or enlarged <= 1:
        return False
    least = band(case.profile, BLURRED, "sharpness", Fraction(0))
    looks = [look for look in looks_in(target, recipe.part) if look.sharpness is not None]
    now = [look.sharpness or 0.0 for look in looks]
    scales = [max(Fraction(1), min(enlarged, Fraction(_MEASURED_AT, max(1, look.box.height)))) for look in looks]
    then = [sharpness / float(scale**3) for sharpness, scale in zip(now, scales, strict=True)]
    share = band(case.profile, BLURRED, "share", Fraction(1)) * len(looks)
    return sum(sharpness < least for sharpness in now) <= share < sum(sharpness < least for sharpness in then)


_QUARTERS = {90: "a quarter turn", -90: "a quarter turn", 180: "a half turn", -180: "a half turn"}


def video_steps(case: VideoCase, recipe: Encode | Remux) -> tuple[Step, ...]:
    """Return every change as a step in words, in the order in which it is done."""
    if isinstance(recipe, Remux):
        sound = {"copy": " with its sound track", "encode": ", its sound as AAC", "none": ""}[recipe.sound]
        text = f"Move the picture{sound} into an MP4 without encoding it again."
        return (Step("remux", "lossless", text, tuple(f.rule for f in case.wanted.findings)),)
    sound = {"copy": "copy its sound", "encode": "its sound as AAC", "none": "without sound"}[recipe.sound]
    why = "" if case.copying else "; a copy without encoding was tried first and did not repair it"
    text = f"Encode the picture as H.264 in an MP4, {sound}{why}."
    first = case.wanted.step("reencode", text, "transcode", "remux")
    others = [*_editorial(case, recipe), *_geometry(case, recipe), *_colours_and_time(case, recipe)]
    rest = case.wanted.rest((first, *others))
    return (replace(first, rules=(*first.rules, *rest)), *others)


def _editorial(case: VideoCase, recipe: Encode) -> Iterator[Step]:
    if case.salvaged is not None:
        found = case.salvaged
        still = ", and the picture stands still meanwhile" if found.within else ""
        kept = f"Keep what can be decoded, {found.amount()} ({counted(found.frames, 'frame')})"
        yield case.wanted.step("editorial", f"{kept}{found.losses('frame')}{still}.", "salvage")
    if recipe.part is not None:
        why = ", where the face is best seen" if case.choices.trim == "best" else ""
        text = f"Keep {clock(recipe.part.start, 3)} to {clock(recipe.part.end, 3)}{why}."
        yield case.wanted.step("editorial", text, "trim")
    if recipe.reshape.cutout is not None:
        box = recipe.reshape.cutout.box
        size, corner = f"{box.width} × {box.height}", f"({box.left}, {box.top})"
        text = f"Crop the picture to {size} pixels around the speaker, from {corner}."
        yield case.wanted.step("editorial", text, "crop")
    if recipe.playback is not None:
        length = recipe.playback.wanted / recipe.reshape.rate
        text = f"Play it forward and backward in turn until it lasts {seconds(length)}."
        yield case.wanted.step("editorial", text, "extend")


def _geometry(case: VideoCase, recipe: Encode) -> Iterator[Step]:
    video, shape, step = case.video, recipe.reshape, partial(case.wanted.step, "reencode")
    if video.rotation or video.mirrored:
        turn = _QUARTERS.get(video.rotation, f"{video.rotation}°" if video.rotation else "")
        turned = " and ".join(filter(None, (turn, "mirrored" if video.mirrored else "")))
        yield step(f"Turn the picture itself upright ({turned}), so that no reader can miss it.", "rotate")
    if shape.deinterlace:
        yield step("Join the interlaced fields into whole frames.", "deinterlace")
    if video.sample_aspect_ratio != 1:
        text = f"Make the pixels square; they are {video.sample_aspect_ratio} as wide as high."
        yield step(text, "square-pixels")
    canvas, shown = shape.canvas, video if shape.cutout is None else shape.cutout.box
    scale = f"Scale {shown.width} × {shown.height} to {canvas.inner_width} × {canvas.inner_height} pixels"
    warned = f"; the face gains no detail, and may then be found blurred ({BLURRED})" if softens(case, recipe) else ""
    if canvas.padded:
        yield step(f"{scale}, and add bars up to {canvas.width} × {canvas.height}{warned}.", "pad", "scale")
    elif (canvas.width, canvas.height) != (shown.width, shown.height) or case.wanted.has("scale"):
        yield step(f"{scale}{warned}.", "scale")


def _colours_and_time(case: VideoCase, recipe: Encode) -> Iterator[Step]:
    shape, own, step = recipe.reshape, case.video.frame_rate, partial(case.wanted.step, "reencode")
    if shape.tone_map is not None:
        yield step(f"Map the HDR colours ({shape.tone_map}) to BT.709.", "tone-map")
    if shape.wide_gamut is not None:
        name = WIDE_GAMUTS.get(shape.wide_gamut.primaries, "BT.2020 matrix")
        yield step(f"Convert the colours ({name}) to BT.709.", "convert-colours")
    if isinstance(own, Unmeasured) or own.variable or own.nominal != shape.rate:
        rate = f"{float(shape.rate):.3f}".rstrip("0").rstrip(".")
        text = f"Set a constant {rate} {plural(float(shape.rate), 'frame')} a second, at the same speed."
        yield step(text, "retime")
    if case.wanted.has("zero-start"):
        yield step("Let the first frame be at zero, and keep only what is shown.", "zero-start")
    if recipe.budget is not None and recipe.budget.two_pass:
        yield step(f"Fit it into {recipe.budget.bytes / 1_000_000:.0f} million bytes, in two passes.", "fit-size")
