"""Ctrl-C: one quiet end, wherever it hits.

Python raises KeyboardInterrupt in whatever the main thread is doing. Where that is a read on behalf of a native library
the exception cannot get through: it is printed and forgotten, and the work goes on.
"""

import os
import signal
import sys
from _thread import interrupt_main
from contextlib import suppress
from threading import Event, Timer
from types import FrameType, TracebackType
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from sys import UnraisableHookArgs

_SOON = 0.02
"""Seconds: by then the native library has heard that it can read no more."""

_asked = Event()


def catch_interrupts() -> None:
    """See to it that Ctrl-C raises KeyboardInterrupt until somebody catches it, and is not spoken of in between.

    A process that was started to ignore it goes on ignoring it.
    """
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _interrupt)
        sys.unraisablehook = _forgotten
        sys.excepthook = _uncaught


def end(status: int) -> NoReturn:
    """Leave with a status. After Ctrl-C nothing is waited for: what was half done has been taken back by now."""
    if _asked.is_set():
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError, ValueError):  # the reader has gone
                stream.flush()
        os._exit(status)
    sys.exit(status)


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    _asked.set()
    raise KeyboardInterrupt


def _forgotten(what: "UnraisableHookArgs") -> None:
    """Hear of an exception that nobody can catch; after Ctrl-C that is what was left half made, or Ctrl-C itself."""
    if not _asked.is_set():
        sys.__unraisablehook__(what)
    elif issubclass(what.exc_type, KeyboardInterrupt):
        again = Timer(_SOON, interrupt_main)
        again.daemon = True
        again.start()


def _uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if not issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
