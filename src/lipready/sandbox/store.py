"""The sandbox's options, its clock, its count of paid submissions, and the uploads on its disk."""

import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import timedelta, timezone
from pathlib import Path, PurePosixPath
from typing import Any, Literal
from uuid import uuid4

from lipready.sandbox.faults.fault import Fault

BEIJING = timezone(timedelta(hours=8))
"""The time zone in which both providers write times."""


@dataclass(slots=True, eq=False)
class Clock:
    """This machine's time, plus what `ahead` returns, plus `advanced`; all in seconds, and read at each look."""

    ahead: Callable[[], float]
    advanced: float = 0.0

    def now(self) -> float:
        """Return the seconds since 1970."""
        return time.time() + self.ahead() + self.advanced

    def steady(self) -> float:
        """Return the seconds of a clock that jumps only where it is set ahead."""
        return time.monotonic() + self.ahead() + self.advanced


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxOptions:
    """How the sandbox behaves.

    `port` 0 takes any free one. `pace` is the seconds that a task takes at least, spread over its states. `log`
    receives one line for each request, from the server's thread. `fetch_seconds` is what fetching one input may take,
    `upload_megabytes` the largest file of DashScope's temporary storage, as the sample of its policy has it.
    `local_callbacks` lets EvoLink's callbacks go to this machine, by plain http too, which EvoLink itself refuses.
    `moving_mouth` moves the speaker's mouth with the audio track in the result videos; without it, it does what it does
    in the video: the result that is billed and useless.

    `ahead` returns the seconds by which the sandbox's clock is ahead of this machine's, and is asked at every look: a
    test whose pauses do not last returns their sum, or sets the clock ahead itself (Running.advance).
    """

    host: str = "127.0.0.1"
    port: int = 0
    pace: float = 1.0
    faults: tuple[Fault, ...] = ()
    log: Callable[[str], None] = lambda _line: None
    fetch_seconds: float = 60.0
    ahead: Callable[[], float] = lambda: 0.0
    upload_megabytes: int = 100
    local_callbacks: bool = False
    moving_mouth: bool = False

    @property
    def upload_bytes(self) -> int:
        """The largest file of DashScope's temporary storage."""
        return self.upload_megabytes * (1 << 20)


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

    @contextmanager
    def arriving(self) -> Iterator[Path]:
        """Yield a place for a file that is being received; what is still there at the end is removed."""
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / f"{uuid4().hex}.part"
        try:
            yield path
        finally:
            path.unlink(missing_ok=True)

    def keep(self, stored: StoredUpload) -> None:
        """Keep a file that has arrived under its id."""
        self.files[stored.id] = stored
        self.bytes += stored.bytes

    def find(self, key: str, now: float) -> StoredUpload | None:
        """Return a file that is still kept."""
        stored = self.files.get(key)
        return stored if stored is not None and now < stored.expires else None

    def drop(self, key: str) -> None:
        """Delete a file."""
        stored = self.files.pop(key, None)
        if stored is not None:
            stored.path.unlink(missing_ok=True)


def suffix_of(name: str) -> str:
    """Return the extension of a name in lower case, with its dot; "" for one that no format has."""
    suffix = PurePosixPath(name).suffix
    return suffix.lower() if _SUFFIX.fullmatch(suffix) else ""


def with_suffix(path: Path, name: str) -> Path:
    """Rename a file to the extension of `name`, by which formats are judged; nothing else of it is used."""
    return path.replace(path.with_suffix(suffix_of(name)))
