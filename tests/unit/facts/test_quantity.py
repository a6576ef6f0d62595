"""Counts, times and money as people read them."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lipready.facts.quantity import clock, counted, money, number, plural, seconds, stretch

TIMES = st.fractions(0, 7200)


@pytest.mark.parametrize(
    ("count", "noun", "text"),
    [
        (0, "file", "no files"),
        (1, "frame", "1 frame"),
        (2, "frame", "2 frames"),
        (1, "person", "1 person"),
        (5, "person", "5 people"),
        (1, "more entry", "1 more entry"),
        (2, "more entry", "2 more entries"),
        (1_234_567, "byte", "1,234,567 bytes"),
    ],
)
def test_one_is_singular(count: int, noun: str, text: str) -> None:
    assert counted(count, noun) == text


def test_the_verb_goes_with_the_number() -> None:
    assert [plural(count, verb) for verb in ("is", "was", "needs") for count in (1, 2)] == [
        "is", "are", "was", "were", "needs", "need",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (5, "5 s"),
        (5.0000001, "5 s"),
        (5.1, "5.1 s"),
        (1234567.0, "1234567 s"),
        ("12.4849", "12.48 s"),
        ("120.004", "120.004 s"),
        ("119.9999", "119.9999 s"),
        ("120.0000001", "120 s"),
        ("1001/250", "4.004 s"),
        (0, "0 s"),
    ],
)
def test_seconds(value: float | str, text: str) -> None:
    assert seconds(Fraction(value) if isinstance(value, str) else value) == text


@given(bound=st.integers(0, 600), away=st.fractions(Fraction(1, 10**5), Fraction(1, 4)), above=st.booleans())
def test_seconds_are_on_their_side_of_a_whole_bound(*, bound: int, away: Fraction, above: bool) -> None:
    value = bound + away if above else bound - away
    shown = Fraction(seconds(value).removesuffix(" s"))
    assert (shown > bound) is above
    assert abs(shown - value) <= Fraction(1, 200)


@given(value=st.fractions(0, 10**6))
def test_money_is_rounded_to_cents(value: Fraction) -> None:
    shown = Fraction(money(value))
    assert abs(shown - value) <= Fraction(1, 200)
    assert (shown > 0) == (value > 0)


@pytest.mark.parametrize(
    ("value", "text"), [("0.4", "0.40"), ("9.599", "9.60"), ("0", "0.00"), ("-0.4", "-0.40"), ("0.0008", "0.001")]
)
def test_money(value: str, text: str) -> None:
    assert money(Fraction(value)) == text


def test_a_float_is_rounded_as_the_number_that_it_is() -> None:
    assert number(0.1) == "0.1"
    assert number(1e6) == "1000000"


def _seconds_of(text: str) -> Fraction:
    minutes, rest = text.split(":")
    return int(minutes) * 60 + Fraction(rest)


@given(time=TIMES, digits=st.integers(0, 3))
def test_a_clock_never_runs_ahead(time: Fraction, digits: int) -> None:
    assert 0 <= time - _seconds_of(clock(time, digits)) < Fraction(1, 10**digits)


@given(start=TIMES, length=st.fractions(0, 60), after=st.fractions(0, 3))
def test_a_stretch_ends_with_the_clip_at_the_latest(start: Fraction, length: Fraction, after: Fraction) -> None:
    last = start + length + after
    begin, end = (_seconds_of(text) for text in stretch(start, start + length, last).split("–"))
    assert begin <= start
    assert end <= last
    assert end >= min(start + length, last - Fraction(1, 10))
