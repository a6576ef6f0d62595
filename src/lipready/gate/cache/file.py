"""A file of sqlite that many processes share, that may vanish at any time, and that nobody has to repair."""

import os
import sqlite3
import stat
import time
import zlib
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from filelock import BaseFileLock

T = TypeVar("T")

NAME = "facts-1.sqlite3"
"""What the file is called; another form of it gets another name, so that two versions of lipready share a folder."""

PATIENCE = 10.0
"""Seconds to wait for other processes that write; without the cache the files are measured, which is no harm."""

_TABLES = (
    "CREATE TABLE entries (key BLOB PRIMARY KEY, body BLOB NOT NULL, used INTEGER NOT NULL)",
    "CREATE TABLE tallies (name TEXT PRIMARY KEY, number INTEGER NOT NULL)",
)
_DAMAGE = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_FORMAT})
_LARGEST = 32 << 20
_LARGEST_UNPACKED = 64 << 20
_FRESH = 24 * 3600
"""Seconds in which it need not be written down again that an entry was used."""


class CacheFile:
    """Bodies by key, as many bytes of them as `limit` allows; what was not used for longest goes first.

    Safe in threads and processes: each use has a connection of its own. A file that is damaged or none of ours is
    thrown away and begun anew. Whatever else goes wrong, it is empty from then on, and `troubles` says why.
    """

    def __init__(self, folder: Path, limit: int) -> None:
        self.path = folder / NAME
        self.limit = limit
        self.troubles: list[str] = []
        self._given_up = False

    def read(self, keys: Iterable[bytes]) -> dict[bytes, bytes]:
        """Return the bodies that are there."""
        wanted = frozenset(keys)
        return self._look(lambda connection: _read(connection, wanted), {})

    def known(self, keys: Iterable[bytes]) -> set[bytes]:
        """Return the keys that are there; a body that is damaged is found to be so when it is read."""
        wanted, query = frozenset(keys), "SELECT 1 FROM entries WHERE key = ?"
        return self._look(lambda it: {key for key in wanted if it.execute(query, (key,)).fetchone()}, set())

    def write(self, bodies: Mapping[bytes, bytes]) -> None:
        """Write bodies, and remove old ones where there are too many."""
        packed = {key: _packed(key, body) for key, body in bodies.items()}
        kept = {key: body for key, body in packed.items() if len(body) <= min(_LARGEST // 2, self.limit // 4)}
        if kept:
            self._use(lambda connection: _write(connection, kept, self.limit), None)

    def tally(self, numbers: Mapping[str, int]) -> None:
        """Add to numbers that are kept beside."""
        if any(numbers.values()):
            self._use(lambda connection: _tally(connection, numbers), None)

    def tallies(self) -> dict[str, int]:
        """Return those numbers."""
        query = "SELECT name, number FROM tallies"
        return self._look(lambda connection: dict(connection.execute(query).fetchall()), {})

    def count(self) -> dict[str, int]:
        """Return how many entries there are by the first character of their keys."""
        query = "SELECT CAST(substr(key, 1, 1) AS TEXT), count(*) FROM entries GROUP BY 1"
        return self._look(lambda connection: dict(connection.execute(query).fetchall()), {})

    def size(self) -> int:
        """Return how many bytes the file takes."""
        try:
            return self.path.lstat().st_size
        except OSError:
            return 0

    def clear(self) -> None:
        """Remove the file. Raises OSError where that is impossible."""
        if os.path.lexists(self.path):
            with self._alone():
                self._remove()

    def _look(self, action: Callable[[sqlite3.Connection], T], otherwise: T) -> T:
        return self._use(action, otherwise) if os.path.lexists(self.path) else otherwise

    def _use(self, action: Callable[[sqlite3.Connection], T], otherwise: T) -> T:
        for _attempt in range(2):
            if self._given_up:
                return otherwise
            try:
                with closing(self._connected()) as connection:
                    return action(connection)
            except _ForeignError as error:
                self._begin_anew(str(error))
            except (sqlite3.Error, OSError) as error:
                if _is_damage(error):
                    self._begin_anew("it is damaged")
                else:
                    self._give_up(error)
        return otherwise

    def _connected(self) -> sqlite3.Connection:
        # A pipe would be waited for, and a link may lead to a file of somebody else.
        with suppress(FileNotFoundError):
            if not stat.S_ISREG(self.path.lstat().st_mode):
                raise _ForeignError("it is no regular file")
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        address = f"{self.path.absolute().as_uri()}?mode=rwc"
        connection = sqlite3.connect(address, uri=True, timeout=PATIENCE, isolation_level="IMMEDIATE")
        try:
            # A file from elsewhere may be made to harm; and a cache may lose what a power cut takes.
            connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LARGEST)
            connection.execute("PRAGMA trusted_schema = OFF")
            connection.execute("PRAGMA synchronous = OFF")
            _require_tables(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _begin_anew(self, reason: str) -> None:
        """Remove the file, unless another process has done so in the meantime."""
        try:
            with self._alone():
                if not self._is_sound():
                    self._remove()
                    self.troubles.append(f"The cache {self.path} was begun anew: {reason}.")
        except (OSError, sqlite3.Error) as error:
            self._give_up(error)

    def _is_sound(self) -> bool:
        try:
            with closing(self._connected()) as connection:
                return bool(connection.execute("PRAGMA quick_check(1)").fetchone() == ("ok",))
        except _ForeignError:
            return False
        except sqlite3.Error as error:
            if _is_damage(error):
                return False
            raise

    def _alone(self) -> "BaseFileLock":
        from filelock import FileLock

        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        return FileLock(self.path.with_suffix(".lock"), timeout=PATIENCE)

    def _remove(self) -> None:
        for ending in ("-journal", "-wal", "-shm", ""):
            Path(f"{self.path}{ending}").unlink(missing_ok=True)

    def _give_up(self, error: Exception) -> None:
        if not self._given_up:
            self._given_up = True
            self.troubles.append(f"The cache {self.path} is not used: {getattr(error, 'strerror', None) or error}.")


class _ForeignError(Exception):
    """The file is not one that this module has made."""


def _is_damage(error: Exception) -> bool:
    code = getattr(error, "sqlite_errorcode", None)
    return isinstance(code, int) and code & 0xFF in _DAMAGE


def _require_tables(connection: sqlite3.Connection) -> None:
    """Make the tables in an empty file; raises _ForeignError where there are others, or anything beside."""
    if not _tables(connection):
        with connection:
            connection.execute("BEGIN IMMEDIATE")
            for table in _TABLES if not _tables(connection) else ():
                connection.execute(table)
    if _tables(connection) != {*_TABLES}:
        raise _ForeignError("it is no cache of lipready")


def _tables(connection: sqlite3.Connection) -> set[str]:
    # Indexes of sqlite's own have no text.
    return {str(sql) for (sql,) in connection.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL")}


def _read(connection: sqlite3.Connection, keys: Iterable[bytes]) -> dict[bytes, bytes]:
    found: dict[bytes, bytes] = {}
    now, stale = int(time.time()), []
    for key in keys:
        row = connection.execute("SELECT body, used FROM entries WHERE key = ?", (key,)).fetchone()
        body = None if row is None else _unpacked(key, row[0])
        if body is None:
            continue
        found[key] = body
        if type(row[1]) is not int or not now - _FRESH < row[1] <= now:
            stale.append(key)
    if stale:
        # Where nothing may be written, reading is still worth it.
        with suppress(sqlite3.OperationalError), connection:
            connection.executemany("UPDATE entries SET used = ? WHERE key = ?", ((now, key) for key in stale))
    return found


def _write(connection: sqlite3.Connection, bodies: Mapping[bytes, bytes], limit: int) -> None:
    now = int(time.time())
    rows = ((key, body, now) for key, body in bodies.items())
    with connection:
        connection.executemany("INSERT OR REPLACE INTO entries VALUES (?, ?, ?)", rows)
        full = _bytes(connection) > limit
        while full and _bytes(connection) > limit * 9 // 10 and _drop_oldest(connection):
            pass


def _tally(connection: sqlite3.Connection, numbers: Mapping[str, int]) -> None:
    with suppress(sqlite3.OperationalError), connection:
        for name, number in numbers.items():
            connection.execute("INSERT OR IGNORE INTO tallies VALUES (?, 0)", (name,))
            connection.execute("UPDATE tallies SET number = number + ? WHERE name = ?", (number, name))


def _bytes(connection: sqlite3.Connection) -> int:
    pages, free, size = (
        connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "freelist_count", "page_size")
    )
    return int((pages - free) * size)


def _drop_oldest(connection: sqlite3.Connection) -> bool:
    (number,) = connection.execute("SELECT count(*) FROM entries").fetchone()
    oldest = "SELECT rowid FROM entries ORDER BY used, rowid LIMIT ?"
    connection.execute(f"DELETE FROM entries WHERE rowid IN ({oldest})", (max(1, number // 10),))  # noqa: S608
    return bool(number)


def _packed(key: bytes, body: bytes) -> bytes:
    """Compress a body. With its checksum, which covers the key too: sqlite itself keeps none."""
    packer = zlib.compressobj(6, zdict=key)
    return packer.compress(body) + packer.flush()


def _unpacked(key: bytes, packed: Any) -> bytes | None:
    """Return the body; None where it is damaged, that of another key, or too large."""
    unpacker = zlib.decompressobj(zdict=key)
    try:
        body = unpacker.decompress(packed, _LARGEST_UNPACKED)
    except (zlib.error, TypeError):
        return None
    return body if unpacker.eof else None
