"""How many cores one measurement may use."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

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
    try:
        available = len(os.sched_getaffinity(0))
    except AttributeError:  # not on every system
        available = os.cpu_count() or 1
    given = os.environ.get(VARIABLE, "")
    if given.isascii() and given.isdigit():
        return min(available, max(1, int(given)))
    return max(1, available // _SIDE_BY_SIDE.get())
