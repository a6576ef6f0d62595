"""Whether the sound of a result is the speech that was sent, and by how much it is shifted."""

from fractions import Fraction
from typing import TYPE_CHECKING

from lipready.facts.result import SoundMatch
from lipready.facts.unmeasured import Unmeasured
from lipready.speech.channels import RATE

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Wave = NDArray[np.float32]

HALVED = 2
"""Samples that are made one: 4 kHz holds what speech is told by, and takes half the time."""

FARTHEST = 15
"""Seconds of shift that are looked for."""

FARTHER = 0.02
"""By how much less alike the farthest shift is taken to be: more than the edges of a repetition make, and no more."""

STEP = 80
"""Samples, at the halved rate, of which one loudness is taken: 10 ms."""

RANGE = 40.0
"""Decibels under the loudest part below which all is silence."""

AUDIBLE = 1e-4
"""Of full scale (-80 dBFS): what is fainter on average is silence."""

CLEAR = 0.3
"""Correlation of two waves from which on it says where they belong; of two speeches it is hardly over 0.1."""


def match_sound(sent: "Wave", came: "Wave") -> SoundMatch | Unmeasured:
    """Compare the sound of a result with the audio track that was sent, both in one channel at 16 kHz.

    Unmeasured where one of them is silent, so that there is nothing to be compared.
    """
    import numpy as np

    for wave, what in ((sent, "audio track"), (came, "sound of the result")):
        if len(wave) < RATE // 10 or float(np.sqrt(np.mean(np.square(wave, dtype=np.float64)))) < AUDIBLE:
            return Unmeasured(f"the {what} is silent")
    rate = RATE // HALVED
    waves = tuple(_halved(wave) for wave in (sent, came))
    # The differences of neighbours: hum and rumble, which move nothing, weigh little.
    fine = _best([np.diff(wave) for wave in waves], FARTHEST * rate)
    coarse = _best([_levels(wave) for wave in waves], FARTHEST * rate // STEP)
    shift = fine[1] if fine[0] >= CLEAR else coarse[1] * STEP
    begin, end = max(0, shift), min(len(waves[1]), len(waves[0]) + shift)
    return SoundMatch(
        alike=max(0.0, fine[0]),
        level=max(0.0, coarse[0]),
        shift=Fraction(shift, rate),
        compared=Fraction(max(0, end - begin), rate),
    )


def _halved(wave: "Wave") -> "Wave":
    import numpy as np

    whole = len(wave) // HALVED * HALVED
    return np.asarray(wave[:whole].reshape(-1, HALVED).mean(axis=1), np.float32)


def _levels(wave: "Wave") -> "Wave":
    """Return the loudness of each step in dB, of which the mean is 0."""
    import numpy as np

    energy = np.square(wave[: len(wave) // STEP * STEP]).reshape(-1, STEP).mean(axis=1) + np.float32(1e-12)
    level = 10 * np.log10(np.maximum(energy, energy.max() * 10 ** (-RANGE / 10)))
    return np.asarray(level - level.mean(), np.float32)


def _best(waves: "list[Wave]", farthest: int) -> tuple[float, int]:
    """Return the highest correlation of two waves, and by how many samples the second is late there.

    It is that of what lies side by side; shifts at which less than half of the shorter does are left out.
    """
    import numpy as np

    sent, came = waves
    size = 1 << (len(sent) + len(came)).bit_length()
    products = np.fft.irfft(np.fft.rfft(came, size) * np.conj(np.fft.rfft(sent, size)), size)
    shifts = np.arange(-min(farthest, len(sent) - 1), min(farthest, len(came) - 1) + 1)
    begin, end = np.maximum(shifts, 0), np.minimum(len(came), len(sent) + shifts)
    shifts, begin, end = (each[2 * (end - begin) >= min(len(sent), len(came))] for each in (shifts, begin, end))
    if not len(shifts):
        return 0.0, 0
    energy = [np.concatenate(([0.0], np.cumsum(np.square(wave, dtype=np.float64)))) for wave in (sent, came)]
    both = (energy[0][end - shifts] - energy[0][begin - shifts]) * (energy[1][end] - energy[1][begin])
    alike = products[shifts % size] / np.sqrt(np.maximum(both, 1e-20))
    # Of speech that repeats itself the nearest is meant.
    best = int(np.argmax(alike - FARTHER * np.abs(shifts) / max(farthest, 1)))
    return float(min(alike[best], 1.0)), int(shifts[best])
