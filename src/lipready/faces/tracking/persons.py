"""People as facts: when, where and how well each one is seen."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain, pairwise

from lipready.faces.tracking.grouping import group
from lipready.faces.tracking.identity import mean_of
from lipready.faces.tracking.runs import LONGEST_BREAK, Sighting
from lipready.faces.tracking.tracks import Track
from lipready.facts.people import Look, PeopleFacts, Person, seconds_of
from lipready.facts.unmeasured import Unmeasured

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
    eyes = None if quality is None or quality.eye_distance is None else round(quality.eye_distance * screen.scale, 1)
    return Look(
        time=sighting.time,
        box=box,
        score=round(face.score, 4),
        yaw=round(pose.yaw, 1),
        pitch=round(pose.pitch, 1),
        roll=round(pose.roll, 1),
        eye_distance=eyes,
        sharpness=None if quality is None else round(quality.sharpness, 1),
        light=None if quality is None else round(quality.light, 3),
        cut=None if quality is None else quality.cut,
        mouth_cover=None if quality is None or quality.mouth_cover is None else round(quality.mouth_cover, 3),
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
