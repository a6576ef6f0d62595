"""Numbers, names and stretches of time as people read them, never rounded onto a bound."""

from bisect import bisect_right
from collections.abc import Collection, Iterable, Sequence
from fractions import Fraction
from pathlib import PurePath

from lipready.facts.file import FileFacts
from lipready.facts.quantity import clock, counted, exactly, number, plural
from lipready.profiles.limit import Limit, Range

Stretch = tuple[Fraction, Fraction]

MOST_NAMED = 6
"""More stretches than that are counted, not named one by one."""


def stretches(times: Collection[Fraction], samples: Iterable[Fraction], end: Fraction | None) -> tuple[Stretch, ...]:
    """Join the samples at `times` (seconds) to stretches, in order.

    A sample stands for the time up to the next one, the last for the time to `end` (the length of the clip, in
    seconds, where it is known).
    """
    wanted = frozenset(times)
    grid = sorted(wanted.union(samples))
    joined: list[Stretch] = []
    for index, time in enumerate(grid):
        if time not in wanted:
            continue
        after = grid[index + 1] if index + 1 < len(grid) else max(time, time if end is None else end)
        if joined and joined[-1][1] == time:
            joined[-1] = (joined[-1][0], after)
        else:
            joined.append((time, after))
    return tuple(joined)


def within(time: Fraction, parts: Sequence[Stretch]) -> bool:
    """Return whether a time lies in one of the stretches, which are in order; their ends do not belong to them."""
    number = bisect_right(parts, time, key=lambda part: part[0])
    return number > 0 and time < parts[number - 1][1]


def named(parts: Sequence[Stretch]) -> str:
    """Write stretches: "0:02–0:04.5 and 0:07–0:09"; "at 0:02" where one has no length."""
    words = [f"{clock(start, 1)}–{clock(end, 1)}" if end > start else f"at {clock(start, 1)}" for start, end in parts]
    more = len(words) - MOST_NAMED
    return listing(words if more <= 0 else [*words[:MOST_NAMED], f"{more} more"], "and")


MEBIBYTE = 1 << 20
MEGABYTE = 10**6

_LONGEST_NAME = 80
_COUNTED = ("byte", "character", "face", "sample")


def bounds_of(limit: Limit) -> tuple[Fraction, ...]:
    """Return every bound of a limit."""
    ranges = [r for r in (limit.accept, limit.safe) if r is not None]
    return tuple(bound for r in ranges for bound in (r.minimum, r.maximum) if bound is not None)


def amount(value: Fraction, limit: Limit) -> str:
    """Write a measured value with its unit, on the right side of the limit."""
    return of_unit(number(value, bounds_of(limit)), limit.unit)


def of_unit(number: str, unit: str) -> str:
    """Write a number with its unit: "1 face", "2 faces", "25 fps"; of a unit that is counted, the plural is given."""
    one = {plural(2, noun): noun for noun in _COUNTED}
    return f"{number} {one.get(unit, unit) if number == '1' else unit}".rstrip()


def interval(allowed: Range, unit: str) -> str:
    """Write a range: "15–60 fps", "≤ 4096 px", "> 2 and < 120 s"."""
    low, high = (None if bound is None else exactly(bound) for bound in (allowed.minimum, allowed.maximum))
    if low is not None and low == high:
        return f"exactly {of_unit(low, unit)}"
    if low is not None and high is not None and allowed.inclusive:
        return f"{low}–{of_unit(high, unit)}"
    signs = ("≥", "≤") if allowed.inclusive else (">", "<")
    *most, last = [(sign, bound) for sign, bound in zip(signs, (low, high), strict=True) if bound is not None]
    return "".join(f"{sign} {bound} and " for sign, bound in most) + f"{last[0]} {of_unit(last[1], unit)}"


def size(count: int, limit: Limit) -> str:
    """Write a number of bytes, and how many million that is."""
    bounds = [bound / MEGABYTE for bound in bounds_of(limit)]
    return f"{count:,} {plural(count, 'byte')} ({number(Fraction(count, MEGABYTE), bounds, 1)} MB)"


def size_limit(maximum: Fraction) -> str:
    """Write a bound in bytes, and as whole MB in the reading of MB in which it is whole."""
    for base in (MEBIBYTE, MEGABYTE):
        if maximum % base == 0:
            return f"{maximum / base} MB ({counted(int(maximum), 'byte')})"
    return of_unit(exactly(maximum), "bytes")


def accepted_by(limit: Limit) -> str:
    """`15–60 fps`, `mp4, avi, mov`, `300 MB of 2^20 bytes …`, or both; empty where there is neither."""
    number = [] if limit.accept is None else [range_in_words(limit.accept, limit.unit)]
    return "; ".join([", ".join(limit.choices)] * bool(limit.choices) + number)


def range_in_words(allowed: Range, unit: str) -> str:
    """Write a range as `interval` does, but for sizes of files, of which only the largest counts."""
    if unit == "byte" and allowed.minimum is None and allowed.maximum is not None:
        return f"up to {size_limit(allowed.maximum)}"
    return interval(allowed, unit)


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


def one_line(text: str) -> str:
    """Escape what would break the line or the terminal."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def listing(words: Iterable[str], last: str = "or") -> str:
    """Join words: "mp4, avi or mov"."""
    *most, final = words
    return f"{', '.join(most)} {last} {final}" if most else final
