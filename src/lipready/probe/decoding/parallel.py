"""Decode the pieces of a video in several threads, and hand their samples on in order of time.

libav lets other threads run while it decodes. One decoder per piece needs no waiting between reference frames, so two
of them take less time than one with two frame threads, and the pictures are the same.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from contextvars import copy_context
from dataclasses import dataclass
from fractions import Fraction
from queue import Empty, Full, Queue
from threading import Event, Thread
from typing import Any

from lipready.cancel import checkpoint
from lipready.facts.video import VideoFacts
from lipready.probe.decoding.decoder import Piece, Shown, frame_bytes, open_decoder, samples
from lipready.probe.decoding.processors import processors

MOST_WORKERS = 4

DECODER_BYTES = 300 << 20
"""All decoders together may hold this much, reckoned with eight frames each."""
WAITING_BYTES = 144 << 20
"""So much may wait for the consumers, all threads together."""
_TICK = 0.1

Ready = Callable[[Shown, Fraction | None], Any]
"""Called in the threads with each frame, and with the seconds since the one before in its piece (None: the first)."""


@dataclass(frozen=True, slots=True)
class DecodePlan:
    """What is decoded: the pieces in order of time, and which of their frames.

    With `references` only frames that others refer to are decoded; with `every_frame` all that is decoded is handed on,
    and not samples alone.
    """

    pieces: tuple[Piece, ...] = (Piece(None, None),)
    references: bool = True
    every_frame: bool = False


class Relay:
    """Decodes in threads of its own; iterate over it once, then close it. `damaged` grows as pieces end."""

    def __init__(self, path: str, video: VideoFacts, plan: DecodePlan, ready: Ready, ready_bytes: int) -> None:
        """Start the threads. What `ready` returns of a frame waits in `ready_bytes`."""
        self.damaged = 0
        self._plan = plan
        self._stopped = Event()
        most = min(MOST_WORKERS, processors(), len(plan.pieces), DECODER_BYTES // (8 * frame_bytes(video)))
        workers = max(1, most)
        room = max(2, WAITING_BYTES // max(1, ready_bytes) // workers)
        self._lines: list[Queue[Any]] = [Queue(room) for _ in range(workers)]
        self._threads = [
            Thread(
                target=copy_context().run,
                args=(self._work, i, path, video, ready),
                name="lipready-decode",
                daemon=True,
            )
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
            while not isinstance(item := _taken(line), int):
                if isinstance(item, Exception):
                    raise item
                yield item
            # The last word on a piece is how many packets and frames were damaged in it.
            self.damaged += item

    def close(self) -> None:
        """Stop the threads and wait for them."""
        self._stopped.set()
        for line in self._lines:
            with suppress(Empty):
                while True:
                    line.get_nowait()
        for thread in self._threads:
            thread.join()

    def _work(self, place: int, path: str, video: VideoFacts, ready: Ready) -> None:
        line, workers = self._lines[place], len(self._lines)
        try:
            threads = 1 if workers > 1 else None
            with open_decoder(path, video, references=self._plan.references, threads=threads) as decoder:
                for piece in self._plan.pieces[place::workers]:
                    before = decoder.damaged
                    last: Fraction | None = None
                    frames = decoder.piece(piece)
                    if piece.keys is None and not self._plan.every_frame:
                        frames = samples(frames, lambda shown: shown.time, piece.end)
                    for shown in frames:
                        if not self._put(line, ready(shown, None if last is None else shown.time - last)):
                            return
                        last = shown.time
                    if not self._put(line, decoder.damaged - before):
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


def _taken(line: "Queue[Any]") -> Any:
    """Wait for the next of a line, as long as nobody cancels."""
    while True:
        checkpoint()
        with suppress(Empty):
            return line.get(timeout=_TICK)
