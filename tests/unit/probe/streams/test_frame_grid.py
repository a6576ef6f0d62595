"""The grid that uneven frames lie on is found from their timestamps, however the container rounds them."""

import random
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lipready.facts.video import FrameRate
from lipready.probe.streams.frame_rate import frame_rate

BASES = [Fraction(1, 90_000), Fraction(1, 1000), Fraction(1, 600), Fraction(1, 15_360)]
RATES = ["24", "25", "24000/1001", "30", "30000/1001", "50", "60", "60000/1001", "15", "10"]


def variable(places: list[int], rate: Fraction, base: Fraction, declared: tuple[Fraction, ...] = ()) -> FrameRate:
    found = frame_rate([round(place / (rate * base)) for place in places], base, declared)
    assert isinstance(found, FrameRate)
    assert found.variable
    return found


def with_gaps(seed: int, steps: tuple[int, ...], frames: int = 300) -> list[int]:
    dice, places = random.Random(seed), [0, 1]  # noqa: S311 - made times
    while len(places) < frames:
        places.append(places[-1] + dice.choice(steps))
    return places


@pytest.mark.parametrize("base", BASES)
@pytest.mark.parametrize("text", RATES)
@pytest.mark.parametrize("steps", [(1, 2), (1, 1, 1, 2), (1, 2, 3, 90)])
def test_frames_that_are_left_out_do_not_change_the_grid(text: str, base: Fraction, steps: tuple[int, ...]) -> None:
    places = with_gaps(4, steps)
    found = variable(places, Fraction(text), base)
    assert found.grid == Fraction(text)


@pytest.mark.parametrize("frames", [6, 20, 60])
def test_a_short_clip_in_milliseconds_is_what_its_header_declares(frames: int) -> None:
    rate = Fraction(30_000, 1001)
    found = variable(with_gaps(1, (1, 2), frames), rate, Fraction(1, 1000), (rate,))
    assert found.grid == rate


def test_a_rate_that_nobody_uses_is_found_too() -> None:
    assert variable(with_gaps(2, (1, 2)), Fraction(37), Fraction(1, 90_000)).grid == 37


def test_a_camera_that_jitters_keeps_its_own_pace() -> None:
    dice = random.Random(1)  # noqa: S311 - made times
    pts = [n * 2998 + dice.randint(-300, 300) for n in range(3000)]
    found = frame_rate(sorted(pts), Fraction(1, 90_000), ())
    assert isinstance(found, FrameRate)
    # Within a quarter of a frame over the whole clip, where 30 frames a second would be two frames off.
    assert found.grid is not None
    assert abs(3000 * Fraction(90_000, 2998) / found.grid - 3000) < Fraction(1, 4)


def test_arbitrary_times_lie_on_no_grid_and_what_each_rate_loses_is_counted() -> None:
    pts = [0, 10, 20, 61, 148, 155, 260, 271, 333, 400, 421]
    found = frame_rate(pts, Fraction(1, 1000), ())
    assert isinstance(found, FrameRate)
    assert found.grid is None
    (sixty,) = [kept for kept in found.resampled if kept.rate == 60]
    # Of the places 0, 16.7, 33.3 ms …, 10 and 20 share one, 148 and 155 another, 260 and 271 a third.
    assert (sixty.lost, sixty.repeated) == (3, 18)


@given(st.lists(st.integers(1, 40), min_size=3, max_size=60), st.sampled_from(BASES))
def test_every_frame_has_a_place_of_its_own_on_the_grid(gaps: list[int], base: Fraction) -> None:
    pts = [sum(gaps[:n]) for n in range(len(gaps) + 1)]
    found = frame_rate(pts, base, ())
    if isinstance(found, FrameRate) and found.grid is not None:
        places = [round(stamp * base * found.grid) for stamp in pts]
        assert len(set(places)) == len(pts)
