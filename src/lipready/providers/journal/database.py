"""SQLite databases shared by many processes, and their errors in one sentence each."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from lipready.errors import JournalError

PATIENCE = 60.0
"""Seconds to wait for other processes that write."""

_DAMAGED = "it is damaged"
_CLOSED = "it cannot be opened: see whose it is, or name another folder with LIPREADY_STATE_DIR"
_REASONS = {
    sqlite3.SQLITE_FULL: "the disk is full: make room",
    sqlite3.SQLITE_READONLY: "it may only be read: give yourself leave to write, or set LIPREADY_STATE_DIR",
    sqlite3.SQLITE_CANTOPEN: _CLOSED,
    sqlite3.SQLITE_PERM: _CLOSED,
    sqlite3.SQLITE_BUSY: f"another process has kept it for {PATIENCE:.0f} seconds: end that one, or try again",
    sqlite3.SQLITE_IOERR: "the disk does not do as it should: see whether it is full, limited or broken",
    sqlite3.SQLITE_CORRUPT: _DAMAGED,
    sqlite3.SQLITE_NOTADB: _DAMAGED,
}


@contextmanager
def connected(path: Path, what: str, if_damaged: str) -> Iterator[sqlite3.Connection]:
    """Open a file of sqlite that is there; raises JournalError for what sqlite and the system report.

    A connection for each use: so threads share none, and a fork inherits none. Transactions are begun by hand; what is
    not committed is undone. A rollback journal, not a write-ahead log: it needs no memory that processes share, so it
    also works where the user's folder lies on another machine, and can be read where nothing may be written.
    `if_damaged` says what to do about a damaged file.
    """
    with explained(path, what, if_damaged):
        address = f"{path.absolute().as_uri()}?mode=rw"
        with closing(sqlite3.connect(address, uri=True, timeout=PATIENCE, isolation_level=None)) as connection:
            yield connection


@contextmanager
def explained(path: Path, what: str, if_damaged: str) -> Iterator[None]:
    """Turn what sqlite and the system report into one sentence."""
    try:
        yield
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", None)
        reason = (_REASONS.get(code & 0xFF) if isinstance(code, int) else None) or str(error)
        advice = f": {if_damaged}" if reason == _DAMAGED else ""
        raise JournalError(f"The {what} {path} cannot be used: {reason}{advice}.") from error
    except OSError as error:
        raise JournalError(f"The {what} {path} cannot be used: {error.strerror or error}.") from error


def create_empty(path: Path) -> None:
    """Create a file for the user alone. One that is there is not opened: closing it would drop sqlite's locks on it."""
    if not path.exists():
        with suppress(FileExistsError):
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
