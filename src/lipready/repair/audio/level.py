"""By how much an audio track is raised, and how loud it gets."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import floor, log10

from lipready.facts.speech import Level, SpeechFacts
from lipready.facts.unmeasured import Unmeasured
from lipready.repair.aims import band
from lipready.repair.audio.case import AudioCase
from lipready.repair.audio.channel_repair import mends_offset
from lipready.repair.audio.noise_reduction import REDUCTION
from lipready.repair.audio.sound import Listen

TARGET, CEILING = Fraction(-20), Fraction(-1)

_LEAST = Fraction(1, 2)
"""A change of level, in dB, that is worth encoding for."""

_MP3_PEAKS = 1.0
"""How far MP3 may raise a true peak, in dB."""

_WORN = 0.4
"""How much of the speech goes with the noise, in dB: the middle of what was measured (see `noise_reduction`)."""

_SILENT = -120.0
_BLOCK = 0.4
_ABSOLUTE_GATE, _RELATIVE_GATE = -70.0, 10.0


@dataclass(frozen=True, slots=True)
class Raise:
    """A change of level: `gain` in dB, and the loudness in LUFS that comes of it.

    `capped` says that the peaks leave no room for more, `about` that the loudness follows from an estimate.
    """

    gain: Fraction
    loudness: float
    capped: bool
    about: bool


def raised(case: AudioCase, recipe: Listen) -> Raise | None:
    """Find the one gain that brings a track to the target, as far as its peaks leave room; None where that is nothing.

    `recipe` says what else is done. The facts are those of the original. Keeping one side or turning one over changes
    neither loudness nor peak; a constant offset is not heard, but the peaks may lie as much higher once it is gone.
    What is cut off, and what is lowered between the words, changes the share that the gates of EBU R128 let through:
    that difference is estimated from the levels of the parts. More than two channels become two by ffmpeg's own mix,
    which is at most as loud and at most as high: such a track may stay below the target.
    """
    heard = case.heard
    if heard is None or not case.wanted.has("loudness"):
        return None
    if isinstance(heard.loudness, Unmeasured) or isinstance(heard.true_peak, Unmeasured):
        return None
    loudness = heard.loudness + _difference(heard, recipe)
    peak = heard.true_peak if not mends_offset(case) else _higher(heard.true_peak, heard.dc_offset)
    peak += _MP3_PEAKS if recipe.codec == "libmp3lame" else 0.0
    to_target = float(band(case.profile, "A502", "target", TARGET)) - loudness
    to_ceiling = float(band(case.profile, "A502", "ceiling", CEILING)) - peak
    # Rounded down, so that no peak is carried over the ceiling.
    gain = Fraction(floor(min(to_target, to_ceiling) * 100 + 1e-6), 100)
    if gain < _LEAST:
        return None
    about = recipe.part is not None or recipe.hush is not None or case.audio.channels > recipe.channels > 1
    return Raise(gain, loudness + float(gain), to_ceiling < to_target, about)


def _higher(peak: float, offset: float) -> float:
    """Give the highest that a peak can be, in dB, once an offset is taken away."""
    return 20 * log10(10 ** (peak / 20) + offset)


def _difference(heard: SpeechFacts, recipe: Listen) -> float:
    """Estimate by how many dB cutting and denoising change the gated loudness."""
    if (recipe.part is None and recipe.hush is None) or not heard.levels:
        return 0.0
    step = heard.length / len(heard.levels)
    before, after = list(heard.levels), list(heard.levels)
    if recipe.part is not None:
        first = floor(recipe.part.start / step)
        after = before[first : max(first + 1, round((recipe.part.start + recipe.part.length) / step))]
    noise = 0.0 if recipe.hush is None else _energy(float(recipe.hush.level)) * (1 - _energy(-float(REDUCTION)))
    blocks = max(1, round(_BLOCK / float(step)))
    less = 0.0 if recipe.hush is None else _WORN
    return _gated(list(_blocks(after, blocks, noise))) - _gated(list(_blocks(before, blocks, 0.0))) - less


def _blocks(levels: Sequence[Level], size: int, noise: float) -> Iterator[float]:
    """Yield the mean energy of blocks, without an energy that is taken away everywhere."""
    for begin in range(0, len(levels), size):
        block = levels[begin : begin + size]
        energy = sum(_energy(level.dbfs) for level in block) / len(block)
        yield max(energy - noise, energy * _energy(-float(REDUCTION)))


def _gated(energies: Sequence[float]) -> float:
    """Take the mean of what passes the two gates of EBU R128, in dB."""
    loud = [energy for energy in energies if energy > _energy(_ABSOLUTE_GATE)]
    if not loud:
        return _SILENT
    gate = sum(loud) / len(loud) * _energy(-_RELATIVE_GATE)
    passed = [energy for energy in loud if energy > gate]
    return 10 * log10(sum(passed) / len(passed))


def _energy(level: float) -> float:
    return float(10 ** (level / 10))
