"""Ctrl-C, termination and hang-up: one quiet end, wherever they hit.

Python raises KeyboardInterrupt in whatever the main thread is doing. Where that is a read on behalf of a native library
the exception cannot get through: it is printed and forgotten, and the work goes on.
"""

import atexit
import os
import signal
import sys
import time
from _thread import interrupt_main
from contextlib import suppress
from threading import Timer
from types import FrameType, TracebackType
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from sys import UnraisableHookArgs

_SAID = {"SIGINT": "Interrupted.", "SIGTERM": "Terminated.", "SIGHUP": "Hung up."}
"""What is said of each signal that is caught; Windows knows no SIGHUP."""

_SOON = 0.02
"""Seconds: by then the native library has heard that it can read no more."""

_PATIENCE = 5.0
"""Seconds that are left for taking back what is half done. Shells and terminals send a signal twice: it is not broken
off for that, but it may hang."""


class _Ending:
    """The first signal that was caught and when, and whether KeyboardInterrupt has been lost on its way for it."""

    number = 0
    since = 0.0
    lost = False


_ending = _Ending()


def catch_interrupts() -> None:
    """See to it that Ctrl-C, SIGTERM and SIGHUP raise KeyboardInterrupt, and are not spoken of until it is caught.

    A process that was started to ignore one of them (`nohup`) goes on ignoring it.
    """
    for name in _SAID:
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) in (signal.SIG_DFL, signal.default_int_handler):
            signal.signal(number, _interrupt)
            sys.unraisablehook = _forgotten
            sys.excepthook = _uncaught


def interrupted() -> bool:
    """Return whether one of the signals has been caught."""
    return _ending.number != 0


def say_interrupted() -> int:
    """Write one sentence to stderr, where that is still open, and return the exit status that a shell expects."""
    number = signal.Signals(_ending.number or signal.SIGINT)
    with suppress(OSError, ValueError):  # the terminal has gone
        sys.stderr.write(f"{_SAID[number.name]}\n")
        sys.stderr.flush()
    return 128 + number


def end(status: int) -> NoReturn:
    """Leave with a status. After a signal no thread is waited for: what was half done has been taken back by now."""
    if interrupted():
        watchdog = Timer(_PATIENCE, os._exit, (status,))
        watchdog.daemon = True
        watchdog.start()
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError, ValueError):  # the reader has gone
                stream.flush()
        # Servers and child processes of this one, and temporary folders: what `os._exit` would leave behind.
        atexit._run_exitfuncs()  # noqa: SLF001
        os._exit(status)
    sys.exit(status)


def _interrupt(number: int, _frame: FrameType | None) -> None:
    now = time.monotonic()
    if not _ending.number or _ending.lost or now - _ending.since >= _PATIENCE:
        _ending.number, _ending.since, _ending.lost = _ending.number or number, now, False
        raise KeyboardInterrupt


def _forgotten(what: "UnraisableHookArgs") -> None:
    """Hear of an exception that nobody can catch; after a signal that is what was left half made, or its own."""
    if not interrupted():
        sys.__unraisablehook__(what)
    elif issubclass(what.exc_type, KeyboardInterrupt):
        _ending.lost = True
        again = Timer(_SOON, interrupt_main, (_ending.number,))
        again.daemon = True
        again.start()


def _uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):  # it came at the very end
        end(say_interrupted())
    sys.__excepthook__(kind, error, trace)
