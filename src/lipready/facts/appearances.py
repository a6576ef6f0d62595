"""When somebody is seen, as a reader wants to know it."""

from fractions import Fraction

from lipready.facts.people import PeopleFacts, Person

APART = Fraction(1)
"""Seconds: spans that are closer together are one appearance."""


def appearances(person: Person, people: PeopleFacts, end: Fraction | None) -> tuple[tuple[Fraction, Fraction], ...]:
    """List the stretches (begin, end) in seconds in which a person of the clip is seen; at least one, in order.

    `end` is the length of the clip, None where it is not known. Somebody whom the last sample shows is seen until then.
    """
    joined: list[tuple[Fraction, Fraction]] = []
    for start, stop in sorted(person.spans) or [(person.first, person.last)]:
        if joined and start - joined[-1][1] < APART:
            joined[-1] = joined[-1][0], max(stop, joined[-1][1])
        else:
            joined.append((start, stop))
    start, stop = joined[-1]
    if end is not None and people.samples and stop >= max(people.samples):
        joined[-1] = start, max(stop, end)
    return tuple(joined)
