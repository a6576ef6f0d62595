"""Which part of a video is kept, and in which order it is played."""

from dataclasses import dataclass
from fractions import Fraction

from lipready.errors import FixError, UsageError
from lipready.facts.people import PeopleFacts, Person
from lipready.facts.quantity import number
from lipready.repair.choices import TrimSpan


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
        start, end = number(span.start, (length,), 3), number(length, (span.start,), 3)
        raise UsageError(f"{flag} starts at {start} s, but {path} ends at {end} s.")
    last = length if span.end is None else min(span.end, length)
    return Part(span.start, last - span.start)


def target_person(people: PeopleFacts, person: int | None, path: str) -> Person:
    """Return the speaker: the chosen person, else the provider's pick, else whoever is seen longest."""
    if person is not None and people.person(person) is None:
        numbers = ", ".join(str(number) for number in sorted(each.id for each in people.people))
        others = f"the people seen have the numbers {numbers}" if numbers else "nobody is seen in it"
        raise UsageError(f"There is no person {person} in {path}: {others}.")
    target = people.target(person)
    if target is None:
        raise FixError(f"{path} shows no face that --trim best or --crop could follow.")
    return target
