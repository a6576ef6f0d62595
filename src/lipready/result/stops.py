"""For how long the picture of a video is black, and for how long it stands still, to the frame."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from lipready.facts.speech import Span
from lipready.probe.decoding.decoder import Shown
from lipready.probe.decoding.stillness import BLACK_LUMA, BLACK_SHARE, CELLS, frozen

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

ROWS, COLUMNS = 64, 64
"""Rows of a frame that are looked at, at least, and means that are taken of each: every frame costs little.

COLUMNS is a multiple of CELLS, since OpenCV averages by whole numbers faster."""

SHORTEST_STILL = Fraction(2, 5)
"""Seconds: a picture that moves slowly stands still for less, again and again.

With half a second, clips of which hardly anything moves are told of results that are the same clips coded anew: what
is still in the result is cut into more pieces in its source (scripts/bench/stops.py)."""

LIMITED = (16, 219)
"""The luma of black, and how far above it that of white is, in a video of limited range (ITU-R BT.709)."""

_FULL = 2
"""How FFmpeg numbers full range."""


@dataclass(frozen=True, slots=True)
class Stops:
    """When a video was black, when it stood still (for SHORTEST_STILL, at least), and from when to when it was seen."""

    black: tuple[Span, ...]
    still: tuple[Span, ...]
    seen: Span


class StopMeter:
    """Watches all frames of a video, or of a stretch of it, in order of time.

    A picture stands still for as long as it is like the one that it began with: one that moves slowly soon is not, and
    it does not matter when between two samples it stopped.
    """

    def __init__(self) -> None:
        """Begin before the first frame."""
        self._black: list[Span] = []
        self._still: list[Span] = []
        self._dark: Fraction | None = None
        self._first: NDArray[np.float32] | None = None
        self._since = self._begin = self._time = self._gap = Fraction(0)

    def see(self, shown: Shown) -> None:
        """Compare a frame with the one since which nothing has changed."""
        time, (cells, dark) = shown.time, _looked_at(shown.frame)
        if self._first is None:
            self._begin = time
        else:
            self._gap = time - self._time
        if self._first is None or self._first.shape != cells.shape or not frozen(self._first, cells):
            self._still += self._stopped(time)
            self._first, self._since = cells, time
        if dark and self._dark is None:
            self._dark = time
        elif not dark and self._dark is not None:
            self._black.append(Span(self._dark, time))
            self._dark = None
        self._time = time

    def stops(self) -> Stops:
        """Return what was seen, of which the last frame stands for as long as the one before."""
        end = self._time + self._gap
        black = [] if self._dark is None else [Span(self._dark, end)]
        return Stops((*self._black, *black), (*self._still, *self._stopped(end)), Span(self._begin, end))

    def _stopped(self, time: Fraction) -> Sequence[Span]:
        return [Span(self._since, time)] if self._first is not None and time - self._since >= SHORTEST_STILL else []


def _looked_at(frame: Any) -> "tuple[NDArray[np.float32], bool]":
    """Return how bright the cells of an `av.VideoFrame` are in grey levels of full range, and whether it is black."""
    import cv2
    import numpy as np

    luma, black, white = _luma(frame)
    height, width = luma.shape
    rows = luma[:: max(1, height // ROWS)]
    means = cv2.resize(rows, (min(width, COLUMNS), len(rows)), interpolation=cv2.INTER_AREA)
    dark = np.count_nonzero(means < black + white * BLACK_LUMA / 255) >= BLACK_SHARE * means.size
    size = [max(1, round(edge * CELLS / max(width, height))) for edge in (width, height)]
    cells = cv2.resize(means.astype(np.float32), size, interpolation=cv2.INTER_AREA)
    return np.asarray(cells * (255 / white), np.float32), dark


def _luma(frame: Any) -> "tuple[NDArray[np.uint8], int, int]":
    """Return the luma of an `av.VideoFrame`, that of black, and how far above it that of white is.

    It is only copied where the frame has no plane of 8-bit luma.
    """
    import numpy as np

    kind, first = frame.format, frame.planes[0]
    if not kind.is_planar or kind.is_rgb or kind.components[0].bits != 8 or first.line_size < first.width:  # noqa: PLR2004
        return frame.to_ndarray(format="gray"), 0, 255
    luma = np.frombuffer(first, np.uint8).reshape(-1, first.line_size)[: first.height, : first.width]
    full = frame.color_range == _FULL or kind.name.startswith("yuvj")
    return (luma, 0, 255) if full else (luma, *LIMITED)
