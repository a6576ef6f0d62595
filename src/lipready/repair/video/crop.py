"""Which part of the picture is kept when it is cut to one person."""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor

from lipready.errors import FixError
from lipready.facts.people import Box, Look, PeopleFacts, Person
from lipready.profiles.limit import Range
from lipready.repair.video.span import Part

ABOVE, BELOW, BESIDE = Fraction(1), Fraction(9, 4), Fraction(3, 2)
"""How far the part reaches beyond each look of the face, in heights and widths of its box: head, chest, shoulders."""

CLOSEST = Fraction(1, 4)
"""Another face may push an edge as near to the face as this, in widths of its box."""

LARGEST_SCALE = 2
"""The part is scaled up by no more than this, where the picture has room for a larger one."""

LEAST_GAIN = Fraction(9, 10)
"""A part that keeps more of the picture's width and height than this is not worth cutting out."""


@dataclass(slots=True)
class _CropWindow:
    """The edges of the part that is kept, and the limits inside which they may move."""

    left: Fraction
    top: Fraction
    right: Fraction
    bottom: Fraction

    @property
    def width(self) -> Fraction:
        return self.right - self.left

    @property
    def height(self) -> Fraction:
        return self.bottom - self.top


def looks_in(person: Person, part: Part | None) -> list[Look]:
    """List the looks at a person in the part of the clip that is kept (None: all of it)."""
    return [look for look in person.looks if part is None or part.start <= look.time < part.start + part.length]


def others_seen(people: PeopleFacts, target: Person, part: Part | None) -> list[Box]:
    """List where other people's faces are in the part of the clip that is kept."""
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
    others = others_seen(people, target, part)
    faces = _union(_CropWindow(*_edges(look.box, CLOSEST, CLOSEST, CLOSEST)) for look in looks)
    room, beside = _room(faces, others, width, height)
    wanted = _clipped(_union(_CropWindow(*_edges(look.box, ABOVE, BELOW, BESIDE)) for look in looks), room)
    least = min(edges.minimum or Fraction(2), Fraction(min(width, height) * LARGEST_SCALE)) / LARGEST_SCALE
    window = _grown(wanted, room, Fraction(width, height), least)
    box = _even(window, width, height)
    if beside and others:
        raise FixError(
            f"Somebody else comes too close to person {target.id} in {path} to be cropped away: choose another part "
            "with --trim, or leave --crop out."
        )
    if box.width > LEAST_GAIN * width and box.height > LEAST_GAIN * height:
        raise FixError(
            f"Person {target.id} is seen all over the picture of {path}, so that nothing can be cropped away: leave "
            "--crop out, or choose a part with --trim."
        )
    return box


def _edges(
    box: Box, above: Fraction, below: Fraction, beside: Fraction
) -> tuple[Fraction, Fraction, Fraction, Fraction]:
    return (
        box.left - beside * box.width,
        box.top - above * box.height,
        box.left + (1 + beside) * box.width,
        box.top + (1 + below) * box.height,
    )


def _union(windows: Iterable[_CropWindow]) -> _CropWindow:
    every = list(windows)
    return _CropWindow(
        min(w.left for w in every),
        min(w.top for w in every),
        max(w.right for w in every),
        max(w.bottom for w in every),
    )


def _clipped(window: _CropWindow, room: _CropWindow) -> _CropWindow:
    return _CropWindow(
        max(window.left, room.left),
        max(window.top, room.top),
        min(window.right, room.right),
        min(window.bottom, room.bottom),
    )


def _room(faces: _CropWindow, others: Iterable[Box], width: int, height: int) -> tuple[_CropWindow, bool]:
    """Find how far the window may reach without another face, and whether one is too close to be left out."""
    room = _CropWindow(Fraction(0), Fraction(0), Fraction(width), Fraction(height))
    beside = False
    for box in others:
        reach = Fraction(15 * box.width, 100)  # the hair of the other one is beyond its box
        right, bottom = Fraction(box.left + box.width) + reach, Fraction(box.top + box.height) + reach
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


def _grown(window: _CropWindow, room: _CropWindow, ratio: Fraction, least: Fraction) -> _CropWindow:
    """Widen or heighten a window to an aspect ratio, and to the least short edge, as far as there is room."""
    width = max(window.width, window.height * ratio, least * max(Fraction(1), ratio))
    left, right = _stretched(window.left, window.right, width, (room.left, room.right))
    height = max(window.height, (right - left) / ratio, least)
    top, bottom = _stretched(window.top, window.bottom, height, (room.top, room.bottom))
    return _CropWindow(left, top, right, bottom)


def _stretched(
    low: Fraction, high: Fraction, length: Fraction, limits: tuple[Fraction, Fraction]
) -> tuple[Fraction, Fraction]:
    """Stretch an interval to a length around its middle, inside its limits."""
    length = min(length, limits[1] - limits[0])
    begin = max(limits[0], min(limits[1] - length, (low + high - length) / 2))
    return begin, begin + length


def _even(window: _CropWindow, width: int, height: int) -> Box:
    """Round inward to even numbers, which 4:2:0 needs."""
    left, top = 2 * ceil(window.left / 2), 2 * ceil(window.top / 2)
    right = 2 * floor(min(window.right, Fraction(width)) / 2)
    bottom = 2 * floor(min(window.bottom, Fraction(height)) / 2)
    return Box(left, top, max(2, right - left), max(2, bottom - top))
