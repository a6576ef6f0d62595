import numpy as np
import pytest

from lipready.facts.unmeasured import Unmeasured


def tone(hertz, seconds, amplitude, rate=48000):
    return amplitude * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate)


@pytest.mark.parametrize("level", [-3.01, -23.0, -33.0, -60.0])
def test_a_sine_of_1_khz_on_both_sides_is_as_loud_as_its_level(hear, level):
    # EBU Tech 3341, test cases 1 and 2: a stereo sine of 1000 Hz at -23 dBFS reads -23 LUFS.
    one = tone(1000, 5, 10 ** (level / 20))
    assert hear(np.column_stack([one, one]), 48000).loudness == pytest.approx(level, abs=0.1)


def test_one_channel_is_3_db_less(hear):
    assert hear(tone(1000, 5, 10 ** (-23 / 20)), 48000).loudness == pytest.approx(-26.0, abs=0.1)


def test_silence_is_gated(hear):
    # EBU Tech 3341, test case 3 in short: what is far below the rest does not count.
    parts = [tone(1000, 5, 10 ** (-36 / 20)), tone(1000, 25, 10 ** (-23 / 20)), tone(1000, 5, 10 ** (-36 / 20))]
    one = np.concatenate(parts)
    assert hear(np.column_stack([one, one]), 48000).loudness == pytest.approx(-23.0, abs=0.1)


@pytest.mark.parametrize(("samples", "measured"), [(19_200, True), (19_199, False)])
def test_loudness_needs_400_milliseconds(hear, samples, measured):
    facts = hear(tone(1000, 1, 0.5)[:samples], 48000)
    assert isinstance(facts.loudness, float) is measured
    if not measured:
        assert "400 ms" in facts.loudness.reason


def test_digital_silence_has_no_levels(hear):
    facts = hear(np.zeros(48000), 48000)
    assert "-70 LUFS" in facts.loudness.reason
    assert "digital silence" in facts.peak.reason
    assert isinstance(facts.true_peak, Unmeasured)


@pytest.mark.parametrize(("level", "measured"), [(-69.0, True), (-71.0, False)])
def test_below_the_absolute_gate_there_is_no_loudness(hear, level, measured):
    one = tone(1000, 2, 10 ** (level / 20))
    assert isinstance(hear(np.column_stack([one, one]), 48000).loudness, float) is measured


@pytest.mark.parametrize("rate", [44100, 48000])
def test_the_true_peak_lies_between_the_samples(hear, rate):
    # EBU Tech 3341, test case 16: a sine of a quarter of the rate, 45 degrees off, at -6 dBTP; +0.2, -0.4 dB.
    samples = 10 ** (-6 / 20) * np.sin(np.pi / 2 * np.arange(2 * rate) + np.pi / 4)
    faded = samples * np.clip(np.minimum(np.arange(2 * rate), np.arange(2 * rate)[::-1]) / 1000, 0, 1)
    facts = hear(faded, rate)
    assert facts.peak == pytest.approx(-9.03, abs=0.05)
    assert -6.4 <= facts.true_peak <= -5.8


def test_a_quiet_true_peak_is_as_exact(hear):
    assert hear(tone(1000, 1, 1e-4), 48000).true_peak == pytest.approx(-80, abs=0.3)
