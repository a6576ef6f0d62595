"""Power spectra of one channel at 16 kHz, in the frames of the voice detector."""

from typing import TYPE_CHECKING

from lipready.speech.voice import frames_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


AT_ONCE = 1024
"""Frames that are worked on together, so that memory stays flat."""


def power(frames: "NDArray[np.float32]") -> "NDArray[np.float32]":
    """Give frames × bins (size / 2 + 1) of power; their sum over the bins of a frame is its mean square."""
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
    """Give the spectra of a track: frames of 32 ms × 257 bins of 31.25 Hz."""
    return power(frames_of(mono))
