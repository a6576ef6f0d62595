"""Power spectra of one channel at 16 kHz, in the frames of the voice detector, and the bandwidth in them."""

from typing import TYPE_CHECKING

from lipready.facts.unmeasured import Unmeasured
from lipready.speech.blocks import Listener, Sound
from lipready.speech.channels import RATE
from lipready.speech.voice import FRAME, Voice, frames_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

AT_ONCE = 1024
"""Frames that are worked on together, so that memory stays flat."""


def power(frames: "NDArray[np.float32]") -> "NDArray[np.float32]":
    """Return frames × bins (size / 2 + 1) of power; their sum over the bins of a frame is its mean square."""
    import numpy as np

    size = frames.shape[1]
    window = np.hanning(size + 1)[:size].astype(np.float32)
    window *= np.float32((2 / (size * float((window**2).sum()))) ** 0.5)
    found = np.empty((len(frames), size // 2 + 1), np.float32)
    for begin in range(0, len(frames), AT_ONCE):
        spectra = np.fft.rfft(frames[begin : begin + AT_ONCE] * window, axis=1)
        found[begin : begin + AT_ONCE] = spectra.real**2 + spectra.imag**2
    found[:, [0, -1]] /= 2
    return found


def frame_power(mono: "NDArray[np.float32]") -> "NDArray[np.float32]":
    """Return the spectra of a track: frames of 32 ms × 257 bins of 31.25 Hz."""
    return power(frames_of(mono))


_BAND = 125
"""Hz."""
_HIGHEST = 24_000
_SHARE = 0.99
"""Of the energy with an emphasis of 6 dB per octave, which evens out the slope of a voice: without it a deep voice of
full band and a telephone read the same. 29 real voices over three telephones read 2.2 to 4.0 kHz, those of full band
5.4 kHz and more without one."""
_OVER_GAPS = 2.0
"""A band counts where speech holds twice the energy of the gaps."""


class BandMeter(Listener):
    """A listener that keeps the energy of each stretch of about 32 ms in bands of 125 Hz, up to 24 kHz."""

    def __init__(self, sound: Sound) -> None:
        import numpy as np

        self._rate = sound.rate
        self._size = max(64, 1 << round(np.log2(sound.rate * FRAME / RATE)))
        frequencies = np.arange(self._size // 2 + 1) * sound.rate / self._size
        self._bins = int(np.searchsorted(frequencies, _HIGHEST, side="right"))
        self._bands = (frequencies[: self._bins] // _BAND).astype(np.intp)
        self._rest: NDArray[np.float32] = np.zeros((sound.channels, 0), np.float32)
        self._parts: list[NDArray[np.float32]] = []

    def hear(self, block: "NDArray[np.float32]") -> None:
        """Hear the next samples."""
        import numpy as np

        block = np.concatenate([self._rest, block], axis=1)
        frames = block.shape[1] // self._size
        self._rest = block[:, frames * self._size :]
        if frames:
            cut = block[:, : frames * self._size].reshape(-1, self._size)
            spectra = power(cut).reshape(len(block), frames, -1).sum(axis=0)[:, : self._bins]
            begins = np.flatnonzero(np.diff(self._bands, prepend=-1))
            self._parts.append(np.add.reduceat(spectra, begins, axis=1))

    def bandwidth(self, voice: Voice) -> float | Unmeasured:
        """Return the frequency in Hz below which 99 % of the energy of the speech lies, emphasised by 6 dB per octave.

        What the gaps hold too is not speech. Unmeasured where nobody speaks, or not louder than that.
        """
        import numpy as np

        if not self._parts:
            return Unmeasured("it is too short")
        bands = np.concatenate(self._parts)
        middles = ((np.arange(len(bands)) + 0.5) * self._size / self._rate * RATE / FRAME).astype(np.intp)
        middles = np.minimum(middles, len(voice.speech) - 1)
        speech, gaps = bands[voice.speech[middles]], bands[voice.gap[middles]]
        if not len(speech):
            return Unmeasured("there is no speech in it")
        spectrum = speech.mean(axis=0, dtype=np.float64)
        if len(gaps):
            noise = gaps.mean(axis=0, dtype=np.float64)
            spectrum = np.where(spectrum > _OVER_GAPS * noise, spectrum - noise, 0)
        edges = np.concatenate(([0.0], np.cumsum(np.bincount(self._bands) > 0) * float(_BAND)))
        total = np.concatenate(([0.0], np.cumsum(spectrum * (edges[1:] - _BAND / 2) ** 2)))
        if not total[-1] > 0:
            return Unmeasured("the speech does not stand out of the noise")
        return float(np.interp(_SHARE * total[-1], total, edges))
