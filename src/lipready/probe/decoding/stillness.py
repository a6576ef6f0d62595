"""How much of a clip is black, and how much of it stands still."""

from fractions import Fraction
from typing import TYPE_CHECKING

from lipready.facts.people import seconds_of
from lipready.facts.unmeasured import Unmeasured
from lipready.facts.video import Stillness
from lipready.probe.decoding.frames import Frame, shrunk

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SPACING = Fraction(2, 5)
"""Seconds: samples that follow the one before sooner are left out, so that every clip is judged at one spacing."""
BLACK_LUMA, BLACK_SHARE = 0.10 * 255, 0.98
"""A sample is black where 98 % of it is darker than a tenth of white (the defaults of ffmpeg's blackdetect)."""
CELLS = 32
"""The long edge of the thumbnail on which samples are compared: each cell averages noise away."""
STILL = 3.0
"""Grey levels: what coding noise alone changes in a cell."""
NOISE, NOISE_REACH = 2.5, 5.0
"""Grey levels of noise in a cell with which a picture may still stand still, and how many of them a cell may be off."""


LONGEST_APART = Fraction(1)
"""Seconds: samples stand no further apart where frames come closer (`decoder.LARGEST_GAP`), so that a frame which is
followed by nothing for longer is held. It counts as stored again and again, as at a constant rate it would be."""


class StillnessMeter:
    """Watches the sampled frames of one clip (a `FrameConsumer`)."""

    def __init__(self) -> None:
        """Begin before the first frame."""
        self._black: dict[Fraction, bool] = {}
        self._frozen = Fraction(0)
        self._before: NDArray[np.float32] | None = None
        self._time = Fraction(0)

    def see(self, frame: Frame) -> None:
        """Compare a frame with the sample before."""
        import cv2
        import numpy as np

        gap = frame.time - self._time
        if self._black and gap < SPACING:
            return
        small = cv2.cvtColor(frame.small, cv2.COLOR_RGB2GRAY)
        self._black[frame.time] = float((small < BLACK_LUMA).mean()) >= BLACK_SHARE
        cells = shrunk(small.astype(np.float32), CELLS)
        if self._before is not None and self._before.shape == cells.shape:
            still = frozen(self._before, cells)
            self._frozen += gap if still else max(gap - LONGEST_APART, Fraction(0))
        self._before, self._time = cells, frame.time

    def facts(self) -> Stillness | Unmeasured:
        """Return the shares of the time that is black, and in which nothing changes from one sample to the next.

        Unmeasured where not one frame could be decoded.
        """
        if not self._black:
            return Unmeasured("no frame of the video could be decoded")
        stands = seconds_of(self._black)
        black = sum((stands[time] for time, dark in self._black.items() if dark), Fraction(0))
        length = max(self._black) - min(self._black)
        return Stillness(
            black=float(black / sum(stands.values())), frozen=float(self._frozen / length) if length else 0.0
        )


def frozen(before: "NDArray[np.float32]", now: "NDArray[np.float32]") -> bool:
    """Return whether nothing moved: no cell changed by more than coding noise, or than the noise that is everywhere."""
    import numpy as np

    change = now - before
    largest = float(np.abs(change).max())
    if largest < STILL or largest >= NOISE * NOISE_REACH:
        return largest < STILL
    middle = float(np.median(change))
    noise = 1.4826 * float(np.median(np.abs(change - middle)))
    return abs(middle) < STILL / 2 and noise < NOISE and largest < NOISE_REACH * noise
