"""Short stretches and single moments: the frames are those that an exact decode shows."""

from fractions import Fraction

import numpy as np
import pytest

from lipready.errors import ProbeError
from lipready.facts.video import VideoFacts
from lipready.probe.decoding.frames import decode_at
from lipready.probe.decoding.stretch import decode_moments, decode_stretch
from lipready.probe.source import examine


@pytest.fixture
def pattern(clip):
    path = str(clip("pattern.mp4", rate="25", frames=75, options=("-g", "30", "-bf", "2")))
    media = examine(path, "video", quick=False).media
    assert isinstance(media, VideoFacts)
    return path, media


def test_a_stretch_holds_every_frame_from_begin_to_end(pattern) -> None:
    path, video = pattern
    frames = list(decode_stretch(path, video, Fraction(1), Fraction(3, 2)))
    assert [frame.time for frame in frames] == [Fraction(n, 25) for n in range(25, 38)]
    assert np.array_equal(frames[3].image, decode_at(path, video, frames[3].time).image)


def test_a_stretch_may_reach_beyond_both_ends(pattern) -> None:
    path, video = pattern
    assert [f.time for f in decode_stretch(path, video, Fraction(-1), Fraction(1, 25))] == [0, Fraction(1, 25)]
    assert len(list(decode_stretch(path, video, Fraction(29, 10), Fraction(9)))) == 2


def test_moments_are_the_frames_shown_then(pattern) -> None:
    path, video = pattern
    times = [Fraction(2), Fraction(0), Fraction(11, 10), Fraction(1, 2), Fraction(28, 10)]
    frames = list(decode_moments(path, video, times, 4096))
    assert [frame.time for frame in frames] == [decode_at(path, video, time).time for time in sorted(times)]
    for frame in frames:
        assert np.array_equal(frame.image, decode_at(path, video, frame.time).image)


def test_moments_are_shrunk_and_beyond_the_end_the_last_frame_stands(pattern) -> None:
    path, video = pattern
    (frame,) = decode_moments(path, video, [Fraction(99)], 80)
    assert max(frame.image.shape) == 80
    assert frame.scale == 2.0
    assert frame.time == Fraction(74, 25)


def test_a_file_that_is_gone_is_a_probe_error(pattern, tmp_path) -> None:
    _, video = pattern
    with pytest.raises(ProbeError):
        list(decode_moments(str(tmp_path / "gone.mp4"), video, [Fraction(0)], 80))
