import pytest

from lipready.facts.pictures import Waveform
from lipready.reports.html.drawing import bar, bars, clock_of, draw_wave, marks, packed, span_of, together


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0:00"), (4.25, "0:04.2"), (59.96, "1:00"), (61.5, "1:01.5"), (3723, "1:02:03"), (-1, "0:00")],
)
def test_a_time_is_written_as_on_a_clock(seconds, text):
    assert clock_of(seconds) == text


def test_a_moment_is_no_stretch():
    assert span_of(1, None) == span_of(1, 1.01) == "0:01"
    assert span_of(1, 2.5) == "0:01–0:02.5"


@pytest.mark.parametrize(
    ("start", "end", "left", "width"),
    [
        (0, 5, "0%", "50%"),
        (5, None, "50%", "0.4%"),
        (9, 20, "90%", "10%"),
        (20, 30, "99.6%", "0.4%"),
        (-3, 1, "0%", "10%"),
    ],
)
def test_a_bar_stays_on_its_lane(start, end, left, width):
    placed = bar(start, end, 10)
    assert (placed.left, placed.width) == (left, width)


@pytest.mark.parametrize("length", [0.04, 0.5, 1, 9.99, 61, 600, 7200, 90_000])
def test_a_ruler_begins_at_zero_and_is_not_crowded(length):
    found = marks(length)
    assert found[0] == ("0%", "0:00")
    assert 1 <= len(found) <= 9
    assert all(0 <= float(place.removesuffix("%")) <= 100 for place, _ in found)


def test_two_are_together_where_their_stretches_meet():
    assert together([[(0, 4)], [(2, 6)], [(3, 5)]]) == ((2, 5),)
    assert together([[(0, 1), (8, 9)], [(1, 8)]]) == ()
    assert together([[(0, 9)], [(1, 3), (3, 5)], [(3, 8)]]) == ((1, 8),)
    assert together([[(0, 9)]]) == together([]) == ()


def test_bars_that_overlap_lie_in_rows():
    rows = [each.row for each in packed(bars([(0, 5), (1, 2), (2, 9), (5, 9)], 10))]
    assert rows == [0, 1, 1, 0]


def test_a_wave_is_drawn_as_speech_where_somebody_speaks():
    drawn = draw_wave(Waveform((255, 128, 0, 255), (3,)), [(0.0, 2.0)], 4.0)
    assert drawn.speech == "M0 0v100M160 24.9v50.2"
    assert drawn.other == "M320 49.4v1.2M480 0v100"
    assert drawn.clipped == ("75%",)
