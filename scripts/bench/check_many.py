"""Quick checks of many files beside one ffprobe process for each, in one run: files by their paths, and uploads.

    python scripts/bench/check_many.py [--files N] [--uploads N] [--runs N]

The targets are ≥ 10× faster. The files are hard links to small fixtures (video, audio, picture in turn), for
`check_many` in one thread and one ffprobe after the other. The uploads are the same as bytes, each with a content of
its own: for `check` in two threads, as a web service has them, for `check_many` on two processes, and for two ffprobe
at once, which need a temporary file each. Slices of them are taken in turn by all three, so that whatever else the
machine does falls on all. Exit status 1 when a target is missed, 3 where there is no ffprobe on PATH.
"""

import argparse
import multiprocessing
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from functools import partial
from itertools import islice
from pathlib import Path

import psutil

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench.uploads import Upload, uploads
from lipready import Input, Job, Report, Settings, check, check_many
from studio.make import make

TARGET = 10
ROLES = ("video", "audio", "reference")
QUICK = Settings(quick=True)
WORKERS = 2
SLICE = 100


def main() -> int:
    """Print the figures; see the module for the exit status."""
    parser = argparse.ArgumentParser(description="Measure quick checks beside ffprobe.")
    parser.add_argument("--files", type=int, default=1000, help="how many files by their paths (default: 1000)")
    parser.add_argument("--uploads", type=int, default=1000, help="how many uploads as bytes (default: 1000)")
    parser.add_argument(
        "--runs", type=int, default=3, help="runs of check_many over the files, of which the median counts (default: 3)"
    )
    options = parser.parse_args()
    ffprobe = shutil.which("ffprobe")
    if ffprobe is None:
        print("There is no ffprobe on PATH to compare with: apt-get install ffmpeg.", file=sys.stderr)
        return 3
    met = []
    with tempfile.TemporaryDirectory() as folder:
        if options.files:
            met.append(_paths(ffprobe, Path(folder), options.files, options.runs))
        if options.uploads:
            met += _uploads(ffprobe, Path(folder), options.uploads)
    return 0 if all(met) else 1


def _paths(ffprobe: str, folder: Path, count: int, runs: int) -> bool:
    files = _links(folder, count)
    jobs = [Job(**{ROLES[place % 3]: str(path)}) for place, path in enumerate(files)]
    ours = statistics.median(_seconds(partial(_require_pass, check_many(jobs, settings=QUICK))) for _ in range(runs))
    theirs = _seconds(lambda: [_probe(ffprobe, path) for path in files])
    print(f"{count} files: check_many(quick=True) {ours:.2f} s, one ffprobe each {theirs:.2f} s, ", end="")
    return _verdict(theirs / ours)


def _links(folder: Path, count: int) -> list[Path]:
    sources = list(make(["anna.mp4", "anna.wav", "anna.jpg"]).values())
    links = []
    for place in range(count):
        source = sources[place % len(sources)]
        link = folder / f"{place:05}{source.suffix}"
        try:
            os.link(source, link)
        except OSError:  # another file system
            shutil.copy(source, link)
        links.append(link)
    return links


def _uploads(ffprobe: str, folder: Path, count: int) -> list[bool]:
    """Let all three take one slice after the other, and print what they took; whether both of ours are fast enough."""
    context = multiprocessing.get_context("spawn")
    with ThreadPoolExecutor(WORKERS) as threads, ProcessPoolExecutor(WORKERS, context) as processes:
        ways: dict[str, Callable[[list[Upload]], object]] = {
            "check in two threads": lambda given: _require_pass(threads.map(_check, given)),
            "check_many on two processes": lambda given: _require_pass(
                check_many([upload.job for upload in given], settings=QUICK, executor=processes)
            ),
            "two ffprobe at once": lambda given: list(threads.map(partial(_store_and_probe, ffprobe, folder), given)),
        }
        first = list(uploads(len(ROLES) * 4))
        for way in ways.values():  # processes and libraries are there from then on
            way(first)
        wall, cpu = dict.fromkeys(ways, 0.0), dict.fromkeys(ways, 0.0)
        following = uploads(count)
        while given := list(islice(following, SLICE)):
            for name, way in ways.items():
                before = _cpu()
                wall[name] += _seconds(partial(way, given))
                cpu[name] += _cpu() - before
    print(f"{count} uploads as bytes:")
    *ours, other = ways
    print(f"  {other:28}{wall[other]:7.2f} s wall {cpu[other]:7.2f} s CPU")
    met = []
    for name in ours:
        print(f"  {name:28}{wall[name]:7.2f} s wall {cpu[name]:7.2f} s CPU  ", end="")
        print(f"by CPU time {cpu[other] / cpu[name]:.1f}×, ", end="")
        met.append(_verdict(wall[other] / wall[name]))
    return met


def _check(upload: Upload) -> Report:
    return check(**{upload.role: Input(upload.content, upload.name)}, settings=QUICK)


def _require_pass(reports: Iterable[Report]) -> None:
    verdicts = {report.verdict for report in reports}
    if verdicts != {"pass"}:
        sys.exit(f"The good files were judged {sorted(verdicts)}.")


def _store_and_probe(ffprobe: str, folder: Path, upload: Upload) -> None:
    path = folder / f"upload-{upload.name}"
    path.write_bytes(upload.content)
    _probe(ffprobe, path)
    path.unlink()


def _probe(ffprobe: str, path: Path) -> None:
    command = [ffprobe, "-v", "error", "-show_streams", "-show_format", str(path)]
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)


def _seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _cpu() -> float:
    """Return the CPU seconds of this process and of all that it has begun."""
    this = psutil.Process()
    running = [child.cpu_times() for child in this.children(recursive=True)]
    return sum(sum(times[:2]) for times in running) + sum(this.cpu_times()[:4])


def _verdict(ratio: float) -> bool:
    print(f"{ratio:.1f}× faster (target ≥ {TARGET}×)  {'PASS' if ratio >= TARGET else 'MISS'}", flush=True)
    return ratio >= TARGET


if __name__ == "__main__":
    sys.exit(main())
