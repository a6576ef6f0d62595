import shutil
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import pytest

from lipready.facts.file import Role
from lipready.facts.unmeasured import Unmeasured
from lipready.facts.video import Duration, FrameRate, SoundTrack, VideoFacts
from lipready.probe.source import examine

Make = Callable[..., Path]
BOTH = pytest.mark.parametrize("quick", [False, True], ids=["full", "quick"])


def video_of(path: Path, *, quick: bool = False) -> VideoFacts:
    facts = examine(str(path), "video", quick=quick)
    assert facts.problem is None
    assert isinstance(facts.media, VideoFacts)
    return facts.media


def rate_of(facts: VideoFacts) -> FrameRate:
    assert isinstance(facts.frame_rate, FrameRate)
    return facts.frame_rate


def length_of(facts: VideoFacts) -> Duration:
    assert isinstance(facts.duration, Duration)
    return facts.duration


@BOTH
@pytest.mark.parametrize("suffix", ["mp4", "mov", "avi", "mkv", "webm", "ts"])
@pytest.mark.parametrize("rate", ["15", "15000/1001", "30000/1001", "60"])
def test_the_rate_is_exact_in_every_container(clip: Make, suffix: str, rate: str, *, quick: bool) -> None:
    facts = video_of(clip(f"clip.{suffix}", rate=rate, frames=64, size="64x48"), quick=quick)
    exact = Fraction(rate)
    assert facts.frame_rate == FrameRate(nominal=exact, lowest=exact, highest=exact, variable=False)
    assert facts.frames == 64
    assert length_of(facts).believed == 64 / exact
    assert length_of(facts).source == "packets"


@BOTH
@pytest.mark.parametrize("suffix", ["mp4", "mov", "avi", "mkv"])
def test_tags_in_an_old_encoding_do_not_end_it(clip: Make, suffix: str, *, quick: bool) -> None:
    path = clip(f"clip.{suffix}", frames=24, size="64x48", options=("-metadata", "title=caf\udce9"))
    assert b"caf\xe9" in path.read_bytes()
    assert video_of(path, quick=quick).frames == 24


@BOTH
@pytest.mark.parametrize("suffix", ["mp4", "webm"])
@pytest.mark.parametrize("rate", ["14999/1000", "60000/1001", "60001/1000"])
def test_a_rate_just_beside_a_bound_is_not_rounded_to_it(clip: Make, suffix: str, rate: str, *, quick: bool) -> None:
    facts = video_of(clip(f"clip.{suffix}", rate=rate, frames=40, size="64x48"), quick=quick)
    assert rate_of(facts).nominal == Fraction(rate)
    assert not rate_of(facts).variable


@BOTH
@pytest.mark.parametrize("suffix", ["mp4", "webm"])
def test_dropped_frames_make_the_rate_variable(clip: Make, suffix: str, *, quick: bool) -> None:
    drop = ("-vf", "select='not(eq(n,10)+eq(n,11))'", "-fps_mode", "vfr")
    facts = video_of(clip(f"clip.{suffix}", rate="25", frames=48, options=drop), quick=quick)
    rate = rate_of(facts)
    assert rate.variable
    assert rate.lowest == Fraction(25, 3)
    assert rate.highest == 25
    assert rate.nominal == Fraction(47 * 25, 49)


@BOTH
def test_plain_facts_of_an_mp4(clip: Make, *, quick: bool) -> None:
    facts = video_of(clip("clip.mp4", frames=50, sound=True, options=("-pix_fmt", "yuv420p")), quick=quick)
    assert facts.codec == "h264"
    assert facts.profile in {"High", "Main", "Constrained Baseline"}
    assert (facts.pixel_format, facts.bit_depth, facts.chroma) == ("yuv420p", 8, "4:2:0")
    assert (facts.coded_width, facts.coded_height, facts.width, facts.height) == (160, 120, 160, 120)
    assert (facts.rotation, facts.mirrored, facts.sample_aspect_ratio) == (0, False, 1)
    assert facts.key_frames == tuple(Fraction(n, 25) for n in (0, 12, 24, 36, 48))
    assert facts.sound_tracks == (SoundTrack("aac", 44100, 1),)
    assert facts.other_streams == 0
    assert facts.start == 0
    assert facts.edit_list is False
    assert facts.interlaced is False
    assert facts.truncated is False
    assert facts.faststart is False
    assert facts.hdr is False
    assert isinstance(facts.stillness, Unmeasured)
    assert facts.stillness.skipped is quick


@BOTH
def test_faststart_is_the_order_of_the_boxes(clip: Make, *, quick: bool) -> None:
    assert video_of(clip("clip.mp4", options=("-movflags", "+faststart")), quick=quick).faststart is True


@BOTH
@pytest.mark.parametrize(
    ("options", "rotation", "mirrored", "size"),
    [
        (("-display_rotation", "90"), 90, False, (120, 160)),
        (("-display_rotation", "-90"), -90, False, (120, 160)),
        (("-display_rotation", "180"), -180, False, (160, 120)),
        (("-display_rotation", "0", "-display_hflip"), -180, True, (160, 120)),
        (("-display_rotation", "90", "-display_hflip"), 90, True, (120, 160)),
        (("-display_rotation", "30"), 30, False, (160, 120)),
    ],
)
def test_rotation_and_flips(
    clip: Make,
    make: Make,
    options: tuple[str, ...],
    rotation: int,
    *,
    mirrored: bool,
    size: tuple[int, int],
    quick: bool,
) -> None:
    path = make(*options, "-i", clip("plain.mp4"), "-c", "copy", "turned.mp4")
    facts = video_of(path, quick=quick)
    assert (facts.rotation, facts.mirrored, (facts.width, facts.height)) == (rotation, mirrored, size)
    assert (facts.coded_width, facts.coded_height) == (160, 120)
    assert abs(facts.rotation - rotation_by_the_decoder(path)) <= 1


def rotation_by_the_decoder(path: Path) -> int:
    import av

    with av.open(str(path)) as container:
        return int(next(container.decode(video=0)).rotation)


@BOTH
def test_rotation_of_a_matroska_file(clip: Make, make: Make, *, quick: bool) -> None:
    turned = make("-display_rotation", "-90", "-i", clip("plain.mp4"), "-c", "copy", "turned.mkv")
    facts = video_of(turned, quick=quick)
    assert (facts.rotation, facts.width, facts.height) == (-90, 120, 160)


@BOTH
@pytest.mark.parametrize("suffix", ["mp4", "mkv", "avi"])
def test_pixel_aspect_stretches_the_width_before_turning(clip: Make, suffix: str, *, quick: bool) -> None:
    facts = video_of(clip(f"clip.{suffix}", options=("-vf", "setsar=4/3")), quick=quick)
    if suffix == "avi" and facts.sample_aspect_ratio == 1:
        pytest.skip("this muxer does not write the aspect ratio")
    assert facts.sample_aspect_ratio == Fraction(4, 3)
    assert (facts.coded_width, facts.width, facts.height) == (160, 213, 120)


@BOTH
def test_a_delayed_first_frame_has_a_start_and_an_edit_list(clip: Make, make: Make, *, quick: bool) -> None:
    late = make("-itsoffset", "0.5", "-i", clip("plain.mp4"), "-i", clip("other.mp4"), "-map", "0:v", "-map", "1:v",
                "-c", "copy", "-disposition:v:0", "default", "-disposition:v:1", "0", "late.mp4")  # fmt: skip
    facts = video_of(late, quick=quick)
    assert facts.start == Fraction(1, 2)
    assert facts.edit_list is True
    assert length_of(facts).believed == Fraction(30, 25)


@BOTH
def test_frames_that_an_edit_list_hides_do_not_count(clip: Make, make: Make, *, quick: bool) -> None:
    cut = make("-ss", "0.6", "-i", clip("plain.mp4", frames=50), "-c", "copy", "cut.mp4")
    facts = video_of(cut, quick=quick)
    assert facts.edit_list is True
    assert facts.start == 0
    assert facts.frames == 35
    assert length_of(facts).packets == Fraction(35, 25)


@BOTH
def test_ten_bit_and_hdr_tags(clip: Make, *, quick: bool) -> None:
    tags = ("-pix_fmt", "yuv420p10le", "-vf", "setparams=color_trc=smpte2084:color_primaries=bt2020")
    facts = video_of(clip("hdr.mp4", options=tags), quick=quick)
    assert (facts.pixel_format, facts.bit_depth, facts.chroma) == ("yuv420p10le", 10, "4:2:0")
    assert (facts.transfer, facts.hdr) == ("smpte2084", True)
    assert not facts.wide_gamut


@BOTH
@pytest.mark.parametrize(
    ("said", "wide"),
    [
        (("bt709", "bt709", "bt709"), False),
        (("smpte170m", "smpte170m", "smpte170m"), False),
        (("unknown", "unknown", "unknown"), False),
        (("bt2020", "bt2020-10", "bt2020nc"), True),
        (("smpte432", "bt709", "bt709"), True),
        (("smpte432", "iec61966-2-1", "bt709"), True),
        (("smpte431", "bt709", "bt709"), True),
        (("unknown", "unknown", "bt2020nc"), True),
        (("unknown", "bt2020-10", "unknown"), True),
        (("bt709", "bt709", "bt2020nc"), True),
        (("bt709", "bt2020-10", "bt709"), False),
        (("bt2020", "smpte2084", "bt2020nc"), False),
    ],
)
@pytest.mark.parametrize("tagged_in", ["mp4", "mkv"])
def test_the_gamut_is_told_by_any_of_its_three_tags(
    clip: Make, said: tuple[str, str, str], tagged_in: str, *, quick: bool, wide: bool
) -> None:
    primaries, transfer, matrix = said
    tags = ("-vf", f"setparams=color_primaries={primaries}:color_trc={transfer}:colorspace={matrix}")
    facts = video_of(clip(f"clip.{tagged_in}", options=tags, frames=4), quick=quick)
    assert (facts.primaries, facts.transfer, facts.matrix) == said
    assert facts.wide_gamut is wide


@BOTH
def test_hevc_headers_tell_without_decoding(clip: Make, *, quick: bool) -> None:
    hevc = ("-c:v", "libx265", "-x265-params", "log-level=error", "-pix_fmt", "yuv422p10le", "-tag:v", "hvc1")
    facts = video_of(clip("clip.mp4", options=hevc), quick=quick)
    assert (facts.codec, facts.pixel_format, facts.bit_depth, facts.chroma) == ("hevc", "yuv422p10le", 10, "4:2:2")
    assert facts.interlaced is False


@BOTH
@pytest.mark.parametrize(("pixels", "chroma"), [("yuv444p", "4:4:4"), ("yuv422p", "4:2:2")])
def test_chroma_by_the_sequence_parameter_set(clip: Make, pixels: str, chroma: str, *, quick: bool) -> None:
    facts = video_of(clip("clip.mp4", options=("-pix_fmt", pixels)), quick=quick)
    assert (facts.pixel_format, facts.chroma, facts.bit_depth) == (pixels, chroma, 8)


@BOTH
def test_interlaced(clip: Make, *, quick: bool) -> None:
    fields = ("-vf", "tinterlace=4", "-flags", "+ilme+ildct", "-x264-params", "tff=1")
    assert video_of(clip("clip.mp4", rate="50", frames=20, options=fields), quick=quick).interlaced is True


@BOTH
def test_a_fragmented_file_is_counted_whatever_its_header_says(clip: Make, *, quick: bool) -> None:
    path = clip("clip.mp4", frames=48, options=("-movflags", "frag_keyframe+empty_moov", "-metadata", "title=x"))
    raw = bytearray(path.read_bytes())
    header = raw.index(b"mvhd") + 4
    raw[header + 16 : header + 20] = (2**32 - 2).to_bytes(4, "big")
    path.write_bytes(raw)
    facts = video_of(path, quick=quick)
    assert length_of(facts).believed == Fraction(48, 25)
    assert facts.frames == 48
    assert facts.truncated is False


@BOTH
def test_a_cut_tail_is_seen(clip: Make, *, quick: bool) -> None:
    path = clip("clip.mp4", frames=50, options=("-movflags", "+faststart"))
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.truncate(size - size // 4)
    facts = video_of(path, quick=quick)
    assert facts.truncated is True


@BOTH
@pytest.mark.parametrize("suffix", ["avi", "mkv"])
def test_a_cut_tail_is_seen_in_other_containers(clip: Make, suffix: str, *, quick: bool) -> None:
    path = clip(f"clip.{suffix}", frames=50)
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size * 3 // 4)
    assert video_of(path, quick=quick).truncated is True


@BOTH
def test_a_recording_without_its_index(clip: Make, *, quick: bool) -> None:
    path = clip("clip.mp4", frames=50)
    raw = path.read_bytes()
    path.write_bytes(raw[: raw.rindex(b"moov") - 4])
    facts = examine(str(path), "video", quick=quick)
    assert facts.problem == "ends before its index: the recording was cut off"
    assert facts.media == Unmeasured(facts.problem)
    assert facts.format == "mp4"


@BOTH
def test_the_largest_default_stream_is_meant_not_the_cover(clip: Make, make: Make, *, quick: bool) -> None:
    cover = make("-f", "lavfi", "-i", "color=size=640x640:duration=1:rate=1", "-frames:v", "1", "cover.png")
    path = make("-i", cover, "-i", clip("plain.mp4"), "-map", "0", "-map", "1", "-c", "copy",
                "-disposition:v:0", "attached_pic", "covered.mp4")  # fmt: skip
    facts = video_of(path, quick=quick)
    assert (facts.codec, facts.width, facts.frames) == ("h264", 160, 30)
    assert facts.other_streams == 1


def test_formats_by_content_and_extension_as_written(clip: Make, tmp_path: Path) -> None:
    source = clip("clip.webm")
    lying = tmp_path / "clip.MP4"
    shutil.copy(source, lying)
    facts = examine(str(lying), "video", quick=True)
    assert (facts.extension, facts.format, facts.problem) == ("mp4", "webm", None)
    assert facts.bytes == source.stat().st_size


@pytest.mark.parametrize(
    ("name", "format_name"),
    [("a.mp4", "mp4"), ("a.mov", "mov"), ("a.3gp", "3gp"), ("a.mkv", "mkv"), ("a.avi", "avi"), ("a.ts", "mpegts")],
)
def test_container_by_content(clip: Make, tmp_path: Path, name: str, format_name: str) -> None:
    bare = tmp_path / "nameless"
    shutil.move(clip(name), bare)
    facts = examine(str(bare), "video", quick=True)
    assert (facts.format, facts.extension, facts.problem) == (format_name, "", None)


def test_an_animated_gif_is_a_video_by_its_frames(make: Make) -> None:
    path = make("-f", "lavfi", "-i", "testsrc2=size=64x48:rate=10", "-frames:v", "12", "clip.gif")
    facts = examine(str(path), "video", quick=False)
    assert facts.format == "gif"
    assert isinstance(facts.media, VideoFacts)
    assert (facts.media.codec, facts.media.frames, rate_of(facts.media).nominal) == ("gif", 12, 10)


def test_a_single_frame_has_no_rate_but_a_length(clip: Make) -> None:
    facts = video_of(clip("clip.mp4", frames=1))
    assert isinstance(facts.frame_rate, Unmeasured)
    assert length_of(facts).believed == Fraction(1, 25)


def test_video_that_cannot_be_decoded(clip: Make) -> None:
    path = clip("clip.mp4", options=("-movflags", "+faststart"))
    raw = path.read_bytes()
    start = raw.index(b"mdat") + 4
    path.write_bytes(raw[:start] + b"\xff" * (len(raw) - start))
    facts = examine(str(path), "video", quick=False)
    assert facts.problem is not None
    assert facts.problem.startswith("cannot be decoded: ")
    assert examine(str(path), "video", quick=True).problem is None


def test_an_encrypted_file_says_so(clip: Make) -> None:
    key = ("-encryption_scheme", "cenc-aes-ctr", "-encryption_key", "00" * 16, "-encryption_kid", "11" * 16)
    path = clip("clip.mp4", options=key)
    for quick in (False, True):
        facts = examine(str(path), "video", quick=quick)
        assert facts.problem == "is encrypted (DRM): it cannot be decoded without its key"


def test_wrong_roles(clip: Make, make: Make) -> None:
    picture = make("-f", "lavfi", "-i", "color=size=64x64", "-frames:v", "1", "face.png")
    sound = make("-f", "lavfi", "-i", "sine=duration=1", "speech.mp3")
    movie = clip("clip.mp4")

    def problem(path: Path, role: Role) -> str | None:
        return examine(str(path), role, quick=True).problem

    assert problem(picture, "video") == "is a picture (PNG), not a video"
    assert problem(picture, "audio") == "is a picture (PNG), not an audio file"
    assert problem(sound, "video") == "holds no video stream"
    assert problem(sound, "reference") == "is an audio file, not a picture"
    assert problem(movie, "reference") == "is a video, not a picture"
    assert problem(movie, "audio") == "holds no audio stream"


def test_a_pointer_is_no_problem_but_a_pointer(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    path.write_text(f"version https://git-lfs.github.com/spec/v1\noid sha256:{'ab' * 32}\nsize 1234567\n")
    facts = examine(str(path), "video", quick=False)
    assert facts.lfs is not None
    assert (facts.bytes, facts.lfs.sha256, facts.problem) == (1234567, "ab" * 32, None)
    assert isinstance(facts.media, Unmeasured)
