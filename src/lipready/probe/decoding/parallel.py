"""Decode the pieces of a video in several threads, and hand their samples on in order of time.

libav lets other threads run while it decodes. One decoder per piece needs no waiting between reference frames, so two
of them take less time than one with two frame threads, and the pictures are the same.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from queue import Empty, Full, Queue
from threading import Event, Thread
from typing import Any

from lipready.facts.video import VideoFacts
from lipready.probe.decoding.decoder import Decoder, Pace, Piece, Shown, frame_bytes, open_decoder, samples
from lipready.probe.decoding.processors import processors

MOST_WORKERS = 4

DECODER_BYTES = 300 << 20
"""All decoders together may hold this much, reckoned with eight frames each."""

WAITING_BYTES = 192 << 20
"""So much may wait for the consumers, all threads together."""

_TICK = 0.1

Ready = Callable[[Shown, Fraction | None], Any]
"""Called in the threads with each frame, and with the seconds since the one before in its piece (None: the first)."""


@dataclass(frozen=True, slots=True)
class DecodePlan:
    """What is decoded: the pieces in order of time, which of their frames, and whether only samples are handed on."""

    pieces: tuple[Piece, ...]
    pace: Pace
    every_frame: bool = False

    @classmethod
    def whole(cls, pace: Pace, *, every_frame: bool = False) -> "DecodePlan":
        """Decode the file from its beginning to its end in one piece."""
        return cls((Piece(None, None),), pace, every_frame)


@dataclass(frozen=True, slots=True)
class _End:
    """A thread's last word on a piece, and how many packets and frames were damaged in it."""

    damaged: int = 0


class Relay:
    """Decodes in threads of its own; iterate over it once, then close it. `damaged` grows as pieces end."""

    def __init__(self, path: str, video: VideoFacts, plan: DecodePlan, ready: Ready, ready_bytes: int) -> None:
        """Start the threads. What `ready` returns of a frame waits in `ready_bytes`."""
        self.damaged = 0
        self._plan = plan
        self._stopped = Event()
        workers = _workers(video, len(plan.pieces))
        room = max(2, WAITING_BYTES // max(1, ready_bytes) // workers)
        self._lines: list[Queue[Any]] = [Queue(room) for _ in range(workers)]
        self._threads = [
            Thread(target=self._work, args=(i, path, video, ready), name="lipready-decode", daemon=True)
            for i in range(workers)
        ]
        for thread in self._threads:
            thread.start()

    def __iter__(self) -> Iterator[Any]:
        """Yield what `ready` returned, in order of time.

        Raises ProbeError where the file cannot be opened as video, Misplaced where a piece does not begin where the
        index says.
        """
        for number in range(len(self._plan.pieces)):
            line = self._lines[number % len(self._lines)]
            while not isinstance(item := line.get(), _End):
                if isinstance(item, Exception):
                    raise item
                yield item
            self.damaged += item.damaged

    def close(self) -> None:
        """Stop the threads and wait for them."""
        self._stopped.set()
        for line in self._lines:
            _empty(line)
        for thread in self._threads:
            thread.join()

    def _work(self, place: int, path: str, video: VideoFacts, ready: Ready) -> None:
        line, workers = self._lines[place], len(self._lines)
        try:
            with open_decoder(path, video, self._plan.pace, threads=1 if workers > 1 else None) as decoder:
                for piece in self._plan.pieces[place::workers]:
                    before = decoder.damaged
                    last: Fraction | None = None
                    for shown in _wanted(decoder, piece, every_frame=self._plan.every_frame):
                        if not self._put(line, ready(shown, None if last is None else shown.time - last)):
                            return
                        last = shown.time
                    if not self._put(line, _End(decoder.damaged - before)):
                        return
        except Exception as error:  # noqa: BLE001  (whatever it is, it is raised again where the samples are taken)
            self._put(line, error)

    def _put(self, line: "Queue[Any]", item: Any) -> bool:
        """Wait for room; False where nobody wants more."""
        while not self._stopped.is_set():
            try:
                line.put(item, timeout=_TICK)
            except Full:
                continue
            return True
        return False


def _wanted(decoder: Decoder, piece: Piece, *, every_frame: bool) -> Iterator[Shown]:
    if piece.keys is not None:
        return decoder.key_frames(piece.keys)
    shown = decoder.piece(piece.begin, piece.end)
    return shown if every_frame else samples(shown, lambda frame: frame.time, piece.end)


def _workers(video: VideoFacts, pieces: int) -> int:
    """Return how many decoders may run at once."""
    return max(1, min(MOST_WORKERS, processors(), pieces, DECODER_BYTES // (8 * frame_bytes(video))))


def _empty(line: "Queue[Any]") -> None:
    try:
        while True:
            line.get_nowait()
    except Empty:
        pass
