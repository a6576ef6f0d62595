"""The three standard streams: a program may be started without them, and what reads them may fail or go away."""

import io
import os
import sys
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


class OutputDescriptor(io.FileIO):
    """A descriptor that is written to as long as that works; what comes after a failure goes nowhere.

    `failure` is what the system said, None while all has been written.
    """

    failure: OSError | None = None

    def write(self, data: "ReadableBuffer") -> int:
        """Write what there is room for; a descriptor that does not block is waited for."""
        while self.failure is None:
            try:
                written: int | None = super().write(data)
            except OSError as error:
                self.failure = error
            else:
                if written is not None:
                    return written
                from select import select

                select([], [self], [])
        return memoryview(data).nbytes


def open_streams() -> None:
    """Open what is closed, and let no write to stdout or stderr raise: `failure_of` says what went wrong.

    A stdout that is closed stays one that cannot be written to, so that a report is not lost in silence.
    """
    sys.stdin = sys.stdin or os.fdopen(_opened(os.O_RDONLY), encoding="utf-8")
    sys.stdout = _guarded(sys.stdout, os.O_RDONLY)
    sys.stderr = _guarded(sys.stderr, os.O_WRONLY)


def failure_of(stream: TextIO) -> OSError | None:
    """Return why a stream could not be written to; None where all of it has arrived."""
    raw = getattr(getattr(stream, "buffer", None), "raw", None)
    return raw.failure if isinstance(raw, OutputDescriptor) else None


def _guarded(stream: TextIO | None, flags: int) -> TextIO:
    if stream is None:
        return _text(_opened(flags), "utf-8", lines=False)
    buffer = getattr(stream, "buffer", None)
    if type(getattr(buffer, "raw", buffer)) is not io.FileIO:  # the console of Windows
        stream.reconfigure(errors="backslashreplace")  # type: ignore[attr-defined]
        return stream
    stream.flush()
    return _text(stream.fileno(), stream.encoding, lines=bool(stream.line_buffering))


def _text(descriptor: int, encoding: str, *, lines: bool) -> TextIO:
    raw = OutputDescriptor(descriptor, "w", closefd=False)
    return io.TextIOWrapper(io.BufferedWriter(raw), encoding, "backslashreplace", line_buffering=lines)


def _opened(flags: int) -> int:
    """Open the null device at the lowest free descriptor: the one that is closed; what is started inherits it."""
    descriptor = os.open(os.devnull, flags)
    os.set_inheritable(descriptor, True)  # noqa: FBT003 - so it is in the standard library
    return descriptor
