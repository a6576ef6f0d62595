"""Rectangles, what is cut out of a picture, and the framing of a head."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lipready.faces.detection.geometry import Area, cut
from lipready.faces.reference.cutting import LONGEST_EDGE, head_and_shoulders
from lipready.facts.people import Box


def test_overlap_and_inside() -> None:
    one, other = Area(0, 0, 10, 10), Area(5, 0, 10, 10)
    assert one.overlap(other) == pytest.approx(50 / 150)
    assert one.inside(other) == 0.5
    assert one.overlap(Area(10, 0, 5, 5)) == 0.0


def test_boxes_are_clipped_and_scaled_to_displayed_pixels() -> None:
    assert Area(-5, 10, 20, 20).box(2.0, 100, 25) == Box(0, 20, 30, 30)


def test_cut_letterboxes_and_keeps_places() -> None:
    image = np.full((90, 160, 3), 200, np.uint8)
    image[40:50, 120:130] = (255, 0, 0)
    view = Area.square((80, 45), 160)
    square = cut(image, view, 192)
    assert square.shape == (192, 192, 3)
    assert square[:40].max() == 0
    x, y = round((125 - view.left) * 192 / 160), round((45 - view.top) * 192 / 160)
    assert tuple(square[y, x]) == (255, 0, 0)


def test_cut_far_outside_is_black() -> None:
    assert cut(np.full((20, 20, 3), 9, np.uint8), Area(500, 500, 50, 50), 192).max() == 0


@st.composite
def scenes(draw: st.DrawFn) -> tuple[Box, list[Box], int, int]:
    width, height = draw(st.integers(64, 8000)), draw(st.integers(64, 5000))

    def box() -> Box:
        side = draw(st.integers(8, min(width, height)))
        return Box(draw(st.integers(0, width - side)), draw(st.integers(0, height - side)), side, side)

    return box(), [box() for _ in range(draw(st.integers(0, 3)))], width, height


@given(scenes())
def test_framing_keeps_the_face_shuts_others_out_and_is_accepted(scene: tuple[Box, list[Box], int, int]) -> None:
    face, others, width, height = scene
    framing = head_and_shoulders(face, others, width, height)
    if framing is None:
        assert others
        return
    box = framing.box
    assert box.left >= 0
    assert box.top >= 0
    assert box.left + box.width <= width
    assert box.top + box.height <= height
    assert max(box.width, box.height) <= 2 * min(box.width, box.height)
    assert max(framing.size) <= LONGEST_EDGE
    crop = Area(box.left, box.top, box.width, box.height)
    assert all(crop.shared(Area(o.left, o.top, o.width, o.height)) == 0 for o in others)
    middle = Area.square((face.left + face.width / 2, face.top + face.height / 2), 1)
    assert middle.inside(crop) > 0


def test_a_crop_that_the_frame_cuts_above_and_below_is_narrowed_to_a_square() -> None:
    cut_low = head_and_shoulders(Box(400, 60, 100, 100), [], 1000, 200)
    cut_high = head_and_shoulders(Box(400, 10, 100, 100), [], 1000, 120)
    assert cut_low is not None
    assert cut_low.box == Box(350, 0, 200, 200)
    assert cut_high is not None
    assert cut_high.box == Box(350, 0, 200, 120)


def test_another_face_beside_narrows_the_crop_and_one_too_close_refuses_it() -> None:
    face = Box(400, 200, 100, 100)
    alone = head_and_shoulders(face, [], 1000, 800)
    beside = head_and_shoulders(face, [Box(540, 210, 90, 90)], 1000, 800)
    assert alone is not None
    assert beside is not None
    assert alone.box == Box(310, 120, 280, 320)
    assert beside.box.left + beside.box.width == 520
    assert head_and_shoulders(face, [Box(480, 210, 90, 90)], 1000, 800) is None


def test_half_of_what_lies_between_two_people_is_for_the_shoulders_of_the_other() -> None:
    face = Box(400, 200, 100, 100)
    on_the_right = head_and_shoulders(face, [Box(600, 200, 100, 100)], 1000, 800)
    on_the_left = head_and_shoulders(face, [Box(200, 200, 100, 100)], 1000, 800)
    far_below = head_and_shoulders(face, [Box(600, 700, 100, 100)], 1000, 1000)
    assert on_the_right is not None
    assert on_the_right.box == Box(310, 120, 240, 320)
    assert on_the_left is not None
    assert on_the_left.box == Box(350, 120, 240, 320)
    assert far_below is not None
    assert far_below.box == Box(310, 120, 280, 320)
