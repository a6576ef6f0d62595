"""Tasks in, facts out, on this machine or on any `concurrent.futures.Executor`; a bounded number of them at once."""

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import (
    FIRST_COMPLETED,
    BrokenExecutor,
    CancelledError,
    Executor,
    Future,
    ThreadPoolExecutor,
    wait,
)
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from typing import Generic, TypeVar

from lipready.errors import ComponentError, LipreadyError
from lipready.facts.file import FileFacts
from lipready.gate.workers.file_task import FileTask
from lipready.gate.workers.isolation import Children, measure_file
from lipready.probe.decoding.processors import processors

Item = TypeVar("Item")
Result = TypeVar("Result")


class Window(Generic[Item, Result]):
    """Futures of which no more than `size` are open at once. Iterate over it once, then close it."""

    def __init__(self, items: Iterable[Item], submit: Callable[[Item], "Future[Result]"], size: int) -> None:
        """Take items as there is room for them."""
        self._items, self._submit, self._size = iter(items), submit, size
        self._again: deque[Item] = deque()
        self._open: dict[Future[Result], Item] = {}

    def __iter__(self) -> Iterator[tuple[Item, "Future[Result]"]]:
        """Yield each item with its future, in the order in which they end."""
        self._fill()
        while self._open:
            for future in wait(self._open, return_when=FIRST_COMPLETED).done:
                item = self._open.pop(future)
                self._fill()
                yield item, future
            self._fill()

    def repeat(self, item: Item) -> None:
        """Hand an item out once more, before any new one."""
        self._again.append(item)

    def close(self) -> None:
        """Cancel what has not begun; nothing is waited for."""
        for future in self._open:
            future.cancel()
        self._open.clear()

    def _fill(self) -> None:
        while len(self._open) < self._size:
            if self._again:
                item = self._again.popleft()
            else:
                try:
                    item = next(self._items)
                except StopIteration:
                    return
            self._open[self._submit(item)] = item


Submit = Callable[[FileTask], "Future[FileFacts]"]


@contextmanager
def local_workers(count: int) -> Iterator[Submit]:
    """Return a function that hands a file to one of `count` workers; the end of the block ends them at once.

    Each worker keeps to one thread: two files side by side take less time than two threads on one of them.
    """
    children = Children(threads=1)
    executor = ThreadPoolExecutor(count, thread_name_prefix="lipready-gate")
    try:
        yield lambda task: executor.submit(children.measure, task)
    finally:
        # First the queue, then the children: nothing may start another.
        executor.shutdown(wait=False, cancel_futures=True)
        children.close()


WINDOW = 64
"""Files that are handed to somebody else's executor at once: nobody can ask it how many workers it has."""

_LOST = (BrokenExecutor, CancelledError, ConnectionError, EOFError)
_LOST_NAMES = {"KilledWorker", "CommClosedError", "FutureCancelledError", "WorkerCrashedError", "ActorDiedError"}
"""What the executors of other libraries raise when a worker is gone; they are not imported for their names."""


def run_tasks(
    tasks: Iterable[FileTask],
    executor: Executor | None = None,
    *,
    workers: int | None = None,
    window: int | None = None,
) -> Generator[tuple[FileTask, FileFacts], None, None]:
    """Measure files; yields each task with its facts, in the order in which they end.

    Without an executor `workers` child processes of this machine measure (None: as many as there are cores). One that
    is handed in is asked for nothing but `submit`, and is not shut down. At most `window` files are handed out at once.
    Tasks are taken as there is room for them. Where a worker is lost, its file is tried once more; if that one is
    lost too, the facts have a `problem`. Closing the iterator, also by Ctrl-C, ends what runs here at once.

    Raises ComponentError where something is missing that measuring needs, or the executor itself does not work.
    """
    if executor is None:
        count = max(1, workers or processors())
        place: AbstractContextManager[Submit] = local_workers(count)
        size = window or 2 * count
    else:
        place = nullcontext(_submit_to(executor))
        size = window or WINDOW
    with place as submit, closing(Window(tasks, submit, size)) as open_tasks:
        yield from _results(open_tasks)


def _results(window: Window[FileTask, FileFacts]) -> Iterator[tuple[FileTask, FileFacts]]:
    tried: set[FileTask] = set()
    for task, future in window:
        try:
            facts = future.result()
        except LipreadyError as error:
            # Ray raises an heir of the class whose text is a traceback, and keeps what was raised as its cause.
            raise getattr(error, "cause", error) from None
        except (Exception, CancelledError) as error:
            if not _is_loss(error):
                raise _unusable(task, error) from error
            if task not in tried:
                tried.add(task)
                window.repeat(task)
                continue
            facts = task.failed("was lost twice, each time with the worker that measured it")
        tried.discard(task)
        yield task, facts


def _submit_to(executor: Executor) -> Submit:
    def submit(task: FileTask) -> "Future[FileFacts]":
        try:
            return executor.submit(measure_file, task)
        except Exception as error:
            raise ComponentError(
                f"The executor takes no more work ({type(error).__name__}: {str(error)[:200]}): start it again."
            ) from error

    return submit


def _is_loss(error: BaseException) -> bool:
    return isinstance(error, _LOST) or type(error).__name__ in _LOST_NAMES


def _unusable(task: FileTask, error: BaseException) -> ComponentError:
    return ComponentError(
        f"The executor could not run the measurement of {task.path} ({type(error).__name__}: {str(error)[:200]}): "
        "the same version of lipready must be installed where its workers run."
    )
