"""The exact frame rate behind timestamps that a container has rounded to its ticks."""

from collections.abc import Iterable
from fractions import Fraction
from itertools import islice, pairwise
from operator import sub

from lipready.facts.unmeasured import Unmeasured
from lipready.facts.video import FrameRate, Resampled

# The rates that cameras, broadcasts and cinema use; which of them fits is decided by the timestamps alone.
STANDARD = tuple(
    Fraction(*rate)
    for rate in (
        (25, 1), (30, 1), (30000, 1001), (24, 1), (24000, 1001), (50, 1), (60, 1), (60000, 1001), (15, 1),
        (15000, 1001), (12, 1), (10, 1), (20, 1), (48, 1), (48000, 1001), (120, 1), (120000, 1001), (100, 1), (25, 2),
        (8, 1), (5, 1),
    )
)  # fmt: skip
_THOUSAND = 1000
_SHORT = 100


def plainest_between(low: Fraction, high: Fraction) -> Fraction:
    """Find the rate in [low, high] that a person would write: a standard rate, a short fraction, or three decimals."""
    standard = next((rate for rate in STANDARD if low <= rate <= high), None)
    if standard is not None:
        return standard
    simplest = simplest_between(low, high)
    decimal = Fraction(round((low + high) * _THOUSAND / 2), _THOUSAND)
    return decimal if simplest.denominator > _SHORT and low <= decimal <= high else simplest


def simplest_between(low: Fraction, high: Fraction) -> Fraction:
    """Find the fraction with the smallest denominator in [low, high], 0 < low <= high, by continued fractions."""
    whole = -(-low.numerator // low.denominator)
    if whole <= high:
        return Fraction(whole)
    floor = whole - 1
    return floor + 1 / simplest_between(1 / (high - floor), 1 / (low - floor))


_SEARCHED = Fraction(1, 100)
"""How far from a rate that is tried its grid may be: a camera's clock is not off by more."""

_JITTER = Fraction(1, 4)
"""How far, in frames, a timestamp may be from its place: up to here the place of the next frame cannot be mistaken."""

_PARTS = 4
"""Into how many parts the shortest distance is divided where no usual rate fits."""

_HIGHEST_RATE = 120
"""Above this no provider takes a rate, so that no grid is looked for."""


def frame_grid(pts: list[int], base: Fraction, declared: Iterable[Fraction | None]) -> Fraction | None:
    """Return the lowest rate on whose grid, first + k / rate, every one of `pts` has a place of its own, else None.

    `pts` are ascending ticks of `base` seconds, none twice. Where no grid meets all to within a tick, as rounding to
    the time base leaves them, one that meets them to within a quarter of a frame is taken: a camera that jitters.
    """
    known = tuple(rate for rate in declared if rate)
    shortest = min(later - earlier for earlier, later in pairwise(pts))
    tried = sorted({*STANDARD, *(part / (shortest * base) for part in range(1, _PARTS + 1))})
    for jitter in (False, True):
        for rate in tried:
            period = 1 / (rate * base)
            tolerance = period * _JITTER if jitter else Fraction(1)
            if rate > _HIGHEST_RATE or tolerance > period * _JITTER:
                break
            found = _grid_near(pts, base, period, tolerance)
            if found is not None:
                near = (each for each in known if abs(each - found) <= found * _SEARCHED)
                return next((each for each in near if _fits_grid(pts, base, each, tolerance)), found)
    return None


def resampled(pts: list[int], base: Fraction, grid: Fraction | None) -> tuple[Resampled, ...]:
    """Count what each usual rate, and each whole part of the grid's, loses and repeats of the frames.

    Every frame is assigned the nearest place of an even rate, as ffmpeg's fps filter does.
    """
    found = []
    for rate in sorted({*STANDARD, *(() if grid is None else (grid / part for part in range(1, _PARTS + 1)))}):
        step = rate * base
        above, below, first = 2 * step.numerator, step.denominator, pts[0]
        places = [((stamp - first) * above + below) // (2 * below) for stamp in pts]
        kept = len(set(places))
        found.append(Resampled(rate, lost=len(pts) - kept, repeated=places[-1] + 1 - kept))
    return tuple(found)


def _grid_near(pts: list[int], base: Fraction, period: Fraction, tolerance: Fraction) -> Fraction | None:
    """Follow the timestamps from a period that is nearly right, narrowing it; None where one of them has no place."""
    low, high, near = float(period * (1 - _SEARCHED)), float(period * (1 + _SEARCHED)), float(tolerance)
    last, first = 0, pts[0]
    for stamp in pts[1:]:
        passed = stamp - first
        place = round(2 * passed / (low + high))
        if place <= last:
            return None
        low, high = max(low, (passed - near) / place), min(high, (passed + near) / place)
        if low > high:
            return None
        last = place
    # The search is in floating point; what it found counts where it fits exactly.
    rates = (plainest_between(1 / (Fraction(high) * base), 1 / (Fraction(low) * base)), 1 / (period * base))
    return next((rate for rate in rates if _fits_grid(pts, base, rate, tolerance)), None)


def _fits_grid(pts: list[int], base: Fraction, rate: Fraction, tolerance: Fraction) -> bool:
    """Return whether every timestamp is within `tolerance` ticks of a place of its own, in integers."""
    step = 1 / (rate * base)
    above, below, first, last = step.numerator, step.denominator, pts[0], -1
    allowed = tolerance.numerator * below
    for stamp in pts:
        passed = (stamp - first) * below
        place = (2 * passed + above) // (2 * above)
        if place <= last or abs(passed - place * above) * tolerance.denominator > allowed:
            return False
        last = place
    return True


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
    pts = sorted(set(pts))
    if len(pts) < 2:  # noqa: PLR2004
        return Unmeasured("all frames have the same timestamp")
    gaps = list(map(sub, islice(pts, 1, None), pts))
    shortest, longest = min(gaps), max(gaps)
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


def _constant(
    pts: list[int], base: Fraction, declared: Iterable[Fraction | None], gaps: tuple[int, int]
) -> Fraction | None:
    shortest, longest = gaps
    if shortest == longest and len(pts) >= _PROGRESSION:
        return 1 / (shortest * base)
    # Two neighbours may each be off by up to a tick; where a frame is only a few ticks, twice as long is a lost frame.
    if longest - shortest > _NEIGHBOURS or longest >= 2 * shortest:
        return None
    for rate in (*(Fraction(rate) for rate in declared if rate), *STANDARD):
        if _fits(pts, base, rate):
            return rate
    plainest = _plainest_rate(pts, base)
    return plainest if plainest is not None and _fits(pts, base, plainest) else None


def _fits(pts: list[int], base: Fraction, rate: Fraction) -> bool:
    """Return whether |pts[n] - pts[0] - n / (rate * base)| <= 1 for every n, in integers."""
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
    for n, stamp in enumerate(pts[1:], start=1):
        if (stamp - first - 1) * low.denominator > low.numerator * n:
            low = Fraction(stamp - first - 1, n)
        if high is None or (stamp - first + 1) * high.denominator < high.numerator * n:
            high = Fraction(stamp - first + 1, n)
    if high is None or low > high or low <= 0:
        return None
    return plainest_between(1 / (high * base), 1 / (low * base))
