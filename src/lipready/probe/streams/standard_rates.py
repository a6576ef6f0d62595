"""The rates that people use, and the plainest one in an interval."""

from fractions import Fraction

# The rates that cameras, broadcasts and films use; which of them fits is decided by the timestamps alone.
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
