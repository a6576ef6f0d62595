"""Counts, times and money as people read them; a report in JSON keeps the exact numbers."""

from collections.abc import Iterable
from fractions import Fraction
from functools import lru_cache
from math import ceil, floor

_PLURALS = {"person": "people", "is": "are", "was": "were", "has": "have", "needs": "need", "entry": "entries"}
_MOST_DIGITS = 60
_FINEST = Fraction(1, 10**6)
"""Seconds: no container counts time more finely in practice."""


def plural(number: float, noun: str) -> str:
    """Return the form of a noun (or of a verb of its sentence) that goes with a number: "frame", "frames"."""
    before, space, last = noun.rpartition(" ")
    return noun if number == 1 else before + space + _PLURALS.get(last, f"{last}s")


def counted(number: int, noun: str) -> str:
    """Write a number of things: "1 frame", "2 frames", "no frames", "12,000 bytes"."""
    return f"{number:,} {plural(number, noun)}" if number else f"no {plural(0, noun)}"


def number(value: Fraction | float, near: Iterable[Fraction | None] = (), digits: int = 2) -> str:
    """Write a number with at least so many decimals that it lies on the same side of each bound as the value does."""
    return _number(Fraction(value), tuple(bound for bound in near if bound is not None), digits)


@lru_cache(maxsize=4096)
def _number(exact: Fraction, bounds: tuple[Fraction, ...], digits: int) -> str:
    # The bounds of a limit and the values of a repository come again and again in a run over it.
    for count in range(digits, _MOST_DIGITS):
        rounded = round(exact, count)
        if all((rounded > bound) == (exact > bound) and (rounded < bound) == (exact < bound) for bound in bounds):
            return _decimal(rounded, count)
    return str(exact)


def exactly(value: Fraction) -> str:
    """Write a bound as it is: a decimal where it is one, else a fraction."""
    return number(value, (value,), 0)


def _decimal(value: Fraction, digits: int) -> str:
    """Write a number that has at most `digits` decimals, without zeros at its end."""
    whole, rest = divmod(abs(value) * 10**digits, 10**digits)
    decimals = f"{int(rest):0{digits}d}".rstrip("0") if digits else ""
    sign = "-" if value < 0 else ""
    return f"{sign}{int(whole)}.{decimals}" if decimals else f"{sign}{int(whole)}"


def seconds(value: Fraction | float, digits: int = 2) -> str:
    """Write a length that is judged elsewhere: "5 s", "12.48 s".

    It is never rounded onto a whole number, such as limits are: "120.004 s" is more than 120 s.
    """
    exact = Fraction(value)
    whole = Fraction(round(exact))
    return f"{number(exact, (whole,) if abs(exact - whole) >= _FINEST else (), digits)} s"


def money(value: Fraction) -> str:
    """Write an amount of money with its cents; what is less than half a cent is not nothing."""
    cents = round(value * 100)
    if not cents and value:
        return number(value, (Fraction(0),))
    return f"{'-' if cents < 0 else ''}{abs(cents) // 100}.{abs(cents) % 100:02d}"


def clock(time: Fraction, digits: int = 0) -> str:
    """Write seconds as minutes and seconds, rounded down: "0:42", with one digit "0:42.5"."""
    minutes, rest = divmod(time * 10**digits // 1, 60 * 10**digits)
    return f"{minutes}:{'0' if rest < 10 ** (digits + 1) else ''}{_decimal(Fraction(rest, 10**digits), digits)}"


def stretch(start: Fraction, end: Fraction, last: Fraction | None) -> str:
    """Write a stretch of time in whole seconds, the begun ones included, but for those after `last`, the clip's end.

    "0:00–0:42", in a clip of 41.8 seconds "0:00–0:41.8".
    """
    stop = Fraction(max(ceil(end), floor(start) + 1))
    return f"{clock(start)}–{clock(stop) if last is None or stop <= last else clock(last, 1)}"
