"""One channel at 16 kHz: what the voice detector and everybody after it hears."""

from typing import TYPE_CHECKING

from lipready.speech.blocks import Resampler, Sound

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

RATE = 16_000
"""Hz: what Silero hears (up to 8 kHz)."""
SIX_DB = 10**-0.6
"""As a ratio of energies. One silent side leaves the mean 6.02 dB below the other."""


class MonoMixer:
    """A listener that keeps a track at 16 kHz, and makes one channel of it."""

    def __init__(self, sound: Sound) -> None:
        """Begin a track of this form."""
        self._resampler = Resampler(sound, RATE)
        self._parts: list[NDArray[np.float32]] = []

    def hear(self, block: "NDArray[np.float32]") -> None:
        """Hear the next samples."""
        self._parts.extend(self._resampler.feed(block))

    def finish(self) -> None:
        """Take what the resampler still holds."""
        self._parts.extend(self._resampler.feed(None))

    def mono(self) -> "NDArray[np.float32]":
        """Give one channel: the mean of all, or the loudest where the mean is 6 dB below it."""
        parts, self._parts = self._parts, []
        return mixed(parts)


def mixed(parts: "Sequence[NDArray[np.float32]]") -> "NDArray[np.float32]":
    """Mix parts of channels × samples, one after the other, to one channel; inverted stereo would cancel to silence."""
    import numpy as np

    if not parts:
        return np.zeros(1, np.float32)
    mixes = [part.mean(axis=0) for part in parts]
    if len(parts[0]) > 1:
        energies = [_variance([part[channel] for part in parts]) for channel in range(len(parts[0]))]
        if _variance(mixes) < SIX_DB * max(energies):
            loudest = int(np.argmax(energies))
            mixes = [part[loudest] for part in parts]
    return np.concatenate(mixes)


def _variance(parts: "Sequence[NDArray[np.float32]]") -> float:
    """Give the energy without the offset, part by part, so that no exact copy of the whole is needed."""
    import numpy as np

    size = sum(map(len, parts))
    mean = sum(float(part.sum(dtype=np.float64)) for part in parts) / size
    return sum(float(np.square(part, dtype=np.float64).sum()) for part in parts) / size - mean**2
