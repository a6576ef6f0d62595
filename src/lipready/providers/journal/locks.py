"""Locks between processes, and between the threads of one.

The system releases them when their process ends, however it ends; a lock file that is left over means nothing.
"""

import re
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Self

from lipready.errors import JournalError
from lipready.providers.journal.state import make_private, state_folder
from lipready.providers.transport.wire import Flow, Pause, call

if TYPE_CHECKING:
    from filelock import BaseFileLock

_LOOK_AGAIN = 0.05
_LONG = 3600.0


class Lock:
    """One hold of the lock of a name. Acquired once, and released from whichever thread, or at the end of a block."""

    def __init__(self, name: str, *, folder: Path | None = None) -> None:
        self._folder = folder or state_folder() / "locks"
        plain = re.sub(r"[^A-Za-z0-9.]+", "-", name)[:60]
        self._path = self._folder / f"{plain}-{sha256(name.encode()).hexdigest()[:12]}.lock"
        self._held: BaseFileLock | None = None

    def acquire(self, *, wait: bool = True) -> bool:
        """Take the lock, with `wait` in the end and blocking; return whether it is held. Raises JournalError."""
        from filelock import FileLock, Timeout

        make_private(self._folder.parent)
        make_private(self._folder)
        lock = FileLock(self._path, thread_local=False, mode=0o600)
        while True:
            try:
                # Not without end: filelock takes that for a deadlock where a thread of a pool has held it before.
                lock.acquire(timeout=_LONG if wait else 0, poll_interval=_LOOK_AGAIN)
            except Timeout:
                if not wait:
                    return False
            except (OSError, NotImplementedError) as error:
                reason = getattr(error, "strerror", None) or error
                raise JournalError(
                    f"The lock file {self._path} cannot be written: {reason}.", path=str(self._path)
                ) from error
            else:
                self._held = lock
                return True

    def release(self) -> None:
        """Release the lock; without effect where it is not held."""
        lock, self._held = self._held, None
        if lock is not None:
            lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()


def acquired(lock: Lock) -> Flow[Lock]:
    """Wait for a lock from inside a flow, without keeping a thread busy, and return it held."""
    while not (yield from call(lambda: lock.acquire(wait=False))):
        yield Pause(_LOOK_AGAIN)
    return lock
