"""Rectangles in picture pixels, as floats; faces/people turns them into whole displayed pixels."""

from dataclasses import dataclass
from math import ceil, floor
from typing import TYPE_CHECKING, Self

from lipready.facts.people import Box

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Area:
    """A rectangle: left, top, width, height in pixels; it may reach beyond the picture."""

    left: float
    top: float
    width: float
    height: float

    @classmethod
    def square(cls, centre: Point, side: float) -> Self:
        """Make the square of `side` around `centre`."""
        return cls(centre[0] - side / 2, centre[1] - side / 2, side, side)

    @property
    def right(self) -> float:
        """The right edge."""
        return self.left + self.width

    @property
    def bottom(self) -> float:
        """The lower edge."""
        return self.top + self.height

    @property
    def centre(self) -> Point:
        """The middle."""
        return (self.left + self.width / 2, self.top + self.height / 2)

    @property
    def size(self) -> float:
        """The longer edge."""
        return max(self.width, self.height)

    def shared(self, other: "Area") -> float:
        """How many square pixels both cover."""
        across = min(self.right, other.right) - max(self.left, other.left)
        down = min(self.bottom, other.bottom) - max(self.top, other.top)
        return across * down if across > 0 and down > 0 else 0.0

    def overlap(self, other: "Area") -> float:
        """Intersection over union, 0..1."""
        shared = self.shared(other)
        return shared / (self.width * self.height + other.width * other.height - shared) if shared else 0.0

    def inside(self, other: "Area") -> float:
        """Return which share (0..1) of this area lies in the other."""
        own = self.width * self.height
        return self.shared(other) / own if own else 0.0

    def box(self, scale: float, width: int, height: int) -> Box:
        """Keep the part inside a picture of `width` × `height` pixels, in displayed ones (`scale` a pixel)."""
        left, top = max(0.0, self.left), max(0.0, self.top)
        right, bottom = min(float(width), self.right), min(float(height), self.bottom)
        return Box(
            left=round(left * scale),
            top=round(top * scale),
            width=max(1, round((right - left) * scale)),
            height=max(1, round((bottom - top) * scale)),
        )


def cut(image: "NDArray[np.uint8]", view: Area, side: int) -> "NDArray[np.uint8]":
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


ALIASES = 1.5
"""A plain warp may shrink this many times; more, and it skips pixels."""


def patch_of(image: "NDArray[np.uint8]", view: Area, scale: float) -> "tuple[NDArray[np.uint8], Point, float]":
    """Take the part of a picture that a warp needs, averaged down first where that shrinks `scale` times.

    Returns it with its left upper corner in the picture, and how much smaller it is.
    """
    import cv2

    height, width = image.shape[:2]
    left, top = min(max(0, floor(view.left)), width - 1), min(max(0, floor(view.top)), height - 1)
    right, bottom = max(min(width, ceil(view.right)), left + 1), max(min(height, ceil(view.bottom)), top + 1)
    patch, shrink = image[top:bottom, left:right], 1.0
    while scale * shrink > ALIASES and min(patch.shape[:2]) > 1:
        # By exactly a half: OpenCV averages that much faster than any other share.
        even = patch[: patch.shape[0] & -2, : patch.shape[1] & -2]
        patch, shrink = cv2.resize(even, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA), shrink / 2
    return patch, (left, top), shrink
