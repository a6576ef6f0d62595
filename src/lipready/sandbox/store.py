"""The sandbox's clock, its count of paid submissions, and the uploads on its disk."""

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import timedelta, timezone
from pathlib import Path, PurePosixPath
from typing import Any, Literal
from uuid import uuid4

BEIJING = timezone(timedelta(hours=8))
"""The time zone in which both providers write times."""


def level() -> float:
    """Return 0: the clock is ahead of this machine's by nothing."""
    return 0.0


@dataclass(slots=True, eq=False)
class Clock:
    """This machine's time, plus what `ahead` returns, plus `advanced`; all in seconds, and read at each look."""

    ahead: Callable[[], float] = level
    advanced: float = 0.0

    def now(self) -> float:
        """Return the seconds since 1970."""
        return time.time() + self.ahead() + self.advanced

    def steady(self) -> float:
        """Return the seconds of a clock that jumps only where it is set ahead."""
        return time.monotonic() + self.ahead() + self.advanced


Style = Literal["dashscope", "evolink"]
STYLES: tuple[Style, ...] = ("dashscope", "evolink")


@dataclass(frozen=True, slots=True)
class LedgerTask:
    """One task that was accepted; `created` is seconds since 1970, `status` in the provider's own spelling.

    `account` tells the tasks of one key from those of another; it is not the key.
    """

    id: str
    style: Style
    created: float
    status: str
    account: str
    workspace: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """`submissions` counts paid submissions that were accepted, `requests` all requests by step, refused ones too.

    `tasks` is one task for each of the submissions, in their order; `foreign` is what colleagues submitted by the
    fault of that name, and counts nowhere else. `uploaded` is the bytes that were stored.
    """

    submissions: int
    tasks: tuple[LedgerTask, ...]
    foreign: tuple[LedgerTask, ...]
    requests: Mapping[str, int]
    uploaded: int

    def to_dict(self) -> dict[str, Any]:
        """Return the ledger as GET /sandbox/ledger gives it."""
        return asdict(self)


_SUFFIX = re.compile(r"\.[A-Za-z0-9]{1,8}")


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredUpload:
    """One file. `name` is what it is called here, `created` and `expires` are seconds since 1970.

    `original` is what its sender calls it, `folder` where it was put; storage that knows neither has "".
    """

    id: str
    account: str
    path: Path
    name: str
    bytes: int
    kind: str
    created: float
    expires: float
    original: str = ""
    folder: str = ""


@dataclass(slots=True)
class UploadStore:
    """The files of one kind of storage, by their keys."""

    folder: Path
    files: dict[str, StoredUpload] = field(default_factory=dict)
    bytes: int = 0

    def room(self) -> Path:
        """Choose a place for a file that is being received."""
        self.folder.mkdir(parents=True, exist_ok=True)
        return self.folder / uuid4().hex

    def keep(self, key: str, stored: StoredUpload) -> StoredUpload:
        """Put a file that has arrived under its key."""
        self.files[key] = stored
        self.bytes += stored.bytes
        return stored

    def find(self, key: str, now: float) -> StoredUpload | None:
        """Find a file that is still kept."""
        stored = self.files.get(key)
        return stored if stored is not None and now < stored.expires else None

    def tidy(self, path: Path) -> None:
        """Remove what arrived at a path and was not kept."""
        if not any(stored.path == path for stored in self.files.values()):
            path.unlink(missing_ok=True)

    def drop(self, key: str) -> None:
        """Delete a file."""
        stored = self.files.pop(key, None)
        if stored is not None:
            stored.path.unlink(missing_ok=True)


def with_suffix(path: Path, name: str) -> Path:
    """Rename a file to the extension of `name`, by which formats are judged; nothing else of it is used."""
    suffix = PurePosixPath(name).suffix
    named = path.with_suffix(suffix.lower()) if _SUFFIX.fullmatch(suffix) else path
    return path if named == path else path.replace(named)
