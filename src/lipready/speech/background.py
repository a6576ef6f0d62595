"""What the gaps between the words sound like."""

import math
from typing import TYPE_CHECKING

from lipready.facts.speech import Background, SignalToNoise
from lipready.facts.unmeasured import Unmeasured
from lipready.speech.channels import RATE
from lipready.speech.spectrum import AT_ONCE, power
from lipready.speech.voice import FRAME, Voice, frames_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

FEWEST_GAPS = 8
"""Frames of 32 ms: with fewer there is no verdict."""
_TOO_SHORT = Unmeasured("the pauses in the speech are too short to hear what is in them")
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
    """Return the mean square of each frame above 80 Hz."""
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
        return Unmeasured("there is no speech in it")
    if len(gaps) < FEWEST_GAPS:
        return _TOO_SHORT
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


_WINDOW = 2 * FRAME
"""Samples: 64 ms resolve tones 31 Hz apart."""
_LOWEST, _HIGHEST = 220, 4000
"""Hz."""
_NEIGHBOURS = 10
"""Bins on either side whose median a peak stands out of."""
_PEAK_STANDS_OUT = 10.0
"""10 dB, as a ratio of energies."""
_AUDIBLE = 0.01
"""Share of the energy of its frame that a tone holds at least: coders leave lines of their own in near silence."""
_HELD = 3
"""Frames for which a tone is held."""
_ALWAYS = 0.8
"""Share of the gaps from which on a tone is not played but a line of the mains or a machine."""
_TONES = 2


def music_share(mono: "NDArray[np.float32]", gap: "NDArray[np.bool_]") -> float:
    """Return the share of gap frames (0..1) in which at least two tones are held that are not on all the time."""
    peaks = _peaks(mono, len(gap))
    peaks[~gap] = False
    held = _held(peaks)
    steady = held[gap].mean(axis=0) > _ALWAYS
    held[:, steady] = False
    return float(((held & peaks).sum(axis=1) >= _TONES)[gap].mean())


def _peaks(mono: "NDArray[np.float32]", frames: int) -> "NDArray[np.bool_]":
    """Return frames × bins: where a spectral peak stands out of its neighbourhood."""
    import numpy as np
    from numpy.lib.stride_tricks import sliding_window_view

    padded = np.pad(mono, ((_WINDOW - FRAME) // 2, _WINDOW))
    windows = sliding_window_view(padded, _WINDOW)[: frames * FRAME : FRAME]
    pieces = range(0, len(windows), AT_ONCE)
    return np.concatenate([_peak_stands_out(power(windows[begin : begin + AT_ONCE])) for begin in pieces])


def _peak_stands_out(spectra: "NDArray[np.float32]") -> "NDArray[np.bool_]":
    import numpy as np
    from numpy.lib.stride_tricks import sliding_window_view

    width = RATE / _WINDOW
    low, high = round(_LOWEST / width), round(_HIGHEST / width) + 1
    around = sliding_window_view(spectra[:, low - _NEIGHBOURS : high + _NEIGHBOURS], 2 * _NEIGHBOURS + 1, axis=1)
    middle = spectra[:, low:high]
    top = (middle >= spectra[:, low - 1 : high - 1]) & (middle > spectra[:, low + 1 : high + 1])
    loud = middle > _AUDIBLE * middle.sum(axis=1, keepdims=True)
    return np.asarray(top & loud & (middle > _PEAK_STANDS_OUT * np.median(around, axis=2)))


def _held(peaks: "NDArray[np.bool_]") -> "NDArray[np.bool_]":
    """Keep peaks that are there, give or take a bin, in three frames in a row."""
    import numpy as np
    from numpy.lib.stride_tricks import sliding_window_view

    wide = peaks.copy()
    wide[:, 1:] |= peaks[:, :-1]
    wide[:, :-1] |= peaks[:, 1:]
    padded = np.pad(wide, ((_HELD - 1, _HELD - 1), (0, 0)))
    runs = sliding_window_view(padded, _HELD, axis=0).all(axis=-1)
    return np.asarray(sliding_window_view(runs, _HELD, axis=0).any(axis=-1))


_WINDOWS = (4096, 2048)
"""Samples: 256 ms where a gap is that long, else 128 ms; lines 50 Hz apart are 12 or 6 bins apart."""
_MAINS = (50, 60)
"""Hz."""
_HARMONICS = 10
_STANDS_OUT = 10.0
"""10 dB over what lies between the lines, as a ratio of energies."""
_OFF = 0.75
"""Bins that a line may be off its multiple: half a bin by rounding, and what the mains wander."""
_LINES = 2
_SHARE = 0.5
"""Share of the energy of the gaps that the lines hold."""


def hums(mono: "NDArray[np.float32]", gap: "NDArray[np.bool_]") -> bool:
    """Return whether lines of the mains hold most of the energy of the gaps; False where no gap is 128 ms long."""
    import numpy as np

    for size in _WINDOWS:
        windows = _windows(mono, gap, size)
        if len(windows):
            spectrum = np.median(power(windows), axis=0)
            return any(_stands_out(spectrum, mains * size / RATE) for mains in _MAINS)
    return False


def _windows(mono: "NDArray[np.float32]", gap: "NDArray[np.bool_]", size: int) -> "NDArray[np.float32]":
    """Cut long windows out of gaps, none of them reaching into speech."""
    import numpy as np

    frames = size // FRAME
    begins, run = [], 0
    for index, quiet in enumerate(gap.tolist()):
        run = run + 1 if quiet else 0
        if run == frames:
            begins.append((index + 1 - frames) * FRAME)
            run = 0
    whole = [mono[begin : begin + size] for begin in begins if begin + size <= len(mono)]
    return np.stack(whole) if whole else np.zeros((0, size), np.float32)


def _stands_out(spectrum: "NDArray[np.float32]", spacing: float) -> bool:
    """Return whether lines at multiples of `spacing` bins stand out and hold most of the energy."""
    reach = max(3, round(spacing / 3))
    lines, held = 0, 0.0
    for harmonic in range(1, _HARMONICS + 1):
        middle = round(harmonic * spacing)
        line, beside = spectrum[middle - 2 : middle + 3], spectrum[[middle - reach, middle + reach]]
        off = abs(middle - 2 + int(line.argmax()) - harmonic * spacing)
        if off <= _OFF and float(line.max()) > _STANDS_OUT * float(beside.mean()):
            lines, held = lines + 1, held + float(line.sum())
    return lines >= _LINES and held >= _SHARE * float(spectrum.sum())


_MUSIC = 0.3
"""Share of the gaps with tones that come and go."""


def name_background(mono: "NDArray[np.float32]", voice: Voice, quiet: float) -> Background | Unmeasured:
    """Name what is in the gaps of one channel at 16 kHz; `quiet` is the mean square below which it is silence."""
    import numpy as np

    if int(voice.gap.sum()) < FEWEST_GAPS:
        return _TOO_SHORT
    gaps = frames_of(mono)[voice.gap]
    if float(np.median(gaps.var(axis=1, dtype=np.float64))) < quiet:
        return "silence"
    if music_share(mono, voice.gap) >= _MUSIC:
        return "music"
    return "hum" if hums(mono, voice.gap) else "noise"
