"""People as facts: when, where and how well each one is seen."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain, pairwise
from math import dist

from lipready.faces.tracking.identity import DIFFERENT, SAME, mean_of
from lipready.faces.tracking.runs import LONGEST_BREAK, Sighting
from lipready.faces.tracking.tracks import Track
from lipready.facts.people import Look, PeopleFacts, Person, seconds_of
from lipready.facts.unmeasured import Unmeasured

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
    far = np.array([[dist(a, b) for b in descriptors] for a in descriptors])
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
class _Cluster:
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


def _continued(tracks: Sequence[Track]) -> list[_Cluster]:
    """Join each track with the one that it continues in place."""
    units: list[_Cluster] = []
    for number, track in enumerate(tracks):
        earlier = [i for i, unit in enumerate(units) if _continues(tracks, unit, track)]
        if earlier:
            i = min(earlier, key=lambda i: (_gap(tracks[units[i].tracks[-1]], track), -i))
            units[i] = _unit((*units[i].tracks, number), tracks)
        else:
            units.append(_unit((number,), tracks))
    return units


def _unit(numbers: tuple[int, ...], tracks: Sequence[Track]) -> _Cluster:
    known = [d for i in numbers if (d := tracks[i].descriptor) is not None]
    samples = frozenset().union(*(tracks[i].samples for i in numbers))
    return _Cluster(numbers, samples, mean_of(known) if known else None)


def _continues(tracks: Sequence[Track], unit: _Cluster, track: Track) -> bool:
    before = tracks[unit.tracks[-1]]
    if before.shot != track.shot or not unit.samples.isdisjoint(track.samples):
        return False
    if not 0 <= _gap(before, track) <= LONGEST_ABSENCE or not _same_place(before, track):
        return False
    both = unit.descriptor is not None and track.descriptor is not None
    return not both or dist(unit.descriptor or (), track.descriptor or ()) < DIFFERENT


def _gap(before: Track, after: Track) -> Fraction:
    return after.sightings[0].time - before.sightings[-1].time


def _same_place(before: Track, after: Track) -> bool:
    last, first = before.sightings[-1].face.area, after.sightings[0].face.area
    return 0.5 < last.size / first.size < 2.0 and last.overlap(first) > 0  # noqa: PLR2004


def _people(units: Sequence[_Cluster], tracks: Sequence[Track], most: float, *, known: bool | None) -> list[list[int]]:
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


def _between(one: _Cluster, other: _Cluster) -> int:
    """Count the samples between two units that share none."""
    return max(min(one.samples) - max(other.samples), min(other.samples) - max(one.samples), 0)


def _possible(tracks: Sequence[Track], one: _Cluster, other: _Cluster) -> bool:
    """Return whether the same person can have gone from the one place to the other, where one shot shows both."""
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


MOST_COUNTED = 4
"""Above four people counts come out too low (section 6 of the design: People)."""

UNUSABLE = Unmeasured("no face was large, sharp and frontal enough to be described")
UNASKED = Unmeasured("the faces were not described, because nobody had to be told from others")


@dataclass(frozen=True, slots=True)
class Screen:
    """The sampled picture's size in pixels, and how many displayed pixels one of them is wide."""

    width: int
    height: int
    scale: float


def people_of(
    tracks: Sequence[Track], samples: Sequence[Fraction], screen: Screen, turned: int | None = None
) -> PeopleFacts:
    """Name the people behind the tracks, in order of first appearance, the larger face first.

    `tracks` are in that order too. `turned` is passed on.
    """
    grouping = group(tracks)
    members = [[tracks[i] for i in numbers] for numbers in grouping.groups]
    stands = seconds_of(samples)
    people = tuple(_person(i, own, stands, screen) for i, own in enumerate(members, 1))
    shown = Counter(s.sample for track in tracks for s in track.sightings)
    faced = _seconds(stands, {s.time for track in tracks for s in track.sightings})
    return PeopleFacts(
        count=len(people),
        most_in_one_frame=max(shown.values(), default=0),
        face_share=float(faced / sum(stands.values())) if samples else 0.0,
        people=people,
        default_person=_default(people),
        samples=tuple(samples),
        count_low=grouping.low,
        count_high=grouping.high,
        at_least=len(people) > MOST_COUNTED,
        turned=turned,
    )


def look_of(sighting: Sighting, screen: Screen) -> Look:
    """One face as a fact, in displayed pixels."""
    face, quality = sighting.face, sighting.quality
    box = face.area.box(screen.scale, screen.width, screen.height)
    pose = face.pose
    eyes = None if quality.eye_distance is None else round(quality.eye_distance * screen.scale, 1)
    return Look(
        time=sighting.time,
        box=box,
        score=round(face.score, 4),
        yaw=round(pose.yaw, 1),
        pitch=round(pose.pitch, 1),
        roll=round(pose.roll, 1),
        eye_distance=eyes,
        sharpness=round(quality.sharpness, 1),
        light=round(quality.light, 3),
        cut=quality.cut,
        mouth_cover=None if quality.mouth_cover is None else round(quality.mouth_cover, 3),
    )


def _person(number: int, tracks: Sequence[Track], stands: Mapping[Fraction, Fraction], screen: Screen) -> Person:
    shots = {s.sample: track.shot for track in tracks for s in track.sightings}
    sightings = sorted(chain.from_iterable(t.sightings for t in tracks), key=lambda s: s.sample)
    looks = tuple(look_of(s, screen) for s in sightings)
    described = [t.descriptor for t in tracks if t.descriptor is not None]
    unasked = any(t.chips for t in tracks)
    seen = _seconds(stands, (look.time for look in looks))
    told = _seconds(stands, (look.time for look in looks if look.covered is not None))
    covered = [(look.time, s.sample, shots[s.sample]) for look, s in zip(looks, sightings, strict=True) if look.covered]
    return Person(
        id=number,
        first=looks[0].time,
        last=looks[-1].time,
        share=float(seen / sum(stands.values())),
        largest_face=max(look.box.height for look in looks),
        frontal_share=float(_seconds(stands, (s.time for s in sightings if s.face.pose.frontal)) / seen),
        looks=looks,
        spans=_spans([(s.time, s.sample, shots[s.sample]) for s in sightings]),
        descriptor=mean_of(described) if described else (UNASKED if unasked else UNUSABLE),
        covered_share=float(_seconds(stands, (time for time, _, _ in covered)) / told) if told else None,
        covered_spans=_spans(covered),
    )


def _seconds(stands: Mapping[Fraction, Fraction], times: Iterable[Fraction]) -> Fraction:
    return sum((stands[time] for time in times), Fraction(0))


def _spans(seen: Sequence[tuple[Fraction, int, int]]) -> tuple[tuple[Fraction, Fraction], ...]:
    """Join looks (time, number of the sample, shot) that are close enough to be one appearance.

    Over a cut only neighbouring samples are: what lies between two others may be a shot of somebody else.
    """
    if not seen:
        return ()
    spans = [(seen[0][0], seen[0][0])]
    for (before, last, left), (time, sample, shot) in pairwise(seen):
        near = time - before <= LONGEST_BREAK and (left == shot or sample == last + 1)
        if near:
            spans[-1] = (spans[-1][0], time)
        else:
            spans.append((time, time))
    return tuple(spans)


def _default(people: Sequence[Person]) -> int | None:
    """Whom the provider picks: the largest face in the first frame that has one (DashScope's FAQ)."""
    if not people:
        return None
    first = min(person.first for person in people)
    there = [person for person in people if person.first == first]
    return max(there, key=lambda p: p.looks[0].box.width * p.looks[0].box.height).id
