"""Who is followed, and which part of the picture is kept when it is cut to that person."""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor

from lipready.errors import FixError, UsageError
from lipready.facts.people import Box, Look, PeopleFacts, Person
from lipready.profiles.limit import Range
from lipready.repair.recipe import Part

ABOVE, BELOW, BESIDE = Fraction(1), Fraction(9, 4), Fraction(3, 2)
"""How far the part reaches beyond each look of the face, in heights and widths of its box: head, chest, shoulders."""

CLOSEST = Fraction(1, 4)
"""Another face may push an edge as near to the face as this, in widths of its box."""

LARGEST_SCALE = 2
"""The part is scaled up by no more than this, where the picture has room for a larger one."""

LEAST_GAIN = Fraction(9, 10)
"""A part that keeps more of the picture's width and height than this is not worth cutting out."""


def target_person(people: PeopleFacts, person: int | None, path: str) -> Person:
    """Return the speaker: the chosen person, else the provider's pick, else whoever is seen longest.

    Raises UsageError where there is no such person, FixError where nobody is seen.
    """
    if person is not None and people.person(person) is None:
        numbers = ", ".join(str(number) for number in sorted(each.id for each in people.people))
        others = f"the people seen have the numbers {numbers}" if numbers else "nobody is seen in it"
        raise UsageError(f"There is no person {person} in {path}: {others}.", path=path)
    target = people.target(person)
    if target is None:
        raise FixError(f"{path} shows no face that `Choices(trim='best')` or `Choices.crop` could follow.", path=path)
    return target


def looks_in(person: Person, part: Part | None) -> list[Look]:
    """Return the looks at a person in the part of the clip that is kept (None: all of it)."""
    return [look for look in person.looks if part is None or part.start <= look.time < part.end]


def others_seen(people: PeopleFacts, target: Person, part: Part | None) -> list[Box]:
    """Return where other people's faces are in the part of the clip that is kept."""
    return [look.box for other in people.people if other.id != target.id for look in looks_in(other, part)]


def crop_to_person(
    people: PeopleFacts, target: Person, size: tuple[int, int], part: Part | None, *, edges: Range, path: str
) -> Box:
    """Find the part of a picture of `size` (width, height) that shows one person through all that is kept of the clip.

    It holds every look of the person with head and shoulders, no face of anybody else where that can be avoided, and
    has the aspect ratio of the picture where there is room for it; all numbers are even. `edges` is the range that both
    edges of the output must lie in.

    Raises FixError where nothing would be gained: the person moves all over the picture, or stays beside another one.
    """
    looks = looks_in(target, part)
    if not looks:
        raise FixError(
            f"{path} does not show person {target.id} in the part that is kept: there is nothing to crop to."
        )
    width, height = size
    room, beside = _room(_around(looks, CLOSEST, CLOSEST, CLOSEST), others_seen(people, target, part), size)
    least = min(edges.minimum or Fraction(2), Fraction(min(size) * LARGEST_SCALE)) / LARGEST_SCALE
    box = _grown(_around(looks, ABOVE, BELOW, BESIDE), room, Fraction(width, height), least)
    if beside:
        raise FixError(
            f"Somebody else comes too close to person {target.id} in {path} to be cropped away: choose another part "
            "with `Choices.trim`, or leave `Choices.crop` out."
        )
    if box.width > LEAST_GAIN * width and box.height > LEAST_GAIN * height:
        raise FixError(
            f"Person {target.id} is seen all over the picture of {path}, so that nothing can be cropped away: leave "
            "`Choices.crop` out, or choose a part with `Choices.trim`."
        )
    return box


@dataclass(slots=True)
class _CropWindow:
    left: Fraction
    top: Fraction
    right: Fraction
    bottom: Fraction


def _around(looks: Iterable[Look], above: Fraction, below: Fraction, beside: Fraction) -> _CropWindow:
    """Return what reaches so far beyond the box of every look, in heights and widths of the box."""
    boxes = [look.box for look in looks]
    return _CropWindow(
        min(box.left - beside * box.width for box in boxes),
        min(box.top - above * box.height for box in boxes),
        max(box.left + (1 + beside) * box.width for box in boxes),
        max(box.top + (1 + below) * box.height for box in boxes),
    )


def _room(faces: _CropWindow, others: Iterable[Box], size: tuple[int, int]) -> tuple[_CropWindow, bool]:
    """Find how far the window may reach without another face, and whether one is too close to be left out."""
    room = _CropWindow(Fraction(0), Fraction(0), Fraction(size[0]), Fraction(size[1]))
    beside = False
    for box in others:
        reach = Fraction(15 * box.width, 100)  # the hair of the other one is beyond its box
        right, bottom = box.left + box.width + reach, box.top + box.height + reach
        left, top = box.left - reach, box.top - reach
        if right <= room.left or left >= room.right or bottom <= room.top or top >= room.bottom:
            continue
        if right <= faces.left:
            room.left = right
        elif left >= faces.right:
            room.right = left
        elif bottom <= faces.top:
            room.top = bottom
        elif top >= faces.bottom:
            room.bottom = top
        else:
            beside = True
    return room, beside


def _grown(wanted: _CropWindow, room: _CropWindow, ratio: Fraction, least: Fraction) -> Box:
    """Widen or heighten a window to an aspect ratio, and to the least short edge, as far as there is room."""
    left, right = max(wanted.left, room.left), min(wanted.right, room.right)
    top, bottom = max(wanted.top, room.top), min(wanted.bottom, room.bottom)
    width = max(right - left, (bottom - top) * ratio, least * max(Fraction(1), ratio))
    left, right = _stretched(left, right, width, room.left, room.right)
    top, bottom = _stretched(top, bottom, max(bottom - top, (right - left) / ratio, least), room.top, room.bottom)
    # Even numbers, which 4:2:0 needs, rounded inward.
    x, y = 2 * ceil(left / 2), 2 * ceil(top / 2)
    return Box(x, y, max(2, 2 * floor(right / 2) - x), max(2, 2 * floor(bottom / 2) - y))


def _stretched(
    low: Fraction, high: Fraction, length: Fraction, lowest: Fraction, highest: Fraction
) -> tuple[Fraction, Fraction]:
    """Stretch an interval to a length around its middle, inside its limits."""
    length = min(length, highest - lowest)
    begin = max(lowest, min(highest - length, (low + high - length) / 2))
    return begin, begin + length
