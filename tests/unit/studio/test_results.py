"""Results with known faults: what is changed in them, and that nothing else is."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

from studio import encoder
from studio.recipe import FixtureError
from studio.results import (
    Picture,
    Talk,
    cut_sound,
    held,
    lower_face,
    noisy,
    read_talk,
    sway,
    write_pause,
    write_shifted,
)

SECONDS = Fraction(4, 5)


@pytest.fixture(scope="module")
def talk(made: Callable[[str], Path]) -> Talk:
    return read_talk(made("anna.mp4"), Fraction(9, 5), SECONDS)


@pytest.fixture(scope="module")
def quiet(talk: Talk) -> list[Picture]:
    return held(talk)


def test_a_talk_has_each_frame_of_its_stretch_with_its_mesh(talk: Talk) -> None:
    assert (len(talk.pictures), len(talk.meshes), talk.rate) == (20, 20, 25)
    assert len(talk.openings) == 20
    assert talk.eyes > 100


def test_nothing_but_the_lower_face_is_changed_where_a_mouth_is_held(talk: Talk, quiet: list[Picture]) -> None:
    for before, after, mesh in list(zip(talk.pictures, quiet, talk.meshes, strict=True))[::4]:
        assert mesh is not None
        # The face of the frame that is laid onto it may be a little larger.
        reach = cv2.dilate(lower_face(before.shape[:2], mesh), np.ones((41, 41)))
        assert not (before != after).any(axis=2)[reach == 0].any()
    changes = [np.abs(a.astype(int) - b).mean() for a, b in zip(talk.pictures, quiet, strict=True)]
    assert min(changes) < 0.1 < max(changes)


def test_the_mouth_of_held_pictures_does_not_move(talk: Talk, quiet: list[Picture]) -> None:
    from lipready.faces.models.engine import engine
    from lipready.mouth.opening import opening_of

    def opening(picture: Picture, number: int) -> float:
        mesh = talk.meshes[number]
        assert mesh is not None
        left, right = mesh.points[[33, 263], :2].tolist()
        return opening_of(engine().mesher.mesh(picture, mesh.area, ((left[0], left[1]), (right[0], right[1]))))

    still = [opening(picture, number) for number, picture in enumerate(quiet)]
    assert np.std(still) < np.std(talk.openings) / 2


def test_nobody_is_no_talk(talk: Talk) -> None:
    with pytest.raises(FixtureError, match="never found"):
        held(Talk(talk.pictures, [None] * len(talk.pictures), talk.rate))


@pytest.mark.parametrize(
    ("milliseconds", "shifted"),
    [(1000, [0, 0, 1, 2]), (-1000, [3, 4, 0, 0]), (0, [1, 2, 3, 4])],
)
def test_shifted_sound_is_as_long_as_before(milliseconds: int, shifted: list[int], tmp_path: Path) -> None:
    encoder.write_wave(np.array([1, 2, 3, 4], np.int16), 2, tmp_path / "a.wav")
    samples, rate = encoder.read_wave(write_shifted(tmp_path / "a.wav", milliseconds, tmp_path / "b.wav"))
    assert (samples.tolist(), rate) == (shifted, 2)


def test_a_stretch_of_sound_is_exact(made: Callable[[str], Path], tmp_path: Path) -> None:
    samples, rate = encoder.read_wave(cut_sound(made("anna.wav"), Fraction(4), Fraction(3, 2), tmp_path / "a.wav"))
    assert len(samples) == rate * 3 // 2
    assert samples[: rate // 2].any()
    assert not samples[-rate // 3 :].any()


def test_a_pause_is_silent_and_nothing_else_is_changed(tmp_path: Path) -> None:
    encoder.write_wave(np.array([1, 2, 3, 4], np.int16), 2, tmp_path / "a.wav")
    written = write_pause(tmp_path / "a.wav", Fraction(1, 2), Fraction(3, 2), tmp_path / "b.wav")
    assert encoder.read_wave(written)[0].tolist() == [1, 0, 0, 4]


def test_a_photograph_sways_around_its_face(made: Callable[[str], Path]) -> None:
    pictures = sway(made("anna.jpg"), Fraction(1), Fraction(4))
    assert len(pictures) == 4
    assert {picture.shape for picture in pictures} == {(480, 480, 3)}
    assert np.abs(pictures[0].astype(int) - pictures[3]).mean() > 3


def test_less_light_makes_a_picture_darker_and_it_has_noise() -> None:
    plain = np.full((20, 20, 3), 200, np.uint8)
    dark = noisy(plain, np.random.default_rng(1), light=0.25)
    assert abs(dark.mean() - 50) < 1
    assert dark.std() > 1
