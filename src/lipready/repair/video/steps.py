"""What is done to a video, in words."""

from fractions import Fraction

from lipready.facts.people import Look
from lipready.facts.plan import Step
from lipready.facts.quantity import clock, counted, plural, seconds
from lipready.facts.unmeasured import Unmeasured
from lipready.facts.video import WIDE_GAMUTS, VideoFacts
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
    known = [look for look in looks_in(target, recipe.part) if look.sharpness is not None]
    blurred = [look for look in known if look.sharpness is not None and look.sharpness < least]
    softened = [look for look in known if _enlarged_sharpness(look, enlarged) < least]
    share = band(case.profile, BLURRED, "share", Fraction(1))
    return len(blurred) <= share * len(known) < len(softened)


def _enlarged_sharpness(look: Look, enlarged: Fraction) -> float:
    counted = max(Fraction(1), min(enlarged, Fraction(_MEASURED_AT, max(1, look.box.height))))
    return (look.sharpness or 0.0) / float(counted**3)


_QUARTERS = {90: "a quarter turn", -90: "a quarter turn", 180: "a half turn", -180: "a half turn"}


def video_steps(case: VideoCase, recipe: Encode | Remux) -> tuple[Step, ...]:
    """Name every change, in the order in which it is done."""
    if isinstance(recipe, Remux):
        return _remux_steps(case, recipe)
    steps = [_transcode(case, recipe), *_editorial(case, recipe), *_shape(case, recipe), *_bytes(case, recipe)]
    named = {rule for step in steps for rule in step.rules}
    open_ = {f.rule for f in case.wanted.findings if f.fix is not None and f.fix.level == "editorial"}
    rest = tuple(f.rule for f in case.wanted.findings if f.rule not in named | open_)
    return (Step(steps[0].name, steps[0].level, steps[0].text, (*steps[0].rules, *rest)), *steps[1:])


def per_second(rate: Fraction) -> str:
    """Write a frame rate to three digits, without zeros at its end."""
    return f"{float(rate):.3f}".rstrip("0").rstrip(".")


def _remux_steps(case: VideoCase, recipe: Remux) -> tuple[Step, ...]:
    sound = {"copy": " with its sound track", "encode": ", its sound as AAC", "none": ""}[recipe.sound]
    text = f"Move the picture{sound} into an MP4 without encoding it again."
    return (Step("remux", "lossless", text, tuple(f.rule for f in case.wanted.findings)),)


def _transcode(case: VideoCase, recipe: Encode) -> Step:
    sound = {"copy": "copy its sound", "encode": "its sound as AAC", "none": "without sound"}[recipe.sound]
    why = "" if case.copying else "; a copy without encoding was tried first and did not repair it"
    return case.wanted.step("reencode", f"Encode the picture as H.264 in an MP4, {sound}{why}.", "transcode", "remux")


def _editorial(case: VideoCase, recipe: Encode) -> list[Step]:
    steps = []
    if case.salvaged is not None:
        found = case.salvaged
        still = ", and the picture stands still meanwhile" if found.within else ""
        kept = f"Keep what can be decoded, {found.amount()} ({counted(found.frames, 'frame')})"
        text = f"{kept}{found.losses('frame')}{still}."
        steps.append(case.wanted.step("editorial", text, "salvage"))
    if recipe.part is not None:
        end = recipe.part.start + recipe.part.length
        why = ", where the face is best seen" if case.choices.trim == "best" else ""
        text = f"Keep {clock(recipe.part.start, 3)} to {clock(end, 3)}{why}."
        steps.append(case.wanted.step("editorial", text, "trim"))
    if recipe.reshape.cutout is not None:
        box = recipe.reshape.cutout.box
        text = (
            f"Crop the picture to {box.width} × {box.height} pixels around the speaker, from ({box.left}, {box.top})."
        )
        steps.append(case.wanted.step("editorial", text, "crop"))
    if recipe.playback is not None:
        length = recipe.playback.wanted / recipe.reshape.rate
        text = f"Play it forward and backward in turn until it lasts {seconds(length)}."
        steps.append(case.wanted.step("editorial", text, "extend"))
    return steps


def _shape(case: VideoCase, recipe: Encode) -> list[Step]:
    video, shape, wanted = case.video, recipe.reshape, case.wanted
    steps = []
    if video.rotation or video.mirrored:
        text = f"Turn the picture itself upright ({_turn(video)}), so that no reader can miss it."
        steps.append(wanted.step("reencode", text, "rotate"))
    if shape.deinterlace:
        steps.append(wanted.step("reencode", "Join the interlaced fields into whole frames.", "deinterlace"))
    if video.sample_aspect_ratio != 1:
        text = f"Make the pixels square; they are {video.sample_aspect_ratio} as wide as high."
        steps.append(wanted.step("reencode", text, "square-pixels"))
    steps += _size(case, recipe)
    if shape.tone_map is not None:
        text = f"Map the HDR colours ({shape.tone_map}) to BT.709."
        steps.append(wanted.step("reencode", text, "tone-map"))
    if shape.wide_gamut is not None:
        name = WIDE_GAMUTS.get(shape.wide_gamut.primaries, "BT.2020 matrix")
        steps.append(wanted.step("reencode", f"Convert the colours ({name}) to BT.709.", "convert-colours"))
    if _retimed(video, shape.rate):
        text = (
            f"Set a constant {per_second(shape.rate)} {plural(float(shape.rate), 'frame')} a second, at the same speed."
        )
        steps.append(wanted.step("reencode", text, "retime"))
    if wanted.has("zero-start"):
        steps.append(
            wanted.step("reencode", "Let the first frame be at zero, and keep only what is shown.", "zero-start")
        )
    return steps


def _size(case: VideoCase, recipe: Encode) -> list[Step]:
    canvas, cutout = recipe.reshape.canvas, recipe.reshape.cutout
    size = (case.video.width, case.video.height) if cutout is None else (cutout.box.width, cutout.box.height)
    before, inner = f"{size[0]} × {size[1]}", f"{canvas.inner_width} × {canvas.inner_height}"
    warned = f"; the face gains no detail, and may then be found blurred ({BLURRED})" if softens(case, recipe) else ""
    if canvas.padded:
        text = f"Scale {before} to {inner} pixels, and add bars up to {canvas.width} × {canvas.height}{warned}."
        return [case.wanted.step("reencode", text, "pad", "scale")]
    if (canvas.width, canvas.height) != size or case.wanted.has("scale"):
        return [case.wanted.step("reencode", f"Scale {before} to {inner} pixels{warned}.", "scale")]
    return []


def _bytes(case: VideoCase, recipe: Encode) -> list[Step]:
    if recipe.budget is None or not recipe.budget.two_pass:
        return []
    text = f"Fit it into {recipe.budget.bytes / 1_000_000:.0f} million bytes, in two passes."
    return [case.wanted.step("reencode", text, "fit-size")]


def _turn(video: VideoFacts) -> str:
    turn = _QUARTERS.get(video.rotation, f"{video.rotation}°" if video.rotation else "")
    return " and ".join(word for word in (turn, "mirrored" if video.mirrored else "") if word)


def _retimed(video: VideoFacts, rate: Fraction) -> bool:
    own = video.frame_rate
    return isinstance(own, Unmeasured) or own.variable or own.nominal != rate
