"""Everything that the sandbox knows: accounts, tasks, files, counts. It belongs to the server's thread."""

import asyncio
import hashlib
from collections import Counter, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from secrets import token_bytes, token_hex
from uuid import uuid4

from lipready.sandbox.faults.fault import Fault, Faults
from lipready.sandbox.store import Clock, Ledger, LedgerTask, StoredUpload, Style, UploadStore
from lipready.sandbox.tasks.task import Asked, Replay, SandboxTask

READS = 20
POLICIES = 100

FOREIGN = Asked(model="videoretalk", video_url="", audio_url="")
"""What a colleague asked for: nobody here knows."""


SLACK = 0.05
"""Seconds: what a request may be held up on its way here, so that the next one seems to come too soon."""


@dataclass(slots=True)
class Rate:
    """So many requests in so many seconds; a request that is refused does not count."""

    count: int
    seconds: float
    _taken: deque[float] = field(default_factory=deque)

    def admits(self, now: float) -> bool:
        """Return whether a request may pass at this time, in seconds of a clock that does not jump."""
        while self._taken and now - self._taken[0] >= self.seconds - SLACK:
            self._taken.popleft()
        if len(self._taken) >= self.count:
            return False
        self._taken.append(now)
        return True


@dataclass(slots=True, eq=False)
class SandboxAccount:
    """What belongs to one key. The key itself is not kept."""

    id: str
    alone: asyncio.Lock = field(default_factory=asyncio.Lock)
    replays: dict[str, Replay] = field(default_factory=dict)
    submits: Rate = field(default_factory=lambda: Rate(1, 1.0))
    queries: Rate = field(default_factory=lambda: Rate(READS, 1.0))
    lists: Rate = field(default_factory=lambda: Rate(READS, 1.0))
    cancels: Rate = field(default_factory=lambda: Rate(READS, 1.0))
    policies: Rate = field(default_factory=lambda: Rate(POLICIES, 1.0))
    posted: float | None = None
    """When its last paid request arrived, whatever became of that; by the sandbox's clock."""


@dataclass(slots=True, kw_only=True, eq=False)
class World:
    """The sandbox's state. `url` is its own address, `folder` lives as long as it does.

    `pace` is the seconds that a task takes at least, `fetch_seconds` those that fetching one input may take,
    `largest_upload` the bytes that the temporary storage takes in one file, `local_callbacks` whether callbacks may
    go to this machine. `begin` starts a task that was accepted.
    """

    url: str
    folder: Path
    pace: float
    fetch_seconds: float
    largest_upload: int
    faults: Faults
    log: Callable[[str], None]
    local_callbacks: bool = False
    clock: Clock = field(default_factory=Clock)
    begin: Callable[[SandboxTask], None] = lambda _task: None
    secret: bytes = field(default_factory=lambda: token_bytes(32), repr=False)
    accounts: dict[str, SandboxAccount] = field(default_factory=dict)
    tasks: dict[str, SandboxTask] = field(default_factory=dict)
    results: dict[str, SandboxTask] = field(default_factory=dict)
    requests: Counter[str] = field(default_factory=Counter)
    oss: UploadStore = field(init=False)
    files: UploadStore = field(init=False)

    def __post_init__(self) -> None:
        """Make room for uploads."""
        self.oss, self.files = UploadStore(self.folder / "oss"), UploadStore(self.folder / "files")

    def account_of(self, authorization: str) -> SandboxAccount | None:
        """Find the account of an Authorization header; None for no key, and for the key "invalid"."""
        scheme, _, key = authorization.strip().partition(" ")
        key = key.strip()
        if scheme.lower() != "bearer" or not key or key == "invalid":
            return None
        name = hashlib.sha256(key.encode()).hexdigest()[:12]
        return self.accounts.setdefault(name, SandboxAccount(name))

    def submit(self, style: Style, account: SandboxAccount, asked: Asked, workspace: str = "") -> SandboxTask:
        """Accept a paid request."""
        task = _new_task(style, account, asked, self.clock.now(), workspace)
        self._start(task)
        return task

    def _submit_of_colleague(self, style: Style, account: SandboxAccount, workspace: str) -> None:
        """Count a submission by another client when this one last did, whatever became of that; now where it never did.

        The task has another result than any of the account's own, and is not counted among the paid submissions.
        """
        when = self.clock.now() if account.posted is None else account.posted
        self._start(replace(_new_task(style, account, FOREIGN, when, workspace), foreign=True))

    def _start(self, task: SandboxTask) -> None:
        self.tasks[task.id] = task
        self.begin(task)

    def task_of(self, style: Style, account: SandboxAccount, workspace: str, name: str) -> SandboxTask | None:
        """Find a task that the account may see from a workspace."""
        task = self.tasks.get(name)
        mine = task is not None and (task.style, task.account, task.workspace) == (style, account.id, workspace)
        return task if mine and task is not None and not task.forgotten(self.clock.now()) else None

    def tasks_of(self, style: Style, account: SandboxAccount, workspace: str) -> list[SandboxTask]:
        """Return the tasks of an account in a workspace, the newest first."""
        found = [task for task in self.tasks.values() if self.task_of(style, account, workspace, task.id) is not None]
        return sorted(found, key=lambda task: task.created)[::-1]

    def listed(
        self, style: Style, account: SandboxAccount, workspace: str, beside: Mapping[str, Fault]
    ) -> list[SandboxTask]:
        """Return the tasks of an account as a list shows them, where it lags or a colleague works beside us, too."""
        if "foreign" in beside:
            self._submit_of_colleague(style, account, workspace)
        lag = beside.get("lag")
        until = self.clock.now() - (lag.number if lag else 0)
        return [task for task in self.tasks_of(style, account, workspace) if task.created <= until]

    @property
    def own_files(self) -> str:
        """What the addresses of files begin with that were uploaded here, by EvoLink's way."""
        return f"{self.url}/files/"

    def file_at(self, url: str) -> StoredUpload | None:
        """Find the file that such an address stands for; None for any other address."""
        name = url.removeprefix(self.own_files).partition("/")[0]
        return self.files.find(name, self.clock.now()) if url.startswith(self.own_files) else None

    def count(self, step: str) -> None:
        """Count a request."""
        self.requests[step] += 1

    def ledger(self) -> Ledger:
        """Return what was counted; may be called from any thread."""
        tasks = tuple(self.tasks.values())
        own = tuple(_entry(task) for task in tasks if not task.foreign)
        return Ledger(
            submissions=len(own),
            tasks=own,
            foreign=tuple(_entry(task) for task in tasks if task.foreign),
            requests=dict(self.requests),
            uploaded=self.oss.bytes + self.files.bytes,
        )


def _new_task(style: Style, account: SandboxAccount, asked: Asked, now: float, workspace: str) -> SandboxTask:
    name = str(uuid4()) if style == "dashscope" else f"task-unified-{int(now)}-{token_hex(4)}"
    return SandboxTask(
        id=name,
        style=style,
        account=account.id,
        workspace=workspace,
        asked=asked,
        created=now,
        request_id=str(uuid4()),
    )


def _entry(task: SandboxTask) -> LedgerTask:
    return LedgerTask(task.id, task.style, task.created, task.status, task.account, task.workspace)
