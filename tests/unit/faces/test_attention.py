"""When the small views are spent."""

from fractions import Fraction
from typing import Any

import numpy as np
import skimage.data

from lipready.faces.attention import Attention
from lipready.faces.geometry import Area

Picture = np.ndarray[Any, np.dtype[np.uint8]]
ALL = 1 + 3 + 8 + 1
HALF = Fraction(1, 2)
FACE = Area(560, 200, 160, 160)


def stage() -> Picture:
    picture = np.full((720, 1280, 3), 120, np.uint8)
    picture[::2] = 100
    return picture


def counts(pictures: list[Picture], faces: tuple[Area, ...] = ()) -> list[int]:
    attention = Attention()
    return [len(attention.views(picture, i * HALF, faces)[0]) for i, picture in enumerate(pictures)]


def test_a_picture_that_does_not_change_is_searched_every_four_seconds() -> None:
    assert counts([stage()] * 10) == [ALL, 1, 4, 1, 4, 1, 4, 1, ALL, 1]


def test_a_newcomer_is_looked_for_at_once() -> None:
    changed = stage()
    changed[300:500, 50:150] = 10
    assert counts([*[stage()] * 3, *[changed] * 3], (FACE,))[2:] == [4, ALL, 1, 4]


def test_a_known_person_may_move() -> None:
    moving = []
    for step in range(6):
        picture = stage()
        picture[150 + 20 * step : 600, 480:800] = 10
        moving.append(picture)
    assert counts(moving, (FACE,)) == [ALL, 1, 4, 1, 4, 1]


def test_what_always_moves_is_searched_once_a_second() -> None:
    coffee = np.ascontiguousarray(skimage.data.coffee())
    pictures = [np.roll(coffee, 60 * step, axis=1) for step in range(6)]
    whole, small = counts(pictures)[:2]
    assert whole > small
    assert counts(pictures) == [whole, small] * 3


def test_a_cut_begins_a_shot_and_is_searched() -> None:
    attention = Attention()
    astronaut, coffee = skimage.data.astronaut(), np.ascontiguousarray(skimage.data.coffee())
    shots, near = [], []
    for i, picture in enumerate([astronaut, astronaut, coffee, coffee]):
        near.append(attention.views(picture, i * HALF, ())[1])
        shots.append(attention.shot)
    assert shots == [1, 1, 2, 2]
    assert near == [True, False, True, False]
