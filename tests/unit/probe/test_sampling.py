"""Which frames become samples: never two further apart than half a second where there are frames between them."""

from fractions import Fraction
from itertools import pairwise, zip_longest

from hypothesis import given
from hypothesis import strategies as st

from lipready.probe.sampling import SPACING, samples

TIMES = st.lists(st.integers(1, 900), min_size=1, max_size=60).map(
    lambda gaps: [Fraction(sum(gaps[:i]), 1000) for i in range(len(gaps))]
)


def picked(times: list[Fraction], end: Fraction | None = None) -> list[Fraction]:
    return list(samples(times, lambda time: time, end))


def at(*thousandths: int) -> list[Fraction]:
    return [Fraction(number, 1000) for number in thousandths]


def test_the_last_frame_within_half_a_second_is_the_next_sample() -> None:
    assert picked(at(0, 200, 400, 600, 800, 1000)) == at(0, 400, 800, 1000)


def test_a_frame_exactly_half_a_second_later_is_within_it() -> None:
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
def test_who_is_seen_for_a_second_is_in_two_samples(times: list[Fraction]) -> None:
    chosen = picked(times)
    for (before, after), following in zip_longest(pairwise(chosen), chosen[2:]):
        between = [time for time in times if before < time <= before + SPACING]
        assert after == max(between, default=min(time for time in times if time > before))
        close = all(later - earlier <= SPACING for earlier, later in pairwise(times))
        assert not close or following is None or following - before <= 1
