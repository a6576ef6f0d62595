"""The sampling decoder: one decode of a video, every consumer fed from it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Protocol

from lipready.errors import ProbeError
from lipready.facts.video import VideoFacts
from lipready.probe.decoding import Pace, Shown, open_decoder, pace_of
from lipready.probe.upright import Upright

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LONG_EDGE = 1920
"""Sampled frames are shrunk to this many pixels on their long edge: enough for a face of 5 % of the height, and it
keeps an 8K clip inside the memory of a small machine."""

SPACING = Fraction(1, 2)
"""Seconds from one sample to the next, about: a person who is seen for 1.0 s is looked at twice."""


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One frame as a player shows it: rotation, mirroring and pixel aspect applied.

    `time` is in seconds from the first shown frame, `image` height × width × 3 in RGB (uint8), `index` counts the
    frames that were handed out. A pixel of `image` is `scale` displayed pixels wide and high (1.0 at full size).
    """

    time: Fraction
    image: "NDArray[np.uint8]"
    index: int
    scale: float = 1.0


class FrameConsumer(Protocol):
    """Somebody who wants to see the sampled frames, in order of time."""

    def see(self, frame: Frame) -> None:
        """Look at one frame; the image must not be changed."""


@dataclass(frozen=True, slots=True)
class Scanned:
    """What one scan went through: frames handed out, and frames or packets that were damaged and left out."""

    frames: int
    damaged: int


def scan(
    path: str,
    video: VideoFacts,
    consumers: Sequence[FrameConsumer],
    *,
    every_frame: bool,
    progress: Callable[[float], None] | None,
) -> Scanned:
    """Decode a video once and show its samples (or each frame) to every consumer.

    About two frames a second are handed out: only key frames are decoded where none lies more than a second after the
    one before, otherwise all reference frames without the loop filter. `progress` hears the share that is done (0..1).
    A file that cannot be opened, or of which nothing decodes, shows no frame and raises nothing: the consumers then
    have nothing to say (`Unmeasured`). Damaged frames are left out and counted. What a consumer raises passes through.
    """
    pace = pace_of(video, every_frame=every_frame)
    try:
        scanned = _scan_at(path, video, consumers, pace, progress)
        if scanned.frames == 0 and pace is not Pace.EVERY_FRAME:
            # Some broken or exotic streams only decode when no frame is skipped.
            scanned = _scan_at(path, video, consumers, Pace.EVERY_FRAME, progress)
    except ProbeError:
        return Scanned(0, 0)
    if progress is not None:
        progress(1.0)
    return scanned


def decode_at(path: str, video: VideoFacts, time: Fraction) -> Frame:
    """Decode exactly the frame that is shown at `time` (seconds from the first shown frame), at full size and quality.

    Raises ProbeError where no frame can be decoded there.
    """
    upright = Upright.of(video)
    best: Shown | None = None
    for begin in (time, None):
        with open_decoder(path, video, Pace.EVERY_FRAME) as decoder:
            for shown in decoder.shown(begin):
                if shown.time > time:
                    best = best or shown
                    break
                best = shown
            if best is not None and (best.time <= time or begin is None):
                return Frame(best.time, upright.image(best.frame), 0)
    raise ProbeError(f"has no frame that can be decoded at {float(time):.2f} s")


def _scan_at(
    path: str,
    video: VideoFacts,
    consumers: Sequence[FrameConsumer],
    pace: Pace,
    progress: Callable[[float], None] | None,
) -> Scanned:
    upright = Upright.of(video, LONG_EDGE)
    length = _length(video)
    index = 0
    clock = _Clock(cuts=pace is Pace.REFERENCE_FRAMES)
    with open_decoder(path, video, pace) as decoder:
        for shown in decoder.shown():
            if not (pace is Pace.EVERY_FRAME or clock.wants(shown)):
                continue
            image = upright.image(shown.frame)
            for consumer in consumers:
                consumer.see(Frame(shown.time, image, index, upright.scale))
            index += 1
            if progress is not None and length:
                progress(min(1.0, float(shown.time / length)))
        return Scanned(index, decoder.damaged)


class _Clock:
    """Picks the samples: on the grid of SPACING, so that a late frame does not shift all that follow.

    With `cuts` a key frame between two grid points is picked too: encoders put one at the start of a new scene.
    """

    def __init__(self, *, cuts: bool) -> None:
        self._cuts = cuts
        self._due = Fraction(0)
        self._last: Fraction | None = None

    def wants(self, shown: Shown) -> bool:
        """Tell whether a frame is a sample."""
        new_scene = self._cuts and shown.frame.key_frame and self._last is not None
        if shown.time < self._due and not (new_scene and shown.time - (self._last or 0) >= SPACING / 4):
            return False
        self._last = shown.time
        if shown.time >= self._due:
            following = self._due + SPACING
            self._due = following if following > shown.time + SPACING / 2 else shown.time + SPACING
        return True


def _length(video: VideoFacts) -> Fraction | None:
    from lipready.facts.unmeasured import Unmeasured

    return None if isinstance(video.duration, Unmeasured) else video.duration.believed
