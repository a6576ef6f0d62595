"""How many cores one measurement may use, and how many measurements there may be at once."""

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from threading import Condition, get_ident

from lipready.cancel import checkpoint

VARIABLE = "LIPREADY_THREADS"

_SIDE_BY_SIDE: ContextVar[int] = ContextVar("lipready_side_by_side", default=1)


@contextmanager
def side_by_side(measurements: int) -> Iterator[None]:
    """Let a measurement inside the context leave their share of the cores to the others that run beside it.

    Two files side by side take less time than two threads on each of them, and less memory.
    """
    token = _SIDE_BY_SIDE.set(max(1, measurements))
    try:
        yield
    finally:
        _SIDE_BY_SIDE.reset(token)


def processors() -> int:
    """Return how many cores one measurement may use: LIPREADY_THREADS, where several processes share the machine.

    Without that it is a share of the cores of this process; see `side_by_side`.
    """
    given, available = _given(), _available()
    return max(1, available // _SIDE_BY_SIDE.get()) if given is None else min(available, given)


def _available() -> int:
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on every system
        return os.cpu_count() or 1


def _given() -> int | None:
    given = os.environ.get(VARIABLE, "")
    return max(1, int(given)) if given.isascii() and given.isdigit() else None


_TICK = 0.1


class _Turns:
    """Lets as many threads of a process in at once as it may use cores."""

    def __init__(self) -> None:
        self._free = Condition()
        self._inside: set[int] = set()

    @contextmanager
    def turn(self) -> Iterator[None]:
        me = get_ident()
        if me in self._inside:  # a callback that checks another file
            yield
            return
        with self._free:
            most = min(_available(), _given() or _available())
            while len(self._inside) >= most:
                self._free.wait(_TICK)
                checkpoint()
            self._inside.add(me)
        try:
            yield
        finally:
            with self._free:
                self._inside.discard(me)
                self._free.notify()


_turns = _Turns()


def turn() -> AbstractContextManager[None]:
    """Wait for one's turn to decode a file in full, and have it in this context.

    A process decodes as many files at once as it may use cores, however many threads check: more take no less time, and
    each may hold some 400 MB. Raises CancelledError where somebody cancels meanwhile.
    """
    return _turns.turn()


def _forked() -> None:
    """Begin anew in a fork: the threads whose turn it is are not there."""
    global _turns  # noqa: PLW0603
    _turns = _Turns()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)
