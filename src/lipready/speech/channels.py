"""What is wrong with single channels: an offset, a side without sound, two sides that cancel each other."""

import math
from typing import TYPE_CHECKING

from lipready.facts.speech import ChannelFault
from lipready.facts.unmeasured import Unmeasured
from lipready.speech.blocks import Sound
from lipready.speech.loudness import decibels
from lipready.speech.mono import SIX_DB

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_SILENT_SIDE = 1e-4
"""A side is silent at 40 dB under the other: crosstalk of a cable, not a voice."""
_OPPOSED = -0.5
"""Correlation of two equally loud sides from which on their mean is more than 6 dB below one of them."""
_STEREO = 2


class ChannelMeter:
    """A listener that sums up channels: means, energies without the mean, their products, and the largest sample."""

    def __init__(self, sound: Sound) -> None:
        """Begin a track of this form."""
        import numpy as np

        self._samples = 0
        self._sums = np.zeros(sound.channels)
        self._products = np.zeros((sound.channels, sound.channels))
        self._peak = 0.0

    def hear(self, block: "NDArray[np.float32]") -> None:
        """Hear the next samples."""
        import numpy as np

        self._samples += block.shape[1]
        self._sums += block.sum(axis=1, dtype=np.float64)
        exact = block.astype(np.float64)
        self._products += np.einsum("it,jt->ij", exact, exact)
        self._peak = max(self._peak, float(block.max()), -float(block.min()))

    def finish(self) -> None:
        """Do nothing: nothing is held back."""

    def peak(self) -> float | Unmeasured:
        """Give the largest sample of all channels in dBFS."""
        return decibels(self._peak)

    def offsets(self) -> tuple[float, ...]:
        """Give the mean of each channel as a share of full scale (-1..1)."""
        return tuple(float(total) / self._samples for total in self._sums)

    def fault(self) -> ChannelFault | None:
        """Say what is wrong with the two sides of a stereo track."""
        import numpy as np

        if len(self._sums) != _STEREO:
            return None
        covariance = self._products / self._samples - np.outer(self._sums, self._sums) / self._samples**2
        left, right = max(0.0, float(covariance[0, 0])), max(0.0, float(covariance[1, 1]))
        if left <= _SILENT_SIDE * right < right:
            return "left-silent"
        if right <= _SILENT_SIDE * left < left:
            return "right-silent"
        opposed = left > 0 and float(covariance[0, 1]) / math.sqrt(left * right) < _OPPOSED
        return "inverted" if opposed and _mean_cancels(covariance) else None


def _mean_cancels(covariance: "NDArray[np.float64]") -> bool:
    """Whether the mean of the channels is more than 6 dB below the loudest of them."""
    return float(covariance.mean()) < SIX_DB * float(covariance.diagonal().max())
