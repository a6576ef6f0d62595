"""The index that --quick reads must tell what the packets tell."""

import os
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import pytest

from lipready.facts.unmeasured import Unmeasured
from lipready.facts.video import VideoFacts
from lipready.probe.containers.matroska import read_matroska
from lipready.probe.containers.movie import child, children, file_boxes, is_mirrored, read_movie, rotation_of
from lipready.probe.containers.truncation import data_end
from lipready.probe.local_file import open_local
from lipready.probe.source import examine
from lipready.probe.streams.h264 import read_sequence_parameters

Make = Callable[..., Path]
ONE = 65536
CORPUS = Path(os.environ.get("LIPREADY_CORPUS", Path(__file__).resolve().parents[4] / "shared/corpus"))


@pytest.mark.parametrize(
    ("matrix", "rotation", "mirrored"),
    [
        ((ONE, 0, 0, ONE), 0, False),
        ((0, ONE, -ONE, 0), -90, False),
        ((0, -ONE, ONE, 0), 90, False),
        ((-ONE, 0, 0, -ONE), -180, False),
        ((-ONE, 0, 0, ONE), -180, True),
        ((ONE, 0, 0, -ONE), 0, True),
        ((0, 0, 0, 0), 0, False),
        ((ONE // 2, 0, 0, ONE * 3), 0, False),
    ],
)
def test_the_display_matrix(matrix: tuple[int, int, int, int], rotation: int, *, mirrored: bool) -> None:
    assert rotation_of(matrix) == rotation
    assert is_mirrored(matrix) is mirrored


@pytest.mark.parametrize(
    "options",
    [
        (),
        ("-bf", "0"),
        ("-movflags", "+faststart", "-video_track_timescale", "600"),
        ("-vf", "select='not(mod(n,7))+lt(n,20)'", "-fps_mode", "vfr"),
        ("-g", "1"),
        ("-output_ts_offset", "0.25"),
        ("-use_editlist", "0"),
    ],
)
def test_index_and_packets_agree(clip: Make, options: tuple[str, ...]) -> None:
    path = str(clip("clip.mp4", frames=60, options=options, sound=True))
    full, quick = examine(path, "video", quick=False).media, examine(path, "video", quick=True).media
    assert isinstance(full, VideoFacts)
    assert isinstance(quick, VideoFacts)
    for name in ("frame_rate", "frames", "duration", "start", "key_frames", "edit_list", "truncated"):
        assert getattr(quick, name) == getattr(full, name), name


def test_index_and_packets_agree_on_the_corpus() -> None:
    videos = sorted((CORPUS / "video").glob("*.m*"))
    if not videos:
        pytest.skip("the corpus is not here")
    for path in videos:
        full, quick = (examine(str(path), "video", quick=quick).media for quick in (False, True))
        assert isinstance(full, VideoFacts)
        assert isinstance(quick, VideoFacts)
        for name in ("codec", "width", "height", "rotation", "mirrored", "frame_rate", "frames", "start", "duration"):
            assert getattr(quick, name) == getattr(full, name), (path.name, name)


def test_data_end_is_the_end_of_the_last_chunk(clip: Make) -> None:
    path = clip("clip.mp4", options=("-movflags", "+faststart"))
    with open_local(str(path)) as file:
        movie = read_movie(file)
        assert movie is not None
        assert data_end(movie.tracks[0]) == file.size == movie.media_end


def test_hostile_boxes_end_the_walk(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"\0\0\0\x08free" + b"\0\0\0\x04mdat" + bytes(99))
    with open_local(str(path)) as file:
        assert [box.type for box in file_boxes(file)] == [b"free"]
    assert list(children(memoryview(b"\0\0\0\x20trak"))) == []
    assert list(children(memoryview(b"\0\0\0\x01free" + bytes(4)))) == []
    assert child(None, b"moov") is None


def test_a_table_that_claims_billions_of_frames_is_not_unrolled(clip: Make) -> None:
    path = clip("clip.mp4")
    raw = bytearray(path.read_bytes())
    at = raw.index(b"stts") + 8
    raw[at + 4 : at + 8] = b"\x7f\xff\xff\xff"
    path.write_bytes(raw)
    facts = examine(str(path), "video", quick=True)
    assert facts.problem is not None or isinstance(facts.media, VideoFacts)


def test_sequence_parameters(clip: Make) -> None:
    import av

    tags = "setparams=color_primaries=bt2020:color_trc=arib-std-b67:colorspace=bt2020nc"
    path = clip("clip.mp4", options=("-pix_fmt", "yuv422p10le", "-vf", f"setsar=4/3,{tags}"))
    with av.open(str(path)) as container:
        found = read_sequence_parameters(container.streams.video[0].codec_context.extradata)
    assert found is not None
    assert (found.chroma, found.bit_depth, found.colours) == (2, 10, (9, 18, 9))
    assert found.sample_aspect_ratio == Fraction(4, 3)


@pytest.mark.parametrize("record", [b"", b"\1" * 8, bytes(40), b"\1dd\x28\xff\xe1\xff\xff" + b"\xff" * 30])
def test_hostile_parameter_sets(record: bytes) -> None:
    read_sequence_parameters(record)


def test_a_matroska_header(clip: Make) -> None:
    path = clip("clip.webm", rate="30000/1001")
    with open_local(str(path)) as file:
        header = read_matroska(file)
        assert header is not None
        assert (header.doc_type, header.end) == ("webm", file.size)
        assert [track.rate for track in header.videos] == [Fraction(30000, 1001)]


@pytest.mark.parametrize("tail", [b"", b"\x80", b"\x18\x53\x80\x67\xff", b"\x18\x53\x80\x67\x01" + b"\xff" * 30])
def test_hostile_matroska(tmp_path: Path, tail: bytes) -> None:
    path = tmp_path / "x.mkv"
    path.write_bytes(b"\x1a\x45\xdf\xa3\x87\x42\x82\x84webm" + tail)
    with open_local(str(path)) as file:
        read_matroska(file)
    assert examine(str(path), "video", quick=False).problem is not None


def test_a_quick_look_says_what_it_left_out(clip: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    from lipready.probe.streams import video
    from lipready.probe.streams.packets import Budget

    monkeypatch.setattr(video, "QUICK", Budget(packets=10))
    facts = examine(str(clip("clip.webm", frames=60)), "video", quick=True).media
    assert isinstance(facts, VideoFacts)
    assert isinstance(facts.frame_rate, Unmeasured)
    assert facts.frame_rate.skipped
    assert not isinstance(facts.duration, Unmeasured)
    assert facts.duration.source == "container"
