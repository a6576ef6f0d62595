from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lipready.facts.unmeasured import Unmeasured
from lipready.facts.video import FrameRate
from lipready.probe.streams.frame_rate import frame_rate, plainest_between, simplest_between

MILLISECOND = Fraction(1, 1000)
EXACT = ["15", "14999/1000", "15000/1001", "24000/1001", "25", "30000/1001", "60000/1001", "60", "60001/1000"]


def rounded(rate: Fraction, frames: int, base: Fraction) -> list[int]:
    return [round(n / (rate * base)) for n in range(frames)]


@pytest.mark.parametrize("text", EXACT)
def test_a_declared_rate_survives_rounding_to_milliseconds(text: str) -> None:
    rate = Fraction(text)
    found = frame_rate(rounded(rate, 90, MILLISECOND), MILLISECOND, (rate,))
    assert found == FrameRate(nominal=rate, lowest=rate, highest=rate, variable=False)


@pytest.mark.parametrize("text", ["15", "15000/1001", "25", "30000/1001", "60000/1001", "60"])
def test_a_standard_rate_is_found_without_a_declaration(text: str) -> None:
    rate = Fraction(text)
    found = frame_rate(rounded(rate, 1200, MILLISECOND), MILLISECOND, ())
    assert isinstance(found, FrameRate)
    assert found.nominal == rate


def test_even_ticks_beat_a_wrong_declaration() -> None:
    found = frame_rate([n * 1000 for n in range(30)], Fraction(1, 14999), (Fraction(15),))
    assert isinstance(found, FrameRate)
    assert found.nominal == Fraction(14999, 1000)


def test_a_declaration_that_does_not_fit_is_not_believed() -> None:
    found = frame_rate(rounded(Fraction(25), 100, MILLISECOND), MILLISECOND, (Fraction(1000), Fraction(30)))
    assert isinstance(found, FrameRate)
    assert found.nominal == 25


def test_a_missing_frame_makes_the_rate_variable() -> None:
    pts = [n for n in range(30) if n != 7]
    found = frame_rate(pts, Fraction(1, 30), (Fraction(30),))
    assert isinstance(found, FrameRate)
    assert found.variable
    assert (found.nominal, found.lowest, found.highest) == (Fraction(28, 29) * 30, Fraction(15), Fraction(30))
    assert found.grid == 30


def test_jitter_of_more_than_a_tick_is_variable() -> None:
    pts = [3000 * n + (5 if n % 2 else 0) for n in range(20)]
    found = frame_rate(pts, Fraction(1, 90000), (Fraction(30),))
    assert isinstance(found, FrameRate)
    assert found.variable
    assert found.lowest == Fraction(90000, 3005)
    assert found.highest == Fraction(90000, 2995)


def test_a_timestamp_that_comes_twice_counts_once() -> None:
    found = frame_rate([0, 40, 40, 80, 120], MILLISECOND, ())
    assert isinstance(found, FrameRate)
    assert (found.nominal, found.variable) == (Fraction(25), False)


@pytest.mark.parametrize("pts", [[], [0], [5, 5, 5]])
def test_fewer_than_two_frames_have_no_rate(pts: list[int]) -> None:
    assert isinstance(frame_rate(pts, MILLISECOND, (Fraction(25),)), Unmeasured)


def test_two_frames_take_the_declared_rate_that_fits() -> None:
    found = frame_rate([0, 67], MILLISECOND, (Fraction(15),))
    assert isinstance(found, FrameRate)
    assert found.nominal == 15


@given(st.fractions(min_value=5, max_value=60, max_denominator=1001), st.integers(2, 200))
def test_rounded_timestamps_of_any_declared_rate_are_constant(rate: Fraction, frames: int) -> None:
    base = Fraction(1, 90000)
    found = frame_rate(rounded(rate, frames, base), base, (rate,))
    assert isinstance(found, FrameRate)
    assert not found.variable
    assert abs(found.nominal - rate) * 90000 <= 2 * rate * rate


@given(st.fractions(min_value="1/1000", max_value=1000), st.fractions(min_value=0, max_value=10))
def test_the_simplest_fraction_lies_in_its_interval_and_none_simpler_does(low: Fraction, width: Fraction) -> None:
    found = simplest_between(low, low + width)
    assert low <= found <= low + width
    assert found.denominator <= low.denominator
    for denominator in range(1, min(found.denominator, 50)):
        assert -(-low * denominator // 1) > (low + width) * denominator


def test_the_plainest_rate_is_written_as_people_write_it() -> None:
    assert plainest_between(Fraction("29.9"), Fraction("30.1")) == 30
    assert plainest_between(Fraction("60.0009"), Fraction("60.0011")) == Fraction("60.001")
