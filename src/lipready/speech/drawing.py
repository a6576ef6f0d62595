"""A track in a line: its level, part by part."""

import math
from fractions import Fraction
from typing import TYPE_CHECKING

from lipready.facts.speech import Level, Span

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

PARTS = 48
_FLOOR = 1e-12
"""Mean square of -120 dBFS."""


def draw(mono: "NDArray[np.float32]", speech: tuple[Span, ...], length: Fraction) -> tuple[Level, ...]:
    """Cut a track of `length` seconds into evenly long parts; somebody speaks in one where half of it is speech."""
    import numpy as np

    parts = np.array_split(mono, min(PARTS, len(mono)))
    step = length / len(parts)
    levels = (float(part.var(dtype=np.float64)) for part in parts)
    return tuple(
        Level(10 * math.log10(max(level, _FLOOR)), _spoken(speech, index * step, (index + 1) * step) * 2 >= step)
        for index, level in enumerate(levels)
    )


def _spoken(speech: tuple[Span, ...], begin: Fraction, end: Fraction) -> Fraction:
    """Seconds of speech between two times."""
    return sum((max(Fraction(0), min(span.end, end) - max(span.start, begin)) for span in speech), Fraction(0))
