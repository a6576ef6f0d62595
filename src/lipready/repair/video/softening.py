"""Whether a face that is enlarged will be found blurred: no detail is gained by it."""

from fractions import Fraction

from lipready.facts.people import Look
from lipready.facts.unmeasured import Unmeasured
from lipready.repair.aims import band
from lipready.repair.recipe import Encode
from lipready.repair.video.crop import looks_in
from lipready.repair.video.recipe import VideoCase

RULE = "P306"
_MEASURED_AT = 128
"""Pixels: the size at which sharpness is measured. What is smaller is enlarged to it, without smoothing."""


def softens(case: VideoCase, recipe: Encode) -> bool:
    """Whether the speaker's face is sharp enough now, and will probably not be once the picture is enlarged.

    The sharpness falls by between the square and the cube of the enlargement, up to the size at which it is measured:
    on clips of the corpus, faces of 57 to 73 pixels, enlarged by 1.33, kept a third to three fifths of it.
    """
    people = case.file.people
    target = None if isinstance(people, Unmeasured) else people.target(case.person)
    width = case.video.width if recipe.reshape.cutout is None else recipe.reshape.cutout.box.width
    enlarged = Fraction(recipe.reshape.canvas.inner_width, width)
    if target is None or enlarged <= 1:
        return False
    least = band(case.profile, RULE, "sharpness", Fraction(0))
    known = [look for look in looks_in(target, recipe.part) if look.sharpness is not None]
    blurred = [look for look in known if look.sharpness is not None and look.sharpness < least]
    softened = [look for look in known if _enlarged_sharpness(look, enlarged) < least]
    share = band(case.profile, RULE, "share", Fraction(1))
    return len(blurred) <= share * len(known) < len(softened)


def _enlarged_sharpness(look: Look, enlarged: Fraction) -> float:
    counted = max(Fraction(1), min(enlarged, Fraction(_MEASURED_AT, max(1, look.box.height))))
    return (look.sharpness or 0.0) / float(counted**3)
