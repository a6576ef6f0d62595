"""The sampling decoder: one decode of a video, every consumer fed from it."""

from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Protocol, Self

from lipready.errors import ProbeError
from lipready.facts.unmeasured import Unmeasured
from lipready.facts.video import VideoFacts
from lipready.probe.decoding import Misplaced, Pace, Shown, frame_bytes, open_decoder
from lipready.probe.relay import Plan, Relay
from lipready.probe.sampling import Sampler, pieces
from lipready.probe.upright import Conversions, Upright

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LONG_EDGE = 1920
"""Sampled frames are shrunk to this many pixels on their long edge: enough for a face of 5 % of the height, and it
keeps an 8K clip inside the memory of a small machine."""

SMALL_EDGE = 320
"""Pixels on the long edge of the small picture on which samples are compared."""


class Frame:
    """One frame as a player shows it: rotation, mirroring and pixel aspect applied.

    `time` is in seconds from the first shown frame, `index` counts the frames that were handed out. A pixel of `image`
    is `scale` displayed pixels wide and high (1.0 at full size).
    """

    __slots__ = ("_conversions", "_decoded", "_image", "_small", "index", "scale", "time")

    def __init__(self, time: Fraction, image: "NDArray[np.uint8]", index: int, scale: float = 1.0) -> None:
        """Hold an RGB image, height × width × 3 (uint8)."""
        self.time, self.index, self.scale = time, index, scale
        self._image: NDArray[np.uint8] | None = image
        self._small: NDArray[np.uint8] | None = None
        self._decoded: Any = None
        self._conversions: Conversions | None = None

    @classmethod
    def decoded(cls, time: Fraction, frame: Any, index: int, conversions: Conversions) -> Self:
        """Hold an `av.VideoFrame` that is converted when somebody asks for its pictures."""
        made = cls.__new__(cls)
        made.time, made.index, made.scale = time, index, conversions.upright.scale
        made._decoded, made._conversions, made._image, made._small = frame, conversions, None, None
        return made

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of `image` in pixels."""
        if self._conversions is not None:
            return self._conversions.upright.size
        return self.image.shape[1], self.image.shape[0]

    @property
    def image(self) -> "NDArray[np.uint8]":
        """The picture in RGB, height × width × 3 (uint8). It must not be changed."""
        if self._image is None:
            assert self._conversions is not None  # noqa: S101
            self._image = self._conversions.image(self._decoded)
        return self._image

    @property
    def small(self) -> "NDArray[np.uint8]":
        """The picture in RGB, at most SMALL_EDGE pixels on its long edge. It must not be changed."""
        if self._small is None:
            self._small = self._shrunk()
        return self._small

    def _shrunk(self) -> "NDArray[np.uint8]":
        if self._conversions is not None:
            return self._conversions.small(self._decoded)
        import cv2
        import numpy as np

        height, width = self.image.shape[:2]
        shrink = min(1.0, SMALL_EDGE / max(height, width))
        size = (max(1, round(width * shrink)), max(1, round(height * shrink)))
        return np.asarray(cv2.resize(self.image, size, interpolation=cv2.INTER_AREA))


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
) -> Scanned:
    """Decode a video once and show its samples (or each frame) to every consumer.

    About two frames a second are handed out: only a key frame where the next one follows within a second, otherwise
    reference frames, without the loop filter. Decoding goes on in other threads; the consumers are called in this one.
    `progress` hears the share that is done (0..1). A file that cannot be opened, or of which nothing decodes, shows no
    frame and raises nothing: the consumers then have nothing to say (`Unmeasured`). Damaged frames are left out and
    counted. What a consumer raises passes through.
    """
    scanner = _Scanner(path, video, consumers, progress)
    known = pieces(video)
    try:
        if not every_frame:
            try:
                scanner.run(Plan(known, Pace.REFERENCE_FRAMES) if known else Plan.whole(Pace.REFERENCE_FRAMES))
            except Misplaced:
                scanner.run(Plan.whole(Pace.REFERENCE_FRAMES))
        if scanner.frames == 0:
            # Some broken or exotic streams only decode when no frame is skipped.
            scanner.run(Plan.whole(Pace.EVERY_FRAME), every_frame=every_frame)
    except ProbeError:
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
        with open_decoder(path, video, Pace.EVERY_FRAME) as decoder:
            for shown in decoder.shown(begin):
                if shown.time > time:
                    best = best or shown
                    break
                best = shown
            if best is not None and (best.time <= time or begin is None):
                return Frame(best.time, upright.image(best.frame), 0)
    raise ProbeError(f"has no frame that can be decoded at {float(time):.2f} s")


class _Scanner:
    """One scan, which may take several runs; a later one goes on after the last frame that was shown."""

    def __init__(
        self,
        path: str,
        video: VideoFacts,
        consumers: Sequence[FrameConsumer],
        progress: Callable[[float], None] | None,
    ) -> None:
        self.frames = 0
        self.damaged = 0
        self._path, self._video = path, video
        self._consumers, self._progress = consumers, progress
        self._conversions = Conversions(Upright.of(video, LONG_EDGE), SMALL_EDGE)
        self._length = None if isinstance(video.duration, Unmeasured) else video.duration.believed
        self._last: Fraction | None = None
        self._sampler = Sampler(cuts=True)

    def run(self, plan: Plan, *, every_frame: bool = False) -> None:
        """Decode by a plan and show the samples, or every frame.

        Raises ProbeError where the file cannot be opened, Misplaced where its index is wrong.
        """
        with closing(self._frames(plan)) as frames:
            for frame, new_scene in frames:
                if self._last is not None and frame.time <= self._last:
                    continue
                if every_frame or self._sampler.wants(frame.time, key_frame=new_scene):
                    self._show(frame)

    def _show(self, frame: Frame) -> None:
        self._last = frame.time
        frame.index = self.frames
        for consumer in self._consumers:
            consumer.see(frame)
        self.frames += 1
        if self._progress is not None and self._length:
            self._progress(min(1.0, float(frame.time / self._length)))

    def _frames(self, plan: Plan) -> Generator[tuple[Frame, bool], None, None]:
        """Yield the frames that a plan finds, and whether each is a key frame."""
        upright = self._conversions.upright
        waiting = min(frame_bytes(self._video), 3 * upright.width * upright.height)
        with closing(Relay(self._path, self._video, plan, self._ready, waiting)) as relay:
            try:
                for _, (frame, key_frame) in relay:
                    yield frame, key_frame
            finally:
                self.damaged += relay.damaged

    def _ready(self, shown: Shown) -> tuple[Frame, bool]:
        """Make what waits for the consumers: small enough to wait, and cheap where nobody looks at it."""
        frame = Frame.decoded(shown.time, shown.frame, 0, self._conversions)
        key_frame = bool(shown.frame.key_frame)
        if self._conversions.upright.shrinks(shown.frame):
            # A large frame must not wait in its full size.
            frame = Frame(frame.time, frame.image, 0, frame.scale)
        return frame, key_frame
