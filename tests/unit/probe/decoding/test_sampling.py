"""Which frames become samples: those that are shown at every half second, at whatever rate they come."""

from fractions import Fraction
from itertools import pairwise

from hypothesis import assume, given
from hypothesis import strategies as st

from lipready.probe.decoding.decoder import SPACING, samples

TIMES = st.lists(st.integers(1, 900), min_size=1, max_size=60).map(
    lambda gaps: [Fraction(sum(gaps[:i]), 1000) for i in range(len(gaps))]
)


def picked(times: list[Fraction], end: Fraction | None = None) -> list[Fraction]:
    return list(samples(times, lambda time: time, end))


def at(*thousandths: int) -> list[Fraction]:
    return [Fraction(number, 1000) for number in thousandths]


def test_the_frame_that_is_shown_at_a_half_second_is_the_next_sample() -> None:
    assert picked(at(0, 200, 400, 600, 800, 1000)) == at(0, 400, 1000)


def test_samples_do_not_drift_away_from_those_at_another_rate() -> None:
    slow, fast = (picked([Fraction(n, rate) for n in range(60 * rate)])[:-1] for rate in (12, 25))
    assert len(slow) == len(fast) == 120
    assert all(0 <= moment - time < Fraction(1, 12) for moment, time in zip(slow, fast, strict=True))


def test_a_frame_exactly_at_the_half_second_is_taken() -> None:
    assert picked(at(0, 250, 500, 750, 1000)) == at(0, 500, 1000)


def test_without_a_frame_in_between_the_next_one_is_taken() -> None:
    assert picked(at(0, 900, 1800)) == at(0, 900, 1800)


def test_the_last_frame_of_the_file_is_a_sample() -> None:
    assert picked(at(0, 40, 80)) == at(0, 80)


def test_where_a_piece_ends_the_next_one_has_a_sample() -> None:
    assert picked(at(0, 200, 400), Fraction(1, 2)) == at(0)
    assert picked(at(0, 200, 400), Fraction(51, 100)) == at(0, 400)


def test_no_frame_no_sample() -> None:
    assert picked([]) == []


@given(TIMES)
def test_each_frame_that_is_shown_at_a_half_second_is_a_sample(times: list[Fraction]) -> None:
    shown = {
        max(time for time in times if time <= mark)
        for mark in (SPACING * n for n in range(int(times[-1] / SPACING) + 1))
        if mark >= times[0]
    }
    assert picked(times) == sorted({*shown, times[0], times[-1]})


@given(TIMES)
def test_who_is_seen_for_a_second_is_in_two_samples(times: list[Fraction]) -> None:
    chosen = picked(times)
    assume(all(later - earlier < SPACING for earlier, later in pairwise(times)))
    for first in (time for time in times if time + 1 <= times[-1]):
        assert sum(first <= time < first + 1 for time in chosen) >= 2


@given(TIMES, st.integers(1, 59))
def test_pieces_add_only_their_first_frames(times: list[Fraction], place: int) -> None:
    cut = min(place, len(times) - 1)
    joined = [*picked(times[:cut], times[cut]), *picked(times[cut:])]
    assert set(joined) >= set(picked(times)) - {times[cut - 1]}
    assert set(joined) <= {*picked(times), times[cut]}
