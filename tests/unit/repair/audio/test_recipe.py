"""Real audio tracks with one thing wrong each, repaired with the real ffmpeg and probed again."""

import os
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
import soundfile

from lipready.errors import UsageError
from lipready.profiles.limit import Range
from lipready.repair.choices import Choices, TrimSpan


@pytest.fixture
def tone(make):
    def build(name, *options, seconds="3", rate=44_100, layout="mono"):
        source = f"sine=frequency=440:sample_rate={rate}:duration={seconds},aformat=channel_layouts={layout}"
        return make("-f", "lavfi", "-i", source, *options, name)

    return build


def clean(done, *, format_="wav"):
    assert done.rules() == set()
    assert done.file.format == format_
    assert len(done.plan.commands) == 1


@pytest.mark.parametrize("name", ["a.ogg", "a.flac", "a.m4a", "a.wma", "a.mka", "a.aiff", "a.mp4", "a.ac3"])
def test_formats_that_are_not_accepted_become_wav(tone, repaired, name):
    path = tone(name)
    done = repaired("audio", path)
    clean(done)
    assert (done.media.codec, done.media.sample_rate, done.media.channels) == ("pcm_s16le", 44_100, 1)
    length = done.before.facts.audio.media.duration.believed
    assert abs(done.media.duration.believed - length) < Fraction(1, 10)


def test_lossless_samples_survive_exactly(tone, repaired):
    path = tone("a.flac", layout="stereo", rate=48_000)
    done = repaired("audio", path)
    before, after = (soundfile.read(str(p), dtype="int16")[0] for p in (path, done.path))
    assert np.array_equal(before, after)


@pytest.mark.parametrize("stated", [0, 0x7FFFF000, 0x80000000, 0xFFFFFFFF, None], ids=str)
def test_a_wav_from_a_pipe_gets_its_true_size_and_keeps_every_sample(tone, repaired, stated):
    path = tone("a.wav")
    before = soundfile.read(str(path), dtype="int16")[0]
    content = bytearray(path.read_bytes())
    at = content.index(b"data") + 4
    true = int.from_bytes(content[at : at + 4], "little")
    content[at : at + 4] = (true + 44 if stated is None else stated).to_bytes(4, "little")
    path.write_bytes(content)
    done = repaired("audio", path)
    clean(done)
    assert {f.rule for f in done.before.findings} == {"A401"}
    assert (done.media.truncated, done.media.size_wrong) == (False, False)
    assert np.array_equal(before, soundfile.read(str(done.path), dtype="int16")[0])


def test_a_name_that_is_not_utf_8_is_repaired(tone, repaired):
    path = tone("a.flac")
    named = path.with_name(os.fsdecode(b"caf\xe9.flac"))
    done = repaired("audio", path.rename(named))
    clean(done)
    assert done.plan.output == "caf_.wav"
    assert f"file:{named}" in done.plan.commands[0]


def test_an_mp4_that_is_called_aac_is_judged_by_its_content(tone, repaired):
    made = tone("a.m4a")
    path = made.rename(made.with_name("speech.aac"))
    done = repaired("audio", path)
    clean(done)
    assert done.plan.output == "speech.wav"


def test_the_sound_of_a_video_is_taken_out(clip, repaired):
    done = repaired("audio", clip("talk.mp4", sound=True, seconds="3"))
    clean(done)
    assert abs(done.media.duration.believed - 3) < Fraction(1, 20)


def test_the_best_of_several_tracks_is_taken(tone, make, repaired):
    low, high = tone("low.wav", rate=8000), tone("high.wav", layout="stereo", rate=48_000)
    default = ("-disposition:a:0", "0", "-disposition:a:1", "default")
    path = make("-i", low, "-i", high, "-map", "0", "-map", "1", "-c:a", "libopus", *default, "a.mka")
    done = repaired("audio", path)
    assert done.before.facts.audio.media.stream_index == 1
    assert done.media.channels == 2


@pytest.mark.parametrize(("rate", "layout", "expected"), [(96_000, "5.1", (48_000, 2)), (8_000, "mono", (8_000, 1))])
def test_rate_and_channels_are_kept_up_to_48_khz_stereo(tone, repaired, rate, layout, expected):
    done = repaired("audio", tone("a.flac", rate=rate, layout=layout))
    clean(done)
    assert (done.media.sample_rate, done.media.channels) == expected


def with_limit(profile, most):
    limit = replace(
        profile.limits["A403"], accept=Range(None, Fraction(most)), safe=None, aim=Range(None, Fraction(most))
    )
    return replace(profile, limits={**profile.limits, "A403": limit})


def test_a_large_wav_becomes_mp3_only_where_16_bits_would_still_be_too_large(tone, repaired, profile):
    path = tone("a.wav", "-c:a", "pcm_s32le", rate=96_000, layout="stereo")  # 2.3 MB, 576 kB at 48 kHz and 16 bits
    clean(repaired("audio", path, profile=with_limit(profile, 600_000)))
    done = repaired("audio", path, profile=with_limit(profile, 200_000))
    clean(done, format_="mp3")
    assert done.media.sample_rate == 48_000
    assert done.path.stat().st_size <= 200_000


def test_odd_sample_rates_get_one_that_mp3_has(tone, repaired, profile):
    path = tone("a.wav", "-c:a", "pcm_s32le", rate=37_800)
    done = repaired("audio", path, profile=with_limit(profile, 100_000))
    clean(done, format_="mp3")
    assert done.media.sample_rate == 44_100


def test_a_cut_is_exact_to_the_sample(make, repaired):
    ramp = "aevalsrc=exprs='mod(n,30000)/32768':sample_rate=16000:duration=5"
    path = make("-f", "lavfi", "-i", ramp, "-c:a", "pcm_s16le", "ramp.wav")
    done = repaired("audio", path, Choices(trim_audio=TrimSpan(Fraction("1.25"), Fraction("4"))))
    clean(done)
    before, after = (soundfile.read(str(p), dtype="int16")[0] for p in (path, done.path))
    assert np.array_equal(after, before[20_000:64_000])


def test_a_track_that_is_too_short_is_filled_with_silence_only_when_asked(tone, repaired):
    path = tone("a.wav", seconds="1", rate=16_000)
    done = repaired("audio", path, Choices(extend=True))
    clean(done)
    assert done.media.duration.believed == Fraction("2.2")
    samples, _ = soundfile.read(str(done.path), dtype="int16")
    assert np.abs(samples[:16_000]).max() > 1000
    assert not samples[16_000:].any()


def test_what_is_long_enough_is_not_padded(tone, repaired):
    with pytest.raises(AssertionError, match="nothing to repair"):
        repaired("audio", tone("a.wav"), Choices(extend=True))


def test_a_span_behind_the_end_is_a_usage_error(tone, repaired):
    with pytest.raises(UsageError, match=r"`Choices.trim_audio` starts at 9 s"):
        repaired("audio", tone("a.wav"), Choices(trim_audio=TrimSpan(Fraction(9))))


def test_cover_and_tags_stay_behind(tone, make, repaired):
    cover = make("-f", "lavfi", "-i", "testsrc2=size=64x64", "-frames:v", "1", "cover.png")
    sound = tone("s.flac")
    path = make("-i", sound, "-i", cover, "-map", "0", "-map", "1", "-c", "copy", "-disposition:v", "attached_pic",
                "-metadata", "comment=private", "a.flac")  # fmt: skip
    done = repaired("audio", path)
    clean(done)
    assert not done.media.cover
    assert b"private" not in done.path.read_bytes()
