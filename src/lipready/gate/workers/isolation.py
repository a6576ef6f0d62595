"""Each file in a child process: what a file does to its decoder costs that file, and nothing else."""

import atexit
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Lock, Thread
from typing import IO, Any, cast

import lipready
from lipready.errors import ComponentError
from lipready.facts.file import FileFacts
from lipready.facts.pictures import FilePictures
from lipready.gate.workers.file_task import FileTask
from lipready.gate.workers.pipe import Garbled, WorkerAnswer, receive, send

_TICK = 0.1
"""Seconds between two looks at the memory."""
_MOST_STDERR = 4096


class Died(Exception):  # noqa: N818  (no error for anybody but the one who asked)
    """The child has ended without an answer: `status` is negative by a signal, None where it wrote something else."""

    def __init__(self, status: int | None) -> None:
        super().__init__(status)
        self.status = status

    def problem(self, tries: int) -> str:
        """Return what it means for the file, as a phrase that continues its name."""
        if self.status is None or self.status >= 0:
            how = "" if self.status is None else f" (exit status {self.status})"
            return f"made the decoder end without an answer{how}"
        return f"made the decoder crash{' twice' if tries > 1 else ''} (signal {-self.status})"


class NotStarted(Exception):  # noqa: N818
    """There is no child, or it has ended before it was ready for the file; the message is a phrase that says how."""


class Exceeded(Exception):  # noqa: N818
    """The child took more time or memory than the file may, and was ended; the message is a phrase that says which."""


@dataclass(frozen=True, slots=True)
class Measured:
    """The facts of a file, and the small pictures that were kept where the task asks for them."""

    facts: FileFacts
    pictures: FilePictures | None = None


class Child:
    """A process of `lipready.gate.workers.worker`. May be asked by one thread at a time, and killed by any."""

    def __init__(self) -> None:
        """Start it. Raises NotStarted where the system gives no process."""
        # For what it complains of while it starts; None where there is no room for that.
        self._stderr: IO[bytes] | None = None
        with suppress(OSError):
            self._stderr = tempfile.TemporaryFile()  # noqa: SIM115 - it is open as long as the child is there
        try:
            self._process = subprocess.Popen(
                # -P: the folder where all this runs belongs to the user, and may hold a numpy.py.
                [sys.executable, "-P", "-m", "lipready.gate.workers.worker"],
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

    def ask(self, task: FileTask) -> Measured:
        """Hand a task over and wait for the facts.

        Raises ComponentError where something is missing that measuring needs; NotStarted, Died or Exceeded, after which
        there is no process any more.
        """
        deadline = time.monotonic() + task.seconds()
        with suppress(OSError):  # it has ended: the thread that listens knows
            send(cast("Any", self._process.stdin), task)
        answer = self._next(task, deadline)
        ready = answer == WorkerAnswer("ready")
        if ready:
            answer = self._next(task, deadline)
        if isinstance(answer, WorkerAnswer):
            if answer.kind == "error":
                raise ComponentError(answer.text)
            if answer.facts is None:
                raise Died(None)
            return Measured(answer.facts, answer.pictures)
        if isinstance(answer, Garbled):
            self._process.kill()
            raise Died(None) if ready else NotStarted("starts with something else on its standard output")
        with suppress(subprocess.TimeoutExpired):  # of itself where it does
            self._process.wait(_TICK * 50)
        self._process.kill()
        status = self._process.wait()
        raise Died(status) if ready else NotStarted(f"ends at start ({self._how_it_ended(status)})")

    def _next(self, task: FileTask, deadline: float) -> object:
        import psutil

        while True:
            with suppress(Empty):
                return self._answers.get(timeout=_TICK)
            if time.monotonic() > deadline:
                self.kill()
                raise Exceeded(f"kept the decoder busy for more than {round(task.seconds(), 1):g} s")
            with suppress(psutil.Error):  # it has ended
                if psutil.Process(self.pid).memory_info().rss > task.memory:
                    self.kill()
                    raise Exceeded(f"needs more than {task.memory / (1 << 30):.3g} GB of memory to be measured")

    def kill(self) -> None:
        """End it at once."""
        self._process.kill()
        self._process.wait()
        with suppress(OSError):
            cast("IO[bytes]", self._process.stdin).close()
        if self._stderr is not None:
            self._stderr.close()

    def _how_it_ended(self, status: int) -> str:
        """Return its status and the last line that it wrote to standard error."""
        how = f"exit status {status}" if status >= 0 else f"signal {-status}"
        if self._stderr is None or self._stderr.closed:
            return how
        self._stderr.seek(max(0, self._stderr.seek(0, os.SEEK_END) - _MOST_STDERR))
        lines = self._stderr.read().decode("utf-8", "replace").split("\n")
        last = next((line.strip() for line in reversed(lines) if line.strip()), None)
        return how if last is None else f"{how}: {last[:200]}"

    def _listen(self) -> None:
        """Read answers until there are no more."""
        with cast("Any", self._process.stdout) as stream:
            try:
                while True:
                    self._answers.put(receive(stream, WorkerAnswer))
            except (EOFError, OSError, ValueError):
                self._answers.put(None)
            except Garbled as error:
                self._answers.put(error)


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


_FROM_OUTSIDE = {-getattr(signal, name) for name in ("SIGKILL", "SIGTERM", "SIGHUP", "SIGINT") if hasattr(signal, name)}
"""How a child ends that somebody else has ended: no fault of the file, most likely."""

_TRIES = 2
_STARTS = 4
_PAUSE = 0.1
"""Seconds before the second start, twice as many before each further one: processes may be short for a moment."""


class Stopped(Exception):  # noqa: N818  (no error for anybody but the one who has stopped it)
    """No file is measured any more."""


class Children:
    """The child processes of this process, as many as there are tasks at once, kept alive from file to file."""

    def __init__(self) -> None:
        """Start none yet."""
        self._lock = Lock()
        self._idle: list[Child] = []
        self._all: set[Child] = set()
        self._closed = False

    def measure(self, task: FileTask) -> FileFacts:
        """Return the facts of `measured` alone."""
        return self.measured(task).facts

    def measured(self, task: FileTask) -> Measured:
        """Measure one file in a child of its own for that time. May be called by several threads.

        Whatever the file does to the decoder becomes its `problem`, which is transient; where somebody else ends the
        child, the file is tried once more. Raises ComponentError where no child gets ready, or something is missing
        that measuring needs, Stopped after `close`.
        """
        tries = starts = 0
        while True:
            try:
                with self._lent() as child:
                    return child.ask(task)
            except NotStarted as failure:
                starts += 1
                if starts >= _STARTS:
                    raise ComponentError(
                        f"The process that measures files {failure}: see to the Python environment of lipready, to "
                        "memory, and to the limits on processes and open files, then run again."
                    ) from failure
                time.sleep(_PAUSE * 2 ** (starts - 1))
            except Exceeded as excess:
                return Measured(task.failed(str(excess)))
            except Died as death:
                tries += 1
                if death.status not in _FROM_OUTSIDE or tries >= _TRIES:
                    return Measured(task.failed(death.problem(tries)))

    def close(self) -> None:
        """End all of them at once, whatever they do."""
        with self._lock:
            self._closed = True
            children, self._idle, self._all = list(self._all), [], set()
        for child in children:
            child.kill()

    @contextmanager
    def _lent(self) -> Iterator[Child]:
        child = self._take()
        try:
            yield child
        finally:
            with self._lock:
                if self._closed:
                    raise Stopped
                if child.alive:
                    self._idle.append(child)
                else:
                    self._forget(child)

    def _take(self) -> Child:
        with self._lock:
            while self._idle:
                child = self._idle.pop()
                if child.alive:
                    return child
                self._forget(child)
            if self._closed:
                raise Stopped
            child = Child()
            self._all.add(child)
            return child

    def _forget(self, child: Child) -> None:
        child.kill()  # it has ended; its pipes have not
        self._all.discard(child)


_mine = Children()


def measure_file(task: FileTask) -> FileFacts:
    """Measure one file in a child process of this process: what is handed to an executor. See `Children.measure`.

    The children have one thread each: whoever hands in an executor has as many tasks at once as there are cores.
    """
    return _mine.measure(task)


def measure_pictured(task: FileTask) -> Measured:
    """Measure one file as `measure_file` does, and return what was kept of it as well."""
    return _mine.measured(task)


def end_children() -> None:
    """End the children that `measure_file` has started in this process; the next file starts others."""
    children = _mine
    _forget()
    children.close()


def _forget() -> None:
    """Begin anew; in a fork, leave the children to the process from which this one has been forked."""
    global _mine  # noqa: PLW0603
    _mine = Children()


atexit.register(end_children)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)
