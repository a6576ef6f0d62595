"""Rate limiter of an account, shared by all processes of this machine.

Times are those of the clock on the wall, which outlives a restart. It may be set back: each row says when it was
written, and a row from the future counts as written now.
"""

import math
import time
from collections.abc import Callable

from lipready.providers.journal.database import connected, create_empty, explained
from lipready.providers.journal.state import make_private, state_folder

FILE = "gate.sqlite3"
LONGEST_HOLD = 3600.0
"""Seconds: however long a server asks everybody to wait."""

_WORDS = ("rate limiter", "delete it, nothing is lost with it")
_SCHEMA = "CREATE TABLE IF NOT EXISTS gate (account TEXT PRIMARY KEY, next REAL NOT NULL, written REAL NOT NULL)"


def reserve(account: str, interval: float) -> float:
    """Take the next free slot of an account, and return the seconds until then.

    Slots are handed out in order, at least `interval` seconds apart, to all processes of this machine. `account` is a
    plain name, never a key. A slot that is not used is lost. Raises JournalError where that cannot be written down.
    """
    if not (math.isfinite(interval) and interval >= 0):
        raise ValueError("an interval is a number of seconds")
    slot = _change(account, lambda now, free: (max(now, free), max(now, free) + interval))
    return max(0.0, slot - time.time())


def hold_back(account: str, seconds: float) -> None:
    """Let nobody take a slot of an account for so long, at most LONGEST_HOLD; slots that are taken stay as they are."""
    wait = min(max(seconds, 0.0), LONGEST_HOLD) if not math.isnan(seconds) else 0.0
    _change(account, lambda now, free: (now + wait, max(free, now + wait)))


def _change(account: str, decide: Callable[[float, float], tuple[float, float]]) -> float:
    """Pass `decide` the time and when the account is free, keep the second of what it says, and return the first."""
    path = make_private(state_folder()) / FILE
    with explained(path, *_WORDS):
        create_empty(path)
    with connected(path, *_WORDS) as connection:
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("BEGIN IMMEDIATE")
        connection.execute(_SCHEMA)
        now = time.time()
        row = connection.execute("SELECT next, written FROM gate WHERE account = ?", (account,)).fetchone()
        free, written = map(float, row or (now, now))
        answer, free = decide(now, free - max(0.0, written - now))
        connection.execute("INSERT OR REPLACE INTO gate VALUES (?, ?, ?)", (account, free, now))
        connection.execute("COMMIT")
    return answer
