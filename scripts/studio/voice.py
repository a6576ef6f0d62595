"""A synthetic voice, and how far it opens a mouth."""

import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from studio.recipe import FixtureError

_ESPEAK = Path(__file__).with_name("espeak.py")


def speak(text: str, voice: str, words_per_minute: int) -> tuple[NDArray[np.int16], int]:
    """Say a text: mono samples, and their sample rate in Hz.

    Raises FixtureError where espeak-ng refuses.
    """
    command = [sys.executable, str(_ESPEAK), text, voice, str(words_per_minute)]
    said = subprocess.run(command, capture_output=True, check=False)
    if said.returncode != 0:
        raise FixtureError(said.stderr.decode(errors="replace").strip())
    sample_rate, _, samples = said.stdout.partition(b"\n")
    return np.frombuffer(samples, np.int16), int(sample_rate)


def fit(samples: NDArray[np.int16], sample_rate: int, seconds: Fraction) -> NDArray[np.int16]:
    """Pad with silence at the end to exactly `seconds`.

    Raises FixtureError where the speech is longer than that.
    """
    wanted = int(seconds * sample_rate)
    if len(samples) > wanted:
        taken = f"{len(samples) / sample_rate:.2f} s"
        raise FixtureError(f"The speech takes {taken}; its recipe allows {float(seconds)} s.")
    return np.pad(samples, (0, wanted - len(samples)))


def loudness(samples: NDArray[np.int16], sample_rate: int, frame_rate: Fraction, frames: int) -> NDArray[np.float64]:
    """Measure how wide a mouth would be open in each frame of a video, 0..1: the smoothed level of the speech."""
    levels = np.zeros(frames)
    for index in range(frames):
        start, end = (int(Fraction(i) / frame_rate * sample_rate) for i in (index, index + 1))
        window = samples[start:end].astype(np.float64)
        levels[index] = np.sqrt(np.mean(window**2)) if len(window) else 0.0
    loud = np.percentile(levels[levels > 0], 90) if np.any(levels > 0) else 1.0
    return np.convolve(np.clip(levels / loud, 0, 1), [0.25, 0.5, 0.25], mode="same")
