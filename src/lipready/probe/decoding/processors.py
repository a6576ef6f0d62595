"""How many cores one measurement may use."""

import os

VARIABLE = "LIPREADY_THREADS"


def processors() -> int:
    """Return how many cores this process may use: LIPREADY_THREADS, where several processes share the machine."""
    try:
        available = len(os.sched_getaffinity(0))
    except AttributeError:  # not on every system
        available = os.cpu_count() or 1
    given = os.environ.get(VARIABLE, "")
    return min(available, max(1, int(given))) if given.isascii() and given.isdigit() else available
