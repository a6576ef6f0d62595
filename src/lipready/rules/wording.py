"""Numbers and names as people read them, never rounded onto a bound."""

from collections.abc import Iterable
from fractions import Fraction
from pathlib import PurePath

from lipready.facts.file import FileFacts
from lipready.profiles.limit import Limit, Range

MEBIBYTE = 1 << 20
MEGABYTE = 10**6

_MOST_DIGITS = 60
_LONGEST_NAME = 80


def number(value: Fraction, near: Iterable[Fraction | None] = (), digits: int = 2) -> str:
    """Write a number with at least so many decimals that it lies on the same side of each bound as the value does."""
    bounds = [bound for bound in near if bound is not None]
    for count in range(digits, _MOST_DIGITS):
        rounded = round(value, count)
        if all((rounded > bound) == (value > bound) and (rounded < bound) == (value < bound) for bound in bounds):
            return _decimal(rounded, count)
    return str(value)


def _decimal(value: Fraction, digits: int) -> str:
    """Write a number that has at most `digits` decimals, without zeros at its end."""
    whole, rest = divmod(abs(value) * 10**digits, 10**digits)
    decimals = f"{int(rest):0{digits}d}".rstrip("0") if digits else ""
    sign = "-" if value < 0 else ""
    return f"{sign}{int(whole)}.{decimals}" if decimals else f"{sign}{int(whole)}"


def bounds_of(limit: Limit) -> tuple[Fraction, ...]:
    """Return every bound of a limit."""
    ranges = [r for r in (limit.accept, limit.safe) if r is not None]
    return tuple(bound for r in ranges for bound in (r.minimum, r.maximum) if bound is not None)


def amount(value: Fraction, limit: Limit) -> str:
    """Write a measured value with its unit, on the right side of the limit."""
    return f"{number(value, bounds_of(limit))} {limit.unit}".rstrip()


def interval(allowed: Range, unit: str) -> str:
    """Write a range: "15–60 fps", "≤ 4096 px", "> 2 and < 120 s"."""
    low, high = (None if bound is None else _exact(bound) for bound in (allowed.minimum, allowed.maximum))
    if low is not None and low == high:
        return f"exactly {low} {unit}".rstrip()
    if low is not None and high is not None and allowed.inclusive:
        return f"{low}–{high} {unit}".rstrip()
    sides = [f"{sign} {bound}" for sign, bound in zip(_signs(allowed), (low, high), strict=True) if bound is not None]
    return f"{' and '.join(sides)} {unit}".rstrip()


def _signs(allowed: Range) -> tuple[str, str]:
    return ("≥", "≤") if allowed.inclusive else (">", "<")


def _exact(value: Fraction) -> str:
    """Write a bound as it is: a decimal where it is one, else a fraction."""
    text = number(value, digits=6)
    return text if Fraction(text) == value else str(value)


def size(count: int, limit: Limit) -> str:
    """Write a number of bytes, and how many million that is."""
    bounds = [bound / MEGABYTE for bound in bounds_of(limit)]
    return f"{count:,} bytes ({number(Fraction(count, MEGABYTE), bounds, 1)} MB)"


def size_limit(maximum: Fraction) -> str:
    """Write a bound in bytes, and as whole MB in the reading of MB in which it is whole."""
    for base in (MEBIBYTE, MEGABYTE):
        if maximum % base == 0:
            return f"{maximum / base} MB ({int(maximum):,} bytes)"
    return f"{_exact(maximum)} bytes"


def name_of(file: FileFacts) -> str:
    """Return the last part of a path, safe to print on one line."""
    return printable(PurePath(file.path.replace("\\", "/")).name or file.path)


def printable(text: str) -> str:
    """Escape what would break the line or the terminal, cut what is too long, and show what is empty."""
    line = one_line(text) or "?"
    return line if len(line) <= _LONGEST_NAME else f"{line[: _LONGEST_NAME // 2]}…{line[-_LONGEST_NAME // 2 :]}"


def percent(share: Fraction, near: Iterable[Fraction | None] = ()) -> str:
    """Write a share (0..1) as a percentage that lies on the same side of each bound as the share does."""
    return f"{number(share * 100, [None if bound is None else bound * 100 for bound in near], 0)} %"


def clock(time: Fraction, digits: int = 0) -> str:
    """Write seconds as minutes and seconds, rounded down: "0:42", with one digit "0:42.5"."""
    minutes, rest = divmod(time * 10**digits // 1, 60 * 10**digits)
    return f"{minutes}:{'0' if rest < 10 ** (digits + 1) else ''}{_decimal(Fraction(rest, 10**digits), digits)}"


def money(value: Fraction) -> str:
    """Write an amount of money with its cents."""
    whole, cents = divmod(round(value * 100), 100)
    return f"{whole}.{cents:02d}"


def one_line(text: str) -> str:
    """Escape what would break the line or the terminal."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def listing(words: Iterable[str], last: str = "or") -> str:
    """Join words: "mp4, avi or mov"."""
    *most, final = words
    return f"{', '.join(most)} {last} {final}" if most else final
