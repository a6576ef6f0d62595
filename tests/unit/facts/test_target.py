"""Whose lips move, and how many people there are."""

from dataclasses import replace

import pytest

from lipready.facts.people import Match
from lipready.facts.unmeasured import Unmeasured
from lipready.rules.examples import file, job, people, person

TWO = people(30, 600)


def target(match: Match | Unmeasured | None, seen: object = TWO) -> int | None:
    found = job(video=file("video", people=seen), match=match).target
    return None if found is None else found.id


def test_the_person_of_the_reference_image_speaks() -> None:
    assert target(Match("same", 2, 0.3)) == 2
    assert target(Match("same", 1, 0.3)) == 1


@pytest.mark.parametrize(
    "match", [None, Unmeasured("no"), Match("different", 2, 0.7), Match("uncertain", 2, 0.55), Match("same", 9, 0.1)]
)
def test_else_whom_the_provider_picks(match: Match | Unmeasured | None) -> None:
    assert target(match) == 1
    assert target(match, replace(TWO, default_person=2)) == 2


def test_else_who_is_seen_longest() -> None:
    seen = replace(TWO, default_person=None, people=(person(1, 0, share=0.2), person(2, 600, share=0.8)))
    assert target(None, seen) == 2


def test_nobody_speaks_where_nobody_is_seen() -> None:
    assert target(None, people()) is None
    assert target(None, Unmeasured("broken")) is None
    assert job(video=None).target is None


def test_a_chosen_person_goes_first() -> None:
    assert [found.id for number in (None, 1, 2, 3) if (found := TWO.target(number))] == [1, 1, 2, 1]


@pytest.mark.parametrize(
    ("count", "low", "high", "at_least", "words"),
    [
        (0, None, None, False, "nobody"),
        (1, None, None, False, "1 person"),
        (2, 2, 2, False, "2 people"),
        (2, 2, 3, False, "2 or 3 people"),
        (3, 2, 4, False, "2 to 4 people"),
        (6, 6, 8, True, "at least 6 people"),
        (1, 0, 1, False, "0 or 1 person"),
    ],
)
def test_how_many(*, count: int, low: int | None, high: int | None, at_least: bool, words: str) -> None:
    seen = replace(people(), count=count, count_low=low, count_high=high, at_least=at_least)
    assert seen.how_many == words
    assert seen.fewest <= seen.most
