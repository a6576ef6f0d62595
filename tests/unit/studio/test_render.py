"""A rendered head is the portrait's, turned by what the ground truth says."""

from dataclasses import replace
from math import atan2, degrees

import cv2
import numpy as np
import pytest

from lipready.faces.models.weights import ensure_models
from studio.bust import Bust, bust
from studio.camera import Angles
from studio.fitted import NOSE_DEPTH, to_scale
from studio.head import Picture, load
from studio.recipe import portrait
from studio.render import draw, face_rectangle

BOTH = pytest.mark.parametrize("name", ["astronaut", "hopper"])
EYES, NOSE, CHIN, FOREHEAD = [33, 263], 4, 152, 10


@pytest.fixture(scope="module", autouse=True)
def weights() -> None:
    ensure_models()


def as_photographed(person: Bust, picture: Picture) -> Picture:
    return draw(person, person.own, person.middle, person.height, picture)


@BOTH
def test_held_as_in_the_portrait_it_is_the_portrait(name: str) -> None:
    person, photograph = bust(name), load(portrait(name))
    drawn = as_photographed(person, np.zeros_like(photograph))
    inside = np.zeros(photograph.shape[:2], np.uint8)
    cv2.fillPoly(inside, [np.array(portrait(name).outline)], 1)
    inner = cv2.erode(inside, np.ones((9, 9), np.uint8)).astype(bool)
    assert np.abs(drawn[inner].astype(int) - photograph[inner]).mean() < 0.5
    outer = ~cv2.dilate(inside, np.ones((9, 9), np.uint8)).astype(bool)
    assert not drawn[outer].any()


@BOTH
def test_what_is_behind_stays_as_it_is(name: str) -> None:
    photograph = load(portrait(name))
    room = np.full_like(photograph, 77)
    before = room.copy()
    drawn = as_photographed(bust(name), room)
    assert (room == before).all()
    assert (drawn[:10, :10] == 77).all()


@BOTH
def test_a_roll_turns_the_line_between_the_eyes_by_as_much(name: str) -> None:
    def slope(roll: float) -> float:
        left, right = bust(name).seen(Angles(roll=roll))[EYES, :2]
        return degrees(atan2(right[1] - left[1], right[0] - left[0]))

    assert slope(0) == pytest.approx(0, abs=1.5)
    assert slope(20) - slope(0) == pytest.approx(20, abs=0.3)
    assert slope(-35) - slope(0) == pytest.approx(-35, abs=0.3)


@BOTH
def test_the_nose_points_where_the_head_looks(name: str) -> None:
    def tip(angles: Angles) -> np.ndarray:
        seen = bust(name).seen(angles)
        return (seen[NOSE] - seen[EYES].mean(axis=0)) / bust(name).unit

    level = tip(Angles())
    assert tip(Angles(yaw=25))[0] - level[0] > 0.15
    assert tip(Angles(yaw=-25))[0] - level[0] < -0.15
    assert tip(Angles(pitch=25))[1] - level[1] < -0.15
    assert tip(Angles(pitch=-25))[1] - level[1] > 0.1


@BOTH
def test_a_level_head_has_the_proportions_of_a_head(name: str) -> None:
    person = bust(name)
    level = person.posed(Angles())
    across = level[EYES[1]] - level[EYES[0]]
    assert abs(across[1]) < 0.03 * across[0]
    depth = (level[EYES, 2].mean() - level[NOSE, 2]) / across[0]
    assert depth == pytest.approx(NOSE_DEPTH, abs=0.03)
    assert abs(level[FOREHEAD, 0] - level[CHIN, 0]) < 0.1 * person.unit
    glabella_to_back = (level[:, 2].max() - level[9, 2]) / across[0]
    assert 1.7 < glabella_to_back < 2.4  # 18 of 8.9 cm


def test_depth_comes_to_the_same_scale_whatever_the_scale_it_came_in() -> None:
    mesh = bust("hopper").vertices[:468]
    flat = mesh * [1, 1, 0.5]
    assert np.allclose(to_scale(flat).points, to_scale(mesh).points, atol=0.02 * bust("hopper").unit)


@BOTH
def test_the_shoulders_stay_where_they_are(name: str) -> None:
    person = bust(name)
    still = person.share == 0
    assert still.sum() > 100
    assert np.allclose(person.posed(Angles(40, 20, 30))[still], person.vertices[still])
    assert (person.share[:400] > 0.8).all()


@BOTH
def test_size_and_place_are_what_was_asked_for(name: str) -> None:
    person = bust(name)
    left, top, width, height = face_rectangle(person, Angles(), (300, 200), 150)
    assert height == pytest.approx(150, rel=0.06)
    assert left < 300 < left + width
    assert top < 200 < top + height
    small = face_rectangle(person, Angles(), (300, 200), 75)
    assert small[2:] == pytest.approx((width / 2, height / 2))


def test_a_person_beside_the_picture_is_not_seen() -> None:
    room = np.full((120, 160, 3), 90, np.uint8)
    assert (draw(bust("astronaut"), Angles(), (900, 60), 40, room) == room).all()


def test_a_small_head_is_averaged_down_not_picked_apart() -> None:
    """The stripes of one pixel would turn into a pattern of their own."""
    person = bust("hopper")
    stripes = np.zeros_like(person.texture)
    stripes[:, ::2] = 255
    room = np.full((120, 120, 3), 128, np.uint8)
    drawn = draw(replace(person, texture=stripes), Angles(), (60, 60), 40, room)
    assert drawn[45:75, 50:70].std() < 25


def test_the_same_angles_give_the_same_picture() -> None:
    room = np.full((200, 200, 3), 90, np.uint8)
    first, second = (draw(bust("astronaut"), Angles(12, 5, -3), (100, 90), 90, room) for _ in range(2))
    assert (first == second).all()
