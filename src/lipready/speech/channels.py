"""One channel made of several, and what is wrong with single ones: an offset, no sound, two that cancel out."""

import math
from typing import TYPE_CHECKING

from lipready.facts.speech import ChannelFault
from lipready.facts.unmeasured import Unmeasured
from lipready.speech.blocks import Feeder, Listener, Resampler, Sound
from lipready.speech.loudness import decibels

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

RATE = 16_000
"""Hz: what Silero hears (up to 8 kHz)."""
_SIX_DB = 10**-0.6
"""As a ratio of energies. One silent side leaves the mean 6.02 dB below the other."""


class MonoMixer(Listener):
    """A listener that keeps a track at 16 kHz, and makes one channel of it."""

    def __init__(self, sound: Sound) -> None:
        self._resampler = Resampler(sound, RATE)
        self._parts: list[NDArray[np.float32]] = []

    def hear(self, block: "NDArray[np.float32]") -> None:
        """Hear the next samples."""
        self._parts.extend(self._resampler.feed(block))

    def finish(self) -> None:
        """Take what the resampler still holds."""
        self._parts.extend(self._resampler.feed(None))

    def mono(self) -> "NDArray[np.float32]":
        """Return one channel: the mean of all, or the loudest where the mean is 6 dB below it."""
        parts, self._parts = self._parts, []
        return mixed(parts)


class MonoFeeder(Feeder):
    """Keeps a track while it is decoded, mixed to one channel at 16 kHz (a `SoundConsumer`)."""

    _mixer: MonoMixer | None = None

    def listeners(self, sound: Sound) -> "Sequence[Listener]":
        """Keep it, and measure nothing."""
        self._mixer = MonoMixer(sound)
        return (self._mixer,)

    def heard(self) -> "NDArray[np.float32] | Unmeasured":
        """Return the track, once it is over; Unmeasured where it could not be decoded, or is too long."""
        if self.refusal is not None or self._mixer is None:
            return self.refusal or Unmeasured("the sound could not be decoded")
        return self._mixer.mono()


def mixed(parts: "Sequence[NDArray[np.float32]]") -> "NDArray[np.float32]":
    """Mix parts of channels × samples, one after the other, to one channel; inverted stereo would cancel to silence."""
    import numpy as np

    if not parts:
        return np.zeros(1, np.float32)
    mixes = [part.mean(axis=0) for part in parts]
    if len(parts[0]) > 1:
        energies = [_variance([part[channel] for part in parts]) for channel in range(len(parts[0]))]
        if _variance(mixes) < _SIX_DB * max(energies):
            loudest = int(np.argmax(energies))
            mixes = [part[loudest] for part in parts]
    return np.concatenate(mixes)


def _variance(parts: "Sequence[NDArray[np.float32]]") -> float:
    """Return the energy without the offset, part by part, so that no exact copy of the whole is needed."""
    import numpy as np

    size = sum(map(len, parts))
    mean = sum(float(part.sum(dtype=np.float64)) for part in parts) / size
    return sum(float(np.square(part, dtype=np.float64).sum()) for part in parts) / size - mean**2


_SILENT_SIDE = 1e-4
"""A side is silent at 40 dB under the other: crosstalk of a cable, not a voice."""
_OPPOSED = -0.5
"""Correlation of two equally loud sides from which on their mean is more than 6 dB below one of them."""
_STEREO = 2


class ChannelMeter(Listener):
    """A listener that sums up channels: means, energies without the mean, their products, and the largest sample."""

    def __init__(self, sound: Sound) -> None:
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

    def peak(self) -> float | Unmeasured:
        """Return the largest sample of all channels in dBFS."""
        return decibels(self._peak)

    def offsets(self) -> tuple[float, ...]:
        """Return the mean of each channel as a share of full scale (-1..1)."""
        return tuple(float(total) / self._samples for total in self._sums)

    def fault(self) -> ChannelFault | None:
        """Return what is wrong with the two sides of a stereo track."""
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
        mean_cancels = float(covariance.mean()) < _SIX_DB * float(covariance.diagonal().max())
        return "inverted" if opposed and mean_cancels else None
