"""What is done to a reference picture: its edit and its steps; Pillow does it in `repair.image.edit`."""

from dataclasses import dataclass
from fractions import Fraction
from math import floor

from lipready.facts.file import FileFacts
from lipready.facts.image import ImageFacts
from lipready.facts.people import Box, PeopleFacts
from lipready.facts.plan import PictureEdit, Step
from lipready.profiles.limit import Profile
from lipready.repair.aims import accepted, aim, most_bytes
from lipready.repair.wanted import Wanted

_BYTES_PER_PIXEL = 3
_OVERHEAD = Fraction(101, 100)


@dataclass(frozen=True, slots=True)
class ImageCase:
    """All that the edit of a picture depends on."""

    file: FileFacts
    image: ImageFacts
    wanted: Wanted
    profile: Profile


def picture_edit(case: ImageCase) -> PictureEdit | None:
    """Decide what is done, or None where no repair is wanted that needs no further decision."""
    if not case.wanted.level("reencode"):
        return None
    crop = _crop(case) if case.wanted.has("crop-image") else None
    shown = (crop.width, crop.height) if crop else (case.image.width, case.image.height)
    limit = most_bytes(case.profile, "I602")
    size = _shrunk(shown, aim(case.profile, "I604").maximum)
    return PictureEdit(
        format="PNG" if _stays_exact(case, size or shown, limit) else "JPEG",
        orientation=case.image.orientation,
        crop=crop,
        size=size,
        max_bytes=None if limit is None else int(limit),
    )


def _stays_exact(case: ImageCase, size: tuple[int, int], most: Fraction | None) -> bool:
    """Whether the output, of so many pixels, is a PNG: for a source without loss, where it certainly fits."""
    if case.file.format == "bmp":
        # Even noise comes to hardly more than its bare samples as a PNG.
        fits = accepted(case.profile, "I602").maximum
        return fits is None or _BYTES_PER_PIXEL * size[0] * size[1] * _OVERHEAD <= fits
    light = most is None or (isinstance(case.file.bytes, int) and 2 * case.file.bytes <= most)
    return case.file.format == "png" and not case.image.animated and light


def picture_steps(case: ImageCase, edit: PictureEdit) -> tuple[Step, ...]:
    """Name every change."""
    wanted = case.wanted
    steps = []
    if case.image.orientation != 1:
        steps.append(wanted.step("reencode", "Turn the picture itself upright.", "upright"))
    if edit.crop is not None:
        text = f"Crop it to {edit.crop.width} × {edit.crop.height} pixels around its one face."
        steps.append(wanted.step("reencode", text, "crop-image"))
    if edit.size is not None:
        steps.append(wanted.step("reencode", f"Shrink it to {edit.size[0]} × {edit.size[1]} pixels.", "shrink"))
    if wanted.has("fit-image-size") and edit.max_bytes is not None:
        text = f"Fit it into {edit.max_bytes / 1_000_000:.1f} million bytes."
        steps.append(wanted.step("reencode", text, "fit-image-size"))
    kept = "; only its first frame is kept" if case.image.animated else ""
    named = {rule for step in steps for rule in step.rules}
    rest = tuple(
        f.rule for f in wanted.findings if f.rule not in named and f.fix is not None and f.fix.level != "editorial"
    )
    text = f"Write it as {edit.format}, without its metadata{kept}."
    return (*steps, Step("convert-image", "reencode", text, rest))


def _crop(case: ImageCase) -> Box | None:
    """Cut the long edge to the aspect ratio that is aimed at, with the one face in the middle where there is room."""
    people, ratio = case.file.people, aim(case.profile, "I603").maximum
    if not isinstance(people, PeopleFacts) or people.count != 1 or not people.people[0].looks or ratio is None:
        return None
    face = people.people[0].looks[0].box
    width, height = case.image.width, case.image.height
    if width >= height:
        length = min(width, floor(height * ratio))
        return Box(_begin(face.left, face.width, length, width), 0, length, height)
    length = min(height, floor(width * ratio))
    return Box(0, _begin(face.top, face.height, length, height), width, length)


def _begin(face: int, face_length: int, length: int, whole: int) -> int:
    return max(0, min(whole - length, face + face_length // 2 - length // 2))


def _shrunk(size: tuple[int, int], longest: Fraction | None) -> tuple[int, int] | None:
    if longest is None or max(size) <= longest:
        return None
    scale = Fraction(floor(longest), max(size))
    return max(1, floor(size[0] * scale)), max(1, floor(size[1] * scale))
