from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lipready.errors import UsageError
from lipready.repair.choices import TrimSpan, parse_span, parse_trim


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("3:12.5", 3, Fraction("12.5")),
        ("0:03:1:12", 3, 72),
        ("0:03.25:1:12.5", Fraction("3.25"), Fraction("72.5")),
        ("0:03-1:12", 3, 72),
        ("1:00:00-1:00:02", 3600, 3602),
        ("5-9", 5, 9),
        (":12", 0, 12),
        ("3:", 3, None),
        ("-12", 0, 12),
        (" 0 : 2.2 ", 0, Fraction("2.2")),
    ],
)
def test_spans_are_exact(text, start, end):
    assert parse_span(text) == TrimSpan(Fraction(start), None if end is None else Fraction(end))


@pytest.mark.parametrize("text", ["best", " BEST "])
def test_the_best_part_is_a_word(text):
    assert parse_trim(text) == "best"


@pytest.mark.parametrize(
    "text", ["", "5", "a:b", "1:2:3", "3:1:75", "1e3:2e3", "1:-2", "nan:inf", "٣:٤", "0x1:0x2", "1 2:3", "best:5"]
)
def test_anything_else_is_refused_in_one_sentence(text):
    with pytest.raises(UsageError, match="is no span"):
        parse_span(text)


@pytest.mark.parametrize("text", ["5:5", "9:3", "1:00-0:59", ":0"])
def test_an_empty_span_is_refused(text):
    with pytest.raises(UsageError, match="empty"):
        parse_span(text)


@given(st.fractions(0, 9999, max_denominator=1000), st.fractions(Fraction(1, 100), 100, max_denominator=1000))
def test_decimals_survive(start, length):
    start, end = round(start, 3), round(start, 3) + max(round(length, 3), Fraction(1, 1000))
    assert parse_span(f"{decimal(start)}:{decimal(end)}") == TrimSpan(start, end)


def decimal(value):
    return f"{int(value)}.{int(value * 1000) % 1000:03d}"
