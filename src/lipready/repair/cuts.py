"""Where a job that is too long is cut: between two frames, in pauses of the speech."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from math import ceil, floor

from lipready.errors import FixError
from lipready.facts.quantity import number
from lipready.facts.speech import Span
from lipready.profiles.limit import Range

STEP = Fraction(1, 2)
"""Seconds between the places that are tried in a long pause, and in speech that has none."""

ENOUGH = Fraction(1, 2)
"""Seconds from a cut to the nearest speech that more of it does not better."""


@dataclass(frozen=True, slots=True, order=True)
class _Way:
    """A way to cut all before a frame, of which the smallest is the best.

    `spoken` counts the cuts while somebody speaks, `near` is by how many frames the cut nearest to speech is nearer
    than it need be, `longest` the frames of the longest part.
    """

    spoken: int
    parts: int
    near: int
    longest: int
    cuts: tuple[int, ...] = ()


def cuts(length: Fraction, rate: Fraction, speech: Sequence[Span], lengths: Range) -> tuple[int, ...]:
    """Return the frames, at a constant `rate`, before which a job of `length` seconds is cut.

    There are none where it is not too long. Every part is as long as `lengths` (seconds) permits. Nothing is cut while
    somebody speaks where there are pauses enough; of such ways the one with the fewest parts is taken, of those the one
    whose cuts are farthest from speech, and then the one whose longest part is shortest.

    Raises FixError where no way leads to parts of such lengths.
    """
    if lengths.maximum is None or length in lengths or length < lengths.maximum:
        return ()
    pauses = _pauses(length, rate, speech)
    way = _best(length, rate, pauses, lengths) or _best(length, rate, _spoken(rate, speech) | pauses, lengths)
    if way is None:
        bounds = " to ".join(number(bound) for bound in (lengths.minimum, lengths.maximum) if bound is not None)
        raise FixError(f"A job of {number(length, (), 3)} s cannot be cut into parts of {bounds} s.")
    return way.cuts


def _best(length: Fraction, rate: Fraction, places: dict[int, int], lengths: Range) -> _Way | None:
    """Return the best way from the beginning to the end by some places; None where there is none."""
    enough = floor(ENOUGH * rate)
    permitted = [count for count in range(1, floor((lengths.maximum or 0) * rate) + 1) if count / rate in lengths]
    if not permitted:
        return None
    ways = {0: _Way(0, 1, 0, 0)}
    for frame in sorted(places):
        before = [(begin, way) for begin, way in _within(ways, frame - permitted[-1]) if frame - begin >= permitted[0]]
        quiet = places[frame]
        reached = [
            _Way(
                way.spoken + (quiet == 0),
                way.parts + 1,
                max(way.near, enough - quiet),
                max(way.longest, frame - begin),
                (*way.cuts, frame),
            )
            for begin, way in before
        ]
        if reached:
            ways[frame] = min(reached)
    last = floor(length * rate)
    ends = [(begin, way) for begin, way in _within(ways, last - permitted[-1]) if length - begin / rate in lengths]
    return min(
        (_Way(w.spoken, w.parts, w.near, max(w.longest, last - begin), w.cuts) for begin, w in ends), default=None
    )


def _within(ways: dict[int, _Way], first: int) -> Iterator[tuple[int, _Way]]:
    """Yield the ways to frames from `first` on, the last one first."""
    for frame in reversed(ways):
        if frame < first:
            return
        yield frame, ways[frame]


def _pauses(length: Fraction, rate: Fraction, speech: Sequence[Span]) -> dict[int, int]:
    """Return the frames at which nobody speaks, of a long pause several, and how many frames they are from speech."""
    spans = sorted((span for span in speech if span.start < length), key=lambda span: span.start)
    edges = [Span(Fraction(0), Fraction(0)), *spans, Span(length, length)]
    enough, found = floor(ENOUGH * rate), dict[int, int]()
    for one, other in pairwise(edges):
        begin, end = one.end, min(other.start, length)
        steps = (begin + count * STEP for count in range(1, ceil((end - begin) / STEP)))
        for frame in {floor(time * rate) for time in ((begin + end) / 2, *steps)}:
            quiet = min(floor(frame - begin * rate), floor(end * rate - frame), enough)
            if quiet > 0:
                found[frame] = quiet
    return found


def _spoken(rate: Fraction, speech: Iterable[Span]) -> dict[int, int]:
    """Return frames within the speech, every so often; they are not from speech at all."""
    times = (span.start + count * STEP for span in speech for count in range(1, ceil(span.length / STEP)))
    return {floor(time * rate): 0 for time in times}
