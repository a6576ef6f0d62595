from base64 import b64decode
from fractions import Fraction
from io import BytesIO
from itertools import pairwise

import numpy as np
import pytest
from PIL import Image

from lipready.facts.people import Box
from lipready.facts.pictures import Pictures
from lipready.probe.decoding.pictures import FACE_SIDE, MOST, MOST_FACES, MOST_SMALL, PictureKeeper, kept_in


def halves(width=1920, height=1080):
    """Draw a picture that is red on the left and blue on the right."""
    picture = np.zeros((height, width, 3), np.uint8)
    picture[:, : width // 2, 0] = 255
    picture[:, width // 2 :, 2] = 255
    return picture


def opened(jpeg):
    return np.asarray(Image.open(BytesIO(b64decode(jpeg)), formats=("JPEG",)).convert("RGB"), np.int16)


@pytest.mark.parametrize(("small", "size"), [(False, (640, 360)), (True, (320, 180))])
def test_a_picture_is_kept_small_and_in_its_colours(small, size):
    keeper = PictureKeeper(small=small)
    keeper.see(halves(), Fraction(0), 1.0, [])
    (frame,) = keeper.pictures().frames
    assert (frame.width, frame.height) == size
    shown = opened(frame.jpeg)
    assert shown.shape[1::-1] == size
    assert shown[:, : size[0] // 2 - 8, 0].min() > 200
    assert shown[:, size[0] // 2 + 8 :, 0].max() < 60


@pytest.mark.parametrize("shape", [(1, 1), (3000, 2), (2, 3000), (641, 641), (100, 90)])
def test_any_shape_can_be_kept(shape):
    keeper = PictureKeeper()
    keeper.see(np.full((*shape, 3), 128, np.uint8), Fraction(0), 1.0, [Box(0, 0, 1, 1)])
    kept = keeper.pictures()
    assert max(kept.frames[0].width, kept.frames[0].height) <= 640
    assert opened(kept.faces[0].jpeg).shape == (FACE_SIDE, FACE_SIDE, 3)


def test_a_face_is_cut_out_where_its_box_is_in_displayed_pixels():
    keeper = PictureKeeper()
    keeper.see(halves(), Fraction(1), 2.0, [Box(2600, 900, 300, 400), Box(400, 900, 300, 400), Box(-50, -50, 80, 90)])
    right, left, corner = keeper.pictures().faces
    assert opened(right.jpeg)[..., 2].min() > 200
    assert opened(left.jpeg)[..., 0].min() > 200
    assert opened(corner.jpeg)[..., 0].min() > 200
    assert (right.time, right.box) == (Fraction(1), Box(2600, 900, 300, 400))


def test_what_is_kept_is_bounded_and_spread_over_the_clip():
    for small, most in ((False, MOST), (True, MOST_SMALL)):
        keeper = PictureKeeper(small=small)
        boxes = [Box(10 * number, 0, 20, 20) for number in range(10)]
        for number in range(1000):
            keeper.see(halves(64, 36), Fraction(number), 1.0, boxes)
        kept = keeper.pictures()
        times = [frame.time for frame in kept.frames]
        assert most // 2 <= len(times) <= most
        assert times[0] == 0
        assert len({later - earlier for earlier, later in pairwise(times)}) == 1
        assert times[-1] > 900
        assert len(kept.faces) == (0 if small else MOST_FACES * len(times))
        assert {face.time for face in kept.faces} <= set(times)


def test_frames_that_follow_closely_are_not_all_kept():
    keeper = PictureKeeper()
    for number in range(48):
        keeper.see(halves(64, 36), Fraction(number, 24), 1.0, [])
    assert len(keeper.pictures().frames) == 5


def test_pictures_are_kept_only_for_those_who_want_them():
    with kept_in(None, "video") as witness:
        assert witness is None
    pictures = Pictures()
    with kept_in(pictures, "video") as witness:
        assert witness is not None
        witness(halves(64, 36), Fraction(0), 1.0, [])
    assert [frame.time for frame in pictures.files["video"].frames] == [0]
