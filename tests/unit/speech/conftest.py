"""Sounds to listen to: made by numpy, or said by the voice of the fixtures."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from lipready.facts.audio import AudioFacts
from lipready.facts.speech import SpeechFacts
from lipready.facts.unmeasured import Unmeasured
from lipready.probe.source import examine
from lipready.speech.listen import SpeechMeter
from studio.voice import speak

RATE = 16_000
Samples = NDArray[np.floating]


def listened(path: Path, meter: SpeechMeter | None = None) -> SpeechFacts | Unmeasured:
    """Measure an audio file, and what is heard in it; what cannot be measured is what `examine` says of it."""
    meter = meter or SpeechMeter()
    media = examine(str(path), "audio", quick=False, consumer=meter).media
    assert isinstance(media, AudioFacts | Unmeasured)
    return media if isinstance(media, Unmeasured) else meter.facts(media)


@pytest.fixture(scope="session")
def voice() -> Samples:
    """Two sentences at 16 kHz with pauses of digital silence: 0.8 s before, between and after them."""
    pause = np.zeros(8 * RATE // 10)
    parts = [pause]
    for text in ("Good morning, this is the first sentence.", "And here is the second one, after a pause."):
        said, rate = speak(text, "en-us", 160)
        times = np.arange(int(len(said) * RATE / rate)) * rate / RATE
        parts += [np.interp(times, np.arange(len(said)), said / 32768), pause]
    return np.concatenate(parts)


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    def to_file(samples: Samples, rate: int = RATE, subtype: str = "FLOAT", name: str = "sound.wav") -> Path:
        path = tmp_path / name
        soundfile.write(path, samples, rate, subtype=subtype)
        return path

    return to_file


@pytest.fixture
def hear(write: Callable[..., Path]) -> Callable[..., SpeechFacts]:
    """Write samples (or take a path) and listen to them."""

    def heard(sound: Samples | Path, rate: int = RATE, subtype: str = "FLOAT") -> SpeechFacts:
        path = sound if isinstance(sound, Path) else write(sound, rate, subtype)
        facts = listened(path)
        assert isinstance(facts, SpeechFacts), facts
        assert facts.length == Fraction(facts.length)
        return facts

    return heard


def tone(hertz: float, seconds: float, amplitude: float = 0.5, rate: int = RATE) -> Samples:
    return amplitude * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate)
