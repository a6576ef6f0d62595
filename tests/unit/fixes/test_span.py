from fractions import Fraction

import pytest

from lipready.errors import FixError, UsageError
from lipready.facts.people import Box, Look, PeopleFacts, Person
from lipready.fixes.choices import TrimSpan
from lipready.fixes.span import Part, best_part, chosen_part, target_person
from lipready.profiles.limit import Range

LENGTHS = Range(Fraction("2.2"), Fraction(30))
HALF = Fraction(1, 2)


def person(number, *spans):
    times = [Fraction(t, 2) for start, end in spans for t in range(2 * start, 2 * end)]
    looks = tuple(Look(time, Box(0, 0, 100, 100), 0.9) for time in times)
    return Person(number, times[0], times[-1], len(times) / 240, 100, 1.0, looks)


def seen(*people, default=1):
    samples = tuple(Fraction(t, 2) for t in range(240))
    return PeopleFacts(len(people), 1, 0.5, people, default, samples)


def test_a_span_is_cut_to_the_file():
    assert chosen_part(TrimSpan(Fraction(2)), Fraction(10), "a.mp4", "--trim") == Part(Fraction(2), Fraction(8))
    assert chosen_part(TrimSpan(Fraction(2), Fraction(99)), Fraction(10), "a.mp4", "--trim").length == 8


def test_a_span_behind_the_end_is_a_usage_error():
    with pytest.raises(UsageError, match=r"--trim starts at 10 s, but a\.mp4 ends at 10\.000 s"):
        chosen_part(TrimSpan(Fraction(10)), Fraction(10), "a.mp4", "--trim")


def test_the_best_part_is_where_the_face_is_seen_longest():
    people = seen(person(1, (0, 5), (60, 100)))
    part = best_part(people, None, Fraction(120), LENGTHS, "a.mp4")
    assert part == Part(Fraction(60), Fraction(30))


def test_ends_without_the_face_are_left_out():
    part = best_part(seen(person(1, (40, 50))), None, Fraction(120), LENGTHS, "a.mp4")
    assert part == Part(Fraction(40), Fraction(10))


def test_the_part_is_never_shorter_than_allowed_nor_outside_the_file():
    part = best_part(seen(person(1, (119, 120))), None, Fraction(120), LENGTHS, "a.mp4")
    assert part == Part(Fraction("117.8"), Fraction("2.2"))


def test_the_chosen_person_decides_and_else_the_providers_pick():
    people = seen(person(1, (0, 10)), person(2, (50, 70)), default=1)
    assert best_part(people, 2, Fraction(120), LENGTHS, "a.mp4").start == 50
    assert best_part(people, None, Fraction(120), LENGTHS, "a.mp4").start == 0
    assert target_person(seen(person(1, (0, 1)), person(2, (5, 9)), default=None), None, "a.mp4").id == 2


def test_nobody_to_follow_and_nobody_of_that_number():
    with pytest.raises(FixError, match="shows no face"):
        best_part(PeopleFacts(0, 0, 0.0, (), None, ()), None, Fraction(9), LENGTHS, "a.mp4")
    with pytest.raises(UsageError, match=r"no person 3 .* have the numbers 1, 2"):
        target_person(seen(person(1, (0, 1)), person(2, (5, 9))), 3, "a.mp4")


def test_the_window_counts_what_a_look_stands_for():
    people = seen(person(1, (0, 120)))
    part = best_part(people, None, Fraction(120), LENGTHS, "a.mp4")
    assert part.length == 30
    assert part.start + part.length <= 120
