"""Stretches of time, from single samples."""

from bisect import bisect_right
from collections.abc import Collection, Iterable, Sequence
from fractions import Fraction

from lipready.facts.quantity import clock
from lipready.rules.wording import listing

Stretch = tuple[Fraction, Fraction]

MOST_NAMED = 6
"""More stretches than that are counted, not named one by one."""

_APART = Fraction(1)  # Seconds: a value that wavers around its bound is still one stretch.


def stretches(times: Collection[Fraction], samples: Iterable[Fraction], end: Fraction | None) -> tuple[Stretch, ...]:
    """Join the samples at `times` (seconds) to stretches, in order.

    A sample stands for the time up to the next one, the last for the time to `end` (the length of the clip, in
    seconds, where it is known).
    """
    wanted = frozenset(times)
    grid = sorted(wanted.union(samples))
    joined: list[Stretch] = []
    for number, time in enumerate(grid):
        if time not in wanted:
            continue
        after = grid[number + 1] if number + 1 < len(grid) else max(time, time if end is None else end)
        if joined and joined[-1][1] == time:
            joined[-1] = (joined[-1][0], after)
        else:
            joined.append((time, after))
    return tuple(joined)


def merged(parts: Sequence[Stretch]) -> tuple[Stretch, ...]:
    """Join stretches that are less than a second apart."""
    joined: list[Stretch] = []
    for start, end in parts:
        if joined and start - joined[-1][1] < _APART:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return tuple(joined)


def within(time: Fraction, parts: Sequence[Stretch]) -> bool:
    """Whether a time lies in one of the stretches, which are in order; their ends do not belong to them."""
    number = bisect_right(parts, time, key=lambda part: part[0])
    return number > 0 and time < parts[number - 1][1]


def named(parts: Sequence[Stretch]) -> str:
    """Write stretches: "0:02–0:04.5 and 0:07–0:09"; "at 0:02" where one has no length."""
    words = [f"{clock(start, 1)}–{clock(end, 1)}" if end > start else f"at {clock(start, 1)}" for start, end in parts]
    more = len(words) - MOST_NAMED
    return listing(words if more <= 0 else [*words[:MOST_NAMED], f"{more} more"], "and")
