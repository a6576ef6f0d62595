"""kill -9 between the steps of a submission, then `lipready tasks resume`: the film, and paid once at most."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest

from lipready.providers.download.result_file import fault_of
from lipready.providers.journal.entry import JournalEntry
from lipready.providers.journal.journal import Journal
from lipready.sandbox.faults.fault import Fault, Faults
from lipready.sandbox.serve import Running, SandboxOptions, serving

RUN = Path(__file__).with_name("killed_run.py")
LONG_ENOUGH = 120
SECONDS = 5.0


@dataclass(frozen=True)
class Point:
    """Where the run dies (see killed_run.py), the stage that is written down by then, and the tasks at the provider."""

    style: str
    step: str
    number: int
    effects: int
    stage: str | None
    paid: int = 0
    fault: str = ""

    def __str__(self) -> str:
        return f"{self.style}-{self.step.strip('/ ')}{self.number}+{self.effects}"


POINTS = (
    # Nothing is written down; the job is; it is locked, and read again.
    Point("dashscope", "start", 1, 0, None),
    Point("dashscope", "start", 1, 3, None),
    Point("dashscope", "start", 1, 4, "intended"),
    Point("evolink", "start", 1, 5, "intended"),
    Point("dashscope", "start", 1, 6, "intended"),
    # A policy is at hand; a file is stored; that is written down; the other file, too.
    Point("dashscope", "getPolicy", 1, 1, "intended"),
    Point("dashscope", "POST http://BOX/upload", 1, 1, "intended"),
    Point("evolink", "/upload/stream", 1, 2, "intended"),
    Point("dashscope", "POST http://BOX/upload", 2, 2, "intended"),
    Point("dashscope", "POST http://BOX/upload", 2, 3, "intended"),
    # The paid request is announced; it is answered; its task is written down, once and twice.
    Point("dashscope", "/video-synthesis", 1, 0, "posting"),
    Point("dashscope", "/video-synthesis", 1, 1, "posting", 1),
    Point("dashscope", "/video-synthesis", 1, 2, "submitted", 1),
    Point("dashscope", "/video-synthesis", 1, 3, "submitted", 1),
    Point("evolink", "/generations", 1, 0, "posting"),
    Point("evolink", "/generations", 1, 1, "posting", 1),
    Point("evolink", "/generations", 1, 2, "submitted", 1),
    # Its answer was lost; the list is about to be asked, and has been.
    Point("evolink", "/tasks?", 1, 0, "posting", 1, "submit:lost"),
    Point("evolink", "/tasks?", 1, 1, "posting", 1, "submit:lost"),
    Point("dashscope", "/tasks/?", 1, 0, "posting", 1, "submit:lost"),
    Point("dashscope", "/tasks/?", 1, 1, "posting", 1, "submit:lost"),
    # The task has been looked at; it is about to be.
    Point("dashscope", "/tasks/", 1, 1, "submitted", 1),
    Point("evolink", "/tasks/", 1, 0, "submitted", 1),
    # Before the film; a part of it is here; all of it is; it has its name.
    Point("evolink", "film", 1, 0, "succeeded", 1),
    Point("dashscope", "film", 2, 0, "succeeded", 1, "download:broken=100000"),
    Point("evolink", "film", 1, 1, "succeeded", 1),
    Point("dashscope", "film", 1, 4, "succeeded", 1),
    Point("evolink", "film", 1, 5, "succeeded", 1),
)


@pytest.fixture(scope="module")
def box() -> Iterator[Running]:
    with serving(SandboxOptions(pace=0)) as running:
        yield running


@pytest.fixture
def environment(box: Running, tmp_path: Path) -> dict[str, str]:
    key = f"sk-{uuid4().hex}"
    return os.environ | {
        "LIPREADY_STATE_DIR": str(tmp_path / "state"),
        "DASHSCOPE_API_KEY": key,
        "DASHSCOPE_HTTP_BASE_URL": box.endpoints("dashscope").api,
        "EVOLINK_API_KEY": key,
        "EVOLINK_BASE_URL": box.endpoints("evolink").api,
        "EVOLINK_FILES_BASE_URL": box.endpoints("evolink").files,
        "NO_PROXY": "*",
    }


@pytest.fixture
def lipready(environment: dict[str, str], tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run a command in the test's folder."""

    def run(*command: object) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *map(str, command)],
            env=environment,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
            timeout=LONG_ENOUGH,
        )

    return run


@pytest.mark.parametrize("point", POINTS, ids=str)
def test_a_killed_job_is_brought_home_and_paid_once(point, box, good_job, lipready, tmp_path):
    film, before = tmp_path / "result.mp4", box.ledger().submissions
    box._world.faults = Faults([Fault.parse(point.fault)] if point.fault else [])
    step = point.step.replace("BOX", box.url.removeprefix("http://"))
    options = ("--provider", hasty(point.style, tmp_path), "--quick", "--poll-interval", 0.1)
    dead = lipready(RUN, step, point.number, point.effects, "submit", *good_job[:2], "-o", film, *options)
    assert dead.returncode == -signal.SIGKILL, dead
    left = entry(tmp_path)
    assert (left.stage if left else None) == point.stage
    assert box.ledger().submissions - before == point.paid

    unsent = left is not None and left.stage == "intended"
    resumed = ["-m", "lipready", "tasks", "resume", "--poll-interval", 0.1]
    done = lipready(*resumed)
    if unsent:  # only whoever names it wants it to be sent
        assert (done.returncode, box.ledger().submissions - before) == (0, 0)
        assert f"{left.id} was never sent" in done.stderr
        done = lipready(*resumed, left.id)

    assert "Traceback" not in done.stderr
    if left is None:
        assert (done.returncode, film.exists(), box.ledger().submissions) == (0, False, before)
        return
    if left.stage == "posting" and not point.paid:  # it never arrived, which nobody here can know
        assert (done.returncode, entry(tmp_path).stage, box.ledger().submissions) == (2, "posting", before)
        assert "It may have been paid" in done.stderr
        return
    assert box.ledger().submissions - before == 1
    assert entry(tmp_path).task_id == box.ledger().tasks[-1].id
    assert fault_of(str(film), SECONDS) is None
    assert (done.returncode, entry(tmp_path).stage, done.stderr) == (0, "downloaded", "")
    assert {path.name for path in tmp_path.iterdir()} == {"state", "result.mp4"}


def hasty(style: str, folder: Path) -> Path:
    """Write a profile that is not patient with a list of tasks."""
    (folder / "state").mkdir()
    path = folder / "state" / "hasty.toml"
    path.write_text(f'extends = "{style}"\n[task]\nlookup_seconds = 1\n')
    return path


def entry(folder: Path) -> JournalEntry | None:
    """Read the only entry of the journal."""
    entries = Journal(folder / "state").entries()
    assert len(entries) <= 1
    return entries[0] if entries else None
