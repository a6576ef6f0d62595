"""Runs → tracks: where to cut, and whom to describe."""

from fractions import Fraction
from typing import Any

import numpy as np

from lipready.faces.detection.geometry import Area
from lipready.faces.detection.landmarks import Pose
from lipready.faces.detection.picture import Face
from lipready.faces.detection.quality import Quality
from lipready.faces.tracking.identity import Chip
from lipready.faces.tracking.runs import Run, Sighting, Stretch
from lipready.faces.tracking.tracks import tracks_of

HALF = Fraction(1, 2)
SEEN = Quality(sharpness=200.0, light=0.5, cut=False, eye_distance=40.0)
PLACE = {"one": 0.0, "near": 0.3, "other": 0.9}


class Described:
    """Describes a chip by the number that stands in its first pixel, and counts how often it is asked."""

    def __init__(self) -> None:
        self.asked = 0

    def __call__(self, pixels: Any) -> tuple[float, ...]:
        self.asked += 1
        return (float(pixels[0]),)


def run(begin: int, *looks: str | None, left: float = 100, size: float = 100) -> Run:
    """Make a run that looks like somebody else wherever the name changes; None is a look that cannot be described."""
    made = Run(1, stretches=[])
    before: object = run
    for i, name in enumerate(looks):
        face = Face(Area(left, 100, size, size), 0.9, 20, Pose(0, 0, 0))
        made.sightings.append(Sighting(begin + i, (begin + i) * HALF, face, SEEN))
        if name != before:
            made.stretches.append(Stretch(i, 0.1))
        if name is not None:
            made.stretches[-1].chips.append(Chip((begin + i) * HALF, 1.0, np.array([PLACE[name]])))
        before = name
    return made


def test_one_unbroken_run_is_not_described_unless_everybody_is() -> None:
    describe = Described()
    (track,) = tracks_of([run(0, "one", "one")], describe)
    assert (track.descriptor, describe.asked) == (None, 0)
    (track,) = tracks_of([run(0, "one", "one")], describe, everybody=True)
    assert (track.descriptor, describe.asked) == ((0.0,), 2)


def test_two_who_are_always_together_need_no_description() -> None:
    describe = Described()
    assert len(tracks_of([run(0, "one"), run(0, "other", left=600)], describe)) == 2
    assert describe.asked == 0


def test_who_may_be_the_same_is_described() -> None:
    first, second = tracks_of([run(5, "other"), run(0, "one")], Described())
    assert (first.descriptor, second.descriptor) == ((0.0,), (0.9,))


def test_tracks_come_in_order_of_time_and_size() -> None:
    tracks = tracks_of([run(3, "one"), run(0, "one", size=50), run(0, "one", left=500, size=90)], Described())
    assert [(t.sightings[0].sample, t.sightings[0].face.area.size) for t in tracks] == [(0, 90), (0, 50), (3, 100)]


def test_a_run_is_cut_where_the_descriptions_differ() -> None:
    tracks = tracks_of([run(0, "one", "one", "other", "other", "one")], Described())
    assert [(len(t.sightings), t.descriptor) for t in tracks] == [(2, (0.0,)), (2, (0.9,)), (1, (0.0,))]


def test_a_person_who_only_moved_stays_one() -> None:
    assert len(tracks_of([run(0, "one", "near", "one")], Described())) == 1
    assert len(tracks_of([run(0, None, "one", None)], Described())) == 1


def test_what_cannot_be_described_stays_with_what_was_before() -> None:
    tracks = tracks_of([run(0, "one", None, "other")], Described())
    assert [len(t.sightings) for t in tracks] == [2, 1]


def test_no_chip_is_described_twice() -> None:
    describe = Described()
    tracks_of([run(0, "one", "other", "one"), run(9, "one")], describe)
    assert describe.asked == 4


def test_many_tracks_share_the_descriptions(monkeypatch: Any) -> None:
    monkeypatch.setattr("lipready.faces.tracking.tracks.MOST_DESCRIPTIONS", 6)
    describe = Described()
    tracks = tracks_of([run(10 * i, "one", "one", "one") for i in range(3)], describe)
    assert describe.asked == 6
    assert all(t.descriptor == (0.0,) for t in tracks)
    tracks = tracks_of([run(10 * i, *["one"] * (i + 1)) for i in range(9)], Described())
    assert [t.descriptor is None for t in tracks] == [True] * 3 + [False] * 6
