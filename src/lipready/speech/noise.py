"""How far speech stands out of what is between."""

import math
from typing import TYPE_CHECKING

from lipready.facts.speech import SignalToNoise
from lipready.facts.unmeasured import Unmeasured
from lipready.speech.voice import Voice

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

FEWEST_GAPS = 8
"""Frames of 32 ms: with fewer there is no verdict."""
_LOWEST_BIN = 3
"""Bins of 31.25 Hz: what lies below 80 Hz is rumble, which no voice is measured against."""
_LOWER = 90
"""Percentile of the gaps that louder ones are taken for: those are doors and breaths. Leaving them out would read 1 dB
too good over a guitar."""
SILENCE = 1e-10
"""Mean square of -100 dBFS: below the last bit of 16, nothing was recorded there."""
_LEAST = 0.01
"""-20 dB: a voice is not heard from so far below the noise."""


def energies_of(spectra: "NDArray[np.float32]") -> "NDArray[np.float64]":
    """Give the mean square of each frame above 80 Hz."""
    import numpy as np

    return np.asarray(spectra[:, _LOWEST_BIN:].sum(axis=1, dtype=np.float64))


def measure_noise(energies: "NDArray[np.float64]", voice: Voice) -> SignalToNoise | Unmeasured:
    """Compare the energies (mean squares) of speech frames with those of gaps.

    The gaps' own energy is in the speech frames too and is taken off. Unmeasured without speech, or with fewer than
    FEWEST_GAPS gaps.
    """
    import numpy as np

    speech, gaps = energies[voice.speech], energies[voice.gap]
    if not len(speech):
        return Unmeasured("nobody speaks")
    if len(gaps) < FEWEST_GAPS:
        return Unmeasured("the pauses in the speech are too short to hear what is in them")
    lower = np.minimum(gaps, np.percentile(gaps, _LOWER))
    return SignalToNoise(
        mean=_ratio(float(speech.mean()), float(lower.mean())),
        median=_ratio(float(np.median(speech)), float(np.median(gaps))),
        gated=bool(np.median(gaps) <= SILENCE),
    )


def _ratio(speech: float, noise: float) -> float:
    """Compare mean squares, in dB; nothing is below what digital silence may hold."""
    noise = max(noise, SILENCE)
    return 10 * math.log10(max((speech - noise) / noise, _LEAST))
