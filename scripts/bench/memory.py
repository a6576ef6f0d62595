"""What a process holds after many checks, beside what it held after the first of them: memory, open files, threads.

    python scripts/bench/memory.py [--quick N] [--full N]

Quick checks of uploads as bytes, every fifth of them broken, and full checks of jobs (video, audio, picture), each kind
in a process of its own. No two checks have the same names and contents, so that whatever is kept of a file adds up. The
targets: memory (resident) within 20 MB of what it was after the first hundred checks, or after the first quarter where
they are fewer, and no more open files and threads than then. Exit status 1 when a target is missed.
"""

import argparse
import multiprocessing
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench.uploads import Upload, uploads
from lipready import Input, Settings, check

MOST_GROWTH = 20
"""MB, either way."""
FIRST = 100
LOOKS = 20
LEFT_OF_BROKEN = 3000
"""Bytes."""
QUICK = Settings(quick=True)

Checks = Callable[[int], Iterator[str]]
"""Makes so many checks; yields the verdict of each."""


@dataclass(frozen=True, slots=True)
class Held:
    """What the process holds: MB, open files and threads."""

    memory: float
    files: int
    threads: int

    def __str__(self) -> str:
        """Return it as a part of a line."""
        return f"{self.memory:6.1f} MB, {self.files} open files, {self.threads} threads"


def main() -> int:
    """Print all figures; see the module for the exit status."""
    parser = argparse.ArgumentParser(description="Measure what a process holds after many checks.")
    parser.add_argument("--quick", type=int, default=10_000, help="how many quick checks (default: 10000)")
    parser.add_argument("--full", type=int, default=400, help="how many full checks (default: 400)")
    options = parser.parse_args()
    context = multiprocessing.get_context("spawn")
    statuses = []
    for checks, count in ((quick, options.quick), (full, options.full)):
        if count:
            process = context.Process(target=_watch, args=(checks, count))
            process.start()
            process.join()
            statuses.append(process.exitcode)
    return 0 if set(statuses) == {0} else 1


def quick(count: int) -> Iterator[str]:
    """Check one upload after the other, every fifth of them cut off."""
    for number, upload in enumerate(uploads(count)):
        broken = number % 5 == 0
        content = upload.content[:LEFT_OF_BROKEN] if broken else upload.content
        verdict = check(**{upload.role: Input(content, upload.name)}, settings=QUICK).verdict
        if not broken and verdict != "pass":
            sys.exit(f"{upload.name} was judged {verdict!r}.")
        yield verdict


def full(count: int) -> Iterator[str]:
    """Check one job after the other, faces and speech included."""
    following = uploads(3 * count)
    for _ in range(count):
        job: dict[str, Upload] = {upload.role: upload for upload in (next(following) for _ in range(3))}
        verdict = check(**{role: Input(each.content, each.name) for role, each in job.items()}).verdict
        if verdict != "pass":
            sys.exit(f"The good job of {job['video'].name} was judged {verdict!r}.")
        yield verdict


def _watch(checks: Checks, count: int) -> None:
    """Print what this process holds between the checks, and end it with status 1 where a target is missed."""
    first, step = min(FIRST, max(1, count // 4)), max(1, count // LOOKS)
    looks: list[Held] = []
    print(f"{count} {checks.__name__} checks in one process:")
    for done, _ in enumerate(checks(count), start=1):
        if done == first or (done > first and (done % step == 0 or done == count)):
            looks.append(_held())
            print(f"  after {done:6}: {looks[-1]}", flush=True)
    before, after = looks[0], looks[1:]
    growth = max((each.memory - before.memory for each in after), key=abs, default=0.0)
    files, threads = (max((getattr(each, what) for each in after), default=0) for what in ("files", "threads"))
    met = abs(growth) <= MOST_GROWTH and files <= before.files and threads <= before.threads
    print(f"  at most {growth:+.1f} MB (target ± {MOST_GROWTH} MB), {files - before.files:+} open files, ", end="")
    print(f"{threads - before.threads:+} threads (targets ≤ 0)  {'PASS' if met else 'MISS'}")
    sys.exit(0 if met else 1)


def _held() -> Held:
    process = psutil.Process()
    return Held(process.memory_info().rss / (1 << 20), process.num_fds(), process.num_threads())


if __name__ == "__main__":
    sys.exit(main())
