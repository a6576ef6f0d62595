"""The child process that measures files: `python -m lipready.gate.workers.worker`, started by `Child` alone.

It reads tasks from its standard input and writes answers to its standard output: "ready" once it has loaded what
measures such a file, so that whatever ends it before that is not the file's doing; then "facts", or "error" where
something of the machine is missing. It ends when its parent does, also in the middle of a decoder that never returns,
and when nobody has wanted anything for a while.
"""

import os
import signal
import sys
from contextlib import suppress
from importlib import import_module
from typing import BinaryIO

from lipready.errors import LipreadyError
from lipready.facts.file import Role
from lipready.gate.workers.file_task import FileTask
from lipready.gate.workers.pipe import WorkerAnswer, receive, send
from lipready.probe.decoding.processors import VARIABLE
from lipready.probe.source import missing_library

_LIBRARIES: dict[Role, tuple[str, ...]] = {
    "video": ("av", "numpy", "cv2"),
    "audio": ("av", "numpy"),
    "reference": ("PIL.Image", "numpy", "cv2"),
}
"""What measures a file; for headers only the first."""

IDLE = 120.0
"""Seconds: the models are not kept in memory for longer when nobody wants them."""


def main() -> None:
    """Measure until nobody wants any more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, who ends this process.
    # The other cores have children of their own, and two files side by side take less time than two threads on one.
    for variable in (VARIABLE, "OMP_THREAD_LIMIT", "OPENBLAS_NUM_THREADS", "OPENCV_FOR_THREADS_NUM"):
        os.environ[variable] = "1"
    tasks, answers = _take_over_pipes()
    with suppress(EOFError, OSError):
        while _asked(tasks):
            task = receive(tasks, FileTask)
            _end_with_parent(tasks, now=True)
            answer = _load(task)
            if answer is None:
                send(answers, WorkerAnswer("ready"))
                answer = _answer(task)
            _end_with_parent(tasks, now=False)
            send(answers, answer)
    # Nothing that native libraries do when they are unloaded is worth waiting for.
    os._exit(0)


def _load(task: FileTask) -> WorkerAnswer | None:
    """Import what measures such a file, or answer why that cannot be; from then on standard error is nobody's."""
    try:
        for library in _LIBRARIES[task.role][: 1 if task.quick else None]:
            import_module(library)
    except ImportError as error:
        return WorkerAnswer("error", text=str(missing_library(error)))
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 2)
    os.close(nothing)
    return None


def _answer(task: FileTask) -> WorkerAnswer:
    from lipready.check import measure_file
    from lipready.gate.workers.looking import look

    try:
        os.chdir(task.root)
    except OSError as error:
        return WorkerAnswer(
            "error",
            text=f"The folder {task.root} cannot be entered where the files are measured ({error.strerror}): "
            "it must be there, under the same path, on every machine that takes part.",
        )
    try:
        if task.moments is not None:
            seen, kept = look(task.path, task.role, task.moments)
            return WorkerAnswer("facts", seen, pictures=kept)
        settings = task.settings
        facts = measure_file(task.path, task.role, settings, describe=task.describe)
        pictures = None if settings.pictures is None else settings.pictures.files.get(task.role)
        return WorkerAnswer("facts", facts, pictures=pictures)
    except LipreadyError as error:
        return WorkerAnswer("error", text=str(error))
    except Exception as error:  # noqa: BLE001  (the boundary to hostile files: whatever they break costs one finding)
        return WorkerAnswer("facts", task.failed(f"cannot be measured: {type(error).__name__} ({str(error)[:100]})"))


def _take_over_pipes() -> tuple[BinaryIO, BinaryIO]:
    """Take standard input and output for the protocol alone: native libraries write to descriptor 1 as they please."""
    tasks, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1):
        os.dup2(nothing, descriptor)
    return tasks, answers


def _asked(tasks: BinaryIO) -> bool:
    """Wait for a task, or for the end of the parent; False where neither comes."""
    if sys.platform == "win32":  # select knows no pipes there
        return True
    import select

    return bool(select.select([tasks], [], [], IDLE)[0])


def _end_with_parent(tasks: BinaryIO, *, now: bool) -> None:
    """Let the kernel end this process when the parent's end of the pipe closes, as long as no task is waited for.

    A thread that waits for the end would not run while a decoder holds the interpreter's lock; and PR_SET_PDEATHSIG
    hears of the end of the parent's thread, not of its process.
    """
    if sys.platform == "win32":
        return
    import fcntl
    import select

    flags = fcntl.fcntl(tasks, fcntl.F_GETFL)
    fcntl.fcntl(tasks, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(tasks, fcntl.F_SETFL, flags | os.O_ASYNC if now else flags & ~os.O_ASYNC)
    if now and select.select([tasks], [], [], 0)[0]:  # it has gone just before
        os._exit(0)


if __name__ == "__main__":
    main()
