"""Numbers that people read lie on the same side of a bound as the numbers that were judged."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lipready.facts.quantity import money, number
from lipready.profiles.limit import Range
from lipready.rules.examples import file
from lipready.rules.wording import interval, listing, name_of, printable, size_limit


@pytest.mark.parametrize(
    ("value", "near", "text"),
    [
        ("30000/1001", (15, 60), "29.97"),
        ("14.999", (15, 60), "14.999"),
        ("15000/1001", (15, 60), "14.99"),
        ("120.0004", (2, 120), "120.0004"),
        ("119.99999", (2, 120), "119.99999"),
        ("60000/1001", (15, 60), "59.94"),
        ("25", (15, 60), "25"),
        ("1/3", (), "0.33"),
        ("-1/2", (), "-0.5"),
        ("1/3", ("1/3",), "1/3"),
    ],
)
def test_number(value: str, near: tuple[object, ...], text: str) -> None:
    assert number(Fraction(value), [Fraction(str(bound)) for bound in near]) == text


@given(value=st.fractions(-1000, 1000), near=st.lists(st.fractions(-1000, 1000), max_size=4))
def test_number_stays_on_its_side(value: Fraction, near: list[Fraction]) -> None:
    shown = Fraction(number(value, near))
    for bound in near:
        assert (shown > bound) == (value > bound)
        assert (shown < bound) == (value < bound)


@given(bound=st.fractions(1, 1000), exponent=st.integers(1, 58), sign=st.sampled_from([-1, 1]))
def test_number_next_to_a_bound(bound: Fraction, exponent: int, sign: int) -> None:
    value = bound + Fraction(sign, 10**exponent)
    assert (Fraction(number(value, (bound,))) > bound) == (sign > 0)


@given(value=st.fractions(-1000, 1000))
def test_number_rounds_by_half_a_digit_at_most(value: Fraction) -> None:
    assert abs(Fraction(number(value)) - value) <= Fraction(1, 200)


@pytest.mark.parametrize(
    ("allowed", "unit", "text"),
    [
        (Range(Fraction(15), Fraction(60)), "fps", "15–60 fps"),
        (Range(maximum=Fraction(4096)), "px", "≤ 4096 px"),
        (Range(minimum=Fraction(2)), "s", "≥ 2 s"),
        (Range(Fraction(2), Fraction(120), inclusive=False), "s", "> 2 and < 120 s"),
        (Range(Fraction(1), Fraction(1)), "faces", "exactly 1 face"),
        (Range(maximum=Fraction(1)), "characters", "≤ 1 character"),
        (Range(Fraction(1), Fraction(2)), "faces", "1–2 faces"),
        (Range(Fraction(1), Fraction(1)), "fps", "exactly 1 fps"),
        (Range(Fraction("11/5"), Fraction("60000/1001")), "", "2.2–60000/1001"),
    ],
)
def test_interval(allowed: Range, unit: str, text: str) -> None:
    assert interval(allowed, unit) == text


def test_sizes_are_whole_in_the_reading_in_which_they_are() -> None:
    assert size_limit(Fraction(300 << 20)) == "300 MB (314,572,800 bytes)"
    assert size_limit(Fraction(300 * 10**6)) == "300 MB (300,000,000 bytes)"
    assert size_limit(Fraction(12345)) == "12345 bytes"


def test_money() -> None:
    assert money(Fraction("0.4")) == "0.40"
    assert money(Fraction("9.599")) == "9.60"


@given(path=st.text())
def test_names_stay_on_one_printable_line(path: str) -> None:
    assert name_of(file("video", path=path)).isprintable()


def test_names() -> None:
    assert name_of(file("video", path="/a/b/clip.mp4")) == "clip.mp4"
    assert name_of(file("video", path="C:\\a\\clip.mp4")) == "clip.mp4"
    assert printable("a\x1b[31m\n") == "a\\x1b[31m\\n"
    assert len(printable("x" * 1000)) < 100


def test_listing() -> None:
    assert listing(["mp4"]) == "mp4"
    assert listing(["mp4", "avi", "mov"]) == "mp4, avi or mov"
