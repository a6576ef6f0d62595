"""When somebody is seen, and whom the provider picks."""

from dataclasses import replace
from fractions import Fraction

import pytest

from lipready.facts.people import appearances, picked
from lipready.rules.examples import people, person

END = Fraction(10)


def exact(*spans: tuple[float | str, float | str]) -> tuple[tuple[Fraction, Fraction], ...]:
    return tuple((Fraction(start), Fraction(stop)) for start, stop in spans)


@pytest.mark.parametrize(
    ("spans", "seen"),
    [
        ([(0, 2)], [(0, 2)]),
        ([(0, 2), ("2.999", 5)], [(0, 5)]),
        ([(0, 2), (3, 5)], [(0, 2), (3, 5)]),
        ([(3, 5), (0, 2)], [(0, 2), (3, 5)]),
        ([(0, 5), (1, 2)], [(0, 5)]),
        ([(0, 2), (4, "9.4")], [(0, 2), (4, "9.4")]),
        ([(0, 2), (4, "9.5")], [(0, 2), (4, 10)]),
        ([], [(0, 10)]),
    ],
)
def test_spans_become_appearances(
    spans: list[tuple[float | str, float | str]], seen: list[tuple[float | str, float | str]]
) -> None:
    """The last of the samples is at 9.5 s."""
    one = replace(person(1, 0), spans=exact(*spans))
    assert appearances(one, people(0), END) == exact(*seen)


def test_without_a_length_the_last_look_is_the_end() -> None:
    assert appearances(person(1, 0), people(0), None) == exact((0, "9.5"))


def test_a_wrong_length_takes_nothing_away() -> None:
    assert appearances(person(1, 0), people(0), Fraction(5)) == exact((0, "9.5"))


@pytest.mark.parametrize(("size", "who"), [(270, [1, 2]), (269, [1]), (299, [1, 2])])
def test_nine_tenths_of_the_largest_face_each_way_may_be_the_largest(size: int, who: list[int]) -> None:
    seen = replace(people(0, 600), people=(person(1, 0, 300), person(2, 600, size)))
    assert [each.id for each in picked(seen)] == who


def test_nobody_is_picked_where_nobody_is_seen() -> None:
    assert picked(people()) == ()
