"""For how long a picture is black or stands still, to the frame, whatever its pixels are."""

from collections.abc import Iterable
from fractions import Fraction
from typing import Any

import av
import numpy as np
import pytest

from lipready.facts.speech import Span
from lipready.probe.decoding.decoder import Shown
from lipready.result.stops import StopMeter, Stops

Picture = np.ndarray[Any, np.dtype[np.uint8]]
FULL = 2

SCENE = np.random.default_rng(1).integers(40, 220, (12, 16), np.uint8).repeat(20, axis=0).repeat(20, axis=1)
BLACK = np.full_like(SCENE, 4)


def moved(step: int) -> Picture:
    return np.roll(SCENE, 5 * step, axis=1)


def seen(pictures: Iterable[Picture], kind: str = "gray", rate: int = 25) -> Stops:
    meter = StopMeter()
    for number, picture in enumerate(pictures):
        frame = av.VideoFrame.from_ndarray(picture, format="gray").reformat(format=kind)
        meter.see(Shown(Fraction(number, rate), frame))
    return meter.stops()


def stopped(begin: int, count: int, total: int = 60) -> list[Picture]:
    """Return pictures that move, of which so many are the same from one on."""
    return [moved(begin if begin <= step < begin + count else step) for step in range(total)]


@pytest.mark.parametrize("begin", [0, 3, 10, 17])
def test_a_freeze_is_as_long_as_its_frames_are_shown(begin: int) -> None:
    assert seen(stopped(begin, 25)).still == (Span(Fraction(begin, 25), Fraction(begin + 25, 25)),)


def test_two_fifths_of_a_second_are_long_enough() -> None:
    assert seen(stopped(7, 10)).still == (Span(Fraction(7, 25), Fraction(17, 25)),)
    assert seen(stopped(7, 9)).still == ()


def test_the_last_frame_stands_as_long_as_the_one_before() -> None:
    assert seen(stopped(35, 25)).still == (Span(Fraction(35, 25), Fraction(60, 25)),)


def test_what_moves_slowly_does_not_stand_still() -> None:
    assert seen(np.roll(SCENE, step // 4, axis=1) for step in range(100)).still == ()


def test_noise_does_not_end_a_freeze() -> None:
    noise = np.random.default_rng(2)
    pictures = [np.clip(each + noise.normal(0, 3, each.shape), 0, 255).astype(np.uint8) for each in stopped(10, 30)]
    assert seen(pictures).still == (Span(Fraction(10, 25), Fraction(40, 25)),)


@pytest.mark.parametrize("kind", ["gray", "yuv420p", "yuvj420p", "nv12", "yuv420p10le", "rgb24", "gbrp"])
def test_black_is_told_in_every_kind_of_pixels(kind: str) -> None:
    pictures = [BLACK if 10 <= step < 25 else moved(step) for step in range(40)]
    stops = seen(pictures, kind)
    assert stops.black == stops.still == (Span(Fraction(10, 25), Fraction(1)),)
    grey = [np.full_like(SCENE, 30) for _ in range(20)]  # lighter than a tenth of white
    assert seen(grey, kind).black == ()


def test_the_range_of_the_luma_counts() -> None:
    frame = av.VideoFrame.from_ndarray(np.full((360, 320), 34, np.uint8), format="yuv420p")
    found = []
    for color_range in (0, FULL):
        frame.color_range = color_range
        meter = StopMeter()
        meter.see(Shown(Fraction(0), frame))
        meter.see(Shown(Fraction(1), frame))
        found.append(meter.stops().black)
    assert found == [(Span(Fraction(0), Fraction(2)),), ()]


def test_a_change_of_size_is_a_change() -> None:
    assert seen([SCENE] * 13 + [SCENE[:200]] * 9).still == (Span(Fraction(0), Fraction(13, 25)),)


def test_nothing_was_seen() -> None:
    assert StopMeter().stops() == Stops((), (), Span(Fraction(0), Fraction(0)))
