"""Each file in a child process: what a file does to its decoder costs that file, and nothing else."""

import atexit
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

from lipready.errors import ComponentError
from lipready.facts.file import FileFacts
from lipready.gate.workers.child import Child, Died, NotStarted, TooLarge, TooSlow
from lipready.gate.workers.file_task import FileTask

_FROM_OUTSIDE = {-getattr(signal, name) for name in ("SIGKILL", "SIGTERM", "SIGHUP", "SIGINT") if hasattr(signal, name)}
"""How a child ends that somebody else has ended: no fault of the file, most likely."""

_TRIES = 2

_STARTS = 4
"""So many children are started for one file before there is something wrong with starting them."""

_PAUSE = 0.1
"""Seconds before the second start, twice as many before each further one: processes may be short for a moment."""


class Stopped(Exception):  # noqa: N818  (no error for anybody but the one who has stopped it)
    """No file is measured any more."""


class Children:
    """The child processes of this process, as many as there are tasks at once, kept alive from file to file."""

    def __init__(self, threads: int = 1) -> None:
        """Start none yet; each will use `threads` threads."""
        self._threads = threads
        self._lock = Lock()
        self._idle: list[Child] = []
        self._all: set[Child] = set()
        self._closed = False

    def measure(self, task: FileTask) -> FileFacts:
        """Measure one file in a child of its own for that time. May be called by several threads.

        Whatever the file does to the decoder becomes its `problem`, which is transient. Where somebody else ends the
        child, the file is tried once more. A child that ends before it is ready says nothing about the file: another
        one is started. Raises ComponentError where none gets ready, or something is missing that measuring needs,
        Stopped after `close`.
        """
        tries = starts = 0
        while True:
            try:
                with self._lent() as child:
                    return _facts(child.ask(task))
            except NotStarted as failure:
                starts += 1
                if starts >= _STARTS:
                    raise ComponentError(
                        f"The process that measures files {failure}: see to the Python environment of lipready, to "
                        "memory, and to the limits on processes and open files, then run again."
                    ) from failure
                time.sleep(_PAUSE * 2 ** (starts - 1))
            except TooSlow:
                return task.failed(f"kept the decoder busy for more than {round(task.seconds(), 1):g} s")
            except TooLarge:
                return task.failed(f"needs more than {task.memory / (1 << 30):.3g} GB of memory to be measured")
            except Died as death:
                tries += 1
                status = death.status
                if status not in _FROM_OUTSIDE or tries >= _TRIES:
                    return task.failed(_epitaph(status, tries))

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
            self._give_back(child)

    def _take(self) -> Child:
        with self._lock:
            while self._idle:
                child = self._idle.pop()
                if child.alive:
                    return child
                self._forget(child)
            if self._closed:
                raise Stopped
            child = Child(self._threads)
            self._all.add(child)
            return child

    def _give_back(self, child: Child) -> None:
        with self._lock:
            if self._closed:
                raise Stopped
            if child.alive:
                self._idle.append(child)
            else:
                self._forget(child)

    def _forget(self, child: Child) -> None:
        child.kill()  # it has ended; its pipes have not
        self._all.discard(child)


def _facts(answer: tuple[object, ...]) -> FileFacts:
    match answer:
        case ("facts", FileFacts() as facts):
            return facts
        case ("error", str(), str(sentence)):
            raise ComponentError(sentence)
    raise Died(None)


def _epitaph(status: int | None, tries: int) -> str:
    if status is None or status >= 0:
        how = "" if status is None else f" (exit status {status})"
        return f"made the decoder end without an answer{how}"
    return f"made the decoder crash{' twice' if tries > 1 else ''} (signal {-status})"


_mine: list[Children] = []
_choosing = Lock()


def measure_file(task: FileTask) -> FileFacts:
    """Measure one file in a child process of this process: what is handed to an executor. See `Children.measure`.

    The children have one thread each: whoever hands in an executor has as many tasks at once as there are cores.
    """
    with _choosing:
        if not _mine:
            _mine.append(Children())
        children = _mine[0]
    return children.measure(task)


def end_children() -> None:
    """End the children that `measure_file` has started in this process; the next file starts others."""
    with _choosing:
        children = _mine.copy()
        _mine.clear()
    for each in children:
        each.close()


def _forget() -> None:
    """Leave the children to the process from which this one has been forked."""
    global _choosing  # noqa: PLW0603  (a thread that is not here any more may hold it)
    _choosing = Lock()
    _mine.clear()


atexit.register(end_children)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)
