"""Tasks in, facts out, on this machine or on any `concurrent.futures.Executor`; a bounded number of them at once."""

from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import (
    FIRST_COMPLETED,
    CancelledError,
    Executor,
    Future,
    ThreadPoolExecutor,
    wait,
)
from contextlib import contextmanager
from itertools import islice
from typing import Any

from lipready.batch import is_lost
from lipready.cancel import checkpoint
from lipready.errors import ComponentError, LipreadyError
from lipready.facts.file import FileFacts
from lipready.facts.pictures import FilePictures
from lipready.gate.workers.file_task import FileTask
from lipready.gate.workers.isolation import Children, Measured, measure_file, measure_pictured
from lipready.probe.decoding.processors import processors

Submit = Callable[[FileTask], "Future[FileFacts | Measured]"]
Pictured = Callable[[FileTask, FilePictures], None]
"""Hears what was kept of the file of a task, before its facts are handed out."""

WINDOW = 64
"""Files that are handed to somebody else's executor at once: nobody can ask it how many workers it has."""

_TICK = 0.5
"""Seconds after which a wait asks whether anybody cancels."""


def run_tasks(
    tasks: Iterable[FileTask],
    executor: Executor | None = None,
    *,
    workers: int | None = None,
    window: int | None = None,
    pictured: Pictured | None = None,
) -> Generator[tuple[FileTask, FileFacts], None, None]:
    """Measure files; yields each task with its facts, in the order in which they end.

    Without an executor `workers` child processes of this machine measure (None: as many as there are cores). One that
    is handed in is asked for nothing but `submit`, and is not shut down. At most `window` files are handed out at once.
    Tasks are taken as there is room for them. Where a worker is lost, its file is tried once more; if that one is
    lost too, the facts have a `problem`. `pictured` hears of the pictures for which tasks ask. Closing the iterator,
    also by Ctrl-C, ends what runs here at once.

    Raises ComponentError where something is missing that measuring needs, or the executor itself does not work.
    """
    if executor is not None:
        measure: Callable[[FileTask], FileFacts | Measured] = measure_pictured if pictured else measure_file
        yield from _results(iter(tasks), _submit_to(executor, measure), window or WINDOW, pictured)
        return
    count = max(1, workers or processors())
    children, threads = Children(), ThreadPoolExecutor(count, thread_name_prefix="lipready-gate")
    try:
        submit: Submit = lambda task: threads.submit(children.measured, task)  # noqa: E731 - typed
        yield from _results(iter(tasks), submit, window or 2 * count, pictured)
    finally:
        # First the queue, then the children: nothing may start another.
        threads.shutdown(wait=False, cancel_futures=True)
        children.close()


def _results(
    tasks: Iterator[FileTask], submit: Submit, size: int, pictured: Pictured | None
) -> Iterator[tuple[FileTask, FileFacts]]:
    """Yield tasks with their facts, while no more than `size` are handed out; at the end, cancel what has not begun."""
    running: dict[Future[FileFacts | Measured], FileTask] = {}
    lost: set[FileTask] = set()

    def fill() -> None:
        for task in islice(tasks, size - len(running)):
            running[submit(task)] = task

    try:
        fill()
        while running:
            checkpoint()
            for future in wait(running, timeout=_TICK, return_when=FIRST_COMPLETED).done:
                task = running.pop(future)
                found = _found(task, future)
                facts = found.facts if isinstance(found, Measured) else found
                if isinstance(found, Measured) and found.pictures is not None and pictured is not None:
                    pictured(task, found.pictures)
                if facts is None and task not in lost:
                    lost.add(task)
                    running[submit(task)] = task
                    continue
                fill()
                yield task, facts or task.failed("was lost twice, each time with the worker that measured it")
    finally:
        for future in running:
            future.cancel()


def _found(task: FileTask, future: "Future[FileFacts | Measured]") -> FileFacts | Measured | None:
    """Return what is known of a task; None where its worker is lost."""
    try:
        return future.result()
    except LipreadyError as error:
        # Ray raises an heir of the class whose text is a traceback, and keeps what was raised as its cause.
        raise getattr(error, "cause", error) from None
    except (Exception, CancelledError) as error:
        if is_lost(error):
            return None
        raise ComponentError(
            f"The executor could not run the measurement of {task.path} ({type(error).__name__}: {str(error)[:200]}): "
            "the same version of lipready must be installed where its workers run."
        ) from error


def _submit_to(executor: Executor, measure: Callable[[FileTask], FileFacts | Measured]) -> Submit:
    def submit(task: FileTask) -> "Future[FileFacts | Measured]":
        try:
            return executor.submit(measure, task)
        except Exception as error:
            raise ComponentError(
                f"The executor takes no more work ({type(error).__name__}: {str(error)[:200]}): start it again."
            ) from error

    return submit


TIMEOUT = 10.0
"""Seconds in which the scheduler must answer, and have a worker."""


@contextmanager
def dask_executor(address: str) -> Iterator[Executor]:
    """Return the executor of the Dask cluster whose scheduler is at `address` ("tcp://10.0.0.5:8786").

    What runs and waits there for us is forgotten at the end of the block; the cluster goes on. Raises ComponentError
    where Dask is not installed, nobody answers, or the cluster has no worker.
    """
    try:
        from distributed import Client
    except ImportError as error:
        raise ComponentError("Dask is not installed: pip install 'lipready[dask]'.") from error
    try:
        client: Any = Client(address, timeout=TIMEOUT, set_as_default=False)
    # AssertionError: the client's thread did not begin in time, on a machine that has none to spare.
    except (OSError, ValueError, TypeError, RuntimeError, AssertionError) as error:
        raise ComponentError(
            f"No Dask scheduler answers at {address} within {TIMEOUT:.0f} s: start one with `dask scheduler`, "
            "and give the address that it prints."
        ) from error
    with client:
        try:  # without any worker a task would wait for ever
            client.wait_for_workers(1, timeout=TIMEOUT)
        except TimeoutError as error:
            raise ComponentError(
                f"The Dask scheduler at {address} has no worker: start some with `dask worker {address}`, in an "
                "environment that has lipready."
            ) from error
        # pure=True takes a file that has changed for the one that was measured under the same path.
        yield client.get_executor(pure=False)
