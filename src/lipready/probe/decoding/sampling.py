"""Which frames of a video are samples, and which pieces of it can be decoded apart from each other."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeVar

from lipready.facts.unmeasured import Unmeasured
from lipready.facts.video import VideoFacts

T = TypeVar("T")

SPACING = Fraction(1, 2)
"""Seconds from one sample to the next, at most, where frames stand closer: who is seen for 1.0 s is in two samples."""

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


def samples(frames: Iterable[T], time_of: Callable[[T], Fraction], end: Fraction | None) -> Iterator[T]:
    """Pick the first frame, and then the frame that is shown at every half second of the clip, each once.

    So two copies of a clip show the same moments, whatever their frame rates. `frames` are in order of time. At `end`,
    where the piece ends, another sample stands already; where it is None, the file ends, and its last frame is a sample
    too.
    """
    mark: Fraction | None = None
    held: T | None = None
    for frame in frames:
        time = time_of(frame)
        if mark is None:
            yield frame
            mark = (time // SPACING + 1) * SPACING
        else:
            if time > mark:
                if held is not None:
                    yield held
                mark = -(-time // SPACING) * SPACING
            held = frame
        if end is not None and mark >= end:
            return
    if held is not None:
        yield held


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
    ends: tuple[Fraction | None, ...] = (*video.key_frames[1:], None)
    for begin, end in zip(video.key_frames, ends, strict=True):
        following = video.duration.believed if end is None else end
        if following - begin <= LARGEST_GAP:
            close.append(begin)
            if end is not None and end - close[0] < LONGEST_PIECE:
                continue
            found.append(_key_frames(close, end))
        else:
            if close:
                found.append(_key_frames(close, begin))
            found.append(Piece(begin, end))
        close = []
    return tuple(found)


def _key_frames(close: Iterable[Fraction], end: Fraction | None) -> Piece:
    """Make a piece of which only key frames are decoded, and of them no more than the samples."""
    keys = tuple(samples(close, lambda time: time, end))
    return Piece(keys[0], end, keys)
