"""Which part of a video shows the speaker's face best."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from itertools import pairwise

from lipready.facts.people import Look, PeopleFacts, Person
from lipready.profiles.limit import Range
from lipready.repair.video.span import Part, target_person

PROFILE = 30.0
"""Degrees of yaw: beyond them a face is seen from the side (section 6 of the design: Pose)."""

BLURRED = 30.0
"""Variance of the Laplacian at 128 × 128 pixels: below it a face counts as blurred, as in P306."""

LESS = Fraction(1, 2)
"""What a second is worth in which the face is seen, but not well."""

Span = tuple[Fraction, Fraction]
Worth = Sequence[tuple[Fraction, Fraction]]


def best_part(people: PeopleFacts, person: int | None, length: Fraction, lengths: Range, path: str) -> Part:
    """Find the part, within the permitted lengths in seconds, in which the target's face is best seen.

    The target is the person of that number, else the one whom the provider would take. The part lies in one span of
    that person, so that it holds no shot of somebody else; it begins and ends on a look, or where the clip does. Of
    all such parts the one that is worth most is taken, of equals the earliest: a look is worth the seconds that it
    stands for, and half of them where the face is in profile, blurred, cut by the edge, or its mouth
    covered. Where no span is as long as
    a clip has to be, it is the shortest permitted part that is worth most, and may show other things as well.

    Raises FixError where nobody is seen, UsageError where there is no such person.
    """
    target = target_person(people, person, path)
    longest = length if lengths.maximum is None else min(length, lengths.maximum)
    shortest = min(length, lengths.minimum or Fraction(0))
    worth = _worth(target, people.stands)
    best: tuple[Fraction, Part] | None = None
    for span in sorted(target.spans) or [(target.first, target.last)]:
        begin, end = _to_the_ends(span, people.samples, length)
        inside = [(time, value) for time, value in worth if begin <= time <= end]
        if inside and end - begin >= shortest:
            total, looks = _richest(inside, longest)
            if best is None or total > best[0]:
                best = total, _filled(looks, (begin, end), longest)
    if best is not None:
        return best[1]
    return Part(_fullest(_cells(worth, people.stands, length), shortest, length), shortest)


def _worth(target: Person, stands: Mapping[Fraction, Fraction]) -> Worth:
    """List, for each look in order, its time and what it is worth, in seconds."""
    return sorted((look.time, stands[look.time] * (LESS if _poor(look) else 1)) for look in target.looks)


def _poor(look: Look) -> bool:
    """Whether the face is not seen well; what was not measured is taken to be fine."""
    turned = look.yaw is not None and abs(look.yaw) > PROFILE
    blurred = look.sharpness is not None and look.sharpness < BLURRED
    return turned or blurred or look.cut is True or look.covered is True


def _to_the_ends(span: Span, samples: Sequence[Fraction], length: Fraction) -> Span:
    """Stretch a span to the beginning and the end of the clip where no sample lies between."""
    begin = Fraction(0) if all(span[0] <= time for time in samples) else span[0]
    end = length if all(time <= span[1] for time in samples) else min(span[1], length)
    return begin, end


def _richest(worth: Worth, longest: Fraction) -> tuple[Fraction, Span]:
    """Find the looks within `longest` seconds that are worth most: their worth, and the times of the first and last."""
    best, begin, total = (Fraction(0), (worth[0][0], worth[0][0])), 0, Fraction(0)
    for time, value in worth:
        total += value
        while time - worth[begin][0] > longest:
            total -= worth[begin][1]
            begin += 1
        if total > best[0]:
            best = total, (worth[begin][0], time)
    return best


def _cells(worth: Worth, stands: Mapping[Fraction, Fraction], length: Fraction) -> list[tuple[Span, Fraction]]:
    """List, for each look, the time up to the next sample, and what each second of that is worth.

    Not half the way to both neighbours: samples are taken right after a cut, so that what is before may be
    another shot.
    """
    until = dict(pairwise([*sorted(stands), length]))
    return [((time, max(time, until[time])), value / stands[time]) for time, value in worth]


def _fullest(cells: Sequence[tuple[Span, Fraction]], wanted: Fraction, length: Fraction) -> Fraction:
    """Find the beginning of the part of the wanted length that is worth most; of equals the first ones' middle."""
    edges = [edge for (begin, end), _ in cells for edge in (begin, end - wanted)]
    worth = {
        begin: _covered(cells, begin, wanted)
        for begin in (max(Fraction(0), min(edge, length - wanted)) for edge in edges)
    }
    most = max(worth.values())
    first, *more = sorted(begin for begin, value in worth.items() if value == most)
    middle = (first + min(more, default=first)) / 2
    return middle if _covered(cells, middle, wanted) == most else first


def _covered(cells: Sequence[tuple[Span, Fraction]], begin: Fraction, wanted: Fraction) -> Fraction:
    overlaps = ((min(cell[1], begin + wanted) - max(cell[0], begin), value) for cell, value in cells)
    return sum((overlap * value for overlap, value in overlaps if overlap > 0), Fraction(0))


def _filled(looks: Span, room: Span, longest: Fraction) -> Part:
    """Make a part of at most `longest` seconds that holds the looks, and as much of the room as it can."""
    end = min(room[1], looks[0] + longest)
    begin = max(room[0], end - longest)
    return Part(begin, end - begin)
