"""One child process, as its parent sees it: asked for one file at a time, and ended where it takes too much."""

import os
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread
from typing import IO, Any, cast

import lipready
from lipready.gate.workers.file_task import FileTask
from lipready.gate.workers.pipe import Garbled, receive, send

_TICK = 0.1
"""Seconds between two looks at the memory."""

_LAST_WORDS = 4096
"""Bytes of a child's standard error that are read."""


class Died(Exception):  # noqa: N818  (no error for anybody but the one who asked)
    """The child has ended without an answer; `status` is negative where a signal has ended it, None if it babbled."""

    def __init__(self, status: int | None) -> None:
        super().__init__(status)
        self.status = status


class NotStarted(Exception):  # noqa: N818
    """There is no child, or it has ended before it was ready for the file; the message is a phrase that says how."""


class TooSlow(Exception):  # noqa: N818
    """The child did not answer in time, and was ended."""


class TooLarge(Exception):  # noqa: N818
    """The child took more memory than the file may, and was ended."""


class Child:
    """A process of `lipready.gate.workers.worker`. May be asked by one thread at a time, and killed by any."""

    def __init__(self, threads: int) -> None:
        """Start it; it uses `threads` threads. Raises NotStarted where the system gives no process."""
        self._stderr = _temporary()
        try:
            self._process = subprocess.Popen(
                # -P: the folder where all this runs belongs to the user, and may hold a numpy.py.
                [sys.executable, "-P", "-m", "lipready.gate.workers.worker", str(threads)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._stderr or subprocess.DEVNULL,
                env={**os.environ, "PYTHONPATH": _search_path()},
                **_apart(),
            )
        except OSError as error:
            if self._stderr is not None:
                self._stderr.close()
            raise NotStarted(f"cannot be started ({error.strerror or error})") from error
        self._answers: SimpleQueue[Any] = SimpleQueue()
        try:
            Thread(target=self._listen, name="lipready-child", daemon=True).start()
        except RuntimeError as error:
            self.kill()
            raise NotStarted(f"cannot be started ({error})") from error

    @property
    def pid(self) -> int:
        """The id of its process."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether its process runs."""
        return self._process.poll() is None

    def ask(self, task: FileTask) -> tuple[Any, ...]:
        """Hand a task over and wait for the answer.

        Raises NotStarted, Died, TooSlow or TooLarge, after which there is no process any more.
        """
        deadline = time.monotonic() + task.seconds()
        with suppress(OSError):  # it has ended: the thread that listens knows
            send(cast("Any", self._process.stdin), task)
        answer = self._next(task.memory, deadline)
        ready = answer == ("ready",)
        if ready:
            answer = self._next(task.memory, deadline)
        if isinstance(answer, tuple):
            return answer
        if isinstance(answer, Garbled):
            self._process.kill()
            raise Died(None) if ready else NotStarted("starts with something else on its standard output")
        status = self._status()
        raise Died(status) if ready else NotStarted(f"ends at start ({self._how_it_ended(status)})")

    def _next(self, memory: int, deadline: float) -> object:
        while True:
            try:
                return self._answers.get(timeout=_TICK)
            except Empty:
                self._assert_modest(memory, deadline)

    def kill(self) -> None:
        """End it at once, and forget it."""
        self._process.kill()
        self._process.wait()
        with suppress(OSError):
            cast("IO[bytes]", self._process.stdin).close()
        if self._stderr is not None:
            self._stderr.close()

    def _status(self) -> int:
        """Tell how it ended, of itself where it does."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_TICK * 50)
        self._process.kill()
        return self._process.wait()

    def _how_it_ended(self, status: int) -> str:
        """Return its status and the last line that it wrote to standard error."""
        how = f"exit status {status}" if status >= 0 else f"signal {-status}"
        if self._stderr is None or self._stderr.closed:
            return how
        self._stderr.seek(max(0, self._stderr.seek(0, os.SEEK_END) - _LAST_WORDS))
        lines = self._stderr.read().decode("utf-8", "replace").split("\n")
        last = next((line.strip() for line in reversed(lines) if line.strip()), None)
        return how if last is None else f"{how}: {last[:200]}"

    def _assert_modest(self, memory: int, deadline: float) -> None:
        if time.monotonic() > deadline:
            self.kill()
            raise TooSlow
        if _resident(self.pid) > memory:
            self.kill()
            raise TooLarge

    def _listen(self) -> None:
        """Read answers until there are no more."""
        with cast("Any", self._process.stdout) as stream:
            try:
                while True:
                    self._answers.put(receive(stream))
            except (EOFError, OSError, ValueError):
                self._answers.put(None)
            except Garbled as error:
                self._answers.put(error)


def _temporary() -> IO[bytes] | None:
    """Open a file for what a child complains of while it starts; None where there is no room for one."""
    with suppress(OSError):
        return tempfile.TemporaryFile()
    return None


def _apart() -> dict[str, Any]:
    """Keep Ctrl-C of the terminal from the child: its parent ends it."""
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
    return {"process_group": 0}


def _search_path() -> str:
    """Let the child find what its parent found, but nothing that depends on the folder it works in."""
    ours = str(Path(lipready.__file__).resolve().parents[1])
    given = [entry for entry in os.environ.get("PYTHONPATH", "").split(os.pathsep) if os.path.isabs(entry)]  # noqa: PTH117
    installed = Path(ours).name in {"site-packages", "dist-packages"}
    return os.pathsep.join(given if installed else [*given, ours])


def _resident(pid: int) -> int:
    """Tell how many bytes a process holds in memory; 0 where it has ended."""
    import psutil

    try:
        return int(psutil.Process(pid).memory_info().rss)
    except psutil.Error:
        return 0
