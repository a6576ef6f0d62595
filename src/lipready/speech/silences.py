"""Stretches in which nothing is heard."""

from fractions import Fraction
from typing import TYPE_CHECKING

from lipready.facts.speech import Span
from lipready.speech.detector import FRAME
from lipready.speech.mono import RATE
from lipready.speech.voice import Voice, frames_of, spans_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_STEP = 128
"""Samples (8 ms): a quarter of a frame of the voice detector."""
_UNDER_SPEECH = 1e-4
"""40 dB, as a ratio of energies."""
NOTHING = 1e-6
"""Mean square of -60 dBFS."""
_SHORTEST = Fraction(1, 2)


def quiet_level(mono: "NDArray[np.float32]", voice: Voice) -> float:
    """Give the mean square below which a track is silent: -60 dBFS, or 40 dB under its speech where that is more."""
    import numpy as np

    speech = frames_of(mono)[voice.speech]
    return max(NOTHING, _UNDER_SPEECH * float(speech.var(axis=1, dtype=np.float64).mean())) if len(speech) else NOTHING


def find_silences(mono: "NDArray[np.float32]", voice: Voice, length: Fraction) -> tuple[Span, ...]:
    """Find what is silent for at least half a second, in one channel at 16 kHz of `length` seconds."""
    import numpy as np

    level = quiet_level(mono, voice)
    energies = frames_of(mono, _STEP).var(axis=1, dtype=np.float64)
    spoken = np.repeat(voice.speech, FRAME // _STEP)[: len(energies)]
    spans = spans_of((energies < level) & ~spoken, Fraction(_STEP, RATE), length)
    return tuple(span for span in spans if span.length >= _SHORTEST)
