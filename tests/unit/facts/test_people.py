"""How long samples stand that are not evenly spaced."""

from fractions import Fraction

from lipready.facts.people import seconds_of
from lipready.rules.examples import watched


def test_even_samples_stand_for_the_same_time() -> None:
    assert seconds_of(Fraction(i, 2) for i in range(4)) == {Fraction(i, 2): Fraction(1, 2) for i in range(4)}


def test_a_sample_stands_until_the_next_one_and_the_last_until_the_end() -> None:
    assert seconds_of([Fraction(4), Fraction(0), Fraction(1)]) == {0: 1, 1: 3, 4: 3}
    assert seconds_of([Fraction(4), Fraction(0), Fraction(1)], Fraction(6)) == {0: 1, 1: 3, 4: 2}
    assert seconds_of([Fraction(0), Fraction(6)], Fraction(6))[Fraction(6)] > 0


def test_a_single_sample_stands_for_a_second() -> None:
    assert seconds_of([Fraction(7)]) == {7: 1}
    assert seconds_of([]) == {}


def test_looks_count_for_as_long_as_they_stand() -> None:
    video = watched(lambda _: {}).video
    assert video is not None
    people = video.people
    assert sum(people.standing(Fraction(10)).values()) == sum(people.stands.values()) == 10
    assert people.standing(Fraction(39, 4))[Fraction(19, 2)] == Fraction(1, 4)
