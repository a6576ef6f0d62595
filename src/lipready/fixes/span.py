"""Which part of a video is kept, and in which order it is played."""

from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from lipready.errors import FixError, UsageError
from lipready.facts.people import PeopleFacts, Person
from lipready.fixes.choices import TrimSpan
from lipready.profiles.limit import Range


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a file: seconds from its first frame or sample, and its length in seconds."""

    start: Fraction
    length: Fraction


def chosen_part(span: TrimSpan, length: Fraction, path: str, flag: str) -> Part:
    """Cut the span that the user wants out of a file of `length` seconds.

    Raises UsageError where the span begins after the end of the file.
    """
    if span.start >= length:
        raise UsageError(f"{flag} starts at {float(span.start):g} s, but {path} ends at {float(length):.3f} s.")
    end = length if span.end is None else min(span.end, length)
    return Part(span.start, end - span.start)


def best_part(people: PeopleFacts, person: int | None, length: Fraction, lengths: Range, path: str) -> Part:
    """Find the part, within the permitted lengths in seconds, that shows the target's face longest.

    The target is the person of that number, else the one whom the provider would take. Of equally good parts the
    earliest is taken, and ends without the face are left out.

    Raises FixError where nobody is seen, UsageError where there is no such person.
    """
    target = target_person(people, person, path)
    longest = length if lengths.maximum is None else min(length, lengths.maximum)
    shortest = min(length, lengths.minimum or Fraction(0))
    step = _spacing(people.samples, length)
    seen = sorted({look.time for look in target.looks})
    first, last = _densest(seen, longest - step)
    return _around(first, min(length, last + step), shortest, length)


def target_person(people: PeopleFacts, person: int | None, path: str) -> Person:
    """Find whose lips shall move: the chosen person, else the provider's pick, else whoever is seen longest."""
    if person is not None and people.people and people.person(person) is None:
        numbers = ", ".join(str(number) for number in sorted(each.id for each in people.people))
        raise UsageError(f"There is no person {person} in {path}: the people seen have the numbers {numbers}.")
    target = people.target(person)
    if target is None:
        raise FixError(f"{path} shows no face to follow; choose the part with --trim START:END.")
    return target


def _densest(seen: list[Fraction], longest: Fraction) -> tuple[Fraction, Fraction]:
    """Find the first and last of the most looks that lie within `longest` seconds; the earliest of equals."""
    best, begin = (0, seen[0], seen[0]), 0
    for end, time in enumerate(seen):
        while time - seen[begin] > longest:
            begin += 1
        if end - begin + 1 > best[0]:
            best = (end - begin + 1, seen[begin], time)
    return best[1], best[2]


def _spacing(samples: tuple[Fraction, ...], length: Fraction) -> Fraction:
    """Return the usual distance between samples: a look stands for the time up to the next one."""
    if len(samples) < 2:  # noqa: PLR2004 - it takes two to have a distance
        return length
    gaps = sorted(later - earlier for earlier, later in pairwise(samples))
    return gaps[len(gaps) // 2]


def _around(first: Fraction, last: Fraction, shortest: Fraction, length: Fraction) -> Part:
    """Widen a part to the shortest permitted length, to both sides, inside the file."""
    missing = shortest - (last - first)
    if missing > 0:
        first = max(Fraction(0), min(first - missing / 2, length - shortest))
        last = first + shortest
    return Part(first, last - first)
