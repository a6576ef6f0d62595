"""This machine's own cores: a thread for each worker, and a child process for each thread."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

from lipready.facts.file import FileFacts  # noqa: TC001 (its alias is evaluated)
from lipready.gate.file_task import FileTask
from lipready.gate.isolation import Children

Submit = Callable[[FileTask], "Future[FileFacts]"]


@contextmanager
def local_workers(count: int) -> Iterator[Submit]:
    """Give a function that hands a file to one of `count` workers; the end of the block ends them at once.

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
