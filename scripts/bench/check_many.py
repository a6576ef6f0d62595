"""`check_many(quick=True)` over many files beside one ffprobe process for each, in one run.

    python scripts/bench/check_many.py [--files N] [--runs N]

The target is ≥ 10× faster. The files are hard links to small fixtures (video, audio, picture in turn). Exit status 1
when the target is missed, 3 where there is no ffprobe on PATH.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lipready import Job, Settings, check_many
from studio.make import make

TARGET = 10
ROLES = ("video", "audio", "reference")


def main() -> int:
    """Print the figure; see the module for the exit status."""
    parser = argparse.ArgumentParser(description="Measure check_many beside ffprobe.")
    parser.add_argument("--files", type=int, default=1000, help="how many files (default: 1000)")
    parser.add_argument(
        "--runs", type=int, default=3, help="runs of check_many, of which the median counts (default: 3)"
    )
    options = parser.parse_args()
    ffprobe = shutil.which("ffprobe")
    if ffprobe is None:
        print("There is no ffprobe on PATH to compare with.", file=sys.stderr)
        return 3
    with tempfile.TemporaryDirectory() as folder:
        files = _links(Path(folder), options.files)
        jobs = [Job(**{ROLES[place % 3]: str(path)}) for place, path in enumerate(files)]
        ours = statistics.median(_check(jobs) for _ in range(options.runs))
        theirs = _probe(ffprobe, files)
    ratio = theirs / ours
    verdict = "PASS" if ratio >= TARGET else "MISS"
    print(f"{len(files)} files: check_many(quick=True) {ours:.2f} s, one ffprobe each {theirs:.2f} s, ", end="")
    print(f"{ratio:.1f}× faster (target ≥ {TARGET}×)  {verdict}")
    return 0 if ratio >= TARGET else 1


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


def _check(jobs: list[Job]) -> float:
    start = time.perf_counter()
    verdicts = [report.verdict for report in check_many(jobs, settings=Settings(quick=True))]
    taken = time.perf_counter() - start
    if set(verdicts) != {"pass"}:
        sys.exit(f"The good files were judged {sorted(set(verdicts))}.")
    return taken


def _probe(ffprobe: str, files: list[Path]) -> float:
    start = time.perf_counter()
    for path in files:
        command = [ffprobe, "-v", "error", "-show_streams", "-show_format", str(path)]
        subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - start


if __name__ == "__main__":
    sys.exit(main())
