"""Which size and which frame rate a video gets."""

from fractions import Fraction

from lipready.facts.video import FrameRate
from lipready.profiles.limit import Range
from lipready.repair.recipe import Canvas


def fit(width: int, height: int, edges: Range) -> Canvas:
    """Fit a displayed size into the range that both edges must lie in.

    The aspect ratio is kept; both sizes come out even, which 4:2:0 needs. Where no scale brings both edges into the
    range, the long edge becomes as long as it may be, and the short one is padded.
    """
    low = -(-(edges.minimum or Fraction(2)) // 2) * 2
    scale = max(Fraction(1), Fraction(low, min(width, height)))
    if edges.maximum is None:
        inner = [max(2, 2 * round(edge * scale / 2)) for edge in (width, height)]
    else:
        high = int(edges.maximum) // 2 * 2
        scale = min(scale, Fraction(high, max(width, height)))
        inner = [min(max(2, 2 * round(edge * scale / 2)), high) for edge in (width, height)]
    return Canvas(max(inner[0], low), max(inner[1], low), *inner)


STANDARD = tuple(map(Fraction, ("24000/1001", "24", "25", "30000/1001", "30", "48", "50", "60000/1001", "60")))
FALLBACK = Fraction(25)
_NEAR = Fraction(1, 100)
_SAME = Fraction(1, 2000)


def new_rate(rate: FrameRate, aim: Range) -> Fraction:
    """Choose the frame rate, in frames per second, of a video whose own is out of range or not constant.

    A constant rate, and the grid that a variable one lies on, is multiplied or divided by the smallest whole number
    that brings it into the range, so that frames are doubled or left out evenly; but a grid is never divided, since
    that may lose frames. A variable rate whose grid is above the range, or that has none, gets the rate that loses the
    fewest frames, of these the one that repeats the fewest. Where no timestamps were counted, it becomes the nearest
    standard rate within one per cent, else the next whole one above.
    """
    if not rate.variable:
        even = _evenly(tidy(rate.nominal), aim)
        return _standard(rate.nominal, aim) if even is None else even
    if rate.grid is not None and (aim.maximum is None or rate.grid <= aim.maximum):
        even = _evenly(rate.grid, aim)
        if even is not None:
            return even
    counted = [kept for kept in rate.resampled if kept.rate in aim]
    if counted:
        return min(counted, key=lambda kept: (kept.lost, kept.repeated, kept.rate)).rate
    return _standard(rate.nominal, aim)


def tidy(rate: Fraction) -> Fraction:
    """Round a measured rate (11111/371) to the standard rate that it is within 0.05 % of, else leave it."""
    return next((standard for standard in STANDARD if abs(standard - rate) <= rate * _SAME), rate)


def _evenly(rate: Fraction, aim: Range) -> Fraction | None:
    if aim.minimum is not None and rate < aim.minimum:
        candidate = rate * -(-aim.minimum // rate)
    elif aim.maximum is not None and rate > aim.maximum:
        candidate = rate / -(-rate // aim.maximum)
    else:
        return rate
    return candidate if candidate in aim else None


def _standard(rate: Fraction, aim: Range) -> Fraction:
    choices = [standard for standard in STANDARD if aim.maximum is None or standard <= aim.maximum] or [FALLBACK]
    near = [standard for standard in choices if abs(standard - rate) <= rate * _NEAR]
    if near:
        return min(near, key=lambda standard: abs(standard - rate))
    wanted = rate if aim.minimum is None else max(rate, aim.minimum)
    whole = (standard for standard in choices if standard >= wanted and standard.denominator == 1)
    return min(whole, default=max(choices))
