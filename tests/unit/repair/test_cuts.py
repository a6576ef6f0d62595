"""Where a job that is too long is cut."""

from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lipready.errors import FixError
from lipready.facts.speech import Span
from lipready.profiles.limit import Range
from lipready.repair.cuts import cuts

LENGTHS = Range(Fraction(2), Fraction(10))
RATE = Fraction(25)


def spans(*pairs):
    return [Span(Fraction(str(start)), Fraction(str(end))) for start, end in pairs]


@pytest.mark.parametrize(
    ("length", "speech", "expected"),
    [
        ("10", [], ()),
        ("8", [(0, 8)], ()),
        # On the bound and just above it: one frame of 25 a second is 0.04 s.
        ("10.01", [(0, 4), (5, 10.01)], (112,)),
        # The pause at 9 leaves a part that is too short; the other one does not.
        ("10.5", [(0, 6), (6.2, 9), (9.4, 10.5)], (152,)),
        # The farther from speech the better, though a nearer one would make equal parts.
        ("12", [(0, 5.9), (6.1, 8), (9, 12)], (212,)),
        # Fewest parts, where both are in pauses.
        ("18", [(0, 3), (4, 8.5), (9.5, 12), (14, 18)], (225,)),
        # Of a long pause the place is taken that makes the longest part shortest.
        ("12", [(0, 2), (10, 12)], (150,)),
        # Nobody speaks.
        ("20", [], (250,)),
    ],
)
def test_where_it_is_cut(length, speech, expected):
    assert cuts(Fraction(length), RATE, spans(*speech), LENGTHS) == expected


def test_speech_without_a_pause_is_cut_all_the_same_and_nothing_else():
    assert cuts(Fraction(15), RATE, spans((0, 15)), LENGTHS) == (187,)
    # One pause, which is no use alone: one more cut is needed, and one only.
    (first, second) = cuts(Fraction(25), RATE, spans((0, 6), (6.4, 25)), LENGTHS)
    assert (first, second) == (155, 385)


def test_the_bounds_are_exact():
    # Two parts of 10 s are the most that there may be; one frame more makes three.
    pauses = [(0, 9.5), (10.5, 20)]
    assert cuts(Fraction(20), RATE, spans(*pauses), LENGTHS) == (250,)
    assert len(cuts(Fraction(20) + 1 / RATE, RATE, spans(*pauses), LENGTHS)) == 2
    exclusive = Range(Fraction(2), Fraction(10), inclusive=False)
    assert len(cuts(Fraction(20), RATE, spans(*pauses), exclusive)) == 2
    # The shortest part: 2 s are accepted, less is not.
    short = spans((0, 9.9), (10.1, 12))
    assert cuts(Fraction(12), RATE, short, LENGTHS) == (250,)
    assert cuts(Fraction(12) - Fraction(1, 1000), RATE, short, LENGTHS) != (250,)


def test_what_cannot_be_cut_is_said():
    with pytest.raises(FixError, match=r"A job of 11 s cannot be cut into parts of 6 to 10 s\."):
        cuts(Fraction(11), RATE, [], Range(Fraction(6), Fraction(10)))
    assert cuts(Fraction(500), RATE, [], Range(Fraction(2))) == ()


@given(
    st.integers(1, 200).map(lambda tenths: Fraction(tenths, 2)),
    st.sampled_from([Fraction(24), Fraction(30000, 1001), Fraction(60)]),
    st.lists(st.integers(1, 80), max_size=40),
)
def test_every_part_is_permitted(length, rate, steps):
    speech, time = [], Fraction(0)
    for gap, spoken in zip(steps[::2], steps[1::2], strict=False):
        start = time + Fraction(gap, 20)
        time = start + Fraction(spoken, 10)
        speech.append(Span(start, time))
    places = [Fraction(0), *(frame / rate for frame in cuts(length, rate, speech, LENGTHS)), length]
    parts = [end - start for start, end in pairwise(places)]
    assert all(part in LENGTHS for part in parts) or parts == [length]
    assert sum(parts) == length
