"""Samples that ran into full scale."""

from fractions import Fraction
from typing import TYPE_CHECKING

from lipready.facts.speech import Clipping
from lipready.speech.blocks import Sound

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_SHORTEST_RUN = 3
"""Samples: a loud sine may touch full scale with one or two, and nothing is lost."""


class ClippingMeter:
    """A listener that counts runs at full scale, channel by channel."""

    def __init__(self, sound: Sound) -> None:
        """Begin a track of this form."""
        self._sound = sound
        self._position = 0
        self._open: list[int | None] = [None] * sound.channels
        self._runs = self._clipped = 0
        self._first: int | None = None

    def hear(self, block: "NDArray[np.float32]") -> None:
        """Hear the next samples."""
        import numpy as np

        clipped = np.abs(block) >= np.float32(self._sound.rail)
        for channel, mask in enumerate(clipped):
            if self._open[channel] is not None or mask.any():
                self._follow(channel, mask)
        self._position += block.shape[1]

    def finish(self) -> None:
        """Close the runs that go on to the end."""
        import numpy as np

        for channel, begin in enumerate(self._open):
            if begin is not None:
                self._count(np.array([begin, self._position]))
                self._open[channel] = None

    def clipping(self) -> Clipping:
        """Return what was found."""
        heard = self._position * self._sound.channels
        first = None if self._first is None else Fraction(self._first, self._sound.rate)
        return Clipping(self._runs, 1e6 * self._clipped / heard if heard else 0.0, first)

    def _follow(self, channel: int, mask: "NDArray[np.bool_]") -> None:
        """Find where runs begin and end; one that is open at the end of the block goes on in the next."""
        import numpy as np

        begin = self._open[channel]
        turns = np.flatnonzero(np.diff(mask, prepend=begin is not None)) + self._position
        if begin is not None:
            turns = np.concatenate(([begin], turns))
        odd = len(turns) % 2
        self._open[channel] = int(turns[-1]) if odd else None
        self._count(turns[: len(turns) - odd])

    def _count(self, turns: "NDArray[np.intp]") -> None:
        begins, lengths = turns[::2], turns[1::2] - turns[::2]
        long = lengths >= _SHORTEST_RUN
        if not long.any():
            return
        self._runs += int(long.sum())
        self._clipped += int(lengths[long].sum())
        first = int(begins[long][0])
        self._first = first if self._first is None else min(self._first, first)
