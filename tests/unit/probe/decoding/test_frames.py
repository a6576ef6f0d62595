"""The sampling decoder: which frames come out, how they are turned, and what a broken file does."""

import subprocess
from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import imageio_ffmpeg
import numpy as np
import pytest

from lipready.errors import ProbeError
from lipready.facts.unmeasured import Unmeasured
from lipready.facts.video import VideoFacts
from lipready.probe.decoding.frames import LONG_EDGE, Frame, decode_at, scan
from lipready.probe.decoding.stillness import StillnessMeter
from lipready.probe.source import examine

Encode = Callable[..., Path]


class Collector:
    def __init__(self) -> None:
        self.frames: list[Frame] = []

    def see(self, frame: Frame) -> None:
        self.frames.append(frame)


def ffmpeg(*arguments: str) -> bytes:
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y", *arguments]
    return subprocess.run(command, check=True, capture_output=True).stdout


@pytest.fixture
def encode(tmp_path: Path) -> Encode:
    """Encode a lavfi source with H.264: `encode("testsrc=s=160x120:r=24:d=4", "-g", "96")`."""

    def run(source: str, *options: str, name: str = "clip.mp4") -> Path:
        path = tmp_path / name
        ffmpeg("-f", "lavfi", "-i", source, "-c:v", "libx264", "-preset", "ultrafast", *options, str(path))
        return path

    return run


def facts_of(path: Path) -> VideoFacts:
    media = examine(str(path), "video", quick=False).media
    assert isinstance(media, VideoFacts)
    return media


def scanned(path: Path, *, every_frame: bool = False) -> list[Frame]:
    collector = Collector()
    scan(str(path), facts_of(path), (collector,), every_frame=every_frame, progress=None)
    return collector.frames


def test_samples_of_a_long_gop_are_at_most_half_a_second_apart(encode: Encode) -> None:
    # Reference frames stand 3/24 s apart: four of them fit into half a second.
    path = encode("testsrc=s=160x120:r=24:d=5", "-g", "240", "-bf", "2")
    frames = scanned(path)
    assert [frame.time for frame in frames] == [*(Fraction(i, 2) for i in range(10)), Fraction(119, 24)]
    assert [frame.index for frame in frames] == list(range(11))


def test_close_key_frames_are_all_that_is_decoded(encode: Encode) -> None:
    path = encode("testsrc=s=160x120:r=24:d=4", "-g", "12", "-keyint_min", "12", "-sc_threshold", "0")
    assert [frame.time for frame in scanned(path)] == [Fraction(i, 2) for i in range(8)]


def test_all_intra_is_still_sampled_twice_a_second_and_at_the_end(encode: Encode) -> None:
    path = encode("testsrc=s=160x120:r=24:d=3", "-g", "1")
    assert [frame.time for frame in scanned(path)] == [*(Fraction(i, 2) for i in range(6)), Fraction(71, 24)]


def test_every_frame_comes_with_its_exact_time(encode: Encode) -> None:
    path = encode("testsrc=s=160x120:r=30000/1001:d=2", "-g", "60", "-bf", "3")
    frames = scanned(path, every_frame=True)
    assert [frame.time for frame in frames] == [Fraction(1001 * i, 30000) for i in range(len(frames))]
    assert len(frames) == 60


def test_a_new_scene_between_two_samples_is_seen(encode: Encode) -> None:
    # The key frame at 1.25 s stands for a cut; the grid would look at 1.0 and 1.5 s.
    path = encode("testsrc=s=160x120:r=24:d=4", "-g", "240", "-force_key_frames", "1.25")
    assert Fraction(5, 4) in [frame.time for frame in scanned(path)]


def test_time_counts_from_the_first_shown_frame(encode: Encode, tmp_path: Path) -> None:
    path = encode("testsrc=s=160x120:r=24:d=3", "-g", "240")
    late = tmp_path / "late.mkv"
    ffmpeg("-i", str(path), "-c", "copy", "-output_ts_offset", "7", str(late))
    assert scanned(late)[0].time == 0


@pytest.mark.parametrize("matrix", [("90",), ("180",), ("270",), ("0", "-display_hflip"), ("90", "-display_vflip")])
def test_display_matrix_is_applied_as_ffmpeg_does(encode: Encode, tmp_path: Path, matrix: tuple[str, ...]) -> None:
    plain = encode("testsrc=s=160x96:r=24:d=2", "-pix_fmt", "yuv420p")
    turned = tmp_path / "turned.mp4"
    ffmpeg("-display_rotation", *matrix, "-i", str(plain), "-c", "copy", str(turned))
    image = scanned(turned)[0].image
    raw = ffmpeg("-i", str(turned), "-frames:v", "1", "-pix_fmt", "rgb24", "-f", "rawvideo", "-")
    expected = np.frombuffer(raw, np.uint8).reshape(image.shape)
    assert np.abs(image.astype(int) - expected).mean() < 2


def test_pixel_aspect_is_applied(encode: Encode) -> None:
    path = encode("testsrc=s=160x120:r=24:d=2,setsar=2/1")
    assert scanned(path)[0].image.shape == (120, 320, 3)


def test_large_pictures_are_shrunk_and_the_scale_is_kept(encode: Encode) -> None:
    path = encode("color=gray:s=2560x1440:r=5:d=2")
    frame = scanned(path)[0]
    assert frame.image.shape == (1080, LONG_EDGE, 3)
    assert frame.scale == pytest.approx(2560 / LONG_EDGE)


def test_decode_at_gives_the_frame_that_is_shown_then_at_full_size(encode: Encode) -> None:
    path = encode("testsrc2=s=2048x640:r=24:d=4", "-g", "240", "-bf", "2")
    for number in (0, 37, 95):
        frame = decode_at(str(path), facts_of(path), Fraction(number, 24) + Fraction(1, 100))
        assert frame.time == Fraction(number, 24)
        assert frame.scale == 1.0
        select = ("-vf", f"select=eq(n\\,{number})", "-frames:v", "1", "-pix_fmt", "rgb24", "-f", "rawvideo", "-")
        expected = np.frombuffer(ffmpeg("-i", str(path), *select), np.uint8).reshape(640, 2048, 3)
        assert np.abs(frame.image.astype(int) - expected).mean() < 2


def test_damage_in_the_middle_is_left_out(encode: Encode) -> None:
    path = encode("testsrc=s=320x240:r=24:d=6", "-g", "24")
    facts = facts_of(path)
    content = bytearray(path.read_bytes())
    third = len(content) // 3
    content[third : 2 * third] = bytes(third)
    path.write_bytes(content)
    collector = Collector()
    result = scan(str(path), facts, (collector,), every_frame=True, progress=None)
    assert result.damaged > 0
    assert 0 < result.frames < 144
    assert result.frames == len(collector.frames)


def test_nothing_to_decode_is_unmeasured_and_not_still(encode: Encode) -> None:
    path = encode("testsrc=s=160x120:r=24:d=2")
    facts = facts_of(path)
    meter = StillnessMeter()
    for content in (b"", b"no video at all" * 100):
        path.write_bytes(content)
        assert scan(str(path), facts, (meter,), every_frame=False, progress=None).frames == 0
    path.unlink()
    with pytest.raises(ProbeError, match="does not exist") as caught:
        scan(str(path), facts, (meter,), every_frame=False, progress=None)
    assert caught.value.transient
    assert isinstance(meter.facts(), Unmeasured)


def test_progress_grows_to_one(encode: Encode) -> None:
    path = encode("testsrc=s=160x120:r=24:d=3", "-g", "240")
    heard: list[float] = []
    scan(str(path), facts_of(path), (), every_frame=False, progress=heard.append)
    assert heard[-1] == 1.0
    assert all(before <= after for before, after in pairwise(heard))
    assert len(set(heard)) > 3


def test_what_a_consumer_raises_passes_through(encode: Encode) -> None:
    class Failing:
        def see(self, frame: Frame) -> None:
            raise LookupError(str(frame.index))

    path = encode("testsrc=s=160x120:r=24:d=2")
    with pytest.raises(LookupError, match="0"):
        scan(str(path), facts_of(path), (Failing(),), every_frame=False, progress=None)
