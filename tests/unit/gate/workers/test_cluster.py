import os
import shutil
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from pathlib import Path
from typing import Any

import psutil
import pytest
from distributed import LocalCluster

from lipready.check import Settings, measure_file
from lipready.errors import ComponentError
from lipready.gate.workers import run
from lipready.gate.workers.file_task import FileTask
from lipready.gate.workers.run import dask_executor, run_tasks

FILES = 8


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "TIMEOUT", 0.5)


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """Run two worker processes with a nanny each, which replaces a worker that dies."""
    with LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address="127.0.0.1:0", silence_logs=50
    ) as running:
        yield running


@pytest.fixture
def executor(cluster: Any) -> Iterator[Executor]:
    with dask_executor(cluster.scheduler_address) as executor:
        yield executor


def tasks_of(source: Path, folder: Path) -> list[FileTask]:
    for number in range(FILES):
        shutil.copy(source, folder / f"{number}.wav")
    return [FileTask(root=str(folder), path=f"{number}.wav", role="audio") for number in range(FILES)]


def worker_pids(cluster: Any) -> list[int]:
    return [nanny.pid for nanny in cluster.workers.values() if nanny.pid is not None]


def test_a_cluster_finds_what_this_process_finds(
    executor: Executor, made: Callable[[str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    found = dict(run_tasks(tasks_of(made("anna.wav"), tmp_path), executor))
    assert len(found) == FILES
    for task, facts in found.items():
        assert facts == measure_file(task.path, "audio", Settings())


def test_a_changed_file_is_measured_anew(executor: Executor, made: Callable[[str], Path], tmp_path: Path) -> None:
    task = FileTask(root=str(tmp_path), path="a.wav", role="audio", quick=True)
    (tmp_path / "a.wav").write_bytes(made("anna.wav").read_bytes())
    before = dict(run_tasks([task], executor))[task]
    (tmp_path / "a.wav").write_bytes(b"")
    after = dict(run_tasks([task], executor))[task]
    assert (before.problem, after.problem) == (None, "is empty")


def test_every_file_has_its_facts_when_a_worker_of_the_cluster_is_killed(
    cluster: Any, executor: Executor, made: Callable[[str], Path], tmp_path: Path
) -> None:
    results = run_tasks(tasks_of(made("anna.wav"), tmp_path), executor)
    found = dict([next(results)])
    victim = worker_pids(cluster)[0]
    children = psutil.Process(victim).children(recursive=True)
    os.kill(victim, signal.SIGKILL)
    found.update(results)
    assert len(found) == FILES
    assert [facts.problem for facts in found.values()] == [None] * FILES
    assert psutil.wait_procs(children, timeout=30)[1] == []


@pytest.mark.usefixtures("impatient")
def test_nobody_at_the_address(unused_port: int) -> None:
    with (
        pytest.raises(ComponentError, match="No Dask scheduler answers at tcp://127"),
        dask_executor(f"tcp://127.0.0.1:{unused_port}"),
    ):
        pass


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("address", ["", "nonsense://x", "127.0.0.1:99999999", "tcp://"])
def test_no_address_at_all(address: str) -> None:
    with pytest.raises(ComponentError, match="No Dask scheduler answers"), dask_executor(address):
        pass


@pytest.mark.usefixtures("impatient")
def test_a_cluster_without_workers() -> None:
    with (
        LocalCluster(n_workers=0, dashboard_address="127.0.0.1:0", silence_logs=50) as empty,
        pytest.raises(ComponentError, match="has no worker: start some with `dask worker tcp://"),
        dask_executor(empty.scheduler_address),
    ):
        pass


@pytest.fixture
def unused_port() -> Iterator[int]:
    """Hold a port on which nobody listens."""
    import socket

    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]


def test_dask_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "distributed", None)
    with pytest.raises(ComponentError, match=r"pip install 'lipready\[dask\]'"), dask_executor("tcp://127.0.0.1:1"):
        pass
