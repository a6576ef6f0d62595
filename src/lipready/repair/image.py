"""The repairs of a picture: in words, and written with Pillow."""

import io
from dataclasses import dataclass
from fractions import Fraction
from math import floor
from pathlib import Path
from typing import TYPE_CHECKING

from lipready.errors import FixError, ProbeError
from lipready.facts.file import ImageFacts
from lipready.facts.people import Box, PeopleFacts
from lipready.facts.plan import PictureEdit, Step
from lipready.facts.quantity import counted
from lipready.repair.recipe import RepairCase, accepted, aim, most_bytes
from lipready.repair.run.folder import unwritable

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image

QUALITIES = (95, 92, 88, 84, 80, 75, 70, 60, 50)
_SHRINK = 0.8
_SMALLEST = 64
_DEEP = frozenset({"I", "F", "I;16", "I;16L", "I;16B", "I;16N"})
_FULL_COLOUR = 90


def write_picture(source: str, edit: PictureEdit, output: Path) -> None:
    """Open a picture, apply an edit, and write it to `output` without its metadata.

    Raises FixError where the picture cannot be decoded, or cannot be made small enough.
    """
    from PIL.Image import Resampling

    from lipready.probe.streams.image import open_picture

    try:
        with open_picture(source) as opened:
            opened.seek(0)
            image = _upright(opened, edit.orientation)
            if edit.crop is not None:
                box = edit.crop
                image = image.crop((box.left, box.top, box.left + box.width, box.top + box.height))
            image = _plain(image)
    except ProbeError as error:
        raise FixError(f"{source} {error}.") from error
    if edit.size is not None:
        image = image.resize(edit.size, Resampling.LANCZOS)
    if edit.format == "PNG":
        buffer = io.BytesIO()
        image.save(buffer, "PNG", optimize=True)
        _write(buffer.getvalue(), output)
    else:
        _write(_jpeg(image, edit.max_bytes, source), output)


def write_frame(image: "NDArray[np.uint8]", max_bytes: int | None, output: Path) -> None:
    """Write a frame (height × width × 3, RGB, uint8) as JPEG. Raises FixError where it cannot be made small enough."""
    from PIL import Image

    _write(_jpeg(Image.fromarray(image), max_bytes, output.name), output)


def _write(data: bytes, output: Path) -> None:
    try:
        output.write_bytes(data)
    except OSError as error:
        raise unwritable(output, error) from error


def _jpeg(image: "Image", max_bytes: int | None, source: str) -> bytes:
    """Encode in the best quality that fits; where none does, in a smaller size."""
    while min(image.size) >= _SMALLEST or max_bytes is None:
        for quality in QUALITIES:
            buffer = io.BytesIO()
            # Without `optimize`, for which Pillow's buffer is too small where the picture is noise.
            image.save(buffer, "JPEG", quality=quality, subsampling=0 if quality >= _FULL_COLOUR else 2)
            if max_bytes is None or buffer.tell() <= max_bytes:
                return buffer.getvalue()
        image = image.resize((round(image.width * _SHRINK), round(image.height * _SHRINK)))
    raise FixError(f"{source} cannot be written in {counted(max_bytes, 'byte')}.")


def _upright(image: "Image", orientation: int) -> "Image":
    """Undo the EXIF orientation (1..8; TIFF 6.0, tag 274)."""
    from PIL.Image import Transpose

    turns = {
        2: Transpose.FLIP_LEFT_RIGHT,
        3: Transpose.ROTATE_180,
        4: Transpose.FLIP_TOP_BOTTOM,
        5: Transpose.TRANSPOSE,
        6: Transpose.ROTATE_270,
        7: Transpose.TRANSVERSE,
        8: Transpose.ROTATE_90,
    }
    return image.transpose(turns[orientation]) if orientation in turns else image


def _plain(image: "Image") -> "Image":
    """Make it 8-bit RGB in the sRGB colour space, on white where it is transparent."""
    from PIL import Image

    profile = image.info.get("icc_profile")
    if image.mode in _DEEP:
        image = _eight_bits(image)
    if image.has_transparency_data:
        clear = image.convert("RGBA")
        ground = Image.new("RGBA", clear.size, "white")
        image = Image.alpha_composite(ground, clear).convert("RGB")
    image = image if image.mode in ("RGB", "CMYK", "L", "LAB") else image.convert("RGB")
    plain = _to_srgb(image, profile) if profile else image
    # A new picture: comments, GPS and thumbnails stay behind.
    return Image.frombytes("RGB", plain.size, plain.convert("RGB").tobytes())


def _eight_bits(image: "Image") -> "Image":
    """Scale 16-bit and floating-point grey to 8 bits; Pillow's own conversion would clip it."""
    import numpy as np
    from PIL import Image

    samples = np.asarray(image, dtype=np.float64)
    whole = 65535.0 if image.mode.startswith("I") else max(float(samples.max(initial=0)), 1.0)
    return Image.fromarray((np.clip(samples / whole, 0, 1) * 255).round().astype(np.uint8))


def _to_srgb(image: "Image", profile: bytes) -> "Image":
    """Convert the colours; a profile that is broken, or is for another kind of picture, is left out of account."""
    from PIL import ImageCms

    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        converted = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ValueError):
        return image
    return image if converted is None else converted


_BYTES_PER_PIXEL = 3
_OVERHEAD = Fraction(101, 100)


@dataclass(frozen=True, slots=True)
class ImageCase(RepairCase):
    """One picture that may have to be repaired."""

    image: ImageFacts


def picture_edit(case: ImageCase) -> PictureEdit | None:
    """Decide what is done, or None where no repair is wanted that needs no further decision."""
    if not case.wanted.level("reencode"):
        return None
    crop = _crop(case) if case.wanted.has("crop-image") else None
    shown = (crop.width, crop.height) if crop else (case.image.width, case.image.height)
    limit = most_bytes(case.profile, "I602")
    longest, size = aim(case.profile, "I604").maximum, None
    if longest is not None and max(shown) > longest:
        scale = Fraction(floor(longest), max(shown))
        size = (max(1, floor(shown[0] * scale)), max(1, floor(shown[1] * scale)))
    return PictureEdit(
        format="PNG" if _stays_exact(case, size or shown, limit) else "JPEG",
        orientation=case.image.orientation,
        crop=crop,
        size=size,
        max_bytes=None if limit is None else int(limit),
    )


def _stays_exact(case: ImageCase, size: tuple[int, int], most: Fraction | None) -> bool:
    """Return whether the output, of so many pixels, is a PNG: for a source without loss, where it certainly fits."""
    if case.file.format == "bmp":
        # Even noise comes to hardly more than its bare samples as a PNG.
        fits = accepted(case.profile, "I602").maximum
        return fits is None or _BYTES_PER_PIXEL * size[0] * size[1] * _OVERHEAD <= fits
    light = most is None or (isinstance(case.file.bytes, int) and 2 * case.file.bytes <= most)
    return case.file.format == "png" and not case.image.animated and light


def picture_steps(case: ImageCase, edit: PictureEdit) -> tuple[Step, ...]:
    """Return every change as a step in words."""
    wanted, steps = case.wanted, []
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
    text = f"Write it as {edit.format}, without its metadata{kept}."
    return (*steps, Step("convert-image", "reencode", text, wanted.rest(steps)))


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
