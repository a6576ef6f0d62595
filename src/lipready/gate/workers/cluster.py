"""A Dask cluster as an executor."""

from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from typing import Any

from lipready.errors import ComponentError

TIMEOUT = 10.0
"""Seconds in which the scheduler must answer, and have a worker."""


@contextmanager
def dask_executor(address: str) -> Iterator[Executor]:
    """Give the executor of the Dask cluster whose scheduler is at `address` ("tcp://10.0.0.5:8786").

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
        _await_worker(client, address)
        # pure=True takes a file that has changed for the one that was measured under the same path.
        yield client.get_executor(pure=False)


def _await_worker(client: Any, address: str) -> None:
    """Without any worker a task would wait for ever."""
    try:
        client.wait_for_workers(1, timeout=TIMEOUT)
    except TimeoutError as error:
        raise ComponentError(
            f"The Dask scheduler at {address} has no worker: start some with `dask worker {address}`, in an "
            "environment that has lipready."
        ) from error
