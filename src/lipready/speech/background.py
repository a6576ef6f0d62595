"""What the gaps between the words sound like."""

from typing import TYPE_CHECKING

from lipready.facts.speech import Background
from lipready.facts.unmeasured import Unmeasured
from lipready.speech.mono import RATE
from lipready.speech.music import music_share
from lipready.speech.noise import FEWEST_GAPS
from lipready.speech.spectrum import power
from lipready.speech.voice import FRAME, Voice, frames_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

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
    """Whether lines of the mains hold most of the energy of the gaps; False where no gap is 128 ms long."""
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
    """Whether lines at multiples of `spacing` bins stand out and hold most of the energy."""
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
        return Unmeasured("the pauses in the speech are too short to hear what is in them")
    gaps = frames_of(mono)[voice.gap]
    if float(np.median(gaps.var(axis=1, dtype=np.float64))) < quiet:
        return "silence"
    if music_share(mono, voice.gap) >= _MUSIC:
        return "music"
    return "hum" if hums(mono, voice.gap) else "noise"
