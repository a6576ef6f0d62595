"""Tracks → people: who is whom, and between which numbers the truth lies."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from lipready.faces.tracking.identity import DIFFERENT, SAME, distance, mean_of
from lipready.faces.tracking.tracks import Track

Group = tuple[int, ...]


def link(
    descriptors: Sequence[tuple[float, ...]], apart: "Sequence[Sequence[bool]]", most: float, weights: Sequence[int]
) -> list[Group]:
    """Join descriptors into groups as long as the mean distance of two groups is at most `most`.

    `apart[i][j]` forbids i and j in one group. The nearest groups are joined first, ties in the order given. `weights`
    say how many tracks each descriptor stands for. Returns the groups, each in ascending order.
    """
    import numpy as np

    count = len(descriptors)
    groups: list[Group] = [(i,) for i in range(count)]
    if count < 2:  # noqa: PLR2004
        return groups
    far = np.array([[distance(a, b) for b in descriptors] for a in descriptors])
    far[np.array(apart, bool)] = np.inf
    np.fill_diagonal(far, np.inf)
    weight = np.array(weights, float)
    alive = list(range(count))
    while len(alive) > 1:
        i, j = divmod(int(far.argmin()), count)
        if not far[i, j] <= most:
            break
        i, j = min(i, j), max(i, j)
        # Forbidden pairs are infinitely far, and stay so in every mean.
        merged = (weight[i] * far[i] + weight[j] * far[j]) / (weight[i] + weight[j])
        far[i], far[:, i] = merged, merged
        far[i, i] = np.inf
        far[j], far[:, j] = np.inf, np.inf
        weight[i] += weight[j]
        groups[i] = tuple(sorted((*groups[i], *groups[j])))
        alive.remove(j)
    return [groups[i] for i in alive]


LIKELIER = (SAME + DIFFERENT) / 2
"""Between "same" and "different", the nearer one is the likelier."""

LONGEST_ABSENCE = Fraction(5)
"""Seconds after which a face at the same place of the same shot need no longer be the same person's."""

STEP = 4.0
"""Face sizes a second: who cannot have gone so far in the meantime is somebody else (a quick walk is seven, but the
camera mostly stands nearer and goes along)."""


@dataclass(frozen=True, slots=True)
class Grouping:
    """`groups`: the likelier people, each as the numbers of their tracks; the truth lies from `low` to `high`."""

    groups: tuple[tuple[int, ...], ...]
    low: int
    high: int


@dataclass(frozen=True, slots=True, eq=False)
class _Unit:
    """Tracks that are one person for certain, in order of time."""

    tracks: tuple[int, ...]
    samples: frozenset[int]
    descriptor: tuple[float, ...] | None


def group(tracks: Sequence[Track]) -> Grouping:
    """Find out which tracks show the same person; the tracks are in order of first appearance.

    Two tracks that share a sample are two people. A face that is lost and found again at the same place of the same
    shot is the same person's where no descriptor says otherwise. All other tracks are joined by their descriptors
    (average linkage); the ones that cannot be described may be somebody who is known, or new.
    """
    units = _continued(tracks)
    low = _people(units, tracks, DIFFERENT - 1e-9, known=True)
    likely = _people(units, tracks, LIKELIER, known=None)
    high = _people(units, tracks, SAME, known=False)
    groups = sorted(tuple(sorted(t for u in people for t in units[u].tracks)) for people in likely)
    return Grouping(tuple(groups), min(len(low), len(groups)), max(len(high), len(groups)))


def _continued(tracks: Sequence[Track]) -> list[_Unit]:
    """Join each track with the one that it continues in place."""
    units: list[_Unit] = []
    for number, track in enumerate(tracks):
        earlier = [i for i, unit in enumerate(units) if _continues(tracks, unit, track)]
        if earlier:
            i = min(earlier, key=lambda i: (_gap(tracks[units[i].tracks[-1]], track), -i))
            units[i] = _unit((*units[i].tracks, number), tracks)
        else:
            units.append(_unit((number,), tracks))
    return units


def _unit(numbers: tuple[int, ...], tracks: Sequence[Track]) -> _Unit:
    known = [d for i in numbers if (d := tracks[i].descriptor) is not None]
    samples = frozenset().union(*(tracks[i].samples for i in numbers))
    return _Unit(numbers, samples, mean_of(known) if known else None)


def _continues(tracks: Sequence[Track], unit: _Unit, track: Track) -> bool:
    before = tracks[unit.tracks[-1]]
    if before.shot != track.shot or not unit.samples.isdisjoint(track.samples):
        return False
    if not 0 <= _gap(before, track) <= LONGEST_ABSENCE or not _same_place(before, track):
        return False
    both = unit.descriptor is not None and track.descriptor is not None
    return not both or distance(unit.descriptor or (), track.descriptor or ()) < DIFFERENT


def _gap(before: Track, after: Track) -> Fraction:
    return after.sightings[0].time - before.sightings[-1].time


def _same_place(before: Track, after: Track) -> bool:
    last, first = before.sightings[-1].face.area, after.sightings[0].face.area
    return 0.5 < last.size / first.size < 2.0 and last.overlap(first) > 0  # noqa: PLR2004


def _people(units: Sequence[_Unit], tracks: Sequence[Track], most: float, *, known: bool | None) -> list[list[int]]:
    """Group the units. Those without a descriptor are somebody `known` wherever that can be, or never.

    With None it is decided by what is likelier.
    """
    told = [i for i, unit in enumerate(units) if unit.descriptor is not None]
    apart = [[not units[i].samples.isdisjoint(units[j].samples) for j in told] for i in told]
    descriptors = [d for i in told if (d := units[i].descriptor) is not None]
    linked = link(descriptors, apart, most, [len(units[i].tracks) for i in told])
    people = [[told[i] for i in members] for members in linked]
    # The longest ones first: who is seen together with many finds no free place later.
    for i in sorted((i for i in range(len(units)) if i not in told), key=lambda i: -len(units[i].samples)):
        free = [p for p in people if all(units[i].samples.isdisjoint(units[j].samples) for j in p)]
        if known is None:
            free = [p for p in free if all(_possible(tracks, units[i], units[j]) for j in p)]
        if free and known is not False:
            min(free, key=lambda p: min(_between(units[i], units[j]) for j in p)).append(i)
        else:
            people.append([i])
    return people


def _between(one: _Unit, other: _Unit) -> int:
    """Count the samples between two units that share none."""
    return max(min(one.samples) - max(other.samples), min(other.samples) - max(one.samples), 0)


def _possible(tracks: Sequence[Track], one: _Unit, other: _Unit) -> bool:
    """Whether the same person can have gone from the one place to the other, where one shot shows both."""
    for i in one.tracks:
        for j in other.tracks:
            first, second = sorted((tracks[i], tracks[j]), key=lambda t: t.sightings[0].sample)
            if first.shot == second.shot and not _reached(first, second):
                return False
    return True


def _reached(before: Track, after: Track) -> bool:
    last, first = before.sightings[-1].face.area, after.sightings[0].face.area
    size = (last.size + first.size) / 2
    (x, y), (u, v) = last.centre, first.centre
    return max(abs(x - u), abs(y - v)) <= size * (1.5 + STEP * max(0.0, float(_gap(before, after))))
