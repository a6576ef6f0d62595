"""A fault of the machine costs its run and nothing else: what is remembered is what a healthy run would say.

Workers are really starved and killed: a file in their PYTHONPATH takes from them what they need at start, or at the
moment at which they open the file.
"""

import os
import re
import resource
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from lipready.check import Settings
from lipready.config.unit import Unit
from lipready.errors import ComponentError, ProbeError
from lipready.facts.file import FileFacts, Role
from lipready.facts.unmeasured import is_transient
from lipready.gate.cache.cache import FactsCache
from lipready.gate.evaluate import Store, Survey, examine_units
from lipready.gate.workers import file_task
from lipready.gate.workers.file_task import FileTask
from lipready.gate.workers.isolation import end_children
from lipready.job import Job
from lipready.probe.containers.container import open_container
from lipready.probe.local_file import open_local
from lipready.probe.streams.choice import best_audio
from lipready.probe.streams.packets import Budget, read_packet_times
from lipready.profiles.loader import load_profile

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="limits and signals as Linux has them")

JOBS = {"anna.mp4": Job(video="anna.mp4"), "anna.wav": Job(audio="anna.wav"), "anna.jpg": Job(reference="anna.jpg")}
ROLES: tuple[Role, ...] = ("video", "audio", "reference")

ENDS = "import os; os._exit(7)"
KILL = "os.kill(os.getpid(), signal.SIGKILL)"
KILLS_ITSELF = f"import os, signal; {KILL}"
ON_OPENING = """
import os, resource, signal, sys
def starve(event, arguments):
    if event == "open" and str(arguments[0]).endswith((".mp4", ".wav", ".jpg")):
        {}
sys.addaudithook(starve)
"""
NO_FILES = "resource.setrlimit(resource.RLIMIT_NOFILE, (3, 3))"
LITTLE_MEMORY = """
        used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (used + ({} << 20), resource.RLIM_INFINITY))
"""
CRASHES = "os.kill(os.getpid(), signal.SIGSEGV)"

Healthy = Callable[..., "Outcome"]


@pytest.fixture(scope="module")
def root(made: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder with a good video, audio track and picture."""
    folder = tmp_path_factory.mktemp("assets")
    for name in ("anna.mp4", "anna.wav", "anna.jpg"):
        (folder / name).write_bytes(made(name).read_bytes())
        os.utime(folder / name, (1_600_000_000, 1_600_000_000))
    return folder


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run said of each file."""

    findings: dict[str, list[str]]
    facts: dict[str, FileFacts]


def run(root: Path, cache: Path, *, quick: bool = True, executor: Executor | None = None) -> Outcome:
    survey = Survey(
        root=root,
        profile=load_profile("dashscope"),
        settings=Settings(quick=quick),
        rules_for=lambda _unit: ((), ()),
        store=Store(root, FactsCache(cache)),
        executor=executor,
        workers=2,
    )
    verdicts = list(examine_units([Unit(name=path, job=job) for path, job in JOBS.items()], survey))
    return Outcome(
        {each.unit.name: [f"{found.rule} {found.message}" for found in each.report.findings] for each in verdicts},
        {file.path: file for each in verdicts for file in each.report.facts.files()},
    )


def remembered(root: Path, cache: Path, *, quick: bool = True) -> dict[str, FileFacts]:
    store = Store(root, FactsCache(cache))
    tasks = [
        FileTask(root=str(root), path=path, role=role, quick=quick) for path, role in zip(JOBS, ROLES, strict=True)
    ]
    return {task.path: facts for task, facts in store.load(store.found(tasks)).items()}


@pytest.fixture(scope="module")
def healthy(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Healthy:
    """Give what a run says, quick or not, that has never seen a fault."""
    return cache(lambda *, quick=True: run(root, tmp_path_factory.mktemp("healthy"), quick=quick))


@pytest.fixture
def in_the_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Give a folder whose modules the workers import before all others."""
    folder = tmp_path / "in the way"
    folder.mkdir()
    monkeypatch.setenv("PYTHONPATH", str(folder))
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    end_children()
    yield folder
    end_children()


@pytest.mark.parametrize(
    "fault",
    [
        ("sitecustomize", ENDS, "ends at start (exit status 7)"),
        ("sitecustomize", "import sys; sys.stderr.write('no snow'); " + ENDS, "ends at start (exit status 7: no snow)"),
        ("sitecustomize", KILLS_ITSELF, "ends at start (signal 9)"),
        ("sitecustomize", "print('hello' * 9, flush=True)", "starts with something else on its standard output"),
        ("av", ENDS, "ends at start (exit status 7)"),
        ("av", "raise ImportError('no snow')", "cannot be imported (no snow)"),
        ("lipready", "raise ImportError('no snow')", "ends at start (exit status 1: ImportError: no snow)"),
    ],
)
def test_workers_that_end_at_start_end_the_run_and_not_one_file(
    root: Path, healthy: Healthy, in_the_way: Path, tmp_path: Path, fault: tuple[str, str, str]
) -> None:
    module, text, said = fault
    (in_the_way / f"{module}.py").write_text(text)
    with pytest.raises(ComponentError, match=re.escape(said)):
        run(root, tmp_path)
    kept = remembered(root, tmp_path)
    (in_the_way / f"{module}.py").unlink()
    # A picture needs no PyAV: where it came first it was measured, and rightly so.
    assert kept.items() <= healthy().facts.items()
    assert run(root, tmp_path) == healthy()
    assert remembered(root, tmp_path) == healthy().facts


def test_a_worker_that_ends_at_start_once_is_replaced(
    root: Path, healthy: Healthy, in_the_way: Path, tmp_path: Path
) -> None:
    once = f"import os\ntry: os.mkdir({str(tmp_path / 'once')!r})\nexcept OSError: pass\nelse: os._exit(7)\n"
    (in_the_way / "sitecustomize.py").write_text(once)
    assert run(root, tmp_path) == healthy()
    assert (tmp_path / "once").is_dir()


def test_no_process_for_a_worker_ends_the_run(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    with pytest.raises(ComponentError, match=r"cannot be started \(No such file or directory\)"):
        run(root, tmp_path)


@pytest.mark.parametrize(
    ("starve", "problem"),
    [
        (NO_FILES, "cannot be read: too many open files"),
        (KILLS_ITSELF, "made the decoder crash twice (signal 9)"),
        (CRASHES, "made the decoder crash (signal 11)"),
        (ENDS, "made the decoder end without an answer (exit status 7)"),
    ],
)
def test_what_a_starved_or_killed_worker_could_not_measure_is_measured_again(
    root: Path, healthy: Healthy, in_the_way: Path, starve: str, problem: str
) -> None:
    remembers = in_the_way.parent
    (in_the_way / "sitecustomize.py").write_text(ON_OPENING.format(starve))
    ill = run(root, remembers)
    assert {file.problem for file in ill.facts.values()} == {problem}
    assert all(map(is_transient, ill.facts.values()))
    assert all("run again" in said and "Export" not in said for (said,) in ill.findings.values())
    assert remembered(root, remembers) == {}
    (in_the_way / "sitecustomize.py").unlink()
    assert run(root, remembers) == healthy()
    assert remembered(root, remembers) == healthy().facts


def test_the_workers_of_an_executor_that_is_handed_in_are_no_different(
    root: Path, healthy: Healthy, in_the_way: Path, tmp_path: Path
) -> None:
    (in_the_way / "sitecustomize.py").write_text(ON_OPENING.format(KILLS_ITSELF))
    with ThreadPoolExecutor(2) as executor:
        ill = run(root, tmp_path, executor=executor)
        assert all(map(is_transient, ill.facts.values()))
        (in_the_way / "sitecustomize.py").write_text(ENDS)
        with pytest.raises(ComponentError, match="ends at start"):
            run(root, tmp_path, executor=executor)
        (in_the_way / "sitecustomize.py").unlink()
        assert run(root, tmp_path, executor=executor) == healthy()
    assert remembered(root, tmp_path) == healthy().facts


@pytest.mark.parametrize("megabytes", [20, 140])
def test_facts_of_a_worker_without_memory_are_right_or_not_kept(
    root: Path, healthy: Healthy, in_the_way: Path, tmp_path: Path, megabytes: int
) -> None:
    (in_the_way / "sitecustomize.py").write_text(ON_OPENING.format(LITTLE_MEMORY.format(megabytes)))
    with suppress(ComponentError):
        run(root, tmp_path, quick=False)
    kept = remembered(root, tmp_path, quick=False)
    assert kept == {path: healthy(quick=False).facts[path] for path in kept}
    (in_the_way / "sitecustomize.py").unlink()
    assert run(root, tmp_path, quick=False) == healthy(quick=False)


def test_a_time_out_is_not_kept(root: Path, healthy: Healthy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as hurry:
        hurry.setattr(file_task, "TIMEOUT", 0.0)
        hurry.setattr(file_task, "TIMEOUT_PER_BYTE", 0.0)
        ill = run(root, tmp_path)
    assert "kept the decoder busy for more than 0 s" in {file.problem for file in ill.facts.values()}
    kept = remembered(root, tmp_path)
    assert kept == {path: healthy().facts[path] for path in kept}
    assert run(root, tmp_path).findings == healthy().findings
    assert remembered(root, tmp_path) == healthy().facts


def test_a_read_that_fails_is_not_the_end_of_the_file(root: Path) -> None:
    """A descriptor that cannot be read any more stands for a disk that fails: to a demuxer both look like the end."""
    damaged = []

    def read() -> None:
        with open_local(str(root / "anna.wav")) as file, open_container(file) as container:
            nothing = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nothing, file.fileno())
            os.close(nothing)
            damaged.append(read_packet_times(container, best_audio(container), Budget()).damaged)

    with pytest.raises(ProbeError, match="cannot be read: bad file descriptor") as caught:
        read()
    assert damaged == [True]
    assert caught.value.transient


@dataclass(frozen=True, slots=True)
class Gate:
    """`lipready gate --quick .` in a folder."""

    root: Path
    environment: dict[str, str]

    def __call__(self, **options: Any) -> tuple[int, str, str]:
        command = [sys.executable, "-m", "lipready", "gate", "--quick", "--format", "concise", "."]
        done = subprocess.run(
            command, cwd=self.root, env=self.environment, capture_output=True, text=True, check=False, **options
        )
        return done.returncode, done.stdout, done.stderr


@pytest.fixture
def gate(root: Path, in_the_way: Path, tmp_path: Path) -> Gate:
    return Gate(root, {**os.environ, "LIPREADY_CACHE_DIR": str(tmp_path / "cache"), "PYTHONPATH": str(in_the_way)})


def test_the_gate_says_that_workers_end_at_start_and_forgets_it(gate: Gate, in_the_way: Path) -> None:
    worker = "import sys\nif 'lipready.gate.workers.worker' in sys.orig_argv: sys.exit('no snow')\n"
    (in_the_way / "sitecustomize.py").write_text(worker)
    status, said, complained = gate()
    assert (status, said) == (2, "")
    assert "The process that measures files ends at start (exit status 1: SystemExit: no snow): " in complained
    assert "Traceback" not in complained
    (in_the_way / "sitecustomize.py").write_text("")
    assert gate()[0] == 0


def test_the_gate_does_not_repeat_what_a_fault_has_made_it_say(gate: Gate, in_the_way: Path, tmp_path: Path) -> None:
    flag = tmp_path / "ill"
    flag.touch()
    killing = f"os.path.exists({str(flag)!r}) and 'lipready.gate.workers.worker' in sys.orig_argv and {KILL}"
    (in_the_way / "sitecustomize.py").write_text(ON_OPENING.format(killing))
    status, said, _ = gate()
    assert status == 1
    assert said.count("F001") == len(JOBS)
    flag.unlink()
    status, said, _ = gate()
    assert status == 0
    assert "F001" not in said


def test_the_gate_with_no_room_for_its_cache_says_what_it_always_says(gate: Gate) -> None:
    starved = gate(preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096)))
    assert starved[0] == 0
    assert "cache" in starved[2]
    first, second = gate(), gate()
    assert first[:2] == (0, starved[1])
    assert second[0] == 0
