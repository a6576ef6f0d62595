"""How much faster two workers of the gate measure files of the corpus than one.

    python scripts/bench/workers.py [--files N] [--runs N]

The target is ≥ 1.7×, on a machine that does nothing else: whatever runs beside costs two workers more than one.
Every sixth file or so of the corpus; each run starts its children anew, and runs with one and two workers alternate.
Exit status 1 when the target is missed, 3 where the corpus or a second core is.
"""

import argparse
import os
import sys
import time
from pathlib import Path

from lipready.facts.file import Role
from lipready.gate.workers.file_task import FileTask
from lipready.gate.workers.run import run_tasks

TARGET = 1.7
ROLES: dict[str, Role] = {"video": "video", "audio": "audio", "image": "reference"}


def main() -> int:
    """Print the figure; see the module for the exit status."""
    parser = argparse.ArgumentParser(description="Measure two workers beside one.")
    parser.add_argument("--files", type=int, default=40, help="how many files (default: 40)")
    parser.add_argument("--runs", type=int, default=3, help="runs of each, of which the fastest counts (default: 3)")
    options = parser.parse_args()
    corpus = Path(os.environ.get("LIPREADY_CORPUS") or Path(__file__).resolve().parents[3] / "shared" / "corpus")
    if not (corpus / "truth.csv").is_file() or (os.cpu_count() or 1) < 2:
        print(f"There is no corpus in {corpus}, or no second core.", file=sys.stderr)
        return 3
    tasks = _tasks(corpus, options.files)
    taken: dict[int, list[float]] = {1: [], 2: []}
    for _ in range(options.runs):
        for workers, seconds in taken.items():
            seconds.append(_run(tasks, workers))
    one, two = (min(taken[workers]) for workers in (1, 2))
    verdict = "PASS" if one / two >= TARGET else "MISS"
    print(f"{len(tasks)} files: one worker {one:.1f} s, two {two:.1f} s, ", end="")
    print(f"{one / two:.2f}× the throughput (target ≥ {TARGET}×)  {verdict}")
    return 0 if one / two >= TARGET else 1


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


if __name__ == "__main__":
    sys.exit(main())
