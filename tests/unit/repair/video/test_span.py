from fractions import Fraction

import pytest

from lipready.errors import FixError, UsageError
from lipready.facts.people import Box, Look, PeopleFacts, Person
from lipready.repair.choices import TrimSpan
from lipready.repair.recipe import Part, chosen_part
from lipready.repair.video.crop import target_person

LOOK = Look(Fraction(1), Box(0, 0, 100, 100), 0.9)


def seen(*shares, default):
    people = tuple(Person(n, LOOK.time, LOOK.time, share, 100, 1.0, (LOOK,)) for n, share in enumerate(shares, 1))
    return PeopleFacts(len(people), 1, 0.5, people, default, (LOOK.time,))


def test_a_span_is_cut_to_the_file():
    assert chosen_part(TrimSpan(Fraction(2)), Fraction(10), "a.mp4", "--trim") == Part(Fraction(2), Fraction(8))
    assert chosen_part(TrimSpan(Fraction(2), Fraction(99)), Fraction(10), "a.mp4", "--trim").length == 8


def test_a_span_behind_the_end_is_a_usage_error():
    with pytest.raises(UsageError, match=r"--trim starts at 10 s, but a\.mp4 ends at 10 s"):
        chosen_part(TrimSpan(Fraction(10)), Fraction(10), "a.mp4", "--trim")


@pytest.mark.parametrize(("chosen", "default", "followed"), [(2, 1, 2), (None, 1, 1), (None, None, 2)])
def test_the_chosen_person_is_followed_then_the_providers_pick_then_who_is_seen_longest(chosen, default, followed):
    assert target_person(seen(0.1, 0.8, default=default), chosen, "a.mp4").id == followed


def test_nobody_to_follow_and_nobody_of_that_number():
    with pytest.raises(FixError, match="shows no face"):
        target_person(seen(default=None), None, "a.mp4")
    with pytest.raises(UsageError, match=r"no person 1 in a\.mp4: nobody is seen"):
        target_person(seen(default=None), 1, "a.mp4")
    with pytest.raises(UsageError, match=r"no person 3 .* have the numbers 1, 2"):
        target_person(seen(0.5, 0.5, default=1), 3, "a.mp4")
