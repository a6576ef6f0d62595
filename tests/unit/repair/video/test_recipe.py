"""Real videos with one thing wrong each, repaired with the real ffmpeg and probed again."""

import re
import subprocess
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from math import ceil

import av
import imageio_ffmpeg
import pytest

from lipready.profiles.limit import Range
from lipready.repair.choices import Choices, TrimSpan

VP9 = ("-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-b:v", "2M")
HEVC = ("-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=none", "-pix_fmt", "yuv420p")
X264 = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p")


def ssim(one, other, scale=""):
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "info", "-nostats", "-i", one, "-i", other, "-lavfi"]
    graph = f"[0]settb=1/1000,setpts=N{scale}[a];[1]settb=1/1000,setpts=N[b];[a][b]ssim=shortest=1"
    done = subprocess.run([*map(str, command), graph, "-f", "null", "-"], capture_output=True, text=True, check=True)
    return float(re.search(r"All:([0-9.]+)", done.stderr)[1])


def packets(path):
    """The video's packets as the decoder gets them, without what containers add."""
    with av.open(str(path)) as container:
        return [bytes(packet) for packet in container.demux(video=0) if packet.size]


def clean(done):
    assert done.rules() == set()
    assert done.media.codec == "h264"
    assert done.file.format == "mp4"
    assert done.media.faststart
    assert done.media.start == 0
    assert not done.media.edit_list
    assert not done.media.frame_rate.variable
    gaps = [b - a for a, b in pairwise(done.media.key_frames)]
    assert max(gaps, default=0) <= 1


def test_only_the_codec_changes_and_the_picture_stays(clip, repaired):
    path = clip("a.mp4", codec=("-c:v", "mpeg4", "-q:v", "2"))
    done = repaired("video", path)
    clean(done)
    assert done.steps() == ["transcode"]
    assert done.media.frames == 60
    assert ssim(path, done.path) >= 0.985


def test_a_container_that_is_not_accepted_is_only_remuxed(clip, repaired):
    path = clip("a.mkv", options=("-bf", "3", "-c:a", "aac"), rate="30000/1001", sound=True)
    done = repaired("video", path)
    assert done.steps() == ["remux"]
    assert done.rules() == set()
    # Matroska counts milliseconds; the MP4 has the exact rate again.
    assert done.media.frame_rate.nominal == done.media.frame_rate.lowest == Fraction(30000, 1001)
    assert done.media.sound_tracks[0].codec == "aac"
    with av.open(str(path)) as before, av.open(str(done.path)) as after:
        frames = [[f.to_ndarray().tobytes() for f in c.decode(video=0)] for c in (before, after)]
    assert frames[0] == frames[1]


def test_hevc_gets_the_sample_entry_that_players_know(clip, repaired):
    done = repaired("video", clip("a.mkv", codec=HEVC))
    assert done.steps() == ["remux"]
    assert done.rules() == set()
    assert b"hvc1" in done.path.read_bytes()


@pytest.mark.parametrize(
    ("size", "expected"),
    [("480x854", (640, 1138)), ("2560x1440", (2048, 1152)), ("639x801", (640, 802)), ("1920x300", (2048, 640))],
)
def test_sizes_come_into_range(clip, repaired, size, expected):
    done = repaired("video", clip("a.mp4", size=size, rate="15", codec=("-c:v", "mpeg4", "-q:v", "3")))
    clean(done)
    assert (done.media.width, done.media.height) == expected


def test_padding_is_black_and_the_picture_keeps_its_shape(clip, repaired):
    done = repaired("video", clip("a.mp4", size="2048x400"))
    assert done.steps() == ["transcode", "pad"]
    with av.open(str(done.path)) as container:
        frame = next(container.decode(video=0)).to_ndarray(format="gray")
    assert frame.shape == (640, 2048)
    assert frame[:118].max() < 24
    assert frame[-118:].max() < 24
    assert frame[120:520].max() > 150


def test_odd_sizes_lose_one_row_and_are_not_resampled(clip, repaired):
    path = clip("a.mkv", size="641x801", codec=("-c:v", "ffv1"))
    done = repaired("video", path)
    clean(done)
    assert (done.media.width, done.media.height) == (640, 800)
    assert ssim(path, done.path, scale=",crop=640:800:0:0,format=yuv420p") >= 0.985


@pytest.mark.parametrize(
    ("source", "expected", "frames"),
    [
        (("12", "3"), "24", 72),
        (("15000/1001", "3.003"), "30000/1001", 90),
        (("120", "2.4"), "60", 144),
        (("8", "3"), "24", 72),
    ],
)
def test_rates_are_multiplied_or_divided_evenly(clip, repaired, source, expected, frames):
    rate, seconds = source
    done = repaired("video", clip("a.mp4", rate=rate, seconds=seconds))
    assert done.steps() == ["transcode", "retime"]
    clean(done)
    assert done.media.frame_rate.nominal == Fraction(expected)
    assert done.media.frames == frames


def test_a_variable_rate_becomes_constant_at_the_same_speed(clip, repaired):
    uneven = "setpts='(N+0.7*mod(N,7)*gt(mod(N,14),6))/25/TB'"
    path = clip("a.mp4", seconds="4", options=("-vf", uneven, "-fps_mode", "vfr", "-enc_time_base", "1/1000"))
    done = repaired("video", path)
    assert done.before.facts.video.media.frame_rate.variable
    clean(done)
    length = done.before.facts.video.media.duration.believed
    assert abs(done.media.duration.believed - length) <= Fraction(2, 25)


@pytest.mark.parametrize("turn", [90, -90, 180])
def test_rotation_is_baked_in(clip, make, repaired, turn):
    flat = clip("flat.mp4", size="720x960")
    path = make("-display_rotation", turn, "-i", flat, "-c", "copy", "a.mp4")
    done = repaired("video", path)
    clean(done)
    assert (done.media.rotation, done.media.mirrored) == (0, False)
    assert (done.media.coded_width, done.media.coded_height) == ((720, 960) if turn == 180 else (960, 720))
    turned = {90: ",transpose=cclock", -90: ",transpose=clock", 180: ",hflip,vflip"}[turn]
    assert ssim(flat, done.path, scale=turned) >= 0.98


@pytest.mark.parametrize("option", ["-display_hflip", "-display_vflip"])
def test_mirroring_is_baked_in(clip, make, repaired, option):
    flat = clip("flat.mp4", size="720x960")
    path = make(option, "-i", flat, "-c", "copy", "a.mp4")
    done = repaired("video", path)
    assert done.before.facts.video.media.mirrored
    clean(done)
    assert not done.media.mirrored
    assert ssim(flat, done.path, scale={"-display_hflip": ",hflip", "-display_vflip": ",vflip"}[option]) >= 0.98


def test_pixels_become_square_at_the_displayed_size(clip, repaired):
    done = repaired("video", clip("a.mp4", size="720x800", options=("-vf", "setsar=4/3")))
    clean(done)
    assert (done.media.sample_aspect_ratio, done.media.width, done.media.coded_width) == (1, 960, 960)
    assert "square-pixels" in done.steps()


@pytest.mark.parametrize(("codec", "transfer"), [(HEVC, "smpte2084"), (HEVC, "arib-std-b67")])
def test_hdr_becomes_plain_video_of_a_sensible_brightness(clip, repaired, codec, transfer):
    tags = ("-vf", f"setparams=color_primaries=bt2020:color_trc={transfer}:colorspace=bt2020nc")
    path = clip("a.mp4", codec=(*codec[:-1], "yuv420p10le"), options=tags)
    done = repaired("video", path)
    clean(done)
    assert "tone-map" in done.steps()
    assert (done.media.bit_depth, done.media.chroma, done.media.transfer) == (8, "4:2:0", "bt709")
    with av.open(str(done.path)) as container:
        mean = float(next(container.decode(video=0)).to_ndarray(format="gray").mean())
    assert 40 < mean < 215


def test_hdr_that_is_tagged_in_part_only_does_not_fail(clip, repaired):
    tags = ("-vf", "setparams=color_trc=smpte2084")
    done = repaired("video", clip("a.mp4", codec=(*HEVC[:-1], "yuv420p10le"), options=tags))
    clean(done)


@pytest.mark.parametrize("pixels", ["yuv420p10le", "yuv422p", "yuv444p"])
def test_deep_and_wide_colour_becomes_8_bit_420(clip, repaired, pixels):
    done = repaired("video", clip("a.mp4", codec=(*X264[:-1], pixels)))
    clean(done)
    assert done.media.pixel_format == "yuv420p"


def test_interlaced_video_becomes_progressive_at_its_rate(clip, repaired):
    fields = ("-vf", "interlace", "-flags", "+ildct+ilme", "-x264opts", "tff=1")
    path = clip("a.mp4", rate="50", options=fields)
    done = repaired("video", path)
    assert done.before.facts.video.media.interlaced is True
    clean(done)
    assert "deinterlace" in done.steps()
    assert done.media.interlaced is False
    assert done.media.frame_rate.nominal == done.before.facts.video.media.frame_rate.nominal


def test_a_late_first_frame_moves_to_zero_and_takes_the_sound_along(clip, make, repaired):
    picture, tone = clip("p.mp4"), make("-f", "lavfi", "-i", "sine=duration=4", "-c:a", "aac", "t.m4a")
    path = make("-itsoffset", "0.8", "-i", picture, "-i", tone, "-map", "0:v", "-map", "1:a", "-c", "copy", "a.mp4")
    done = repaired("video", path)
    assert done.before.facts.video.media.start == Fraction("0.8")
    clean(done)
    with av.open(str(done.path)) as container:
        sound = container.streams.audio[0]
        assert abs(sound.duration * sound.time_base - Fraction("2.4")) < Fraction(1, 20)


def test_a_transport_stream_that_starts_late_loses_no_frame(clip, repaired):
    done = repaired("video", clip("a.ts", codec=("-c:v", "mpeg2video", "-q:v", "2")))
    clean(done)
    assert done.media.frames == 60


@pytest.mark.parametrize("name", ["a.webm", "a.gif"])
def test_other_formats_become_mp4(clip, repaired, name):
    codec = VP9 if name.endswith("webm") else ()
    done = repaired("video", clip(name, codec=codec))
    clean(done)
    assert done.media.frames == 60


@pytest.mark.parametrize(("start", "end", "frames"), [("0.5", "3.1", 65), ("1", None, 75), ("0", "2.2", 55)])
def test_a_trim_is_exact_to_the_frame(clip, repaired, start, end, frames):
    span = TrimSpan(Fraction(start), None if end is None else Fraction(end))
    path = clip("a.mp4", seconds="4", options=("-g", "250", "-c:a", "aac"), sound=True)
    done = repaired("video", path, Choices(trim=span))
    clean(done)
    assert done.media.frames == frames
    first = ceil(span.start * 25)
    assert ssim(path, done.path, scale=f",trim=start_frame={first},settb=1/1000,setpts=N") >= 0.985
    assert done.media.sound_tracks[0].codec == "aac"


@pytest.mark.parametrize(
    ("name", "codec"),
    [
        ("a.ts", ("-c:v", "mpeg2video", "-q:v", "2", "-bf", "2")),
        ("a.gif", ()),
        ("a.avi", (*X264, "-bf", "2")),
        ("a.mkv", (*X264, "-bf", "2")),
        ("a.flv", (*X264, "-bf", "2")),
        ("a.mov", (*X264, "-bf", "2", "-movflags", "frag_keyframe+empty_moov")),
    ],
)
def test_a_trim_is_exact_whatever_the_container(clip, repaired, name, codec):
    path = clip(name, seconds="4", codec=codec)
    done = repaired("video", path, Choices(trim=TrimSpan(Fraction("1.2"), Fraction("3.6"))))
    clean(done)
    assert done.media.frames == 60
    assert ssim(path, done.path, scale=",trim=start_frame=30,settb=1/1000,setpts=N") >= 0.98


def test_a_trim_counts_from_the_first_frame_even_where_that_is_late(clip, make, repaired):
    picture, tone = clip("p.mp4", seconds="4"), make("-f", "lavfi", "-i", "sine=duration=5", "-c:a", "aac", "t.m4a")
    path = make("-itsoffset", "0.8", "-i", picture, "-i", tone, "-map", "0:v", "-map", "1:a", "-c", "copy", "a.mp4")
    done = repaired("video", path, Choices(trim=TrimSpan(Fraction(1), Fraction("3.4"))))
    assert done.media.frames == 60
    assert ssim(picture, done.path, scale=",trim=start_frame=25,settb=1/1000,setpts=N") >= 0.985


NOISE = "nullsrc=size=640x640:rate=25:duration=2.4,geq=random(1)*255:128:128"


def with_limit(profile, most):
    limit = replace(
        profile.limits["V106"], accept=Range(None, Fraction(most)), safe=None, aim=Range(None, Fraction(most))
    )
    return replace(profile, limits={**profile.limits, "V106": limit})


def test_two_passes_fit_the_byte_limit_from_below(make, repaired, profile):
    path = make("-f", "lavfi", "-i", NOISE, "-f", "lavfi", "-i", "sine=duration=2.4", *X264, "-crf", "30", "a.mp4")
    most = 600_000
    assert path.stat().st_size > 2 * most
    done = repaired("video", path, profile=with_limit(profile, most))
    clean(done)
    assert [command[command.index("-pass") + 1] for command in done.plan.commands] == ["1", "2"]
    assert 0.5 * most < done.path.stat().st_size <= most
    assert [entry.name for entry in done.path.parent.iterdir()] == ["a.mp4"]


def test_one_pass_is_capped_so_that_a_grown_file_still_fits(make, repaired, profile):
    path = make("-f", "lavfi", "-i", NOISE, *X264, "-crf", "45", "-r", "12", "a.mp4")
    most = 900_000
    assert path.stat().st_size < most
    done = repaired("video", path, profile=with_limit(profile, most))
    clean(done)
    assert len(done.plan.commands) == 1
    assert done.path.stat().st_size <= most


def test_the_same_input_gives_the_same_bytes(clip, repaired):
    path = clip("a.webm", codec=VP9, options=("-c:a", "libopus"), sound=True, seconds="2.4")
    first = repaired("video", path).path.read_bytes()
    assert repaired("video", path).path.read_bytes() == first


def test_metadata_and_chapters_stay_behind(clip, repaired):
    path = clip("a.mkv", options=("-metadata", "title=secret place", "-metadata", "location=+52.5+013.4/"))
    assert b"secret place" in path.read_bytes()
    done = repaired("video", path)
    assert b"secret place" not in done.path.read_bytes()
    assert b"+52.5" not in done.path.read_bytes()
