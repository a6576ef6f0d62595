"""What is corrected in an audio track: its channels, its noise, its level."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from math import floor, log10

from lipready.errors import FixError
from lipready.facts.speech import ChannelFault, Level, Span, SpeechFacts
from lipready.facts.unmeasured import Unmeasured
from lipready.repair.audio.part import AudioCase
from lipready.repair.recipe import AudioRecipe, NoiseReduction, Part, Side, band

_STEREO = 2
_PPM = 1_000_000


def sides(case: AudioCase) -> tuple[Side, ...] | None:
    """Make the channels of the output out of those of the input; None where they stay as they are.

    Of a silent side and a good one, the good one is kept alone: the loudness of a mono track is that of its one
    channel, so that it stays the same (ITU-R BS.1770-4 adds up the energies of the channels). Of two sides that are
    each other's inverse, the right one is turned over and both are kept. They are not mixed into one: how loud their
    mix is depends on how alike they are (3 to 6 dB less than the two), which no fact tells, while turned over each side
    keeps its level and its peaks, and whoever mixes them later hears both.
    """
    fault, offsets = fault_to_mend(case), offsets_to_mend(case)
    if fault is None and not offsets:
        return None
    count = max(1, case.audio.channels)
    whole = tuple(Side(*each) for each in enumerate((*offsets, *[Fraction(0)] * count)[:count]))
    match fault:
        case "left-silent":
            return whole[1:2]
        case "right-silent":
            return whole[:1]
        case "inverted":
            return whole[0], Side(1, whole[1].offset, turned=True)
        case None:
            return whole


def fault_to_mend(case: AudioCase) -> ChannelFault | None:
    """Return which fault of a stereo track is to be repaired."""
    heard = case.heard
    mends = heard is not None and case.wanted.has("mono") and case.audio.channels == _STEREO
    return heard.channel_fault if mends and heard else None


def offsets_to_mend(case: AudioCase) -> tuple[Fraction, ...]:
    """Return the constant offset of each channel, as a share of full scale; nothing where none is to be taken away.

    They come in steps that are finer than a sample of 16 bits, and that ffmpeg reads exactly.
    """
    if case.heard is None or not case.wanted.has("remove-dc"):
        return ()
    offsets = tuple(Fraction(round(offset * _PPM), _PPM) for offset in case.heard.dc_offsets)
    return offsets if any(offsets) else ()


REDUCTION = 12
"""How far the noise is lowered, in dB; more begins to sing ("musical noise")."""

LOWEST_LEVEL, HIGHEST_LEVEL = -80, -20
"""What ffmpeg's afftdn takes for the level of a noise, in dBFS."""

_MARGIN = Fraction(1, 10)
_SHORTEST, _LONGEST = Fraction(3, 10), Fraction(1)


def noise_reduction(case: AudioCase) -> NoiseReduction | None:
    """Learn the noise from the longest pause, where --denoise asks for it; None where the pauses hold digital silence.

    Measured on a voice 10 dB over white, pink and brown noise and over hum, at 16 and 48 kHz: the noise falls by 8 to
    12 dB, the speech by 0.1 to 0.9 dB.

    Raises FixError where nobody listened, the pauses hold music, or none is long enough.
    """
    if not case.choices.denoise:
        return None
    heard = case.speech("--denoise")
    if isinstance(heard.noise, Unmeasured):
        raise FixError(f"--denoise does not know the noise in {case.file.path}: {heard.noise.reason}.")
    if heard.noise.gated:
        return None
    if heard.background == "music":
        raise FixError(
            f"--denoise lowers a steady noise, and what is heard between the words of {case.file.path} is music."
        )
    spans = sorted(heard.speech, key=lambda span: span.start)
    edges = pairwise([Span(Fraction(0), Fraction(0)), *spans, Span(heard.length, heard.length)])
    pause = max((Part(one.end, other.start - one.end) for one, other in edges), key=lambda part: part.length)
    if pause.length < _SHORTEST + 2 * _MARGIN:
        raise FixError(f"--denoise learns the noise in a pause, and {case.file.path} has none of half a second.")
    length = min(_LONGEST, pause.length - 2 * _MARGIN)
    speech = _mean([_energy(each.dbfs) for each in heard.levels if each.speech] or [_energy(HIGHEST_LEVEL)])
    level = min(max(speech - heard.noise.mean, LOWEST_LEVEL), HIGHEST_LEVEL)
    return NoiseReduction(Fraction(round(10 * level), 10), Part((pause.start + pause.end - length) / 2, length))


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
class LevelChange:
    """A change of level: `gain` in dB, and the loudness in LUFS that comes of it.

    `capped` says that the peaks leave no room for more, `about` that the loudness follows from an estimate.
    """

    gain: Fraction
    loudness: float
    capped: bool
    about: bool


def raised(case: AudioCase, recipe: AudioRecipe) -> LevelChange | None:
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
    loudness, peak = heard.loudness + _difference(heard, recipe), heard.true_peak
    if offsets_to_mend(case):
        peak = 20 * log10(10 ** (peak / 20) + heard.dc_offset)
    peak += _MP3_PEAKS if recipe.codec == "libmp3lame" else 0.0
    to_target = float(band(case.profile, "A502", "target", TARGET)) - loudness
    to_ceiling = float(band(case.profile, "A502", "ceiling", CEILING)) - peak
    # Rounded down, so that no peak is carried over the ceiling.
    gain = Fraction(floor(min(to_target, to_ceiling) * 100 + 1e-6), 100)
    if gain < _LEAST:
        return None
    about = recipe.part is not None or recipe.noise_reduction is not None or case.audio.channels > recipe.channels > 1
    return LevelChange(gain, loudness + float(gain), to_ceiling < to_target, about)


def _difference(heard: SpeechFacts, recipe: AudioRecipe) -> float:
    """Estimate by how many dB cutting and denoising change the gated loudness."""
    part, noise = recipe.part, recipe.noise_reduction
    if (part is None and noise is None) or not heard.levels:
        return 0.0
    step = heard.length / len(heard.levels)
    first = floor(part.start / step) if part else 0
    after = heard.levels[first : max(first + 1, round(part.end / step))] if part else heard.levels
    lowered = 0.0 if noise is None else _energy(float(noise.level)) * (1 - _energy(-float(REDUCTION)))
    size = max(1, round(_BLOCK / float(step)))
    loudness = [_gated(list(_blocks(*each))) for each in ((after, size, lowered), (heard.levels, size, 0.0))]
    return loudness[0] - loudness[1] - (0.0 if noise is None else _WORN)


def _blocks(levels: Sequence[Level], size: int, noise: float) -> Iterator[float]:
    """Yield the mean energy of blocks, without an energy that is taken away everywhere."""
    for begin in range(0, len(levels), size):
        block = levels[begin : begin + size]
        energy = sum(_energy(level.dbfs) for level in block) / len(block)
        yield max(energy - noise, energy * _energy(-float(REDUCTION)))


def _gated(energies: Sequence[float]) -> float:
    """Return the mean of what passes the two gates of EBU R128, in dB."""
    loud = [energy for energy in energies if energy > _energy(_ABSOLUTE_GATE)]
    if not loud:
        return _SILENT
    gate = sum(loud) / len(loud) * _energy(-_RELATIVE_GATE)
    return _mean([energy for energy in loud if energy > gate])


def _mean(energies: Sequence[float]) -> float:
    return float(10 * log10(sum(energies) / len(energies)))


def _energy(level: float) -> float:
    return float(10 ** (level / 10))
