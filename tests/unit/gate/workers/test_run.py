from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import replace
from fractions import Fraction
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest

from lipready.check import Settings, measure_file
from lipready.errors import ComponentError
from lipready.gate.workers.file_task import FileTask
from lipready.gate.workers.isolation import end_children
from lipready.gate.workers.run import run_tasks
from lipready.probe.decoding.pictures import SMALL_EDGE


@pytest.fixture(autouse=True)
def _no_child_is_left() -> Iterator[None]:
    yield
    end_children()


class Failing(Executor):
    """Loses its worker so many times, or raises what it is given."""

    def __init__(self, *errors: BaseException) -> None:
        self.errors, self.submitted = [*errors], 0

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        self.submitted += 1
        future: Future[Any] = Future()
        if self.errors:
            future.set_exception(self.errors.pop(0))
        else:
            future.set_result(fn(*args, **kwargs))
        return future

    def shutdown(self, *_args: Any, **_kwargs: Any) -> None:
        raise AssertionError("an executor that was handed in must not be shut down")


def tasks_of(job: tuple[Path, Path, Path], **fields: Any) -> list[FileTask]:
    roles = ("video", "audio", "reference")
    return [
        FileTask(root=str(path.parent), path=path.name, role=role, **fields)
        for role, path in zip(roles, job, strict=True)
    ]


def test_the_facts_are_those_of_check(good_job: tuple[Path, Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    found = {task.role: facts for task, facts in run_tasks(tasks_of(good_job, describe=True), workers=1)}
    for task in tasks_of(good_job):
        monkeypatch.chdir(task.root)
        assert found[task.role] == measure_file(task.path, task.role, Settings(), describe=True)


@pytest.mark.parametrize("kind", ["local", "threads", "processes"])
def test_any_executor_gives_the_same_facts(kind: str, good_job: tuple[Path, Path, Path], tmp_path: Path) -> None:
    (tmp_path / "empty.mp4").touch()
    tasks = [*tasks_of(good_job, quick=True), FileTask(root=str(tmp_path), path="empty.mp4", role="video", quick=True)]
    expected = {
        task: measure_file(str(Path(task.root, task.path)), task.role, Settings(quick=True)).media for task in tasks
    }
    if kind == "local":
        found = dict(run_tasks(tasks, workers=2))
    else:
        executor: Executor = (
            ThreadPoolExecutor(2) if kind == "threads" else ProcessPoolExecutor(2, mp_context=get_context("spawn"))
        )
        with executor:
            found = dict(run_tasks(tasks, executor))
            assert executor.submit(len, "still there").result() == 11
    assert {task: facts.media for task, facts in found.items()} == expected
    assert [facts.path for facts in found.values() if facts.problem] == ["empty.mp4"]


def test_tasks_are_taken_as_there_is_room(good_job: tuple[Path, Path, Path]) -> None:
    taken = 0

    def endless() -> Iterator[FileTask]:
        nonlocal taken
        while True:
            taken += 1
            yield tasks_of(good_job, quick=True)[1]

    results = run_tasks(endless(), workers=1, window=3)
    for _ in range(4):
        next(results)
    results.close()  # type: ignore[attr-defined]
    assert taken <= 4 + 3


class Recording(Executor):
    """Gives its first `done` futures a result at once, and the others none."""

    def __init__(self, done: int) -> None:
        self.done = done
        self.futures: list[Future[Any]] = []

    def submit(self, _fn: Callable[..., Any], /, task: FileTask) -> Any:
        self.futures.append(Future())
        if len(self.futures) <= self.done:
            self.futures[-1].set_result(task.failed("not measured"))
        return self.futures[-1]


def test_no_more_are_handed_out_than_the_window_holds() -> None:
    tasks = [FileTask(root="/", path=f"{number}.mp4", role="video") for number in range(100)]
    executor, ended = Recording(100), []
    for task, _facts in run_tasks(tasks, executor, window=5):
        ended.append(task.path)
        assert len(executor.futures) - len(ended) <= 5
    assert sorted(ended) == sorted(task.path for task in tasks)


def test_closing_cancels_what_has_not_begun() -> None:
    tasks = [FileTask(root="/", path=f"{number}.mp4", role="video") for number in range(9)]
    executor = Recording(1)
    results = run_tasks(tasks, executor, window=3)
    next(results)
    results.close()  # type: ignore[attr-defined]
    assert [future.cancelled() for future in executor.futures] == [False, True, True, True]


def test_a_task_whose_worker_is_lost_is_tried_once_more(good_job: tuple[Path, Path, Path]) -> None:
    tasks, executor = tasks_of(good_job, quick=True), Failing(BrokenExecutor("gone"))
    found = dict(run_tasks(tasks, executor, window=1))
    assert [facts.problem for facts in found.values()] == [None, None, None]
    assert executor.submitted == 4


def test_a_task_whose_worker_is_lost_twice_has_a_problem(good_job: tuple[Path, Path, Path]) -> None:
    executor = Failing(ConnectionError("gone"), ConnectionError("gone again"))
    ((_, facts),) = run_tasks(tasks_of(good_job, quick=True)[:1], executor)
    assert facts.problem == "was lost twice, each time with the worker that measured it"


def test_an_executor_that_cannot_run_it_is_no_fault_of_the_file(good_job: tuple[Path, Path, Path]) -> None:
    executor = Failing(ModuleNotFoundError("No module named 'lipready'"))
    with pytest.raises(ComponentError, match=r"could not run .*No module named 'lipready'.*must be installed"):
        list(run_tasks(tasks_of(good_job), executor))


def test_an_executor_that_takes_nothing_any_more_is_named(good_job: tuple[Path, Path, Path]) -> None:
    executor = ThreadPoolExecutor(1)
    executor.shutdown()
    with pytest.raises(ComponentError, match="takes no more work"):
        list(run_tasks(tasks_of(good_job), executor))


def test_what_is_missing_on_the_machine_is_no_fault_of_the_file(
    good_job: tuple[Path, Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIPREADY_MODELS_DIR", str(tmp_path))
    with pytest.raises(ComponentError, match="LIPREADY_MODELS_DIR"):
        list(run_tasks(tasks_of(good_job)[2:], workers=1))


def test_pictures_come_back_from_an_executor_of_the_callers_own(good_job: tuple[Path, Path, Path]) -> None:
    kept: dict[FileTask, Any] = {}
    video, audio, reference = tasks_of(good_job, pictured=True)
    tasks = [
        replace(video, moments=(Fraction(1), Fraction(3))),
        replace(audio, quick=True),
        replace(reference, moments=()),
    ]
    with ThreadPoolExecutor(1) as executor:
        found = dict(run_tasks(tasks, executor, pictured=kept.__setitem__))
    assert [found[task].problem for task in tasks] == [None, None, None]
    assert [frame.time for frame in kept[tasks[0]].frames] == [1, 3]
    assert tasks[1] not in kept
    (still,) = kept[tasks[2]].frames
    assert max(still.width, still.height) == SMALL_EDGE


def test_a_root_that_is_not_there_is_no_fault_of_the_file(tmp_path: Path) -> None:
    task = FileTask(root=str(tmp_path / "elsewhere"), path="a.mp4", role="video")
    with pytest.raises(ComponentError, match="cannot be entered"):
        list(run_tasks([task], workers=1))


def test_nothing_to_do_starts_nothing() -> None:
    assert list(run_tasks([])) == []
