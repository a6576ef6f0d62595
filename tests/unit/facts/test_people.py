"""How long samples stand that are not evenly spaced."""

from fractions import Fraction

from lipready.facts.people import seconds_of
from lipready.rules.samples import watched


def test_even_samples_stand_for_the_same_time() -> None:
    assert seconds_of(Fraction(i, 2) for i in range(4)) == {Fraction(i, 2): Fraction(1, 2) for i in range(4)}


def test_a_sample_stands_half_the_way_to_its_neighbours() -> None:
    assert seconds_of([Fraction(4), Fraction(0), Fraction(1)]) == {0: 1, 1: 2, 4: 3}


def test_a_single_sample_stands_for_a_second() -> None:
    assert seconds_of([Fraction(7)]) == {7: 1}
    assert seconds_of([]) == {}


def test_looks_count_for_as_long_as_they_stand() -> None:
    video = watched(lambda _: {}).video
    assert video is not None
    people = video.people
    looks = people.people[0].looks
    assert people.seconds(looks) == 10
    assert people.seconds(looks[:3]) == Fraction(3, 2)
