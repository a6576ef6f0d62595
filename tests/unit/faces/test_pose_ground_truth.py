"""Yaw, pitch and roll of heads rendered at known angles, bare of films and codecs; the bench has the films."""

from functools import cache

import numpy as np
import pytest

from lipready.faces.detection.geometry import Area, Point
from lipready.faces.detection.landmarks import Pose, pose_of
from lipready.faces.models.engine import engine
from studio.bust import bust
from studio.camera import Angles
from studio.head import Picture
from studio.render import draw

pytestmark = pytest.mark.usefixtures("weights")
PEOPLE = ("astronaut", "hopper")
BOTH = pytest.mark.parametrize("person", PEOPLE)
SIDE = 400
TARGETS = {"yaw": 5.0, "pitch": 7.0, "roll": 3.0}
TURNED = (
    *(Angles(yaw=yaw) for yaw in (-30, -20, -10, 0, 10, 20, 30)),
    *(Angles(pitch=pitch) for pitch in (-30, -20, -10, 10, 20, 30)),
    *(Angles(roll=roll) for roll in (-30, -15, 15, 30)),
    *(Angles(25, 15, 10), Angles(-25, -15, 20), Angles(20, -20, -25), Angles(-15, 20, -10)),
)


def rendered(person: str, angles: Angles, height: float = 150, grey: int = 130) -> Picture:
    room = np.full((SIDE, SIDE, 3), grey, np.uint8)
    picture = draw(bust(person), angles, (SIDE / 2, 0.45 * SIDE), height, room)
    return np.ascontiguousarray(picture[..., ::-1])


def found_in(rgb: Picture) -> tuple[Picture, Area, tuple[Point, Point]]:
    candidate = engine().detector.candidates(rgb)[0]
    return rgb, candidate.area, candidate.eyes


@cache
def read(person: str, angles: Angles, height: float = 150) -> Pose:
    """Render a head and read its pose as the product does."""
    return pose_of(engine().mesher.mesh(*found_in(rendered(person, angles, height))))


@pytest.mark.parametrize("axis", TARGETS)
def test_mean_errors_up_to_30_degrees(axis: str) -> None:
    errors = [abs(getattr(read(p, angles), axis) - getattr(angles, axis)) for p in PEOPLE for angles in TURNED]
    assert np.mean(errors) <= TARGETS[axis]
    assert max(errors) <= 2.5 * TARGETS[axis]


@BOTH
@pytest.mark.parametrize("sign", [-1, 1])
@pytest.mark.parametrize("axis", TARGETS)
def test_what_is_read_grows_with_the_angle_beyond_30(person: str, axis: str, sign: int) -> None:
    """Each turn reads as more than the one before, and all of them as at least half of what they are.

    A release of OpenCV moves a single read by up to 3°, so that no single step has a bound nearer than that.
    """
    turns = (10, 25, 40, 50) if axis == "yaw" else (10, 22, 34, 46)
    reads = [sign * getattr(read(person, Angles(**{axis: sign * turn})), axis) for turn in turns]
    assert min(np.diff(reads)) > 0
    assert reads[-1] - reads[0] > (turns[-1] - turns[0]) / 2
    assert reads[-1] > 30


@BOTH
def test_half_a_profile_is_not_called_frontal(person: str) -> None:
    for yaw in (-55, -50, -35, 35, 50, 55):
        assert not read(person, Angles(yaw=yaw)).frontal
    for yaw in (-12, 0, 12):
        assert read(person, Angles(yaw=yaw)).frontal


@BOTH
def test_size_changes_little(person: str) -> None:
    angles = Angles(15, 5, 5)
    large = read(person, angles)
    for height in (100, 60, 40):
        small = read(person, angles, height)
        gaps = (small.yaw - large.yaw, small.pitch - large.pitch, small.roll - large.roll)
        assert max(map(abs, gaps)) < 6


def test_a_turned_head_leaves_the_other_angles_alone() -> None:
    """A yaw of 30° moves pitch and roll by less than their targets."""
    for person in PEOPLE:
        level = read(person, Angles())
        for yaw in (-30, 30):
            turned = read(person, Angles(yaw=yaw))
            assert abs(turned.pitch - level.pitch) < TARGETS["pitch"]
            assert abs(turned.roll - level.roll) < TARGETS["roll"]
