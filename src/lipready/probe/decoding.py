"""Decode a video at the pace that its key frames allow."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction
from typing import Any

from lipready.errors import ProbeError
from lipready.facts.unmeasured import Unmeasured
from lipready.facts.video import VideoFacts
from lipready.probe.container import MAX_PIXELS, MEDIA_ERRORS, open_media
from lipready.probe.streams import best_video

LARGEST_GAP = Fraction(1)
"""Key frames alone are enough where no two neighbours lie further apart than this many seconds."""

MOST_THREADS = 4
"""Sampling gains little from more."""

THREAD_BYTES = 200 << 20
"""Each frame thread holds a frame of its own; together they may hold this much, so that 8K fits a small machine."""


class Pace(Enum):
    """Which frames are decoded."""

    KEY_FRAMES = "key frames"
    REFERENCE_FRAMES = "reference frames"
    EVERY_FRAME = "every frame"


@dataclass(frozen=True, slots=True, eq=False)
class Shown:
    """A decoded `av.VideoFrame` and its time in seconds from the first shown frame."""

    time: Fraction
    frame: Any


def pace_of(video: VideoFacts, *, every_frame: bool) -> Pace:
    """Choose the cheapest pace that still gives about two looks a second (section 6 of the design: Sampling)."""
    if every_frame:
        return Pace.EVERY_FRAME
    if isinstance(video.key_frames, Unmeasured) or isinstance(video.duration, Unmeasured) or not video.key_frames:
        return Pace.REFERENCE_FRAMES
    ends = (*video.key_frames[1:], video.duration.believed)
    gap = max(end - begin for begin, end in zip(video.key_frames, ends, strict=True))
    first = video.key_frames[0]
    enough = gap <= LARGEST_GAP and first <= LARGEST_GAP and len(video.key_frames) > 1
    return Pace.KEY_FRAMES if enough else Pace.REFERENCE_FRAMES


@contextmanager
def open_decoder(path: str, video: VideoFacts, pace: Pace) -> "Iterator[Decoder]":
    """Open the stream that PROBE measures. Raises ProbeError where the file cannot be opened as video."""
    with open_media(path) as container:
        stream = best_video(container)
        if stream is None:
            raise ProbeError("has no video stream")
        yield Decoder(container, stream, video, pace)


class Decoder:
    """Yields the shown frames of an open video in order; `damaged` counts packets and frames that were left out."""

    def __init__(self, container: Any, stream: Any, video: VideoFacts, pace: Pace) -> None:
        """Prepare the stream; use `open_decoder`."""
        self.damaged = 0
        self._container = container
        self._pace = pace
        self._start = None if isinstance(video.start, Unmeasured) else video.start
        self._stream = stream
        _configure(stream.codec_context, video, pace)

    def shown(self, begin: Fraction | None = None) -> Iterator[Shown]:
        """Yield the frames from the last key frame before `begin` (seconds from the first shown frame) on."""
        if begin is not None and not self._seek(begin):
            return
        previous: Fraction | None = None
        for frame in self._frames():
            if frame.is_corrupt or frame.width < 1 or frame.height < 1:
                self.damaged += 1
                continue
            time = self._time(frame, previous)
            if time < 0 or (previous is not None and time < previous):
                continue
            previous = time
            yield Shown(time, frame)

    def _frames(self) -> Iterator[Any]:
        packets = self._container.demux(self._stream)
        while True:
            try:
                packet = next(packets)
            except StopIteration:
                return
            except MEDIA_ERRORS():
                self.damaged += 1
                return
            if self._pace is Pace.KEY_FRAMES and packet.size and not packet.is_keyframe:
                continue
            try:
                frames = packet.decode()
            except MEDIA_ERRORS():
                self.damaged += 1
                continue
            yield from frames

    def _time(self, frame: Any, previous: Fraction | None) -> Fraction:
        if frame.pts is None or frame.time_base is None:
            rate = self._stream.average_rate or Fraction(25)
            return Fraction(0) if previous is None else previous + 1 / Fraction(rate)
        shown: Fraction = frame.pts * Fraction(frame.time_base)
        if self._start is None:
            self._start = shown
        return shown - self._start

    def _seek(self, begin: Fraction) -> bool:
        base = Fraction(self._stream.time_base or Fraction(1, 90000))
        try:
            self._container.seek(int((begin + (self._start or 0)) / base), stream=self._stream, backward=True)
        except MEDIA_ERRORS():
            return False
        return True


def _configure(context: Any, video: VideoFacts, pace: Pace) -> None:
    context.thread_type = "AUTO"
    context.thread_count = _threads(video)
    options = {"max_pixels": str(MAX_PIXELS)}
    if pace is Pace.REFERENCE_FRAMES:
        context.skip_frame = "NONREF"
        options["skip_loop_filter"] = "all"
    context.options = options


def _threads(video: VideoFacts) -> int:
    deep = isinstance(video.bit_depth, Unmeasured) or video.bit_depth > 8  # noqa: PLR2004
    frame_bytes = max(1, video.coded_width * video.coded_height * 3 // (1 if deep else 2))
    return max(1, min(MOST_THREADS, os.cpu_count() or 1, THREAD_BYTES // frame_bytes))
