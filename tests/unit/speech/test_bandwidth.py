import numpy as np
import pytest

from lipready.facts.unmeasured import Unmeasured
from lipready.speech.blocks import Sound
from lipready.speech.spectrum import BandMeter
from lipready.speech.voice import Voice


def bandwidth(samples, rate, *, gaps=0):
    meter = BandMeter(Sound(rate, 1, "mono", 0.999))
    for block in np.array_split(np.float32(samples)[None], 3, axis=1):
        meter.hear(block)
    meter.finish()
    frames = -(-len(samples) * 16000 // rate // 512)
    marks = np.arange(frames) >= gaps
    return meter.bandwidth(Voice(marks, ~marks))


def noise_below(hertz, rate, seconds=4):
    spectrum = np.fft.rfft(np.random.default_rng(6).standard_normal(rate * seconds))
    spectrum[int(hertz * seconds) :] = 0
    return np.fft.irfft(spectrum) * 0.1


@pytest.mark.parametrize("rate", [8000, 16000, 22050, 44100, 48000, 96000])
@pytest.mark.parametrize("hertz", [3400, 3900])
def test_a_telephone_reads_the_same_at_every_rate(rate, hertz):
    assert bandwidth(noise_below(hertz, rate), rate) == pytest.approx(hertz, abs=125)


@pytest.mark.parametrize("hertz", [7000, 12000, 20000])
def test_wider_bands(hertz):
    assert bandwidth(noise_below(hertz, 48000), 48000) == pytest.approx(hertz, rel=0.02)


def test_above_24_khz_nobody_looks():
    assert bandwidth(noise_below(40000, 96000), 96000) <= 24_125


def test_what_the_gaps_hold_too_is_not_speech():
    rate, frames = 48000, 62
    hiss = np.random.default_rng(8).normal(0, 0.01, rate * 4)
    speech = noise_below(3400, rate)
    speech[: frames * 1536] = 0
    assert bandwidth(speech + hiss, rate, gaps=frames) == pytest.approx(3400, abs=250)


def test_nothing_to_measure():
    assert isinstance(bandwidth(np.zeros(48000), 48000), Unmeasured)
    assert isinstance(bandwidth(np.zeros(10), 48000), Unmeasured)
    assert isinstance(bandwidth(noise_below(3000, 16000), 16000, gaps=1000), Unmeasured)


def test_a_voice_over_a_telephone(hear, voice):
    spectrum = np.fft.rfft(voice)
    spectrum[int(len(spectrum) * 3400 / 8000) :] = 0
    narrow = np.fft.irfft(spectrum, len(voice))
    size = len(voice)
    upsampled = np.fft.irfft(np.concatenate([np.fft.rfft(narrow), np.zeros(size)]) * 3, 3 * size)
    assert hear(upsampled, 48000).bandwidth <= 3500
    assert hear(voice).bandwidth > 4500
