"""Whether the sound of a result is what was sent, and by how much it is shifted."""

from fractions import Fraction

import numpy as np
import pytest
from numpy.typing import NDArray

from lipready.facts.result import SoundMatch
from lipready.facts.unmeasured import Unmeasured
from lipready.result.sound import match_sound

RATE = 16_000


def speech(seed: int, seconds: float = 6) -> NDArray[np.float32]:
    """Make noise that comes in syllables, as speech does."""
    numbers = np.random.default_rng(seed)
    wave = np.convolve(numbers.normal(size=int(seconds * RATE)), np.ones(4) / 4, mode="same")
    loud = np.repeat(numbers.choice([0.0, 0.2, 1.0], size=int(seconds * 8)), RATE // 8)
    return (0.1 * wave * loud).astype(np.float32)


def matched(sent: NDArray[np.float32], came: NDArray[np.float32]) -> SoundMatch:
    found = match_sound(sent, came)
    assert isinstance(found, SoundMatch)
    return found


@pytest.mark.parametrize("shift", ["0", "0.08", "-0.08", "0.2", "-0.2", "0.5", "-0.5", "2.25"])
def test_the_shift_is_told_to_an_eighth_of_a_millisecond(shift: str) -> None:
    sent, samples = speech(1), round(Fraction(shift) * RATE)
    came = np.concatenate([np.zeros(max(0, samples), np.float32), sent[max(0, -samples) :]])
    found = matched(sent, came + np.random.default_rng(2).normal(0, 0.003, len(came)).astype(np.float32))
    assert abs(found.shift - Fraction(shift)) <= Fraction(1, 8000)
    assert found.alike > 0.9
    assert found.level > 0.8
    assert abs(found.compared - (6 + min(Fraction(shift), 0))) <= Fraction(1, 1000)


def test_other_speech_is_not_alike() -> None:
    found = matched(speech(1), speech(3))
    assert found.alike < 0.2
    assert found.level < 0.85


def test_speech_whose_wave_was_made_anew_is_told_by_its_loudness() -> None:
    sent = speech(1)
    level = np.repeat(np.sqrt(np.square(sent).reshape(-1, 160).mean(axis=1)), 160)
    came = (level * np.random.default_rng(5).normal(size=len(sent))).astype(np.float32)
    found = matched(sent, np.concatenate([np.zeros(RATE // 4, np.float32), came]))
    assert found.alike < 0.3
    assert found.level > 0.85
    assert abs(found.shift - Fraction(1, 4)) <= Fraction(1, 100)


def test_half_of_it_is_enough() -> None:
    sent = speech(1)
    found = matched(sent, sent[: len(sent) // 2])
    assert (found.shift, found.compared) == (0, 3)
    assert found.alike > 0.99


def test_of_speech_that_repeats_itself_the_nearest_is_meant() -> None:
    sent = np.tile(speech(1, 3), 4)
    found = matched(sent, sent + np.random.default_rng(6).normal(0, 0.001, len(sent)).astype(np.float32))
    assert (found.shift, found.compared) == (0, 12)


@pytest.mark.parametrize(
    ("sent", "came", "reason"),
    [
        (np.zeros(RATE, np.float32), speech(1), "the audio track is silent"),
        (speech(1), np.zeros(RATE, np.float32), "the sound of the result is silent"),
        (speech(1), speech(1)[:100], "the sound of the result is silent"),
    ],
)
def test_silence_is_not_compared(sent: NDArray[np.float32], came: NDArray[np.float32], reason: str) -> None:
    assert match_sound(sent, came) == Unmeasured(reason)
