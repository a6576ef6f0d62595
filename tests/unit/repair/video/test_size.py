from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lipready.profiles.limit import Range
from lipready.repair.recipe import Canvas
from lipready.repair.video.shape import fit

EDGES = Range(Fraction(640), Fraction(2048))


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ((640, 640), (640, 640)),
        ((1920, 1080), (1920, 1080)),
        ((480, 854), (640, 1138)),
        ((639, 1136), (640, 1138)),
        ((3840, 2160), (2048, 1152)),
        ((2049, 640), (2048, 640)),
        ((641, 1001), (640, 1000)),
        ((2048, 640), (2048, 640)),
        ((160, 120), (854, 640)),
    ],
)
def test_sizes_keep_their_shape_and_lie_within_the_bounds(size, expected):
    assert fit(*size, EDGES) == Canvas(*expected, *expected)


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ((4096, 640), Canvas(2048, 640, 2048, 320)),
        ((300, 3000), Canvas(640, 2048, 204, 2048)),
        ((1, 100_000), Canvas(640, 2048, 2, 2048)),
    ],
)
def test_what_no_scale_fits_gets_bars(size, expected):
    canvas = fit(*size, EDGES)
    assert canvas == expected
    assert canvas.padded


def test_without_bounds_only_odd_sizes_change():
    assert fit(101, 57, Range()) == Canvas(100, 56, 100, 56)


@given(st.integers(1, 20_000), st.integers(1, 20_000))
def test_every_size_comes_out_even_and_in_range(width, height):
    canvas = fit(width, height, EDGES)
    for edge in (canvas.width, canvas.height):
        assert edge in EDGES
        assert edge % 2 == 0
    assert canvas.inner_width % 2 == canvas.inner_height % 2 == 0
    assert canvas.inner_width <= canvas.width
    assert canvas.inner_height <= canvas.height


@given(st.integers(200, 4000), st.integers(200, 4000))
def test_the_aspect_ratio_is_kept_to_the_rounding_of_one_step(width, height):
    canvas = fit(width, height, EDGES)
    exact = Fraction(canvas.inner_width * height, width)
    assert abs(canvas.inner_height - exact) <= 1 + Fraction(height, width)
