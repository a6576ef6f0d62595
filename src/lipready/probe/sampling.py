"""Which frames of a video are samples, and which pieces of it can be decoded apart from each other."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from math import floor

from lipready.facts.unmeasured import Unmeasured
from lipready.facts.video import VideoFacts

SPACING = Fraction(1, 2)
"""Seconds from one sample to the next, about: a person who is seen for 1.0 s is looked at twice."""

LARGEST_GAP = Fraction(1)
"""Key frames alone are enough where the next one follows within this many seconds."""

LONGEST_PIECE = Fraction(8)
"""Seconds of close key frames that make one piece."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a video that decodes by itself: from the key frame at `begin` to the one at `end`, in seconds.

    None stands for the file's beginning and end. `keys` are the key frames that are wanted, where they are enough;
    None asks for all reference frames.
    """

    begin: Fraction | None
    end: Fraction | None
    keys: tuple[Fraction, ...] | None = None

    def over_after(self, time: Fraction) -> bool:
        """Whether no sample can follow one at `time`."""
        return self.end is not None and (floor(time / SPACING) + 1) * SPACING >= self.end


class Sampler:
    """Picks the samples: the first frame of every half second.

    A key frame in between is picked too where `cuts` is set: encoders put one at the start of a new scene.
    """

    def __init__(self, *, cuts: bool) -> None:
        """Begin before the first frame."""
        self._cuts = cuts
        self._last: Fraction | None = None

    def wants(self, time: Fraction, *, key_frame: bool) -> bool:
        """Tell whether the frame at `time`, which follows those before, is a sample."""
        last = self._last
        if last is not None and floor(time / SPACING) == floor(last / SPACING):
            if not (self._cuts and key_frame and time - last >= SPACING / 4):
                return False
        self._last = time
        return True


def pieces(video: VideoFacts) -> tuple[Piece, ...] | None:
    """Cut a video at its key frames; None where they are not known."""
    if isinstance(video.key_frames, Unmeasured) or isinstance(video.start, Unmeasured) or not video.key_frames:
        return None
    if isinstance(video.duration, Unmeasured):
        return None
    found: list[Piece] = []
    if video.key_frames[0] > 0:
        found.append(Piece(None, video.key_frames[0]))
    close: list[Fraction] = []
    for begin, end in pairwise((*video.key_frames, None)):
        following = video.duration.believed if end is None else end
        if following - begin <= LARGEST_GAP:
            close.append(begin)
            if end is not None and end - close[0] < LONGEST_PIECE:
                continue
            found.append(Piece(close[0], end, _spaced(close)))
        else:
            if close:
                found.append(Piece(close[0], begin, _spaced(close)))
            found.append(Piece(begin, end))
        close = []
    return tuple(found)


def _spaced(keys: Sequence[Fraction]) -> tuple[Fraction, ...]:
    """Leave out key frames that stand closer than the samples."""
    sampler = Sampler(cuts=False)
    return tuple(key for key in keys if sampler.wants(key, key_frame=True))
