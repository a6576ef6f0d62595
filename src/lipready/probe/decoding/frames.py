"""The sampling decoder: one decode of a video, every consumer fed from it."""

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol, cast

from lipready.errors import ProbeError
from lipready.facts.quantity import seconds
from lipready.facts.unmeasured import Unmeasured
from lipready.facts.video import VideoFacts
from lipready.probe.decoding.decoder import Misplaced, Shown, at_times, frame_bytes, open_decoder, pieces
from lipready.probe.decoding.parallel import DecodePlan, Relay
from lipready.probe.decoding.upright import Upright

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LONG_EDGE = 1920
"""Sampled frames are shrunk to this many pixels on their long edge: enough for a face of 5 % of the height, and it
keeps an 8K clip inside the memory of a small machine."""
SMALL_EDGE = 384
"""Pixels on the long edge of the small picture on which samples are compared: a multiple of what it is shrunk to, since
OpenCV averages by whole numbers faster."""


@dataclass(eq=False)
class Frame:
    """One frame as a player shows it: rotation, mirroring and pixel aspect applied.

    `time` is in seconds from the first shown frame, `index` counts the frames that were handed out. A pixel of `image`
    is `scale` displayed pixels wide and high (1.0 at full size). Where no picture is `given`, `upright` (an `Upright`)
    converts `decoded` (an `av.VideoFrame`) when somebody asks for it.
    """

    time: Fraction
    given: "NDArray[np.uint8] | None"
    index: int = 0
    scale: float = 1.0
    decoded: Any = None
    upright: Upright | None = None

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of `image` in pixels."""
        return (self.image.shape[1], self.image.shape[0]) if self.upright is None else self.upright.size

    @cached_property
    def image(self) -> "NDArray[np.uint8]":
        """The picture in RGB, height × width × 3 (uint8). It must not be changed."""
        if self.upright is None:
            return cast("NDArray[np.uint8]", self.given)
        return self.upright.image(self.decoded)

    @cached_property
    def small(self) -> "NDArray[np.uint8]":
        """The picture in RGB, at most SMALL_EDGE pixels on its long edge. It must not be changed."""
        if self.upright is None:
            return shrunk(self.image, SMALL_EDGE)
        return self.upright.within(SMALL_EDGE).image(self.decoded, "AREA")


def shrunk(picture: "NDArray[Any]", long_edge: int) -> "NDArray[Any]":
    """Shrink a picture to at most so many pixels on its long edge, each the mean of what it covers."""
    import cv2
    import numpy as np

    height, width = picture.shape[:2]
    shrink = min(1.0, long_edge / max(height, width))
    size = (max(1, round(width * shrink)), max(1, round(height * shrink)))
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA))


Ahead = Callable[[Frame, Fraction | None], None]
"""Looks at a frame before the consumers do, in another thread and in no order; hears how many seconds ago the sample
before was (None: unknown)."""


class FrameConsumer(Protocol):
    """Somebody who wants to see the sampled frames, in order of time."""

    def see(self, frame: Frame) -> None:
        """Look at one frame; its pictures must not be changed."""


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
    ahead: Ahead | None = None,
) -> Scanned:
    """Decode a video once and show its samples (or each frame) to every consumer.

    Frames at most half a second apart are handed out (see `decoder.samples`): reference frames, without the loop
    filter; only key frames where the next one follows within a second. Decoding goes on in other threads; the
    consumers are called in this one. `ahead` is called in the decoding threads. `progress` hears the share that is
    done (0..1). A file that cannot be opened, or of which nothing decodes, shows no frame and raises nothing: the
    consumers then have nothing to say (`Unmeasured`). Damaged frames are left out and counted. What a consumer raises
    passes through. Raises ProbeError where the machine stood in the way (`transient`), and MemoryError.
    """
    scanner = _Scanner(path, video, consumers, progress, ahead, Upright.of(video, LONG_EDGE))
    known = pieces(video)
    try:
        if not every_frame:
            try:
                scanner.run(DecodePlan(known) if known else DecodePlan())
            except Misplaced:
                scanner.run(DecodePlan())
        if scanner.frames == 0:
            # Some broken or exotic streams only decode when no frame is skipped.
            scanner.run(DecodePlan(references=False, every_frame=every_frame))
    except ProbeError as error:
        if error.transient:
            raise
        return Scanned(0, 0)
    if progress is not None:
        progress(1.0)
    return Scanned(scanner.frames, scanner.damaged)


def decode_at(path: str, video: VideoFacts, time: Fraction) -> Frame:
    """Decode exactly the frame that is shown at `time` (seconds from the first shown frame), at full size and quality.

    Raises ProbeError where no frame can be decoded there.
    """
    upright = Upright.of(video)
    best: Shown | None = None
    for begin in (time, None):
        with open_decoder(path, video) as decoder:
            found = next(at_times(decoder.shown(begin), (time,)), None)
            best = found if best is None or (found is not None and found.time <= time) else best
            if best is not None and (best.time <= time or begin is None):
                return Frame(best.time, upright.image(best.frame), 0)
    raise ProbeError(f"has no frame that can be decoded at {seconds(time)}")


@dataclass(slots=True)
class _Scanner:
    """One scan, which may take several runs; a later one goes on after the last frame that was shown."""

    path: str
    video: VideoFacts
    consumers: Sequence[FrameConsumer]
    progress: Callable[[float], None] | None
    ahead: Ahead | None
    upright: Upright
    frames: int = 0
    damaged: int = 0
    last: Fraction | None = None

    def run(self, plan: DecodePlan) -> None:
        """Decode by a plan and show what it finds.

        Raises ProbeError where the file cannot be opened, Misplaced where its index is wrong.
        """
        waiting = frame_bytes(self.video) + 3 * self.upright.width * self.upright.height
        with closing(Relay(self.path, self.video, plan, self._ready, waiting)) as relay:
            try:
                for frame in relay:
                    if self.last is None or frame.time > self.last:
                        self._show(frame)
            finally:
                self.damaged += relay.damaged

    def _show(self, frame: Frame) -> None:
        self.last, frame.index = frame.time, self.frames
        for consumer in self.consumers:
            consumer.see(frame)
        self.frames += 1
        length = None if isinstance(self.video.duration, Unmeasured) else self.video.duration.believed
        if self.progress is not None and length:
            self.progress(min(1.0, float(frame.time / length)))

    def _ready(self, shown: Shown, gap: Fraction | None) -> Frame:
        """Make what waits for the consumers: small enough to wait, and cheap where nobody looks at it."""
        frame = Frame(shown.time, None, scale=self.upright.scale, decoded=shown.frame, upright=self.upright)
        if shown.frame.width * shown.frame.height > self.upright.width * self.upright.height:
            # A large frame must not wait in its full size.
            frame = Frame(frame.time, frame.image, 0, frame.scale)
        if self.ahead is not None:
            self.ahead(frame, gap)
        return frame
