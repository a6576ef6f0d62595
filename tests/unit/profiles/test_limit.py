"""Ranges: membership and inclusion, exactly."""

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from lipready.profiles.limit import Range

bounds = st.none() | st.fractions(-5, 5)
ranges = st.builds(Range, bounds, bounds, st.booleans())


@given(inner=ranges, outer=ranges, value=st.fractions(-6, 6))
def test_what_lies_within_is_contained(inner: Range, outer: Range, value: Fraction) -> None:
    if inner.within(outer) and value in inner:
        assert value in outer


@given(allowed=ranges)
def test_every_range_lies_within_itself(allowed: Range) -> None:
    assert allowed.within(allowed)


def test_inclusive_bounds() -> None:
    closed, opened = Range(Fraction(2), Fraction(120)), Range(Fraction(2), Fraction(120), inclusive=False)
    assert 2 in closed
    assert 120 in closed
    assert 2 not in opened
    assert 120 not in opened
    assert opened.within(closed)
    assert not closed.within(opened)
    assert not Range().within(closed)
    assert closed.within(Range())
