"""Decode a still picture to RGB."""

from typing import TYPE_CHECKING

from lipready.errors import ProbeError
from lipready.facts.unmeasured import Unmeasured
from lipready.probe.streams.image import open_picture

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image

LONG_EDGE = 1920
"""Pixels: larger pictures are shrunk, as frames are."""

DEEP = ("I", "F")
"""Pillow's modes of more than eight bits a channel begin so."""


def open_still(path: str) -> "tuple[NDArray[np.uint8], float] | Unmeasured":
    """Decode a picture (the first frame of an animation) to RGB, upright by its EXIF orientation, at most 1920 long.

    Also how many pixels of the picture one of these is wide and high. Transparent parts become white. Unmeasured where
    it cannot be decoded or is too large to be safe.
    """
    import numpy as np
    from PIL import ImageOps

    try:
        with open_picture(path) as picture:
            longest = max(picture.size)
            if picture.format in {"JPEG", "MPO"}:
                picture.draft("RGB", (LONG_EDGE, LONG_EDGE))
            rgb = _rgb(ImageOps.exif_transpose(picture))
    except ProbeError as error:
        return Unmeasured(f"the picture {error}", transient=error.transient)
    rgb.thumbnail((LONG_EDGE, LONG_EDGE))
    return np.asarray(rgb), longest / max(rgb.size)


def _rgb(picture: "Image") -> "Image":
    """Eight bits a channel, on white where the picture is transparent."""
    from PIL import Image

    if picture.mode.startswith(DEEP):
        picture = _shallow(picture)
    if not picture.has_transparency_data:
        return picture.convert("RGB")
    layered = picture.convert("RGBA")
    white = Image.new("RGBA", layered.size, "white")
    white.alpha_composite(layered)
    return white.convert("RGB")


def _shallow(picture: "Image") -> "Image":
    """Grey of 16 or 32 bits stretched over eight: Pillow's own conversion cuts at 255."""
    import numpy as np
    from PIL import Image

    values = np.nan_to_num(np.asarray(picture, np.float64))
    low, high = float(values.min()), float(values.max())
    return Image.fromarray(((values - low) * (255.0 / max(high - low, 1e-9))).astype(np.uint8))
