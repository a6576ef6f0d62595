"""Whom the provider picks where no reference image says who speaks."""

from lipready.facts.people import Look, PeopleFacts, Person

NEARLY = 81
"""Percent of the largest face's area from which another one may be the largest: boxes are noisy by a tenth each way."""


def picked(people: PeopleFacts) -> tuple[Person, ...]:
    """List who has the largest face in the first frame that has one; several where the faces are nearly equally large.

    The one whose box is the largest comes first. Empty where nobody is seen.
    """
    default = people.person(people.default_person)
    if default is None or not default.looks:
        return () if default is None else (default,)
    first = default.looks[0]
    rivals = (each for each in people.people if each.id != default.id and each.looks)
    return (default, *(each for each in rivals if _nearly_as_large(each.looks[0], first)))


def _nearly_as_large(look: Look, first: Look) -> bool:
    """Whether a face in the same frame is about as large; exact, since areas are whole numbers."""
    return look.time == first.time and 100 * _area(look) >= NEARLY * _area(first)


def _area(look: Look) -> int:
    return look.box.width * look.box.height
