"""The state of the sandbox: accounts, tasks, files, counts. It belongs to the server's thread."""

import asyncio
import hashlib
from collections import Counter, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from secrets import token_bytes, token_hex
from uuid import uuid4

from lipready.sandbox.faults.fault import Fault, Faults
from lipready.sandbox.store import Clock, Ledger, LedgerTask, SandboxOptions, StoredUpload, Style, UploadStore
from lipready.sandbox.tasks.task import Asked, Replay, SandboxTask

RATES = {"policy": 100, "submit": 1, "poll": 20, "list": 20, "cancel": 20}
"""How many requests of a step an account has in a second, at DashScope."""

FOREIGN = Asked(video_url="", audio_url="")
"""What a colleague asked for, which is not known here."""

SLACK = 0.05
"""Seconds that a request may be held up on its way here, so that the next one seems to come too soon."""


@dataclass(slots=True)
class Rate:
    """A rate limit: `count` requests in a second; a request that is refused does not count."""

    count: int
    _taken: deque[float] = field(default_factory=deque)

    def admits(self, now: float) -> bool:
        """Return whether a request may pass at this time, in seconds of a clock that does not jump."""
        while self._taken and now - self._taken[0] >= 1 - SLACK:
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
    rates: dict[str, Rate] = field(default_factory=lambda: {step: Rate(count) for step, count in RATES.items()})
    posted: float | None = None
    """When its last paid request arrived, whatever became of that; by the sandbox's clock."""


class World:
    """The sandbox's state. `url` is its own address, `folder` lives as long as it does.

    `begin` starts a task that was accepted.
    """

    def __init__(self, options: SandboxOptions, url: str, folder: Path) -> None:
        self.options, self.url, self.folder = options, url, folder
        self.log, self.clock, self.faults = options.log, Clock(options.ahead), Faults(options.faults)
        self.begin: Callable[[SandboxTask], None] = lambda _task: None
        self.secret = token_bytes(32)
        self.accounts: dict[str, SandboxAccount] = {}
        self.tasks: dict[str, SandboxTask] = {}
        self.results: dict[str, SandboxTask] = {}
        self.requests: Counter[str] = Counter()
        self.oss, self.files = UploadStore(folder / "oss"), UploadStore(folder / "files")
        # What the addresses of files begin with that were uploaded here, by EvoLink's way.
        self.own_files = f"{url}/files/"

    def account_of(self, authorization: str) -> SandboxAccount | None:
        """Return the account of an Authorization header; None for no key, and for the key "invalid"."""
        scheme, _, key = authorization.strip().partition(" ")
        key = key.strip()
        if scheme.lower() != "bearer" or not key or key == "invalid":
            return None
        name = hashlib.sha256(key.encode()).hexdigest()[:12]
        return self.accounts.setdefault(name, SandboxAccount(name))

    def submit(
        self, style: Style, account: SandboxAccount, asked: Asked, workspace: str = "", *, foreign: bool = False
    ) -> SandboxTask:
        """Accept a paid request; a `foreign` one is a colleague's, made when this account last posted one, or now."""
        now = account.posted if foreign and account.posted is not None else self.clock.now()
        task = SandboxTask(
            id=str(uuid4()) if style == "dashscope" else f"task-unified-{int(now)}-{token_hex(4)}",
            style=style,
            account=account.id,
            workspace=workspace,
            asked=asked,
            created=now,
            request_id=str(uuid4()),
            foreign=foreign,
        )
        self.tasks[task.id] = task
        self.begin(task)
        return task

    def task_of(self, style: Style, account: SandboxAccount, workspace: str, name: str) -> SandboxTask | None:
        """Return a task that the account may see from a workspace."""
        task = self.tasks.get(name)
        if task is None or task.forgotten(self.clock.now()):
            return None
        return task if (task.style, task.account, task.workspace) == (style, account.id, workspace) else None

    def tasks_of(self, style: Style, account: SandboxAccount, workspace: str) -> list[SandboxTask]:
        """Return the tasks of an account in a workspace, the newest first."""
        found = [task for task in self.tasks.values() if self.task_of(style, account, workspace, task.id) is not None]
        return sorted(found, key=lambda task: task.created)[::-1]

    def listed(
        self, style: Style, account: SandboxAccount, workspace: str, beside: Mapping[str, Fault]
    ) -> list[SandboxTask]:
        """Return the tasks of an account as a list shows them, also under the faults "lag" and "foreign"."""
        if "foreign" in beside:
            self.submit(style, account, FOREIGN, workspace, foreign=True)
        lag = beside.get("lag")
        until = self.clock.now() - (lag.number if lag else 0)
        return [task for task in self.tasks_of(style, account, workspace) if task.created <= until]

    def file_at(self, url: str) -> StoredUpload | None:
        """Return the file at an address of EvoLink's uploads; None for any other address."""
        name = url.removeprefix(self.own_files).partition("/")[0]
        return self.files.find(name, self.clock.now()) if url.startswith(self.own_files) else None

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


def _entry(task: SandboxTask) -> LedgerTask:
    return LedgerTask(task.id, task.style, task.created, task.status, task.account, task.workspace)
