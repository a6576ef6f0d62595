"""Which samples are looked at closer, and where a shot ends."""

from fractions import Fraction
from typing import Any

import cv2
import numpy as np
import pytest

from lipready.faces.detection.detector import Candidate
from lipready.faces.models import engine as models
from lipready.faces.tracking.looks import Gaze
from lipready.probe.decoding.frames import Frame

Picture = np.ndarray[Any, np.dtype[np.uint8]]
HALF = Fraction(1, 2)
pytestmark = pytest.mark.usefixtures("weights")


@pytest.fixture
def closer(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Note the sizes at which samples are looked at."""
    sides: list[int] = []
    real = models.engine().detector.candidates

    def look(image: Picture, side: int = 640, size: Any = None) -> tuple[Candidate, ...]:
        sides.append(side)
        return real(image, side, size)

    monkeypatch.setattr(models.engine().detector, "candidates", look)
    return sides


def stage(*heads: tuple[Picture, int, int]) -> Picture:
    """Lay portraits of a size, each at a place from the left, on a stage of 1280 × 720."""
    picture = np.full((720, 1280, 3), 120, np.uint8)
    for head, side, left in heads:
        picture[50 : 50 + side, left : left + side] = cv2.resize(head[:512], (side, side), interpolation=cv2.INTER_AREA)
    return picture


def watched(pictures: list[Picture]) -> Gaze:
    gaze = Gaze()
    for i, picture in enumerate(pictures):
        gaze.see(Frame(i * HALF, picture, i))
    return gaze


def test_a_large_face_is_looked_at_once_a_second_and_closer_once_a_shot(astronaut: Picture, closer: list[int]) -> None:
    gaze = watched([stage((astronaut, 600, 300))] * 6)
    assert closer == [384, 640, 384, 384, 384]
    assert gaze.samples == [i * HALF for i in (0, 1, 3, 5)]


def test_a_small_face_is_looked_at_closer_each_time(astronaut: Picture, hopper: Picture, closer: list[int]) -> None:
    watched([stage((astronaut, 600, 300))] * 2 + [stage((astronaut, 600, 300), (hopper, 140, 1000))] * 3)
    assert closer == [384, 640, 384, *[384, 640] * 3]


def test_the_sample_before_a_newcomer_is_looked_at_afterwards(astronaut: Picture, hopper: Picture) -> None:
    alone, both = stage((astronaut, 600, 100)), stage((astronaut, 600, 100), (hopper, 400, 800))
    for come in range(1, 7):
        gaze = watched([*[alone] * come, both, both, *[alone] * 4])
        guest = min(gaze.linker.runs, key=lambda run: len(run.sightings))
        assert [sighting.time for sighting in guest.sightings] == [come * HALF, (come + 1) * HALF]


def test_every_sample_is_looked_at_where_that_is_asked_for(astronaut: Picture) -> None:
    gaze = Gaze(every_frame=True)
    for i in range(9):
        gaze.see(Frame(Fraction(i, 24), stage((astronaut, 600, 300)), i))
    assert gaze.samples == [Fraction(i, 24) for i in range(9)]


def test_until_somebody_is_seen_each_sample_is_looked_at_closer(
    closer: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lipready.faces.tracking.looks.SidewaysWatch.see", lambda *_: None)
    watched([stage()] * 3)
    assert closer == [384, 640] * 3


def test_where_somebody_left_a_closer_look_is_taken_each_second(
    astronaut: Picture, closer: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lipready.faces.tracking.looks.SidewaysWatch.see", lambda *_: None)
    alone = stage()
    alone[100:500, 500:900] = cv2.resize(astronaut[30:230, 120:320], (400, 400))
    watched([alone] * 2 + [stage()] * 6)
    assert closer == [384, 640, 384, 384, 640, 384, 640, 384, 384, 640]


def test_somebody_whom_only_the_closer_look_shows_is_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    sides: list[int] = []
    face = Candidate(_area(200), 0.5, ((240.0, 240.0), (270.0, 240.0)))

    def look(_: Picture, side: int = 640, __: Any = None) -> tuple[Candidate, ...]:
        sides.append(side)
        return () if side < 640 else (face,)

    monkeypatch.setattr("lipready.faces.tracking.looks.SidewaysWatch.see", lambda *_: None)
    monkeypatch.setattr(models.engine().detector, "candidates", look)
    (run,) = watched([stage()] * 4).linker.runs
    assert len(run.sightings) == 3
    assert sides == [384, 640] * 3


def test_a_place_that_is_no_face_is_not_looked_at_closer_at_each_sample(monkeypatch: pytest.MonkeyPatch) -> None:
    sides: list[int] = []
    face = Candidate(_area(200), 0.9, ((240.0, 240.0), (270.0, 240.0)))
    monkeypatch.setattr("lipready.faces.detection.picture.Face.fits", True)
    print_on_a_shirt = Candidate(_area(500), 0.5, ((540.0, 240.0), (570.0, 240.0)))

    def look(_: Picture, side: int = 640, __: Any = None) -> tuple[Candidate, ...]:
        sides.append(side)
        return (face, print_on_a_shirt) if side < 640 else (face,)

    monkeypatch.setattr(models.engine().detector, "candidates", look)
    watched([stage()] * 10)
    assert [i for i, side in enumerate(sides) if side == 640] == [1, 7]


def _area(left: float) -> Any:
    from lipready.faces.detection.geometry import Area

    return Area(left, 200, 150, 150)


def test_a_cut_begins_a_shot(astronaut: Picture, nobody: Picture) -> None:
    coffee = cv2.resize(nobody, (512, 512))
    gaze = watched([astronaut, astronaut, coffee, astronaut, astronaut])
    assert [run.shot for run in gaze.linker.runs] == [1, 3]


def test_what_was_looked_at_ahead_is_not_looked_at_again(astronaut: Picture, closer: list[int]) -> None:
    gaze, frame = Gaze(), Frame(Fraction(0), astronaut, 0)
    gaze.ahead(frame, Fraction(1))
    gaze.see(frame)
    assert closer == [384, 640]
