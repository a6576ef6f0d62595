"""When a sample is looked at, and through which views."""

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import skimage.data

from lipready.faces.detection.geometry import Area
from lipready.faces.tracking.schedule import Attention, LookRequest
from lipready.probe.decoding.frames import Frame

Picture = np.ndarray[Any, np.dtype[np.uint8]]
ALL = 1 + 3 + 8 + 1
HALF = Fraction(1, 2)
FACE = Area(560, 200, 160, 160)


def stage() -> Picture:
    """Draw a room with some furniture, 1280 × 720."""
    picture = np.full((720, 1280, 3), 120, np.uint8)
    picture[::2] = 100
    picture[400:, 900:] = 60
    return picture


def wishes(pictures: list[Picture], faces: tuple[Area, ...] = (), **options: bool) -> list[LookRequest | None]:
    attention = Attention(**options)
    return [attention.next_look(Frame(i * HALF, p, i), faces, unsettled=False) for i, p in enumerate(pictures)]


def counts(pictures: list[Picture], faces: tuple[Area, ...] = (), **options: bool) -> list[int]:
    return [0 if request is None else len(request.views) for request in wishes(pictures, faces, **options)]


def changed_at(number: int, change: Callable[[Picture], None], length: int) -> list[Picture]:
    after = stage()
    change(after)
    return [stage() if i < number else after for i in range(length)]


def test_a_person_who_is_known_is_looked_at_once_a_second() -> None:
    assert counts([stage()] * 9, (FACE,)) == [ALL, 0, 1, 0, 1, 0, 1, 0, 1]


def test_where_nobody_is_found_the_views_are_tried_again() -> None:
    assert counts([stage()] * 10) == [ALL, 0, 4, 0, 4, 0, 4, 0, ALL, 0]


def test_a_newcomer_is_looked_for_at_once_and_only_where_he_is() -> None:
    def come(picture: Picture) -> None:
        picture[300:500, 50:150] = 10

    first, *_, before, at, after = wishes(changed_at(5, come, 7), (FACE,))
    assert first is not None
    assert before is not None
    assert at is not None
    assert len(before.views) == 1
    assert 1 < len(at.views) < ALL
    assert all(view.left < 150 for view in at.views)
    assert after is None


def test_somebody_who_differs_from_the_wall_by_colour_alone_is_a_newcomer() -> None:
    # As bright as the wall (Rec. 601).
    def come(picture: Picture) -> None:
        picture[300:500, 50:150] = (180, 87, 45)

    first, *_, at, _ = counts(changed_at(5, come, 7), (FACE,))
    assert first == ALL
    assert at > 1


def test_somebody_before_a_background_full_of_contrast_is_a_newcomer() -> None:
    shelf = stage()
    rows, columns = np.indices((720, 300)) // 53
    shelf[:, :300] = np.where((rows + columns) % 2, 20, 240)[..., None]

    def come(picture: Picture) -> Picture:
        after = picture.copy()
        after[300:500, 50:150] = 135
        return after

    first, *_, at = counts([shelf] * 5 + [come(shelf)], (FACE,))
    assert first == ALL
    assert at > 1


def test_an_inset_before_the_known_persons_chest_is_a_newcomer() -> None:
    def inset(picture: Picture) -> None:
        picture[520:700, 560:720] = 200

    assert counts(changed_at(3, inset, 4), (FACE,))[3] > 1


def test_a_known_person_may_move_and_the_camera_sway() -> None:
    moving = []
    for step in range(8):
        picture = stage()
        picture[160:700, 480:800] = 10
        picture[200:360, 570 + 5 * step : 710 + 5 * step] = 40 * (step % 5)
        moving.append(np.roll(picture, 6 * (-1) ** step, axis=1))
    assert counts(moving, (FACE,)) == [ALL, 0, 1, 0, 1, 0, 1, 0]


def test_light_that_fades_is_no_newcomer() -> None:
    fading = [(stage() * (1 - 0.03 * step)).astype(np.uint8) for step in range(6)]
    assert counts(fading, (FACE,)) == [ALL, 0, 1, 0, 1, 0]


def test_what_always_moves_is_searched_once_a_second() -> None:
    coffee = np.ascontiguousarray(skimage.data.coffee())
    every, whole, *others = counts([np.roll(coffee, 60 * step, axis=1) for step in range(6)])
    assert whole == 1
    assert all(some > 3 for some in others[::2])
    assert others[1::2] == [1, 1]
    assert every >= max(others)


def test_every_frame_is_looked_at_where_it_is_asked_for() -> None:
    attention = Attention(every_frame=True)
    found = [attention.next_look(Frame(Fraction(i, 24), stage(), i), (FACE,), unsettled=False) for i in range(30)]
    assert [i for i, request in enumerate(found) if request is not None and request.searched] == [0, 24]
    assert None not in found


def test_an_unsettled_scene_is_looked_at_again_at_once() -> None:
    attention = Attention()
    assert attention.next_look(Frame(Fraction(0), stage(), 0), (), unsettled=False) is not None
    assert attention.next_look(Frame(HALF, stage(), 1), (FACE,), unsettled=True) is not None


def test_a_cut_begins_a_shot_and_is_searched() -> None:
    attention = Attention()
    astronaut, coffee = skimage.data.astronaut(), np.ascontiguousarray(skimage.data.coffee())
    shots, near = [], []
    for i, picture in enumerate([astronaut, astronaut, coffee, coffee]):
        request = attention.next_look(Frame(i * HALF, picture, i), (), unsettled=False)
        near.append(request is not None and request.near)
        shots.append(attention.shot)
    assert shots == [1, 1, 2, 2]
    assert near == [True, False, True, False]
