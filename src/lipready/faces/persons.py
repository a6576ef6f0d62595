"""People as facts: when, where and how well each one is seen."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain

from lipready.faces.grouping import group
from lipready.faces.identity import mean_of
from lipready.faces.runs import LONGEST_BREAK, Sighting
from lipready.faces.tracks import Track
from lipready.facts.people import Look, PeopleFacts, Person
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
    people = tuple(_person(i, own, len(samples), screen) for i, own in enumerate(members, 1))
    shown = Counter(s.sample for track in tracks for s in track.sightings)
    return PeopleFacts(
        count=len(people),
        most_in_one_frame=max(shown.values(), default=0),
        face_share=len(shown) / len(samples) if samples else 0.0,
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
    )


def _person(number: int, tracks: Sequence[Track], samples: int, screen: Screen) -> Person:
    sightings = sorted(chain.from_iterable(t.sightings for t in tracks), key=lambda s: s.sample)
    looks = tuple(look_of(s, screen) for s in sightings)
    described = [t.descriptor for t in tracks if t.descriptor is not None]
    unasked = any(t.chips for t in tracks)
    return Person(
        id=number,
        first=looks[0].time,
        last=looks[-1].time,
        share=len(looks) / samples,
        largest_face=max(look.box.height for look in looks),
        frontal_share=sum(s.face.pose.frontal for s in sightings) / len(looks),
        looks=looks,
        spans=_spans([look.time for look in looks]),
        descriptor=mean_of(described) if described else (UNASKED if unasked else UNUSABLE),
    )


def _spans(times: Sequence[Fraction]) -> tuple[tuple[Fraction, Fraction], ...]:
    """Join looks that are close enough to be one appearance."""
    spans = [(times[0], times[0])]
    for time in times[1:]:
        if time - spans[-1][1] <= LONGEST_BREAK:
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
