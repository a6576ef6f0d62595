"""Decode sound and count its samples, and the silence where there are none: the one length that cannot lie."""

import time
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from lipready.probe.containers.container import MEDIA_ERRORS
from lipready.probe.streams.packets import MAX_SECONDS
from lipready.probe.streams.time_line import TimeLine


@dataclass(slots=True)
class SampleCount:
    """Called with every packet of a stream, then finished.

    `seconds` is the exact length, None before the end, where nothing was decoded, or where it took too long (`late`).
    `line` counts holes in the timestamps as silence. `rate` (Hz) and `channels` are those of the decoded sound, which
    a header may state differently. `broken_end` says that the last packet could not be decoded.
    """

    stream: Any
    line: TimeLine = field(default_factory=lambda: TimeLine(None))
    rate: int = 0
    channels: int = 0
    seconds: Fraction | None = None
    error: str | None = None
    broken_end: bool = False
    late: bool = False
    _samples: dict[int, int] = field(default_factory=dict)
    _deadline: float = field(default_factory=lambda: time.monotonic() + MAX_SECONDS)

    def __post_init__(self) -> None:
        """One thread, so that memory stays flat and other work keeps its cores."""
        self.stream.codec_context.thread_count = 1

    def __call__(self, packet: Any) -> None:
        """Decode one packet and count what comes out."""
        self.late = self.late or time.monotonic() > self._deadline
        if self.late:
            return
        try:
            frames = self.stream.codec_context.decode(packet)
        except MemoryError:
            raise
        except MEDIA_ERRORS() as error:
            self.error = self.error or str(getattr(error, "strerror", None) or error).lower()
            self.broken_end = True
            return
        self.broken_end = self.broken_end and packet is None
        for frame in frames:
            if not frame.samples or not frame.sample_rate:
                continue
            samples = frame.samples + self.line.place(frame)
            self._samples[frame.sample_rate] = self._samples.get(frame.sample_rate, 0) + samples
            self.rate, self.channels = frame.sample_rate, frame.layout.nb_channels

    def finish(self) -> None:
        """Drain the decoder and close the count."""
        self(None)
        if self._samples and not self.late:
            self.seconds = sum((Fraction(n, rate) for rate, n in self._samples.items() if rate), Fraction(0))
