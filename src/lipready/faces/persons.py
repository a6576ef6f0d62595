"""Runs → people, for one clip, by time and position only."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise

from lipready.faces.runs import Run, Sighting
from lipready.faces.sight import Face
from lipready.facts.people import Look, PeopleFacts, Person


@dataclass(frozen=True, slots=True)
class Screen:
    """The sampled picture's size in pixels, and how many displayed pixels one of them is wide."""

    width: int
    height: int
    scale: float


@dataclass(slots=True)
class _Seat:
    """A person in the making; `runs` are the runs that brought the looks."""

    sightings: list[Sighting] = field(default_factory=list)
    runs: set[int] = field(default_factory=set)


def people_of(runs: Sequence[Run], samples: Sequence[Fraction], screen: Screen) -> PeopleFacts:
    """Name the people behind the runs: as many as show their faces at the same time, runs joined by position."""
    seats = _seats(_segments(runs))
    people = tuple(_person(i, seat, len(samples), screen) for i, seat in enumerate(seats, 1))
    with_face = {s.sample for seat in seats for s in seat.sightings}
    return PeopleFacts(
        count=len(people),
        most_in_one_frame=len(people),
        face_share=len(with_face) / len(samples) if samples else 0.0,
        people=people,
        default_person=_default(people),
        samples=tuple(samples),
    )


def look_of(time: Fraction, face: Face, screen: Screen) -> Look:
    """One face as a fact, in displayed pixels."""
    box = face.area.box(screen.scale, screen.width, screen.height)
    pose = face.pose
    return Look(time, box, round(face.score, 4), round(pose.yaw, 1), round(pose.pitch, 1), round(pose.roll, 1))


def _segments(runs: Sequence[Run]) -> list[tuple[int, list[Sighting]]]:
    """Cut runs at their breaks; in order of time, each piece with the number of its run."""
    segments: list[tuple[int, list[Sighting]]] = []
    for number, run in enumerate(runs):
        segment = [run.sightings[0]]
        for before, after in pairwise(run.sightings):
            if after.sample > before.sample + 1:
                segments.append((number, segment))
                segment = []
            segment.append(after)
        segments.append((number, segment))
    return sorted(segments, key=lambda s: (s[1][0].sample, -s[1][0].face.area.size))


def _seats(segments: Sequence[tuple[int, list[Sighting]]]) -> list[_Seat]:
    """Give each segment to a free seat: its own run's, else the nearest; a new one only where all are taken.

    Segments come in order of time, so the seats are exactly as many as faces are seen at once.
    """
    seats: list[_Seat] = []
    for number, segment in segments:
        free = [seat for seat in seats if seat.sightings[-1].sample < segment[0].sample]
        if free:
            seat = min(free, key=lambda s: (number not in s.runs, _distance(s.sightings[-1], segment[0])))
        else:
            seat = _Seat()
            seats.append(seat)
        seat.sightings += segment
        seat.runs.add(number)
    return seats


def _distance(before: Sighting, after: Sighting) -> float:
    (x, y), (u, v) = before.face.area.centre, after.face.area.centre
    return (x - u) ** 2 + (y - v) ** 2


def _person(number: int, seat: _Seat, samples: int, screen: Screen) -> Person:
    looks = tuple(look_of(s.time, s.face, screen) for s in seat.sightings)
    frontal = sum(s.face.pose.frontal for s in seat.sightings)
    return Person(
        id=number,
        first=looks[0].time,
        last=looks[-1].time,
        share=len(looks) / samples,
        largest_face=max(look.box.height for look in looks),
        frontal_share=frontal / len(looks),
        looks=looks,
    )


def _default(people: Sequence[Person]) -> int | None:
    """Whom the provider picks: the largest face in the first frame that has one (DashScope's FAQ)."""
    if not people:
        return None
    first = min(person.first for person in people)
    there = [person for person in people if person.first == first]
    return max(there, key=lambda p: p.looks[0].box.width * p.looks[0].box.height).id
