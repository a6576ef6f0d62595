import resource
from fractions import Fraction

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lipready.repair.choices import Choices
from lipready.repair.video import command as video_command
from lipready.repair.video.command import segments


def frames_of(order):
    for segment in order:
        numbers = range(segment.first, segment.first + segment.count)
        yield from reversed(numbers) if segment.backward else numbers


@given(st.integers(1, 200), st.integers(1, 2000), st.integers(1, 90))
def test_segments_play_every_frame_forward_and_backward_in_turn(frames, wanted, largest):
    order = segments(frames, wanted, largest)
    once = [*range(frames), *reversed(range(frames))]
    assert list(frames_of(order)) == [once[n % len(once)] for n in range(wanted)]
    assert all(segment.count <= largest for segment in order if segment.backward)


def brightness(path):
    with av.open(str(path)) as container:
        return [round(float(np.mean(frame.to_ndarray(format="gray")))) for frame in container.decode(video=0)]


@pytest.mark.parametrize("memory", ["loop", "segments"])
def test_an_extended_clip_goes_back_the_way_it_came(make, repaired, monkeypatch, memory):
    # Each of the 30 frames has a grey of its own; 640 × 640 pixels, 1.5 bytes each.
    ramp = "color=gray:size=640x640:rate=25:duration=1.2,format=gray,geq=lum='40+6*N'"
    path = make("-f", "lavfi", "-i", ramp, "-pix_fmt", "yuv420p", "-c:v", "libx264", "-crf", "5", "-g", "9", "ramp.mp4")
    if memory == "segments":
        monkeypatch.setattr(video_command, "LOOP_BYTES", 0)
        monkeypatch.setattr(video_command, "SEGMENT_BYTES", 7 * 640 * 640 * 3 // 2)

    done = repaired("video", path, Choices(extend=True))

    command = done.plan.commands[0]
    assert len(done.plan.commands) == 1
    assert command.count("-i") == (1 if memory == "loop" else 5)  # forward, and four segments of at most seven
    assert done.media.duration.believed == Fraction("2.2")
    assert done.media.frame_rate.nominal == 25
    assert "V105" not in done.rules()
    seen = brightness(done.path)
    first = seen[:30]
    assert first == sorted(first)
    assert len(set(first)) == 30
    expected = [*first, *reversed(first)][:55]
    assert max(abs(a - b) for a, b in zip(seen, expected, strict=True)) <= 1


def test_many_inputs_of_one_file_are_told_apart(repaired, clip, monkeypatch):
    monkeypatch.setattr(video_command, "LOOP_BYTES", 0)
    done = repaired("video", clip("short.mp4", seconds="0.4"), Choices(extend=True))
    assert done.plan.commands[0].count("-i") == 6
    assert done.media.frames == 55


@pytest.mark.parametrize("memory", ["loop", "segments"])
def test_a_container_without_an_index_is_played_as_exactly(make, repaired, monkeypatch, memory):
    ramp = "color=gray:size=640x640:rate=25:duration=1.2,format=gray,geq=lum='40+6*N'"
    path = make("-f", "lavfi", "-i", ramp, "-pix_fmt", "yuv420p", "-c:v", "mpeg2video", "-q:v", "2", "-bf", "2", "r.ts")
    if memory == "segments":
        monkeypatch.setattr(video_command, "LOOP_BYTES", 0)
        monkeypatch.setattr(video_command, "SEGMENT_BYTES", 7 * 640 * 640 * 3 // 2)
    seen = brightness(repaired("video", path, Choices(extend=True)).path)
    expected = [*seen[:30], *reversed(seen[:30])][:55]
    assert seen[:30] == sorted(seen[:30])
    assert max(abs(a - b) for a, b in zip(seen, expected, strict=True)) <= 2


def test_memory_is_bounded_by_the_segments(repaired, clip, monkeypatch):
    monkeypatch.setattr(video_command, "LOOP_BYTES", 0)
    monkeypatch.setattr(video_command, "SEGMENT_BYTES", 8 << 20)
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    repaired("video", clip("short.mp4", size="1280x960", seconds="1.6"), Choices(extend=True))
    after = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    assert after == before or after < 450 * 1024
