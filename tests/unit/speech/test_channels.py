import numpy as np
import pytest

from lipready.speech.channels import mixed

RANDOM = np.random.default_rng(3)
NOISE = RANDOM.uniform(-0.5, 0.5, 16000)
OTHER = RANDOM.uniform(-0.5, 0.5, 16000)


def stereo(left, right):
    return np.column_stack([left, right])


@pytest.mark.parametrize(
    ("sound", "fault"),
    [
        (NOISE, None),
        (stereo(NOISE, NOISE), None),
        (stereo(NOISE, OTHER), None),
        (stereo(NOISE, 0 * NOISE), "right-silent"),
        (stereo(0 * NOISE, NOISE), "left-silent"),
        (stereo(NOISE * 0.0099, NOISE), "left-silent"),
        (stereo(NOISE * 0.0101, NOISE), None),
        (stereo(NOISE * 0 + 0.3, NOISE), "left-silent"),
        (stereo(NOISE, -NOISE), "inverted"),
        (stereo(NOISE, -0.8 * NOISE), "inverted"),
        (stereo(NOISE, -0.3 * NOISE), "inverted"),
        (stereo(NOISE, OTHER - 0.3 * NOISE), None),
        (stereo(0 * NOISE, 0 * NOISE), None),
        (np.column_stack([NOISE, -NOISE, NOISE]), None),
    ],
)
def test_faults_of_two_sides(hear, sound, fault):
    assert hear(sound).channel_fault == fault


def test_offsets_have_signs_and_are_per_channel(hear):
    facts = hear(stereo(NOISE * 0.1 + 0.25, NOISE * 0.1 - 0.5))
    assert facts.dc_offsets == pytest.approx((0.25, -0.5), abs=2e-3)
    assert facts.dc_offset == pytest.approx(0.5, abs=2e-3)


def test_an_offset_is_no_sound(hear):
    facts = hear(np.full(32000, 0.25))
    assert facts.background == "silence"
    assert [level.dbfs for level in facts.levels[5:40]] == [-120.0] * 35
    assert sum(span.length for span in facts.silences) > 1.9


def test_mono_is_the_mean_or_the_loudest():
    left, right = np.float32(NOISE), np.float32(OTHER)
    assert mixed([np.stack([left, right])]) == pytest.approx((left + right) / 2, abs=1e-6)
    assert mixed([np.stack([left, -left])]) == pytest.approx(left)
    assert mixed([np.stack([0.5 * left, -left])[:, :99], np.stack([0.5 * left, -left])[:, 99:]]) == pytest.approx(-left)
    assert mixed([left[None]]) == pytest.approx(left)
    # A silent side leaves the mean 6.02 dB below the other, which is more than 6.
    assert mixed([np.stack([left, 0 * left])]) == pytest.approx(left)
