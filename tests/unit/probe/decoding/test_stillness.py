"""Black and frozen samples, with and without noise, and heads that move a little."""

from collections.abc import Iterable
from fractions import Fraction
from typing import Any

import cv2
import numpy as np
import pytest
import skimage.data

from lipready.facts.unmeasured import Unmeasured
from lipready.facts.video import Stillness
from lipready.probe.decoding.frames import Frame
from lipready.probe.decoding.stillness import StillnessMeter

Picture = np.ndarray[Any, np.dtype[np.uint8]]


def measured(pictures: Iterable[Picture], spacing: Fraction = Fraction(1, 2)) -> Stillness:
    meter = StillnessMeter()
    for index, picture in enumerate(pictures):
        meter.see(Frame(index * spacing, picture, index))
    facts = meter.facts()
    assert isinstance(facts, Stillness)
    return facts


def portrait() -> Picture:
    return cv2.resize(skimage.data.astronaut(), (720, 720))


def noisy(picture: Picture, seed: int, sigma: float = 6.0) -> Picture:
    noise = np.random.default_rng(seed).normal(0, sigma, picture.shape)
    return np.clip(picture + noise, 0, 255).astype(np.uint8)


def talking(step: int) -> Picture:
    """The portrait with its mouth opened a little more or less, and nothing else moving."""
    picture = portrait()
    cv2.ellipse(picture, (312, 206), (16, 3 + 4 * (step % 3)), 0, 0, 360, (70, 20, 20), -1)
    return picture


def test_nothing_seen_is_unmeasured() -> None:
    assert isinstance(StillnessMeter().facts(), Unmeasured)


def test_a_still_picture_is_frozen() -> None:
    assert measured([portrait()] * 5) == Stillness(black=0.0, frozen=1.0)


def test_noise_does_not_hide_a_still_picture() -> None:
    assert measured(noisy(portrait(), seed) for seed in range(6)).frozen == 1.0


def test_a_talking_head_is_not_frozen() -> None:
    assert measured(talking(step) for step in range(6)).frozen == 0.0


def test_a_talking_head_under_noise_is_not_frozen() -> None:
    assert measured(noisy(talking(step), step, 3.0) for step in range(6)).frozen == 0.0


def test_a_moving_camera_is_not_frozen() -> None:
    assert measured(np.roll(portrait(), 25 * step, axis=1) for step in range(5)).frozen == 0.0


def test_a_slow_fade_is_not_frozen() -> None:
    assert measured((portrait() * (1 - step / 12)).astype(np.uint8) for step in range(6)).frozen == 0.0


def test_half_of_the_clip_stands_still() -> None:
    pictures = [np.roll(portrait(), 25 * step, axis=1) for step in range(5)]
    assert measured([*pictures, *[pictures[-1]] * 4]).frozen == pytest.approx(0.5)


def test_black_samples() -> None:
    black = np.zeros((480, 640, 3), np.uint8)
    assert measured([noisy(black, 1, 4.0), noisy(black, 2, 4.0), portrait(), portrait()]).black == 0.5


def test_a_dark_scene_is_not_black() -> None:
    dark = np.full((480, 640, 3), 8, np.uint8)
    dark[200:280, 280:360] = 90
    assert measured([dark, dark]).black == 0.0


def test_one_sample_is_not_frozen() -> None:
    assert measured([portrait()]) == Stillness(black=0.0, frozen=0.0)


def test_close_frames_are_judged_at_the_same_spacing() -> None:
    # At 25 frames a second neighbours hardly differ; half a second apart they do.
    assert measured([np.roll(portrait(), 2 * step, axis=1) for step in range(50)], Fraction(1, 25)).frozen == 0.0


def test_a_change_of_size_is_a_change() -> None:
    assert measured([portrait(), cv2.resize(portrait(), (720, 400))]).frozen == 0.0
