"""Rectangles in picture pixels, as floats; faces/people turns them into whole displayed pixels."""

from dataclasses import dataclass
from typing import Self

from lipready.facts.people import Box

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
