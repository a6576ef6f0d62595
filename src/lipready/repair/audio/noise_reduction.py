"""How a steady noise is lowered: what is learnt of it, and from where."""

from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise
from math import log10

from lipready.errors import FixError
from lipready.facts.speech import Span, SpeechFacts
from lipready.facts.unmeasured import Unmeasured
from lipready.repair.audio.case import AudioCase
from lipready.repair.audio.sound import Hush
from lipready.repair.video.span import Part

REDUCTION = 12
"""How far the noise is lowered, in dB; more begins to sing ("musical noise")."""

LOWEST_LEVEL, HIGHEST_LEVEL = -80, -20
"""What ffmpeg's afftdn takes for the level of a noise, in dBFS."""

_MARGIN = Fraction(1, 10)
_SHORTEST, _LONGEST = Fraction(3, 10), Fraction(1)


def hush(case: AudioCase) -> Hush | None:
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
    pause = max(_pauses(heard), key=lambda span: span.length)
    if pause.length < _SHORTEST + 2 * _MARGIN:
        raise FixError(f"--denoise learns the noise in a pause, and {case.file.path} has none of half a second.")
    length = min(_LONGEST, pause.length - 2 * _MARGIN)
    level = min(max(_level_of_speech(heard) - heard.noise.mean, LOWEST_LEVEL), HIGHEST_LEVEL)
    return Hush(Fraction(round(10 * level), 10), Part((pause.start + pause.end - length) / 2, length))


def _level_of_speech(heard: SpeechFacts) -> float:
    """Take the mean energy of the parts in which somebody speaks, in dBFS."""
    energies = [10 ** (each.dbfs / 10) for each in heard.levels if each.speech] or [10 ** (HIGHEST_LEVEL / 10)]
    return float(10 * log10(sum(energies) / len(energies)))


def _pauses(heard: SpeechFacts) -> Iterator[Span]:
    """Yield the stretches in which nobody speaks."""
    spans = sorted(heard.speech, key=lambda span: span.start)
    edges = [Span(Fraction(0), Fraction(0)), *spans, Span(heard.length, heard.length)]
    for one, other in pairwise(edges):
        yield Span(one.end, max(one.end, other.start))
