import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from lipready.errors import LipreadyError
from lipready.facts.file import FileFacts
from lipready.facts.unmeasured import is_transient
from lipready.gate.workers.file_task import FileTask
from lipready.gate.workers.isolation import Children, Stopped
from lipready.job import Job
from lipready.profiles.loader import load_profile

Made = Callable[[str], Path]


@pytest.fixture
def children() -> Iterator[Children]:
    children = Children()
    yield children
    children.close()
    assert pids_of(children) == []


def pids_of(children: Children) -> list[int]:
    return [child.pid for child in list(children._all) if child.alive]


def task_of(path: Path, role: str = "audio", **fields: object) -> FileTask:
    return FileTask(root=str(path.parent), path=path.name, role=role, **fields)  # type: ignore[arg-type]


def stopped(pids: Callable[[], list[int]], path: Path) -> int:
    """Stop a child that has opened a file: to its parent that is a decoder that never returns."""
    while True:
        for pid in pids():
            with suppress(psutil.Error):
                if any(Path(each.path) == path.resolve() for each in psutil.Process(pid).open_files()):
                    os.kill(pid, signal.SIGSTOP)
                    return pid


def busy(children: Children, task: FileTask, disturb: Callable[[int], None]) -> FileFacts:
    """Measure with a child that is disturbed in the middle of the file."""
    with ThreadPoolExecutor(1) as threads:
        future = threads.submit(children.measure, task)
        disturb(stopped(lambda: pids_of(children), Path(task.root) / task.path))
        return future.result()


def test_a_child_is_kept_for_the_next_file(children: Children, made: Made) -> None:
    task = task_of(made("anna.wav"), quick=True)
    children.measure(task)
    before = pids_of(children)
    assert children.measure(task).problem is None
    assert pids_of(children) == before


def test_as_many_children_as_there_are_tasks_at_once(children: Children, made: Made) -> None:
    task = task_of(made("anna.wav"), quick=True)
    with ThreadPoolExecutor(2) as threads:
        list(threads.map(children.measure, [task] * 6))
    assert 1 <= len(pids_of(children)) <= 2


@pytest.mark.parametrize(("number", "name"), [(signal.SIGSEGV, 11), (signal.SIGABRT, 6)])
def test_a_decoder_that_crashes_costs_its_file(children: Children, made: Made, number: int, name: int) -> None:
    task = task_of(made("anna.mp4"), "video", every_frame=True)
    facts = busy(children, task, lambda pid: [os.kill(pid, each) for each in (number, signal.SIGCONT)] and None)
    assert facts.problem == f"made the decoder crash (signal {name})"
    assert is_transient(facts)
    assert (facts.path, facts.bytes, facts.extension) == ("anna.mp4", made("anna.mp4").stat().st_size, "mp4")
    task = task_of(made("anna.wav"), quick=True)
    assert children.measure(task).problem is None


def test_a_decoder_that_hangs_costs_its_time_out(children: Children, made: Made) -> None:
    children.measure(task_of(made("anna.wav"), quick=True))
    (pid,) = pids_of(children)
    os.kill(pid, signal.SIGSTOP)
    facts = children.measure(task_of(made("anna.wav"), quick=True, timeout=0.3))
    assert facts.problem == "kept the decoder busy for more than 0.3 s"
    assert not psutil.pid_exists(pid)
    assert children.measure(task_of(made("anna.wav"), quick=True)).problem is None


def test_a_decoder_that_eats_memory_costs_its_file(children: Children, made: Made) -> None:
    facts = children.measure(task_of(made("anna.mp4"), "video", memory=64 << 20))
    assert facts.problem == "needs more than 0.0625 GB of memory to be measured"
    assert children.measure(task_of(made("anna.mp4"), "video", quick=True)).problem is None


def test_a_child_that_somebody_kills_is_replaced_and_the_file_tried_again(children: Children, made: Made) -> None:
    facts = busy(children, task_of(made("anna.mp4"), "video"), lambda pid: os.kill(pid, signal.SIGKILL))
    assert facts.problem is None


def test_children_that_are_killed_again_and_again_cost_the_file(children: Children, made: Made) -> None:
    def kill_all(first: int) -> None:
        os.kill(first, signal.SIGKILL)
        second = stopped(lambda: [pid for pid in pids_of(children) if pid != first], made("anna.mp4"))
        os.kill(second, signal.SIGKILL)

    facts = busy(children, task_of(made("anna.mp4"), "video"), kill_all)
    assert facts.problem == "made the decoder crash twice (signal 9)"
    assert is_transient(facts)


def test_what_a_decoder_cannot_read_is_found_as_unreadable(children: Children, made: Made) -> None:
    from lipready.check import Settings, check_job

    facts = children.measure(task_of(made("anna.mp4"), "video", memory=1 << 20))
    job = Job.of(video=made("anna.mp4"))
    report = check_job(job, load_profile("dashscope"), Settings(), known={"video": facts})
    assert [finding.rule for finding in report.findings] == ["F001"]
    assert "needs more than" in report.findings[0].message
    assert "run again when the machine has time and memory to spare" in report.findings[0].message
    assert "Export" not in report.findings[0].message


def test_a_pipe_in_the_place_of_a_file_does_not_hang(children: Children, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "clip.mp4")
    for role in ("video", "audio", "reference"):
        assert children.measure(task_of(tmp_path / "clip.mp4", role)).problem == "is a named pipe, not a file"


def test_children_do_not_import_from_the_folder_that_is_checked(children: Children, tmp_path: Path, made: Made) -> None:
    (tmp_path / "numpy.py").write_text("import os; os._exit(7)")
    (tmp_path / "av.py").write_text("import os; os._exit(7)")
    (tmp_path / "anna.wav").write_bytes(made("anna.wav").read_bytes())
    assert children.measure(task_of(tmp_path / "anna.wav")).problem is None


def test_closing_ends_a_child_in_the_middle(made: Made) -> None:
    children = Children()
    with pytest.raises(Stopped):
        busy(children, task_of(made("anna.mp4"), "video"), lambda _pid: children.close())
    with pytest.raises(Stopped):
        children.measure(task_of(made("anna.wav"), quick=True))


PARENT = """
import sys, threading, time
from lipready.facts.unmeasured import is_transient
from lipready.gate.workers.file_task import FileTask
from lipready.gate.workers.isolation import Children
children = Children()
root, path = sys.argv[1:]
task = FileTask(root=root, path=path, role="video", every_frame=True)
children.measure(FileTask(root=root, path=path, role="video", quick=True))
threading.Thread(target=lambda: [children.measure(task) for _ in range(100)], daemon=True).start()
time.sleep(0.3 if sys.stdin.readline().strip() == "busy" else 0)
print(*(child.pid for child in list(children._all) if child.alive), flush=True)
time.sleep(600)
"""


def test_children_end_with_a_parent_that_is_killed_while_they_work(made: Made) -> None:
    video = made("anna.mp4")
    command = [sys.executable, "-c", PARENT, str(video.parent), video.name]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdin is not None
        assert parent.stdout is not None
        parent.stdin.write("busy\n")
        parent.stdin.flush()
        (child,) = (psutil.Process(int(pid)) for pid in parent.stdout.readline().split())
        parent.kill()
        assert psutil.wait_procs([child], timeout=30)[1] == []


def test_a_task_and_its_errors_are_small(made: Made) -> None:
    task = task_of(made("anna.wav"))
    assert pickle.loads(pickle.dumps(task)) == task  # noqa: S301
    assert len(pickle.dumps(task)) < 2000
    assert task.seconds() == pytest.approx(300 + made("anna.wav").stat().st_size / 1e6)
    assert not issubclass(Stopped, LipreadyError)
