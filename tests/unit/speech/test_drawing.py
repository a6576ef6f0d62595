from fractions import Fraction

import numpy as np
import pytest

from lipready.facts.speech import Span
from lipready.probe.source import examine
from lipready.speech.listen import SpeechMeter, draw, find_silences, quiet_level
from lipready.speech.voice import Voice

RANDOM = np.random.default_rng(9)


def voice_of(marks):
    marks = np.array(marks, bool)
    return Voice(marks, ~marks)


def test_48_parts_with_their_levels():
    mono = np.concatenate([RANDOM.normal(0, 0.1, 24000), np.zeros(24000)]).astype(np.float32)
    levels = draw(mono, (Span(Fraction(0), Fraction(1)),), Fraction(3))
    assert len(levels) == 48
    assert levels[10].dbfs == pytest.approx(-20, abs=0.8)
    assert levels[30].dbfs == -120.0
    assert [level.speech for level in levels] == [True] * 16 + [False] * 32


@pytest.mark.parametrize(("end", "speech"), [(Fraction(1, 2), True), (Fraction(49, 100), False)])
def test_half_of_a_part_is_speech(end, speech):
    assert draw(np.zeros(48, np.float32), (Span(Fraction(0), end),), Fraction(48))[0].speech is speech


def test_few_samples_make_few_parts():
    assert len(draw(np.zeros(5, np.float32), (), Fraction(5, 16000))) == 5


def track(level, quiet_seconds):
    """One second at -20 dBFS that is speech, a stretch at `level` dBFS, one more second."""
    loud, quiet = RANDOM.normal(0, 0.1, 16384), RANDOM.normal(0, 10 ** (level / 20), round(quiet_seconds * 16000))
    mono = np.concatenate([loud, quiet, loud]).astype(np.float32)
    frames = -(-len(mono) // 512)
    marks = [index < 32 or index * 512 >= 16384 + len(quiet) for index in range(frames)]
    return mono, voice_of(marks), Fraction(len(mono), 16000)


@pytest.mark.parametrize(("level", "found"), [(-65, 1), (-55, 0)])
def test_40_db_under_the_speech_is_silence(level, found):
    assert len(find_silences(*track(level, 1))) == found


@pytest.mark.parametrize(("seconds", "found"), [(0.52, 1), (0.48, 0)])
def test_half_a_second_is_a_silence(seconds, found):
    assert len(find_silences(*track(-100, seconds))) == found


def test_where_a_silence_lies():
    (span,) = find_silences(*track(-100, 1))
    assert float(span.start) == pytest.approx(1.024, abs=0.01)
    assert float(span.end) == pytest.approx(2.024, abs=0.01)


def test_nobody_speaks_and_minus_60_is_the_bound():
    mono = np.float32(RANDOM.normal(0, 0.1, 16000))
    assert quiet_level(mono, voice_of([False] * 32)) == pytest.approx(1e-6)
    assert quiet_level(mono, voice_of([True] * 32)) == pytest.approx(1e-6, rel=0.1)
    assert quiet_level(10 * mono, voice_of([True] * 32)) == pytest.approx(1e-4, rel=0.1)


def test_a_silent_track_is_one_silence(hear):
    (span,) = hear(np.zeros(16001)).silences
    assert (span.start, span.end) == (0, Fraction(16001, 16000))


def test_a_waveform_shows_the_peaks_and_where_they_are_clipped(write):
    sound = 0.25 * np.sin(np.arange(32000) / 16000 * 2 * np.pi * 200)
    sound[16000:] *= 2
    sound[24000:24010] = 1.0
    meter = SpeechMeter()
    audio = examine(str(write(sound, 16000)), "audio", quick=False, consumer=meter).media
    assert meter.facts(audio).clipping.runs == 1
    wave = meter.wave(20)
    assert len(wave.peaks) == 20
    assert all(abs(peak - 64) <= 3 for peak in wave.peaks[1:9])
    assert all(abs(peak - 128) <= 3 for peak in wave.peaks[11:14])
    assert wave.clipped == (15,)


def test_of_what_was_not_heard_there_is_no_waveform():
    assert SpeechMeter().wave(10) is None
