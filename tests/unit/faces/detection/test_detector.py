"""What the detector finds, where and how surely; its numbers come out of a network, so bounds leave room."""

from typing import Any

import cv2
import numpy as np
import pytest

from lipready.faces.detection.detector import LARGE_SIDE, MOST, SMALL_SIDE, STRONG, Candidate, distinct
from lipready.faces.detection.geometry import Area
from lipready.faces.models.engine import engine

Picture = np.ndarray[Any, np.dtype[np.uint8]]
pytestmark = pytest.mark.usefixtures("weights")
EYES = ((0.0, 0.0), (1.0, 0.0))


def on_stage(portrait: Picture, height: int) -> tuple[Picture, Area]:
    """Put the astronaut's head, `height` pixels from brow to chin, on a stage of 1280 × 720; and where it is."""
    stage = np.full((720, 1280, 3), 120, np.uint8)
    side = round(512 * height / 105)
    stage[100 : 100 + side, 700 : 700 + side] = cv2.resize(portrait, (side, side), interpolation=cv2.INTER_AREA)
    return stage, Area(700 + 0.335 * side, 100 + 0.13 * side, 0.205 * side, 0.205 * side)


@pytest.mark.parametrize("side", [SMALL_SIDE, LARGE_SIDE])
def test_a_face_and_its_eyes_are_where_they_are(astronaut: Picture, side: int) -> None:
    (found,) = engine().detector.candidates(astronaut, side)
    assert found.score >= STRONG
    assert found.area.overlap(Area(170, 62, 105, 105)) > 0.6
    for eye, true in zip(found.eyes, ((205, 100), (247, 103)), strict=True):
        assert np.hypot(eye[0] - true[0], eye[1] - true[1]) < 8


def test_a_copy_is_read_in_pixels_of_the_picture(astronaut: Picture) -> None:
    large, _ = on_stage(astronaut, 100)
    copy = cv2.resize(large, (384, 216), interpolation=cv2.INTER_AREA)
    (own,), (copied,) = engine().detector.candidates(large), engine().detector.candidates(copy, SMALL_SIDE, (1280, 720))
    assert own.area.overlap(copied.area) > 0.7


@pytest.mark.parametrize("height", [44, 60, 80])
def test_a_small_face_is_strong_at_the_large_size_and_noticed_at_the_small_one(astronaut: Picture, height: int) -> None:
    stage, place = on_stage(astronaut, height)
    for side, least in ((LARGE_SIDE, STRONG), (SMALL_SIDE, 0.35)):
        (found,) = engine().detector.candidates(stage, side)
        assert found.score >= least
        assert found.area.overlap(place) > 0.3


def test_nobody(nobody: Picture) -> None:
    assert all(found.score < STRONG for found in engine().detector.candidates(nobody))


def test_any_shape_of_picture_is_looked_at(astronaut: Picture) -> None:
    for shape in ((1, 1), (7, 900), (900, 7)):
        assert engine().detector.candidates(np.zeros((*shape, 3), np.uint8)) == ()
    wide = np.zeros((512, 2048, 3), np.uint8)
    wide[:, 1000:1512] = astronaut
    (found,) = engine().detector.candidates(wide)
    assert found.area.inside(Area(1100, 0, 250, 250)) > 0.9


def test_one_place_is_one_candidate_and_a_crowd_is_bounded() -> None:
    first, same, other = (Candidate(Area(left, 0, 100, 100), 0.9, EYES) for left in (0, 40, 80))
    assert distinct([first, same, other]) == (first, other)
    assert len(distinct(Candidate(Area(200.0 * i, 0, 100, 100), 0.9, EYES) for i in range(2 * MOST))) == MOST
