"""Start-up beside what it is measured against, in one run: the median of alternating runs, figure, target, verdict.

    python scripts/bench/startup.py [--runs N]

`import lipready` ≤ 3× and `lipready --version` ≤ 6× `python -c pass`; `lipready check --quick` of one job ≤ 3× one
`ffprobe -show_streams -show_format` of its video (where ffprobe is on PATH). Exit status 1 when a target is missed.
"""

import argparse
import shutil
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from studio.make import make


@dataclass(frozen=True, slots=True)
class Command:
    """A command line and the name that it is printed under."""

    name: str
    arguments: list[str]

    def seconds(self) -> float:
        """Run it once and take the time."""
        start = time.perf_counter()
        subprocess.run(self.arguments, stdout=subprocess.DEVNULL, check=True)
        return time.perf_counter() - start


def main() -> int:
    """Print all figures; see the module for the exit status."""
    parser = argparse.ArgumentParser(description="Measure the start-up of lipready.")
    parser.add_argument("--runs", type=int, default=15, help="runs of each command (default: 15)")
    runs = parser.parse_args().runs
    lipready = _lipready()
    job = [str(path) for path in make(["anna.mp4", "anna.wav", "anna.jpg"]).values()]
    nothing = Command("python -c pass", [sys.executable, "-c", "pass"])
    imported = Command("import lipready", [sys.executable, "-c", "import lipready"])
    well = _compare(imported, nothing, 3, runs)
    well = _compare(Command("lipready --version", [*lipready, "--version"]), nothing, 6, runs) and well
    ffprobe = shutil.which("ffprobe")
    if ffprobe is None:
        print("lipready check --quick: not compared, since there is no ffprobe on PATH.")
        return 0 if well else 1
    probe = Command("ffprobe", [ffprobe, "-v", "error", "-show_streams", "-show_format", job[0]])
    quick = Command("lipready check --quick", [*lipready, "check", "--quick", *job])
    return 0 if _compare(quick, probe, 3, runs) and well else 1


def _lipready() -> list[str]:
    beside = Path(sys.executable).with_name("lipready")
    return [str(beside)] if beside.exists() else [sys.executable, "-m", "lipready"]


def _compare(ours: Command, other: Command, target: float, runs: int) -> bool:
    """Run both in turn, so that whatever else the machine does falls on both."""
    ours.seconds(), other.seconds()
    pairs = [(ours.seconds(), other.seconds()) for _ in range(runs)]
    our_time, other_time = (statistics.median(column) for column in zip(*pairs, strict=True))
    ratio = our_time / other_time
    verdict = "PASS" if ratio <= target else "MISS"
    print(f"{ours.name}: {1000 * our_time:.0f} ms, {other.name}: {1000 * other_time:.0f} ms, ", end="")
    print(f"{ratio:.2f}× (target ≤ {target}×)  {verdict}")
    return ratio <= target


if __name__ == "__main__":
    sys.exit(main())
