import numpy as np
import pytest

from lipready.facts.unmeasured import Unmeasured
from lipready.speech.background import energies_of, measure_noise
from lipready.speech.spectrum import frame_power
from lipready.speech.voice import Voice, find_voice

RANDOM = np.random.default_rng(5)


def voice_of(speech, gaps, near=0):
    marks = np.array([True] * speech + [False] * (near + gaps))
    return Voice(marks, np.array([False] * (speech + near) + [True] * gaps))


@pytest.mark.parametrize(("gaps", "measured"), [(8, True), (7, False), (0, False)])
def test_eight_gaps_are_needed(gaps, measured):
    energies = np.array([1.01] * 10 + [0.01] * gaps)
    found = measure_noise(energies, voice_of(10, gaps))
    if measured:
        assert (found.mean, found.median, found.gated) == (pytest.approx(20), pytest.approx(20), False)
    else:
        assert "too short" in found.reason


def test_without_speech_there_is_no_ratio():
    assert measure_noise(np.ones(20), voice_of(0, 20)) == Unmeasured("there is no speech in it")


def test_a_door_does_not_count():
    energies = np.array([1.01] * 10 + [0.01] * 19 + [100.0])
    assert measure_noise(energies, voice_of(10, 20)).mean == pytest.approx(20, abs=0.1)


def test_digital_silence_is_gated():
    found = measure_noise(np.array([0.01] * 10 + [0.0] * 20), voice_of(10, 20))
    assert found.gated
    assert found.mean == pytest.approx(80)


def test_speech_far_below_the_noise():
    assert measure_noise(np.array([0.5] * 10 + [1.0] * 20), voice_of(10, 20)).mean == -20


@pytest.mark.parametrize("ratio", [30, 20, 10, 5])
@pytest.mark.parametrize("colour", ["white", "pink"])
def test_steady_noise_is_measured_to_two_db(hear, voice, ratio, colour):
    spectrum = np.fft.rfft(RANDOM.standard_normal(len(voice)))
    if colour == "pink":
        spectrum[1:] /= np.sqrt(np.arange(1, len(spectrum)))
    noise = np.fft.irfft(spectrum, len(voice))
    energies = [energies_of(frame_power(np.float32(sound))) for sound in (voice, noise)]
    spoken = energies[0][find_voice(np.float32(voice), lambda _: None).speech].mean()
    mix = voice + noise * np.sqrt(spoken / energies[1].mean() * 10 ** (-ratio / 10))
    facts = hear(0.3 * mix / np.abs(mix).max())
    assert facts.noise.mean == pytest.approx(ratio, abs=2)
    assert not facts.noise.gated
    assert facts.background == "noise"


def test_a_voice_with_digital_silence_is_gated(hear, voice):
    facts = hear(voice)
    assert facts.noise.gated
    assert facts.background == "silence"


def test_an_offset_does_not_hide_digital_silence(hear, voice):
    facts = hear(voice + 0.05)
    assert facts.noise.gated
    assert facts.background == "silence"


def test_rumble_below_80_hz_is_no_noise(hear, voice):
    rumble = 0.05 * np.sin(2 * np.pi * 20 * np.arange(len(voice)) / 16000)
    assert hear(voice + rumble).noise.mean > 30


@pytest.mark.parametrize(("hertz", "amplitude", "level"), [(1000, 1.0, 0.5), (1000, 0.1, 0.005)])
def test_power_adds_up_to_the_mean_square(hertz, amplitude, level):
    wave = amplitude * np.sin(2 * np.pi * hertz * np.arange(5120) / 16000)
    assert energies_of(frame_power(np.float32(wave))) == pytest.approx(np.full(10, level), rel=1e-3)
