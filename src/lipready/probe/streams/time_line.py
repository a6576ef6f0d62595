"""Where decoded sound lies on its file's time line: holes are silence, and the picture's first frame is zero."""

from fractions import Fraction
from typing import TYPE_CHECKING, Any

from lipready.probe.containers.container import demux, open_container
from lipready.probe.local_file import LocalFile
from lipready.probe.streams.choice import best_video

if TYPE_CHECKING:
    from av.container import InputContainer

JITTER = Fraction(1, 125)
"""Seconds by which a timestamp may be off before sound is moved: less than the shortest usual packet (10 ms)."""
BACKWARD, FORWARD = Fraction(1, 2), Fraction(120)
"""A clock that goes back or leaps ahead by more seconds was set anew: the sound goes on without a break."""

_FIRST_PACKETS = 64
"""Packets of the picture among which the first shown frame is: no codec reorders more than 16 frames."""


CLOCKLESS = frozenset({"aac", "mp3", "wav", "w64", "flac", "amr", "ac3", "eac3", "au", "aiff", "caf"})
"""Formats that store no times: what a demuxer says of them it has counted itself."""


class TimeLine:
    """Says of each decoded frame how much silence goes before it, or how much of its beginning is left out.

    Without `clock` frames follow one another. `origin` is the time on the file's clock that becomes zero, in seconds;
    None takes the first frame's own time.
    """

    def __init__(self, origin: Fraction | None, *, clock: bool = True) -> None:
        self.holes = Fraction(0)
        self.offset: Fraction | None = None
        self._origin = origin
        self._has_clock = clock
        self._end = Fraction(0)
        self._clock: Fraction | None = None

    def place(self, frame: Any) -> int:
        """Return the samples of silence before a frame, negative: the samples of it that are left out."""
        length = Fraction(frame.samples, frame.sample_rate)
        gap = self._gap(frame)
        samples: int = max(round(gap * frame.sample_rate), -frame.samples)
        self._end += Fraction(samples, frame.sample_rate) + length
        return samples

    def _gap(self, frame: Any) -> Fraction:
        if not self._has_clock:
            return Fraction(0)
        if frame.pts is None or not frame.time_base:
            self._clock = None if self._clock is None else self._clock + Fraction(frame.samples, frame.sample_rate)
            return Fraction(0)
        time = Fraction(frame.pts * frame.time_base)
        before, self._clock = self._clock, time + Fraction(frame.samples, frame.sample_rate)
        if self._origin is None:
            self._origin = time - self._end
        if self.offset is None:
            self.offset = time - self._origin
            return self.offset - self._end
        if before is not None and not -BACKWARD <= time - before <= FORWARD:
            # The clock was set anew.
            self._origin += time - before
        gap = time - self._origin - self._end
        if abs(gap) <= JITTER:
            return Fraction(0)
        # Sound before the origin is left out, which is no hole.
        self.holes += max(gap, Fraction(0))
        return gap


def picture_start(file: LocalFile, container: "InputContainer", *, placed: bool) -> Fraction | None:
    """Return the time of the first shown frame on the file's own clock, in seconds; None where it has no picture.

    It is the lowest of the first packets; `placed` takes the times at which they are decoded, which in a format that
    stores no times are their places. The container is opened anew, so that the packets of `container` stay where they
    are.
    """
    best = best_video(container)
    if best is None:
        return None
    place = file.tell()
    try:
        with open_container(file) as other:
            stream, stamps = other.streams[best.index], list[int]()
            for packet in demux(other, stream, lambda _error: None):
                stamp = packet.dts if placed or packet.pts is None else packet.pts
                if stamp is not None and not packet.is_discard and packet.size:
                    stamps.append(stamp)
                if len(stamps) == _FIRST_PACKETS:
                    break
            return min(stamps) * Fraction(stream.time_base or 1) if stamps else None
    finally:
        # Both read from one place in one file.
        file.seek(place)
