"""Samples to stretches of time."""

from fractions import Fraction
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from lipready.facts.people import merged
from lipready.facts.result import PictureMatch
from lipready.profiles.loader import load_profile
from lipready.rules.examples import came, spans
from lipready.rules.judge import judge
from lipready.rules.wording import named, stretches, within

SAMPLES = tuple(Fraction(i, 2) for i in range(10))


def test_a_sample_stands_for_the_time_up_to_the_next_one() -> None:
    times = [Fraction(1, 2), Fraction(1), Fraction(3)]
    assert stretches(times, SAMPLES, Fraction(5)) == (
        (Fraction(1, 2), Fraction(3, 2)),
        (Fraction(3), Fraction(7, 2)),
    )


def test_the_last_sample_stands_for_the_time_to_the_end() -> None:
    last = SAMPLES[-1]
    assert stretches([last], SAMPLES, Fraction(5)) == ((last, Fraction(5)),)
    assert stretches([last], SAMPLES, None) == ((last, last),)
    assert stretches([last], SAMPLES, Fraction(1)) == ((last, last),)
    assert stretches([], SAMPLES, Fraction(5)) == ()


def test_stretches_that_are_close_are_one() -> None:
    parts = tuple((Fraction(a), Fraction(b)) for a, b in (("0", "1"), ("1.9", "3"), ("4", "5")))
    assert merged(parts) == ((0, 3), (4, 5))


def test_what_is_black_is_not_said_to_stand_still_as_well() -> None:
    dark, held = spans(("1", "2"))[0], spans(("0.96", "2.04"), ("4", "5"))
    facts = came(part={"picture": PictureMatch(250, 0, (dark,), held)})
    (found,) = judge(facts, load_profile("dashscope"), only=("O807",))[0]
    assert found.measured == "is black 0:01–0:02 and stands still 0:04–0:05"


def test_names() -> None:
    parts = [(Fraction(2 * i), Fraction(2 * i + 1)) for i in range(8)]
    assert named(parts[:1]) == "0:00–0:01"
    assert named([(Fraction(61, 2), Fraction(185, 3))]) == "0:30.5–1:01.6"
    assert named(parts[:2]) == "0:00–0:01 and 0:02–0:03"
    assert named(parts).endswith("0:10–0:11 and 2 more")
    assert named([(Fraction(3), Fraction(3))]) == "at 0:03"


def test_the_end_of_a_stretch_is_outside() -> None:
    parts = ((Fraction(1), Fraction(2)), (Fraction(4), Fraction(5)))
    inside = {time: within(Fraction(time), parts) for time in ("0", "1", "1.9", "2", "3", "4", "5")}
    assert inside == {"0": False, "1": True, "1.9": True, "2": False, "3": False, "4": True, "5": False}


times = st.integers(0, 40).map(lambda i: Fraction(i, 3))


@given(chosen=st.sets(times), samples=st.lists(times), end=st.none() | times)
def test_stretches_hold_their_samples_are_in_order_and_do_not_touch(
    chosen: set[Fraction], samples: list[Fraction], end: Fraction | None
) -> None:
    parts = stretches(chosen, samples, end)
    assert all(start <= stop for start, stop in parts)
    assert all(before[1] < after[0] for before, after in pairwise(parts))
    for time in {*chosen, *samples}:
        assert time in chosen or not within(time, parts)
        assert time not in chosen or any(start <= time <= stop for start, stop in parts)
