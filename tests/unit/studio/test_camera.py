"""A rendered head is turned the way the product says, and seen as a pinhole sees."""

import numpy as np
import pytest

from lipready.faces.detection import landmarks
from studio import camera
from studio.camera import Angles

NOSE = np.array([0.0, 0.0, -1.0])
RIGHT_EYE_IN_THE_PICTURE = np.array([1.0, 0.0, 0.0])


def test_positive_angles_turn_right_up_and_clockwise() -> None:
    assert (camera.turn(Angles(yaw=30)) @ NOSE)[0] == pytest.approx(0.5)
    assert (camera.turn(Angles(pitch=30)) @ NOSE)[1] == pytest.approx(-0.5)
    assert (camera.turn(Angles(roll=30)) @ RIGHT_EYE_IN_THE_PICTURE)[1] == pytest.approx(0.5)


@pytest.mark.parametrize("held", [(0, 0, 0), (30, 0, 0), (0, -25, 0), (0, 0, 40), (35, -20, 15), (-50, 30, -25)])
def test_the_product_reads_the_same_angles_off_a_rotation(held: tuple[int, int, int]) -> None:
    turn = camera.turn(Angles(*held))
    read = landmarks.angles_of(turn)
    assert (read.yaw, read.pitch, read.roll) == pytest.approx(held, abs=1e-9)
    own = camera.angles_of(turn)
    assert (own.yaw, own.pitch, own.roll) == pytest.approx(held, abs=1e-9)


def test_a_turn_is_a_rotation() -> None:
    turn = camera.turn(Angles(35, -20, 15))
    assert np.allclose(turn @ turn.T, np.eye(3))
    assert np.linalg.det(turn) == pytest.approx(1)


def test_shoulders_stay_where_they_are() -> None:
    none, half, whole = camera.turns(Angles(roll=40), np.array([0.0, 0.5, 1.0]))
    assert np.allclose(none, np.eye(3))
    assert camera.angles_of(half).roll == pytest.approx(20)
    assert camera.angles_of(whole).roll == pytest.approx(40)


def test_near_things_are_large_and_a_photograph_is_seen_as_it_was_taken() -> None:
    points = np.array([[1.0, 2.0, -2.0], [1.0, 2.0, 0.0], [1.0, 2.0, 10.0]])
    assert camera.project(points, 10.0).tolist() == [[1.25, 2.5], [1.0, 2.0], [0.5, 1.0]]
    assert np.allclose(camera.project(camera.unproject(points, 10.0), 10.0), points[:, :2])
