"""How much faster two workers are than one: those of the gate over the corpus, and an executor of `check_many`.

    python scripts/bench/workers.py [--files N] [--clips N] [--runs N] [--folder FOLDER]

The targets are ≥ 1.7× for the gate and ≥ 1.8× for `check_many`, on a machine that does nothing else: whatever runs
beside costs two workers more than one. Runs with one and with two workers alternate, and the fastest of each counts.

* The gate measures every sixth file or so of the corpus, and starts its children anew in each run.
* `check_many` checks a clip of 720p and 10 s, again and again, on a ProcessPoolExecutor whose processes have loaded
  the models. One check uses more than one core (it decodes and looks at the same time): how many is printed beside,
  and so is one worker that is kept to one core, where the system can do that.

Exit status 1 when a target is missed, 3 where the corpus or a second core is.
"""

import argparse
import multiprocessing
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import psutil

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench.speaker import Clip, made
from lipready import Job, check_many
from lipready.facts.file import Role
from lipready.gate.workers.file_task import FileTask
from lipready.gate.workers.run import run_tasks

TARGET, EXECUTOR_TARGET = 1.7, 1.8
ROLES: dict[str, Role] = {"video": "video", "audio": "audio", "image": "reference"}
CLIP = Clip("720p, 10 s", 240, (1280, 720), 10)


@dataclass(frozen=True, slots=True)
class Took:
    """Seconds of wall time and of CPU."""

    wall: float
    cpu: float


def main() -> int:
    """Print the figures; see the module for the exit status."""
    parser = argparse.ArgumentParser(description="Measure two workers beside one.")
    parser.add_argument("--files", type=int, default=40, help="how many files of the corpus (default: 40)")
    parser.add_argument("--clips", type=int, default=24, help="how many clips for check_many (default: 24)")
    parser.add_argument("--runs", type=int, default=3, help="runs of each, of which the fastest counts (default: 3)")
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir(), "lipready-speed"))
    options = parser.parse_args()
    corpus = Path(os.environ.get("LIPREADY_CORPUS") or Path(__file__).resolve().parents[3] / "shared" / "corpus")
    has_corpus = (corpus / "truth.csv").is_file()
    if (os.cpu_count() or 1) < 2 or (options.files and not has_corpus):
        print(f"There is no corpus in {corpus}, or no second core.", file=sys.stderr)
        return 3
    met = []
    if options.files:
        met.append(_gate(_tasks(corpus, options.files), options.runs))
    if options.clips:
        met.append(_executor(made(CLIP, options.folder), options.clips, options.runs))
    return 0 if all(met) else 1


def _gate(tasks: list[FileTask], runs: int) -> bool:
    taken: dict[int, list[float]] = {1: [], 2: []}
    for _ in range(runs):
        for workers, seconds in taken.items():
            seconds.append(_run(tasks, workers))
    one, two = (min(taken[workers]) for workers in (1, 2))
    print(f"gate, {len(tasks)} files: one worker {one:.1f} s, two {two:.1f} s, ", end="")
    return _verdict(one / two, TARGET)


def _tasks(corpus: Path, count: int) -> list[FileTask]:
    files = [path for folder in ROLES for path in sorted((corpus / folder).rglob("*")) if path.is_file()]
    step = max(1, len(files) // count)
    return [
        FileTask(root=str(corpus), path=str(path.relative_to(corpus)), role=ROLES[path.relative_to(corpus).parts[0]])
        for path in files[::step][:count]
    ]


def _run(tasks: list[FileTask], workers: int) -> float:
    start = time.perf_counter()
    measured = sum(1 for _ in run_tasks(tasks, workers=workers))
    taken = time.perf_counter() - start
    if measured != len(tasks):
        sys.exit(f"{len(tasks) - measured} files were lost.")
    return taken


def _executor(clip: Path, count: int, runs: int) -> bool:
    """Print clips a minute on one worker, on one that has one core, and on two; whether the target is met."""
    ways = {"one worker": 1, "one worker on one core": 1, "two workers": 2}
    if not hasattr(os, "sched_setaffinity"):
        del ways["one worker on one core"]
    taken: dict[str, list[Took]] = {name: [] for name in ways}
    for _ in range(runs):
        for name, workers in ways.items():
            with _processes(workers, one_core="core" in name) as executor:
                _check(executor, clip, 2 * workers)  # the models are loaded from then on
                taken[name].append(_check(executor, clip, count))
    best = {name: min(each, key=lambda took: took.wall) for name, each in taken.items()}
    print(f"check_many, {count} clips of {CLIP.name}:")
    for name, took in best.items():
        print(f"  {name:24}{60 * count / took.wall:6.0f} a minute, {took.cpu / count:.2f} s CPU each, ", end="")
        print(f"{took.cpu / took.wall:.2f} cores, two are {took.wall / best['two workers'].wall:.2f}× as fast")
    print("  two workers against one ", end="")
    return _verdict(best["one worker"].wall / best["two workers"].wall, EXECUTOR_TARGET)


@contextmanager
def _processes(workers: int, *, one_core: bool) -> Iterator[Executor]:
    keep = partial(os.sched_setaffinity, 0, {min(os.sched_getaffinity(0))}) if one_core else None
    with ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), initializer=keep) as executor:
        yield executor


def _check(executor: Executor, clip: Path, count: int) -> Took:
    begun, before = time.perf_counter(), _cpu()
    verdicts = {report.verdict for report in check_many([Job(video=str(clip))] * count, executor=executor)}
    taken = Took(time.perf_counter() - begun, _cpu() - before)
    if verdicts != {"pass"}:
        sys.exit(f"The good clip was judged {sorted(verdicts)}.")
    return taken


def _cpu() -> float:
    """Return the CPU seconds of the processes that this one has begun and that run."""
    return sum(sum(child.cpu_times()[:2]) for child in psutil.Process().children(recursive=True))


def _verdict(ratio: float, target: float) -> bool:
    print(f"{ratio:.2f}× the throughput (target ≥ {target}×)  {'PASS' if ratio >= target else 'MISS'}", flush=True)
    return ratio >= target


if __name__ == "__main__":
    sys.exit(main())
