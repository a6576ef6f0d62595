"""Decode a video at the pace that its key frames allow."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from itertools import chain
from typing import Any, TypeVar

from lipready.errors import ProbeError
from lipready.facts.unmeasured import Unmeasured
from lipready.facts.video import VideoFacts
from lipready.probe.containers.container import MAX_PIXELS, attempt, demux, open_container
from lipready.probe.decoding.processors import processors
from lipready.probe.local_file import open_local
from lipready.probe.streams.choice import COUNTED_FRAMES, best_video, clock_start
from lipready.probe.streams.time_line import picture_start

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
    found = [Piece(None, video.key_frames[0])] if video.key_frames[0] > 0 else []
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


MOST_THREADS = 4
"""Sampling gains little from more."""
THREAD_BYTES = 80 << 20
"""Each frame thread holds a frame of its own; together they may hold this much, so that 8K fits a small machine."""


@dataclass(frozen=True, slots=True, eq=False)
class Shown:
    """A decoded `av.VideoFrame` and its time in seconds from the first shown frame."""

    time: Fraction
    frame: Any


class Misplaced(Exception):  # noqa: N818  (no error for anybody but the one who asked for the piece)
    """A piece of the file does not begin with the key frame that the index names."""


@contextmanager
def open_decoder(
    path: str, video: VideoFacts, *, references: bool = False, threads: int | None = None
) -> "Iterator[Decoder]":
    """Open the stream that PROBE measures, to be decoded by `threads` threads (None: as many as fit).

    With `references` only frames that others refer to are decoded, without the loop filter. Raises ProbeError where the
    file cannot be opened as video.
    """
    with open_local(path) as file, open_container(file) as container:
        stream = best_video(container)
        if stream is None:
            raise ProbeError("has no video stream")
        context = stream.codec_context
        context.thread_type = "AUTO"
        fitting = min(MOST_THREADS, processors(), THREAD_BYTES // frame_bytes(video))
        context.thread_count = threads or max(1, fitting)
        options = {"max_pixels": str(MAX_PIXELS)}
        if references:
            context.skip_frame = "NONREF"
            options["skip_loop_filter"] = "all"
        context.options = options
        # Of a file that stores no times, the time that FFmpeg makes up for the first frame.
        guessed = picture_start(file, container, placed=False) if container.format.name in COUNTED_FRAMES else None
        yield Decoder(container, stream, video, guessed)


class Decoder:
    """Yields the shown frames of an open video in order; `damaged` counts packets and frames that were left out."""

    def __init__(self, container: Any, stream: Any, video: VideoFacts, start: Fraction | None = None) -> None:
        """Use `open_decoder`; `start` overrules the time of the first frame on the clock of what is decoded."""
        self.damaged = 0
        self._container = container
        self._stream = stream
        self._base = Fraction(stream.time_base or Fraction(1, 90000))
        self._start = start
        if start is None and not isinstance(video.start, Unmeasured):
            # `VideoFacts.start` leaves out the place at which a transport stream's clock happens to stand.
            self._start = round((video.start + clock_start(container)) / self._base) * self._base

    def shown(self, begin: Fraction | None = None) -> Iterator[Shown]:
        """Yield the frames from the last key frame before `begin` (seconds from the first shown frame) on."""
        if begin is None or self._seek(begin):
            yield from self._shown(self._decoded(self._packets()))

    def piece(self, piece: Piece) -> Iterator[Shown]:
        """Yield the frames from the key frame where a piece begins up to that where it ends, which is not among them.

        Where it names key frames, nothing else is decoded. Raises Misplaced where it begins with no key frame.
        """
        if piece.keys is not None:
            ticks = {self._tick(time) for time in piece.keys}
            packets = self._packets_from(piece.keys[0], max(ticks))
            yield from self._shown(self._decoded(p for p in packets if p.is_keyframe and p.pts in ticks))
            return
        packets = self._packets() if piece.begin is None else self._packets_from(piece.begin)
        if piece.end is not None:
            packets = self._up_to(packets, piece.end)
        for shown in self._shown(self._decoded(packets)):
            if piece.end is not None and shown.time >= piece.end:
                return
            if piece.begin is None or shown.time >= piece.begin:
                yield shown

    def _shown(self, frames: Iterator[Any]) -> Iterator[Shown]:
        previous: Fraction | None = None
        for frame in frames:
            if frame.is_corrupt or frame.width < 1 or frame.height < 1:
                self.damaged += 1
                continue
            time = self._time(frame, previous)
            if time < 0 or (previous is not None and time < previous):
                continue
            previous = time
            yield Shown(time, frame)

    def _decoded(self, packets: Iterator[Any]) -> Iterator[Any]:
        for packet in chain(packets, (None,)):
            frames, error = attempt(self._stream.codec_context.decode, packet)
            self.damaged += error is not None
            yield from frames or ()

    def _note_damage(self, _error: str) -> None:
        self.damaged += 1

    def _packets(self) -> Iterator[Any]:
        return (p for p in demux(self._container, self._stream, self._note_damage) if p.size)

    def _packets_from(self, begin: Fraction, last: int | None = None) -> Iterator[Any]:
        """Yield the packets from the key frame at `begin` on, up to the one with the time stamp `last`."""
        first = self._tick(begin)
        if not self._seek(begin):
            raise Misplaced
        packets = self._packets()
        for packet in packets:
            if packet.pts is None or packet.pts > first:
                raise Misplaced
            if packet.is_keyframe and packet.pts == first:
                break
        else:
            raise Misplaced
        for wanted in chain((packet,), packets):
            yield wanted
            if wanted.pts == last:
                return

    def _up_to(self, packets: Iterator[Any], end: Fraction) -> Iterator[Any]:
        """Yield the packets of a piece: also those that follow the next key frame but are shown before it."""
        last = self._tick(end)
        held: Any = None
        for packet in packets:
            if packet.pts is not None and packet.pts >= last:
                if held is not None or not packet.is_keyframe:
                    return
                held = packet
                continue
            if held is not None:
                yield held
                held = None
            yield packet

    def _tick(self, time: Fraction) -> int:
        return round((time + (self._start or 0)) / self._base)

    def _time(self, frame: Any, previous: Fraction | None) -> Fraction:
        if frame.pts is None:
            rate = self._stream.average_rate or Fraction(25)
            return Fraction(0) if previous is None else previous + 1 / Fraction(rate)
        shown: Fraction = frame.pts * self._base
        if self._start is None:
            self._start = shown
        return shown - self._start

    def _seek(self, begin: Fraction) -> bool:
        seek = partial(self._container.seek, stream=self._stream, backward=True)
        return attempt(seek, self._tick(begin))[1] is None


def at_times(frames: Iterator[Shown], times: Sequence[Fraction]) -> Iterator[Shown]:
    """Pick the last frame at or before each time; of a stream that begins later, the first."""
    wanted = list(times)
    last: Shown | None = None
    for shown in frames:
        while wanted and shown.time > wanted[0]:
            yield last or shown
            wanted.pop(0)
        if not wanted:
            return
        last = shown
    if last is not None and wanted:
        yield last


def frame_bytes(video: VideoFacts) -> int:
    """Return how much memory a decoded frame takes, about."""
    deep = isinstance(video.bit_depth, Unmeasured) or video.bit_depth > 8  # noqa: PLR2004
    return max(1, video.coded_width * video.coded_height * 3 // (1 if deep else 2))
