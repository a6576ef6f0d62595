"""Tones that come and go between the words."""

from typing import TYPE_CHECKING

from lipready.speech.mono import RATE
from lipready.speech.spectrum import AT_ONCE, power
from lipready.speech.voice import FRAME

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_WINDOW = 2 * FRAME
"""Samples: 64 ms resolve tones 31 Hz apart."""
_LOWEST, _HIGHEST = 220, 4000
"""Hz."""
_NEIGHBOURS = 10
"""Bins on either side whose median a peak stands out of."""
_STANDS_OUT = 10.0
"""10 dB, as a ratio of energies."""
_AUDIBLE = 0.01
"""Share of the energy of its frame that a tone holds at least: coders leave lines of their own in near silence."""
_HELD = 3
"""Frames for which a tone is held."""
_ALWAYS = 0.8
"""Share of the gaps from which on a tone is not played but a line of the mains or a machine."""
_TONES = 2


def music_share(mono: "NDArray[np.float32]", gap: "NDArray[np.bool_]") -> float:
    """Give the share of gap frames (0..1) in which at least two tones are held that are not on all the time."""
    peaks = _peaks(mono, len(gap))
    peaks[~gap] = False
    held = _held(peaks)
    steady = held[gap].mean(axis=0) > _ALWAYS
    held[:, steady] = False
    return float(((held & peaks).sum(axis=1) >= _TONES)[gap].mean())


def _peaks(mono: "NDArray[np.float32]", frames: int) -> "NDArray[np.bool_]":
    """Frames × bins: where a spectral peak stands out of its neighbourhood."""
    import numpy as np
    from numpy.lib.stride_tricks import sliding_window_view

    padded = np.pad(mono, ((_WINDOW - FRAME) // 2, _WINDOW))
    windows = sliding_window_view(padded, _WINDOW)[: frames * FRAME : FRAME]
    pieces = range(0, len(windows), AT_ONCE)
    return np.concatenate([_stands_out(power(windows[begin : begin + AT_ONCE])) for begin in pieces])


def _stands_out(spectra: "NDArray[np.float32]") -> "NDArray[np.bool_]":
    import numpy as np
    from numpy.lib.stride_tricks import sliding_window_view

    width = RATE / _WINDOW
    low, high = round(_LOWEST / width), round(_HIGHEST / width) + 1
    around = sliding_window_view(spectra[:, low - _NEIGHBOURS : high + _NEIGHBOURS], 2 * _NEIGHBOURS + 1, axis=1)
    middle = spectra[:, low:high]
    top = (middle >= spectra[:, low - 1 : high - 1]) & (middle > spectra[:, low + 1 : high + 1])
    loud = middle > _AUDIBLE * middle.sum(axis=1, keepdims=True)
    return np.asarray(top & loud & (middle > _STANDS_OUT * np.median(around, axis=2)))


def _held(peaks: "NDArray[np.bool_]") -> "NDArray[np.bool_]":
    """Keep peaks that are there, give or take a bin, in three frames in a row."""
    import numpy as np

    wide = peaks.copy()
    wide[:, 1:] |= peaks[:, :-1]
    wide[:, :-1] |= peaks[:, 1:]
    padded = np.pad(wide, ((_HELD - 1, _HELD - 1), (0, 0)))
    runs = [
        padded[i : i + len(wide)] & padded[i + 1 : i + 1 + len(wide)] & padded[i + 2 : i + 2 + len(wide)]
        for i in range(_HELD)
    ]
    return np.asarray(runs[0] | runs[1] | runs[2])
