from fractions import Fraction

import pytest

from lipready.facts.video import FrameRate, Resampled
from lipready.profiles.limit import Range
from lipready.repair.video.shape import new_rate, tidy

AIM = Range(Fraction(24), Fraction(60))


def constant(rate):
    return FrameRate(Fraction(rate), Fraction(rate), Fraction(rate), variable=False)


def variable(rate):
    return FrameRate(Fraction(rate), Fraction(rate) / 2, Fraction(rate) * 2, variable=True)


@pytest.mark.parametrize(
    ("rate", "expected"),
    [
        ("12", "24"),
        ("10", "30"),
        ("15000/1001", "30000/1001"),
        ("1", "24"),
        ("1/10", "24"),
        ("120", "60"),
        ("100", "50"),
        ("120000/1001", "60000/1001"),
        ("240", "60"),
        ("60", "60"),
        ("23", "46"),
        ("60001/1000", "60"),  # within 0.05 % of 60: the same rate, measured with a coarse clock
        ("61", "61/2"),
    ],
)
def test_constant_rates_are_multiplied_or_divided_evenly(rate, expected):
    assert new_rate(constant(rate), AIM) == Fraction(expected)


@pytest.mark.parametrize(
    ("rate", "expected"),
    [
        ("29.98", "30000/1001"),
        ("30.01", "30"),
        ("27.3", "30"),
        ("24.2", "24"),
        ("26", "30"),
        ("7", "24"),
        ("59.7", "60000/1001"),
        ("90", "60"),
    ],
)
def test_variable_rates_become_a_standard_one_that_loses_no_frame(rate, expected):
    assert new_rate(variable(rate), AIM) == Fraction(expected)


def test_a_rate_that_no_whole_number_brings_into_a_narrow_range_becomes_a_standard_one():
    assert new_rate(constant(20), Range(Fraction(25), Fraction(30))) == 25


def test_a_measured_rate_is_tidied_only_where_it_is_the_same():
    assert tidy(Fraction(299_999, 10_000)) == 30
    assert tidy(Fraction(30_000, 1001)) == Fraction(30_000, 1001)
    assert tidy(Fraction("29.9")) == Fraction("29.9")


def on_grid(grid, *counted):
    mean = Fraction(22)
    return FrameRate(mean, mean / 2, mean * 2, variable=True, grid=grid, resampled=counted)


@pytest.mark.parametrize(("grid", "expected"), [("30", "30"), ("30000/1001", "30000/1001"), ("15", "30"), ("37", "37")])
def test_a_variable_rate_goes_to_its_grid_whatever_its_mean(grid, expected):
    assert new_rate(on_grid(Fraction(grid)), AIM) == Fraction(expected)


@pytest.mark.parametrize("grid", [None, Fraction(120)])
def test_without_a_grid_in_range_the_fewest_frames_are_lost_and_then_repeated(grid):
    counts = ((15, 0, 0), (24, 3, 0), (30, 1, 40), (50, 1, 30), (60, 1, 90), (120, 0, 200))
    assert new_rate(on_grid(grid, *(Resampled(Fraction(r), lost, twice) for r, lost, twice in counts)), AIM) == 50
