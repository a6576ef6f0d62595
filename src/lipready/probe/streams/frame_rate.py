"""The exact frame rate behind timestamps that a container has rounded to its ticks."""

from collections.abc import Iterable, Iterator
from fractions import Fraction
from itertools import islice
from operator import sub

from lipready.facts.unmeasured import Unmeasured
from lipready.facts.video import FrameRate
from lipready.probe.streams.frame_grid import STANDARD, frame_grid, plainest_between, resampled

_NEIGHBOURS = 2
_PROGRESSION = 3
"""From this many frames on, exactly even distances say more than what the header declares."""


def frame_rate(pts: list[int], base: Fraction, declared: Iterable[Fraction | None]) -> FrameRate | Unmeasured:
    """Find the rate of frames shown at `pts` (ascending ticks of `base` seconds).

    A rate is constant where every timestamp lies within one tick of first + n / rate, and no gap is twice another.
    Candidates, the first that fits wins: the distance itself where it is exactly even, the `declared` rates, the
    standard rates, the plainest rational that the timestamps allow. Frames with the same timestamp count once: only
    one of them is seen. A last frame that is held longer does not count, since its end is no timestamp.
    """
    declared = tuple(declared)
    if len(pts) < 2:  # noqa: PLR2004
        return Unmeasured("a single frame has no rate" if pts else "no frame has a timestamp")
    shortest, longest = _gaps(pts)
    if shortest < 1:
        pts = sorted(set(pts))
        if len(pts) < 2:  # noqa: PLR2004
            return Unmeasured("all frames have the same timestamp")
        shortest, longest = _gaps(pts)
    rate = _constant(pts, base, declared, (shortest, longest))
    if rate is not None:
        return FrameRate(nominal=rate, lowest=rate, highest=rate, variable=False)
    nominal = (len(pts) - 1) / ((pts[-1] - pts[0]) * base)
    grid = frame_grid(pts, base, declared)
    return FrameRate(
        nominal=nominal,
        lowest=1 / (longest * base),
        highest=1 / (shortest * base),
        variable=True,
        grid=grid,
        resampled=resampled(pts, base, grid),
    )


def _gaps(pts: list[int]) -> tuple[int, int]:
    gaps = list(map(sub, islice(pts, 1, None), pts))
    return min(gaps), max(gaps)


def _constant(
    pts: list[int], base: Fraction, declared: Iterable[Fraction | None], gaps: tuple[int, int]
) -> Fraction | None:
    shortest, longest = gaps
    if shortest == longest and len(pts) >= _PROGRESSION:
        return 1 / (shortest * base)
    # Two neighbours may each be off by up to a tick; where a frame is only a few ticks, twice as long is a lost frame.
    if longest - shortest > _NEIGHBOURS or longest >= 2 * shortest:
        return None
    return next((rate for rate in _candidates(pts, base, declared) if _fits(pts, base, rate)), None)


def _candidates(pts: list[int], base: Fraction, declared: Iterable[Fraction | None]) -> Iterator[Fraction]:
    yield from (Fraction(rate) for rate in declared if rate)
    yield from STANDARD
    plainest = _plainest_rate(pts, base)
    if plainest is not None:
        yield plainest


def _fits(pts: list[int], base: Fraction, rate: Fraction) -> bool:
    """Whether |pts[n] - pts[0] - n / (rate * base)| <= 1 for every n, in integers."""
    step = 1 / (rate * base)
    above, below, first = step.numerator, step.denominator, pts[0]
    # The last timestamp is off most where the rate is wrong.
    if abs((pts[-1] - first) * below - (len(pts) - 1) * above) > below:
        return False
    return all(-below <= (stamp - first) * below - n * above <= below for n, stamp in enumerate(pts))


def _plainest_rate(pts: list[int], base: Fraction) -> Fraction | None:
    """Find the plainest rational in the interval of rates that fit, None where it is empty."""
    low, high = Fraction(0), None
    first = pts[0]
    for n, stamp in enumerate(pts):
        if n == 0:
            continue
        if (stamp - first - 1) * low.denominator > low.numerator * n:
            low = Fraction(stamp - first - 1, n)
        if high is None or (stamp - first + 1) * high.denominator < high.numerator * n:
            high = Fraction(stamp - first + 1, n)
    if high is None or low > high or low <= 0:
        return None
    return plainest_between(1 / (high * base), 1 / (low * base))
