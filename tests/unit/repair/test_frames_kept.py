"""Frames that carry their number in the picture, at the times at which phones and screen recorders write them."""

import random
from fractions import Fraction
from itertools import accumulate

import av
import pytest

from studio.counted import compare, read_counted, write_counted

MPEG, MILLI, PHONE = Fraction(1, 90_000), Fraction(1, 1000), Fraction(1, 600)
THIRTY = [n * 3000 for n in range(90)]
SIXTY = [n * 1500 for n in range(120)]
DROPS = [n for n in range(100) if n % 13 not in (5, 9)]
HOLDS = list(accumulate(([1, 2, 1, 1, 3, 1, 1, 30] * 2), initial=0))


@pytest.mark.parametrize(
    ("source", "rate"),
    [
        ((".mp4", THIRTY[:30] + THIRTY[30:60:2] + THIRTY[60:], MPEG), "30"),
        ((".mkv", [round(tick / 90) for tick in THIRTY[:30] + THIRTY[30::2]], MILLI), "30"),
        ((".mov", [tick // 150 for tick in THIRTY[:30:2] + THIRTY[30:]], PHONE), "30"),
        ((".mp4", SIXTY[:60] + SIXTY[60::2], MPEG), "60"),
        ((".mkv", [round(tick / 90) for tick in SIXTY[:60:2] + SIXTY[60:]], MILLI), "60"),
        ((".mp4", [n * 3003 for n in DROPS], MPEG), "30000/1001"),
        ((".mp4", [n * 3000 for n in HOLDS], MPEG), "30"),
        ((".mkv", [round(n * Fraction(1000, 30)) for n in HOLDS], MILLI), "30"),
        ((".mp4", [n * 9000 for n in DROPS[:30]], MPEG), "30"),  # 10 a second, each shown three times
    ],
)
def test_every_frame_is_kept_at_its_time(tmp_path, repaired, source, rate):
    ending, ticks, base = source
    path = write_counted(tmp_path / f"a{ending}", ticks, base)
    done = repaired("video", path)
    before, after = read_counted(path), read_counted(done.path)
    assert done.media.frame_rate.nominal == Fraction(rate)
    assert not done.media.frame_rate.variable
    assert [number for number, _ in before] == list(range(len(ticks)))
    counted = compare(before, after)
    assert counted.lost == 0
    places = round((ticks[-1] - ticks[0]) * base * Fraction(rate))
    # Only what is held for longer than a step of the grid is shown again; the last frame may be held to its end.
    assert 0 <= counted.repeated - (places + 1 - len(ticks)) <= 2
    assert counted.latest <= Fraction(1, 1000)


def test_a_camera_that_jitters_loses_and_repeats_nothing(tmp_path, repaired):
    dice = random.Random(3)  # noqa: S311 - a made clip
    ticks = [0, *(n * 2998 + dice.randint(-500, 500) for n in range(1, 120))]
    source = write_counted(tmp_path / "a.mp4", ticks, MPEG)
    counted = compare(read_counted(source), read_counted(repaired("video", source).path))
    assert (counted.lost, counted.repeated) == (0, 0)


def test_frames_at_30_on_a_grid_of_120_get_the_lowest_rate_that_keeps_them(tmp_path, repaired):
    ticks = [n * 750 for n in accumulate([4, 5, 4, 5, 5, 4, 4, 5] * 8, initial=0)]
    source = write_counted(tmp_path / "a.mp4", ticks, MPEG)
    done = repaired("video", source)
    assert done.media.frame_rate.nominal <= 30
    counted = compare(read_counted(source), read_counted(done.path))
    assert counted.lost == 0
    assert counted.latest <= Fraction(1, 59)


def test_sound_stays_in_time(tmp_path, make, repaired):
    ticks = THIRTY[:30] + THIRTY[30:60:2] + THIRTY[60:]
    silent = write_counted(tmp_path / "silent.mp4", ticks, MPEG)
    tone = ("-f", "lavfi", "-i", "sine=duration=3")
    source = make("-i", silent, *tone, "-c:v", "copy", "-c:a", "aac", "a.mp4")
    done = repaired("video", source)
    assert compare(read_counted(source), read_counted(done.path)).latest <= Fraction(1, 1000)
    starts = [[_first_time(path, kind) for kind in ("video", "audio")] for path in (source, done.path)]
    assert starts[0] == starts[1]


def _first_time(path, kind):
    with av.open(str(path)) as container:
        frame = next(container.decode(**{kind: 0}))
        return frame.pts * frame.time_base
