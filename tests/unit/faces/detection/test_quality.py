"""How well a face can be seen, on pictures made by hand and on portraits."""

from typing import Any

import cv2
import numpy as np
import pytest

from lipready.faces.detection.geometry import Area
from lipready.faces.detection.quality import eye_distance, quality_of

Picture = np.ndarray[Any, np.dtype[np.uint8]]
FACE = Area(170, 62, 105, 105)
POINTS = ((130.0, 50.0), (110.0, 50.0), (50.0, 50.0), (70.0, 50.0), (90.0, 80.0))


def test_light_is_the_mean_luma_of_the_face_alone() -> None:
    image = np.zeros((200, 200, 3), np.uint8)
    image[50:100, 50:100] = 204
    assert quality_of(image, Area(50, 50, 50, 50)).light == pytest.approx(0.8)
    assert quality_of(image, Area(100, 100, 50, 50)).light == 0.0


def test_sharpness_falls_with_blur_and_hardly_with_size(astronaut: Picture) -> None:
    sharp = quality_of(astronaut, FACE).sharpness
    blurred = [quality_of(cv2.GaussianBlur(astronaut, (0, 0), s), FACE).sharpness for s in (1, 2, 4)]
    assert sorted(blurred, reverse=True) == blurred
    assert blurred[1] < 0.3 * sharp
    large = cv2.resize(cv2.GaussianBlur(astronaut, (0, 0), 2), (1024, 1024), interpolation=cv2.INTER_CUBIC)
    doubled = quality_of(large, Area(340, 124, 210, 210)).sharpness
    assert doubled == pytest.approx(blurred[1], rel=0.5)


@pytest.mark.parametrize(
    ("area", "cut"),
    [
        (Area(50, 50, 40, 40), False),
        (Area(-3, 50, 40, 40), True),
        (Area(50, 0.5, 40, 40), True),
        (Area(170, 50, 40, 40), True),
        (Area(50, 70, 40, 40), True),
    ],
)
def test_a_face_at_the_edge_is_cut(area: Area, *, cut: bool) -> None:
    assert quality_of(np.zeros((100, 200, 3), np.uint8), area).cut is cut


def test_a_mesh_that_leaves_the_frame_is_cut() -> None:
    image, area = np.zeros((100, 200, 3), np.uint8), Area(50, 5, 40, 40)
    assert quality_of(image, area, Area(50, -1, 40, 50)).cut is False
    assert quality_of(image, area, Area(50, -10, 40, 50)).cut is True


def test_eyes_are_measured_from_middle_to_middle() -> None:
    assert eye_distance(POINTS) == 60
    image = np.zeros((100, 200, 3), np.uint8)
    assert quality_of(image, Area(50, 5, 40, 40), None, POINTS).eye_distance == 60
    assert quality_of(image, Area(50, 5, 40, 40)).eye_distance is None


def test_a_box_beyond_the_picture_is_measured_at_its_edge() -> None:
    quality = quality_of(np.full((100, 200, 3), 255, np.uint8), Area(300, 300, 40, 40))
    assert (quality.light, quality.cut) == (1.0, True)
