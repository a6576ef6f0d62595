"""The journal of jobs that were submitted or are about to be, in a database of the user."""

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from lipready.atomic import publish
from lipready.errors import JournalError, UsageError, concerning
from lipready.providers.journal.database import connected, create_empty, explained
from lipready.providers.journal.entry import OPEN, PAID, JournalEntry, from_text, to_text
from lipready.providers.journal.locks import Lock
from lipready.providers.journal.state import make_private, state_folder

FILE = "journal.sqlite3"
VERSION = 3

_APPLICATION = 0x6C697072  # "lipr"
_WORDS = ("journal", "move it away to begin a new one, and keep it, since it names tasks that were paid for")
_SCHEMA = """
CREATE TABLE entries (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    created REAL NOT NULL,
    service TEXT NOT NULL,
    api TEXT NOT NULL,
    task_id TEXT,
    entry TEXT NOT NULL,
    UNIQUE (service, api, task_id)
)
"""
_SINCE = {
    # An older lipready would send a job again that it cannot recognise.
    2: ("ALTER TABLE entries ADD COLUMN fingerprint TEXT", "CREATE INDEX by_fingerprint ON entries (fingerprint)"),
    # It would call an entry damaged that says which part of a job it is, or what was found in its result.
    3: (),
}
"""What each format has more than the one before it, and why an older lipready is kept out."""
_ALIKE = "SELECT entry FROM entries WHERE fingerprint = ? ORDER BY created DESC, number DESC"
"""The entries of the same job, newest first."""
_SHORTEST_PREFIX = 4
_MOST_NAMED = 5


class Journal:
    """The journal in a folder (the state folder), shared by all of the user's processes. Made with its first entry.

    When `add`, `write` or `claim` returns, what was written outlives a kill and a power failure. All methods raise
    JournalError where the journal is damaged, newer than this lipready, or cannot be read or written; one that is there
    is never replaced by an empty one.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.path = (folder or state_folder()) / FILE
        self._whole = False

    def add(self, entry: JournalEntry) -> None:
        """Record a new entry."""
        self._create()
        with self._open() as connection, _transaction(connection):
            self._insert(connection, entry)

    def add_unless_known(self, entry: JournalEntry) -> JournalEntry:
        """Record a new entry, unless the same job is open or done already; return the entry that the job has now.

        Of several with its fingerprint it is the newest that was paid for, or may have been, else the newest that was
        never sent. Its output is that of `entry`, where that names one.
        """
        self._create()
        with self._open() as connection, _transaction(connection):
            alike = map(self._entry, _column(connection, _ALIKE, entry.fingerprint))
            known = [each for each in alike if each.stage in OPEN | PAID]
            if not known:
                self._insert(connection, entry)
                return entry
            found = next((each for each in known if each.stage in PAID), known[0])
            if entry.output is not None and entry.output != found.output:
                found = replace(found, output=entry.output)
                self._replace(connection, found)
        return found

    def paid_before(self, entry: JournalEntry) -> JournalEntry | None:
        """Return the newest other entry of the same job that was paid for, or may have been; None where none was."""
        alike = map(self._entry, self._select(_ALIKE, entry.fingerprint))
        return next((each for each in alike if each.stage in PAID and each.id != entry.id), None)

    def write(self, entry: JournalEntry) -> None:
        """Replace the entry with the same id. A task id that was written once is never taken away again."""
        with self._open() as connection, _transaction(connection):
            self._replace(connection, entry)

    def claim(self, entry_id: str, task_id: str) -> JournalEntry | None:
        """Assign a task to an entry, and return that as it is now, at "submitted"; None where another has the task.

        One of any number of processes that try at once succeeds. Raises JournalError where the entry has another task.
        """
        with self._open() as connection, _transaction(connection):
            entry = self._read(connection, entry_id)
            if entry.task_id == task_id:
                return entry
            taken = "SELECT 1 FROM entries WHERE service = ? AND api = ? AND task_id = ?"
            if _column(connection, taken, entry.service, entry.api, task_id):
                return None
            entry = replace(entry, task_id=task_id, stage="submitted", updated=time.time())
            self._replace(connection, entry)
        return entry

    def entries(self) -> tuple[JournalEntry, ...]:
        """Return all entries, newest first."""
        return tuple(map(self._entry, self._select("SELECT entry FROM entries ORDER BY created DESC, number DESC")))

    def find(self, text: str) -> JournalEntry:
        """Find an entry by its id, four digits of its beginning, or the provider's id of its task or candidate.

        Raises UsageError, which names what may be meant, where there is none or more than one.
        """
        entries = self.entries()
        text = text.strip()
        start = text.lower()
        found = [each for each in entries if each.id == start] or [
            each
            for each in entries
            if each.task_id == text or (len(text) >= _SHORTEST_PREFIX and each.id.startswith(start))
        ]
        found = found or [
            each for each in entries if each.task_id is None and text and text in {each.candidate, *each.rejected}
        ]
        if len(found) == 1:
            return found[0]
        if found:
            raise UsageError(f"{text!r} may mean {_named(found)}: give more of the id.")
        if not entries:
            raise UsageError(f"There is no task {text!r}: the journal {self.path} holds none at all.")
        raise UsageError(f"There is no task {text!r} in the journal {self.path}; the latest are {_named(entries)}.")

    def known_tasks(self, service: str, api: str) -> frozenset[str]:
        """Return the ids of all tasks of a provider's address that entries have."""
        found = self._select(
            "SELECT task_id FROM entries WHERE service = ? AND api = ? AND task_id IS NOT NULL", service, api
        )
        return frozenset(map(str, found))

    def _select(self, query: str, *values: str | None) -> list[object]:
        """Return the one column of a query; nothing where there is no journal yet."""
        if not self._exists():
            return []
        with self._open() as connection:
            return _column(connection, query, *values)

    def _exists(self) -> bool:
        with explained(self.path, *_WORDS):
            return os.path.lexists(self.path)

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        with concerning(path=os.fspath(self.path)), connected(self.path, *_WORDS) as connection:
            # EXTRA: also the removal of the rollback journal is on the disk, without which a commit may be undone.
            connection.execute("PRAGMA synchronous = EXTRA")
            if not self._whole:
                self._require_ours(connection)
                self._whole = True
            yield connection

    def _require_ours(self, connection: sqlite3.Connection) -> None:
        (application,) = connection.execute("PRAGMA application_id").fetchone()
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if application != _APPLICATION or version < 1:
            raise JournalError(f"{self.path} is no journal of lipready, or is damaged: {_WORDS[1]}.")
        if version > VERSION:
            raise JournalError(
                f"The journal {self.path} was written by a newer lipready (format {version}, this one knows "
                f"{VERSION}): update lipready."
            )
        if connection.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
            raise self._damaged()
        if version < VERSION:
            with _transaction(connection):
                _migrate(connection)

    def _create(self) -> None:
        """Make the journal under another name, so that an empty file under its own can only be a damaged one."""
        if self._exists():
            return
        folder = make_private(self.path.parent)
        lock = Lock("new journal", folder=folder / "locks")
        lock.acquire()
        new = self.path.with_name(f"{FILE}.new")
        with lock, explained(self.path, *_WORDS):
            if not self._exists():
                new.unlink(missing_ok=True)
                create_empty(new)
                with connected(new, *_WORDS) as connection:
                    connection.execute("PRAGMA synchronous = EXTRA")
                    with _transaction(connection):
                        connection.execute(_SCHEMA)
                        connection.execute(f"PRAGMA application_id = {_APPLICATION}")
                        _migrate(connection)
                publish(new, self.path, synced=True)

    def _insert(self, connection: sqlite3.Connection, entry: JournalEntry) -> None:
        values = (entry.id, entry.created, entry.service, entry.api, entry.task_id, entry.fingerprint, to_text(entry))
        try:
            connection.execute(
                "INSERT INTO entries (id, created, service, api, task_id, fingerprint, entry) "
                "VALUES (?, ?, ?, ?, ?, ?, ?)",
                values,
            )
        except sqlite3.IntegrityError as error:
            raise JournalError(f"The entry {entry.id}, or its task, is in the journal {self.path} already.") from error

    def _replace(self, connection: sqlite3.Connection, entry: JournalEntry) -> None:
        try:
            changed = connection.execute(
                "UPDATE entries SET task_id = ?, entry = ?, service = ?, api = ? "
                "WHERE id = ? AND (task_id IS NULL OR task_id = ?)",
                (entry.task_id, to_text(entry), entry.service, entry.api, entry.id, entry.task_id),
            ).rowcount
        except sqlite3.IntegrityError as error:
            raise JournalError(
                f"The task {entry.task_id} belongs to another entry of the journal {self.path}."
            ) from error
        if not changed:
            has = self._read(connection, entry.id).task_id
            raise JournalError(
                f"The entry {entry.id} of the journal {self.path} has the task {has} already, and keeps it."
            )

    def _read(self, connection: sqlite3.Connection, entry_id: str) -> JournalEntry:
        found = _column(connection, "SELECT entry FROM entries WHERE id = ?", entry_id)
        if not found:
            raise JournalError(f"There is no entry {entry_id} in the journal {self.path}.")
        return self._entry(found[0])

    def _entry(self, text: object) -> JournalEntry:
        try:
            return from_text(text)
        except ValueError as error:
            raise self._damaged() from error

    def _damaged(self) -> JournalError:
        return JournalError(f"The journal {self.path} is damaged: {_WORDS[1]}.")


def _column(connection: sqlite3.Connection, query: str, *values: str | None) -> list[object]:
    return [value for (value,) in connection.execute(query, values)]


@contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        with suppress(sqlite3.Error):
            connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def _migrate(connection: sqlite3.Connection) -> None:
    """Make a journal of an earlier format one of this format, unless another process has just done so."""
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    for newer, statements in _SINCE.items():
        if version < newer:
            for statement in statements:
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {newer}")


def _named(entries: list[JournalEntry] | tuple[JournalEntry, ...]) -> str:
    names = [f"{each.id} ({each.task_id or each.stage})" for each in entries[:_MOST_NAMED]]
    return ", ".join(names) + (", …" if len(entries) > _MOST_NAMED else "")
