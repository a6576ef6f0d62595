"""Which size a picture gets."""

from dataclasses import dataclass
from fractions import Fraction

from lipready.profiles.limit import Range


@dataclass(frozen=True, slots=True)
class Canvas:
    """The output's size, and the size of the scaled picture inside it, in pixels; they differ where bars are added."""

    width: int
    height: int
    inner_width: int
    inner_height: int

    @property
    def padded(self) -> bool:
        """Whether black bars are added."""
        return (self.width, self.height) != (self.inner_width, self.inner_height)


def fit(width: int, height: int, edges: Range) -> Canvas:
    """Fit a displayed size into the range that both edges must lie in.

    The aspect ratio is kept; both sizes come out even, which 4:2:0 needs. Where no scale brings both edges into the
    range, the long edge becomes as long as it may be, and the short one is padded.
    """
    low = _even_up(edges.minimum or Fraction(2))
    high = None if edges.maximum is None else int(edges.maximum) // 2 * 2
    scale = _scale(min(width, height), max(width, height), low, high)
    inner = tuple(_even(edge * scale, high) for edge in (width, height))
    return Canvas(max(inner[0], low), max(inner[1], low), inner[0], inner[1])


def _scale(short: int, long: int, low: int, high: int | None) -> Fraction:
    scale = Fraction(1) if short >= low else Fraction(low, short)
    return scale if high is None else min(scale, Fraction(high, long))


def _even(value: Fraction, high: int | None) -> int:
    rounded = max(2, 2 * round(value / 2))
    return rounded if high is None else min(rounded, high)


def _even_up(value: Fraction) -> int:
    return -(-value // 2) * 2
