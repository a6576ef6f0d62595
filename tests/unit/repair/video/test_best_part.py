"""`--trim best`: the part in which the speaker's face is best seen."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lipready.errors import FixError, UsageError
from lipready.facts.people import Box, Look, PeopleFacts, Person
from lipready.profiles.limit import Range
from lipready.repair.recipe import Part
from lipready.repair.video.recipe import best_part

LENGTHS = Range(Fraction("2.2"), Fraction(30))
END = Fraction(120)


def look(time, **changes):
    plain = {"yaw": 0.0, "sharpness": 300.0, "cut": False}
    return Look(Fraction(time), Box(0, 0, 100, 100), 0.9, **{**plain, **changes})


def person(number, *spans, step=Fraction(1, 2)):
    """Make a person who is looked at from the first to the last second of each span, and at its end."""
    times = [[start + step * n for n in range(int((end - start) / step) + 1)] for start, end in spans]
    return of_looks(number, *([look(time) for time in own] for own in times))


def of_looks(number, *spans):
    looks = tuple(each for own in spans for each in own)
    edges = tuple((own[0].time, own[-1].time) for own in spans)
    return Person(number, looks[0].time, looks[-1].time, 0.5, 100, 1.0, looks, edges)


def seen(*people, samples=tuple(Fraction(t, 2) for t in range(240)), default=1):
    return PeopleFacts(len(people), 1, 0.5, people, default, tuple(map(Fraction, samples)))


def best(people, number=None, end=END, lengths=LENGTHS):
    return best_part(people, number, Fraction(end), lengths, "a.mp4")


def test_the_longest_span_is_kept_as_far_as_a_clip_may_be_long():
    assert best(seen(person(1, (1, 5), (60, 100)))) == Part(Fraction(60), Fraction(30))
    assert best(seen(person(1, (1, 5), (40, 50)))) == Part(Fraction(40), Fraction(10))


@pytest.mark.parametrize(("spans", "start"), [(((10, 20), (30, 40)), 10), (((10, 20), (30, 40.5)), 30)])
def test_of_equals_the_earliest(spans, start):
    assert best(seen(person(1, *spans))).start == start


def test_a_shot_of_somebody_else_is_never_bridged_however_short():
    target, other = person(1, (1, 5), (6, 11)), person(2, (5.5, 5.5))
    assert best(seen(target, other)) == Part(Fraction(6), Fraction(5))


def test_time_counts_not_looks():
    often, seldom = (10, 16), (40, 50)
    dense, sparse = person(1, often, step=Fraction(1, 10)), person(1, seldom, step=Fraction(1))
    both = of_looks(1, dense.looks, sparse.looks)
    samples = {*(each.time for each in both.looks), *(t for t in range(120) if not 9 < t < 17 and not 39 < t < 51)}
    assert len(dense.looks) > 5 * len(sparse.looks)
    assert best(seen(both, samples=samples)) == Part(Fraction(40), Fraction(10))


@pytest.mark.parametrize(
    ("changes", "start"),
    [
        ({}, 60),
        ({"yaw": -30.0}, 60),
        ({"yaw": -30.1}, 10),
        ({"sharpness": 30.0}, 60),
        ({"sharpness": 29.9}, 10),
        ({"cut": True}, 10),
        ({"yaw": None, "sharpness": None, "cut": None}, 60),
    ],
)
def test_a_face_that_is_not_well_seen_counts_half(changes, start):
    """Ten seconds from the front are worth more than fifteen from the side."""
    front = [look(10 + Fraction(n, 2)) for n in range(21)]
    side = [look(60 + Fraction(n, 2), **changes) for n in range(31)]
    assert best(seen(of_looks(1, front, side))).start == start


def test_within_one_span_the_part_lies_where_the_face_is_well_seen():
    looks = [look(Fraction(n, 2), yaw=60.0 if n < 100 else 0.0) for n in range(240)]
    assert best(seen(of_looks(1, looks))) == Part(Fraction(50), Fraction(30))


@pytest.mark.parametrize(("last", "start"), [("12.2", "10"), ("12.1", "40.15")])
def test_a_span_that_is_just_long_enough_goes_before_a_clearer_one_that_is_not(last, start):
    """From the side for 2.2 s, or from the front for 2 s: only the former leaves no room for anything else."""
    side = [look(time, yaw=60.0) for time in ("10", "11", last)]
    front = [look(Fraction(n, 2)) for n in range(80, 85)]
    assert best(seen(of_looks(1, side, front))) == Part(Fraction(start), Fraction("2.2"))


def test_where_no_span_is_long_enough_the_most_of_them_is_kept():
    """Two seconds and half a second near each other are worth more than two alone."""
    found = best(seen(person(1, (10, 11), (50, 51), (51.5, 52))))
    assert found == Part(Fraction("50.15"), Fraction("2.2"))


def test_where_no_span_is_long_enough_as_little_else_as_possible_is_kept():
    """Of 1.8 s and 2 s, which lasts to the end of the clip, the latter needs less of something else."""
    samples = [Fraction(n, 5) for n in range(40)]
    found = best(
        seen(person(1, (2, Fraction("3.6")), (6, Fraction("7.8")), step=Fraction(1, 5)), samples=samples), end=8
    )
    assert found == Part(Fraction("5.8"), Fraction("2.2"))


def test_the_part_stays_inside_the_file():
    assert best(seen(person(1, (119, 119.5)))) == Part(Fraction("117.8"), Fraction("2.2"))
    assert best(seen(person(1, (0, 0)))) == Part(Fraction(0), Fraction("2.2"))
    short = seen(person(1, (0, 0.5)), samples=(0, Fraction(1, 2), 1))
    assert best(short, end=Fraction(3, 2)) == Part(Fraction(0), Fraction(3, 2))


def test_it_reaches_to_the_ends_of_the_clip_where_the_face_does():
    samples = [Fraction(n, 2) for n in range(10)]
    assert best(seen(person(1, (0, 4.5)), samples=samples), end=5) == Part(Fraction(0), Fraction(5))
    assert best(seen(person(1, (0.5, 4)), samples=samples), end=5) == Part(Fraction(1, 2), Fraction(7, 2))


def test_without_limits_the_whole_span_is_kept():
    assert best(seen(person(1, (10, 110))), lengths=Range()) == Part(Fraction(10), Fraction(100))


def test_spans_that_nobody_measured_are_one():
    bare = Person(1, Fraction(3), Fraction(9), 0.5, 100, 1.0, (look(3), look(9)))
    assert best(seen(bare)) == Part(Fraction(3), Fraction(6))


def test_the_chosen_person_decides_and_else_the_providers_pick():
    people = seen(person(1, (10, 20)), person(2, (50, 70)))
    assert best(people, 2).start == 50
    assert best(people).start == 10


def test_nobody_to_follow_and_nobody_of_that_number():
    with pytest.raises(FixError, match="shows no face"):
        best(seen(default=None))
    with pytest.raises(UsageError, match="no person 3"):
        best(seen(person(1, (1, 2))), 3)


@given(st.lists(st.tuples(st.integers(0, 200), st.integers(0, 80)), min_size=1, max_size=5), st.integers(1, 240))
def test_a_part_is_inside_the_clip_and_as_long_as_permitted(drawn, maximum):
    begins = sorted({begin for begin, _ in drawn})
    after = [*begins[1:], 240]
    lengths = dict(drawn)
    spans = [
        [look(Fraction(n, 2)) for n in range(begin, max(begin + 1, min(begin + lengths[begin], end - 3)))]
        for begin, end in zip(begins, after, strict=True)
    ]
    allowed = Range(Fraction("2.2"), max(Fraction("2.2"), Fraction(maximum)))
    part = best(seen(of_looks(1, *spans)), lengths=allowed)
    assert part.start >= 0
    assert part.start + part.length <= END
    assert part.length in allowed
