import gc
import shutil
import subprocess
import threading
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np
import psutil
import pytest

from lipready.facts.audio import AudioTrack
from lipready.facts.speech import SpeechFacts
from lipready.facts.unmeasured import Unmeasured
from lipready.probe.source import examine
from lipready.probe.streams import audio as counting
from lipready.repair.run.ffmpeg import find_ffmpeg
from lipready.speech import blocks
from lipready.speech.listen import SpeechMeter, speaks_in

from .conftest import listened

if TYPE_CHECKING:
    from pathlib import Path

TRACK = AudioTrack(
    number=1, stream_index=0, codec="pcm_s16le", sample_rate=16000, channels=1, language=None, title=None,
    duration=None, default=True,
)  # fmt: skip


def also_heard(path, **changes):
    """Listen to one of several tracks, of which only whether somebody speaks is asked."""
    return speaks_in(str(path), replace(TRACK, **changes))


@pytest.mark.parametrize(
    ("subtype", "rate", "channels"),
    [
        ("PCM_U8", 8000, 1),
        ("PCM_16", 44100, 2),
        ("PCM_24", 48000, 2),
        ("PCM_32", 22050, 1),
        ("FLOAT", 96000, 1),
        ("DOUBLE", 48000, 6),
        ("ULAW", 8000, 1),
        ("PCM_16", 11025, 3),
        ("PCM_16", 48000, 8),
    ],
)
def test_every_form_of_samples_is_heard_the_same(hear, subtype, rate, channels):
    one = 0.5 * np.sin(2 * np.pi * 1000 * np.arange(rate) / rate)
    facts = hear(np.column_stack([one] * channels), rate, subtype)
    assert facts.length == 1
    assert facts.peak == pytest.approx(-6.02, abs=0.3)
    assert len(facts.dc_offsets) == channels
    assert not facts.has_speech
    assert len(facts.levels) == 48
    assert facts.levels[20].dbfs == pytest.approx(-9.03, abs=0.3)


def test_floats_that_are_no_numbers_or_too_large_are_tamed(hear):
    samples = np.zeros(16000)
    samples[100], samples[200], samples[300], samples[400] = np.nan, np.inf, -np.inf, 1e30
    facts = hear(samples)
    assert facts.peak == pytest.approx(20 * np.log10(8))
    assert all(np.isfinite(offset) for offset in facts.dc_offsets)


def test_floats_over_full_scale_keep_their_level(hear):
    facts = hear(np.full(16000, 2.0))
    assert facts.peak == pytest.approx(6.02, abs=0.01)
    assert facts.dc_offset == pytest.approx(2)


def test_one_sample_is_enough_to_be_measured(hear):
    facts = hear(np.array([0.5]))
    assert facts.length == Fraction(1, 16000)
    assert isinstance(facts.loudness, Unmeasured)
    assert isinstance(facts.background, Unmeasured)
    assert len(facts.levels) == 1


def test_no_samples_is_unmeasured(write):
    path = write(np.zeros(0))
    assert also_heard(path) == Unmeasured("it holds no audio samples")
    assert listened(path) == Unmeasured("holds no audio samples")


@pytest.mark.parametrize("content", [b"", b"RIFF", b"#EXTM3U\nhttp://127.0.0.1/x.wav\n", bytes(range(256)) * 40])
def test_what_is_no_media_is_unmeasured(tmp_path, content):
    path = tmp_path / "sound.wav"
    path.write_bytes(content)
    assert isinstance(listened(path), Unmeasured)
    assert isinstance(also_heard(path), Unmeasured)


def test_a_missing_file_is_unmeasured(tmp_path):
    assert isinstance(listened(tmp_path / "no.wav"), Unmeasured)
    assert isinstance(also_heard(tmp_path / "no.wav"), Unmeasured)


def test_a_file_without_sound_is_unmeasured(made):
    assert isinstance(listened(made("anna.jpg")), Unmeasured)
    assert isinstance(also_heard(made("anna.jpg")), Unmeasured)


def test_damaged_packets_are_skipped(made, tmp_path):
    whole = made("anna.mp4").read_bytes()
    broken = bytearray(whole)
    middle = len(broken) // 2
    broken[middle : middle + 20_000] = bytes(20_000)
    path = tmp_path / "broken.mp4"
    path.write_bytes(broken)
    assert isinstance(listened(path), SpeechFacts)


@pytest.mark.parametrize("keep", [0.1, 0.5, 0.9])
def test_a_cut_file_is_heard_as_far_as_it_goes(write, tmp_path, voice, keep):
    whole = write(voice, subtype="PCM_16").read_bytes()
    path = tmp_path / "cut.wav"
    path.write_bytes(whole[: int(len(whole) * keep)])
    heard = listened(path)
    assert isinstance(heard, SpeechFacts)
    assert heard.length == pytest.approx(keep * len(voice) / 16000, abs=0.01)


def test_too_many_channels_is_unmeasured(write):
    path = write(np.zeros((100, 9)), subtype="PCM_16")
    for heard in (listened(path), also_heard(path)):
        assert isinstance(heard, Unmeasured)
        assert "9 channels" in heard.reason


def test_the_longest_track_is_heard_and_a_longer_one_is_not(write, monkeypatch):
    monkeypatch.setattr(blocks, "MAX_LENGTH", 2)
    assert isinstance(listened(write(np.zeros(32000))), SpeechFacts)
    assert also_heard(write(np.zeros(32000))) is False
    for heard in (listened(write(np.zeros(32001))), also_heard(write(np.zeros(32001)))):
        assert isinstance(heard, Unmeasured)
        assert "2 seconds" in heard.reason


def test_a_track_that_says_it_is_too_long_is_not_even_opened(tmp_path, write):
    assert "600 seconds" in also_heard(tmp_path / "no.wav", duration=Fraction(601)).reason
    meter = SpeechMeter()
    long = examine(str(write(np.zeros(16000))), "audio", quick=False, consumer=meter).media
    heard = meter.facts(replace(long, duration=replace(long.duration, believed=Fraction(601))))
    assert "600 seconds" in heard.reason


def test_decoding_that_takes_too_long_is_given_up(write, monkeypatch):
    monkeypatch.setattr(counting, "MAX_SECONDS", -1.0)
    assert "took longer" in listened(write(np.zeros(16000))).reason
    assert "took longer" in also_heard(write(np.zeros(16000))).reason


def test_progress_rises_to_one(write, voice):
    path = write(voice)
    told: list[float] = []
    listened(path, SpeechMeter(told.append))
    assert told == sorted(told)
    assert told[-1] == 1.0


def test_the_best_stream_is_heard_not_the_first(write, tmp_path, run_ffmpeg):
    quiet, loud = write(np.zeros(16000), name="a.wav"), write(np.full((16000, 2), 0.25), name="b.wav")
    path = tmp_path / "two.mkv"
    run_ffmpeg("-i", quiet, "-i", loud, "-map", "0", "-map", "1", "-c", "pcm_s16le", "-disposition:a", "0", path)
    assert listened(path).dc_offsets == pytest.approx((0.25, 0.25), abs=1e-3)


def test_two_rates_in_one_stream_are_brought_to_the_first(write, tmp_path, run_ffmpeg):
    parts = []
    for number, rate in enumerate((48000, 32000)):
        wav = write(np.sin(np.arange(2 * rate) / 20) / 2, rate, name=f"{number}.wav")
        parts.append(tmp_path / f"{number}.aac")
        run_ffmpeg("-i", wav, parts[-1])
    path = tmp_path / "both.aac"
    path.write_bytes(b"".join(part.read_bytes() for part in parts))
    heard = listened(path)
    assert isinstance(heard, SpeechFacts)
    assert heard.length == pytest.approx(4, abs=0.2)


def test_threads_hear_the_same(write, voice):
    path = write(voice)
    expected = listened(path)
    heard = []
    threads = [threading.Thread(target=lambda: heard.append(listened(path))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert heard == [expected] * 3


def test_nothing_is_printed(write, voice, capfd):
    listened(write(voice))
    assert capfd.readouterr() == ("", "")


@pytest.fixture
def run_ffmpeg():
    binary = find_ffmpeg().path
    return lambda *arguments: subprocess.run(
        [binary, "-v", "error", "-y", *map(str, arguments)], check=True, stdin=subprocess.DEVNULL
    )


def test_the_path_may_have_any_name(write, tmp_path):
    odd: Path = tmp_path / "a:b %d é.wav"
    shutil.copy(write(np.zeros(1600)), odd)
    assert isinstance(listened(odd), SpeechFacts)


def test_no_thread_of_a_filter_waits_for_the_garbage_collector(hear):
    quiet = 0.5 * np.sin(np.arange(22050))
    hear(quiet, 22050, "PCM_16")  # libraries keep threads of their own from then on
    gc.collect()
    before = psutil.Process().num_threads()
    gc.disable()
    try:
        for _ in range(3):
            hear(quiet, 22050, "PCM_16")
        assert psutil.Process().num_threads() <= before
    finally:
        gc.enable()
