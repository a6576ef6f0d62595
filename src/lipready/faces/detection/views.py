"""Which squares of a picture the detector looks at (section 6 of the design: Views)."""

from collections.abc import Iterable
from math import ceil
from typing import TYPE_CHECKING

from lipready.faces.detection.geometry import Area

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SIDE = 192
"""Pixels: the detectors' input. Every view is shrunk to exactly this."""


def whole(width: int, height: int) -> Area:
    """W: the whole picture, letterboxed."""
    return Area.square((width / 2, height / 2), max(width, height))


def padded(width: int, height: int) -> Area:
    """P: the picture padded to 1.5 times its long edge, for faces that fill or leave the frame."""
    return Area.square((width / 2, height / 2), 1.5 * max(width, height))


def along(width: int, height: int) -> tuple[Area, ...]:
    """Lay out A: squares of the short edge along the long one, three for 16:9; none for a square picture."""
    short, long = sorted((width, height))
    if long < 1.05 * short:
        return ()
    starts = _spread(long, short, 0.5 * short)
    return tuple(Area(s, 0, short, short) if width >= height else Area(0, s, short, short) for s in starts)


def small(width: int, height: int) -> tuple[Area, ...]:
    """B: squares of 0.6 of the short edge all over the picture, eight for 16:9."""
    short = min(width, height)
    side = 0.6 * short
    lefts, tops = _spread(width, side, 0.45 * short), _spread(height, side, 0.45 * short)
    return tuple(Area(left, top, side, side) for top in tops for left in lefts)


def around(faces: Iterable[Area], width: int, height: int) -> tuple[Area, ...]:
    """T: a square around each place where a face was a moment ago."""
    least = 0.3 * min(width, height)
    return tuple(Area.square(face.centre, max(4 * face.size, least)) for face in faces)


def cut(image: "NDArray[np.uint8]", view: Area, side: int = SIDE) -> "NDArray[np.uint8]":
    """Cut the square `view` out of an RGB image, resized to side × side; black where it reaches beyond the picture."""
    import cv2
    import numpy as np

    height, width = image.shape[:2]
    left, top = max(0, round(view.left)), max(0, round(view.top))
    right, bottom = min(width, round(view.right)), min(height, round(view.bottom))
    square = np.zeros((side, side, 3), np.uint8)
    if right <= left or bottom <= top:
        return square
    scale = side / view.width
    x, y = (max(0, min(side - 1, round((v - o) * scale))) for v, o in ((left, view.left), (top, view.top)))
    across = max(1, min(side - x, round((right - left) * scale)))
    down = max(1, min(side - y, round((bottom - top) * scale)))
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    square[y : y + down, x : x + across] = cv2.resize(image[top:bottom, left:right], (across, down), interpolation=how)
    return square


def cut_from(image: "NDArray[np.uint8]", small: "NDArray[np.uint8]", view: Area) -> "NDArray[np.uint8]":
    """Cut a view out of an RGB image, or out of a smaller copy of it where that still has all the pixels it needs."""
    shrink = small.shape[1] / image.shape[1]
    if view.width * shrink < SIDE:
        return cut(image, view)
    down = small.shape[0] / image.shape[0]
    return cut(small, Area(view.left * shrink, view.top * down, view.width * shrink, view.height * down))


def _spread(length: float, side: float, step: float) -> tuple[float, ...]:
    """Evenly spaced starts of squares that cover a length, neighbours at most `step` apart."""
    free = length - side
    if free <= 0:
        return (free / 2,)
    count = 1 + ceil(round(free / step, 6))
    return tuple(free * i / (count - 1) for i in range(count))
