"""Measure what `prepare` costs beside a bare ffmpeg, and what a re-encode does to the picture.

    PYTHONPATH=src python scripts/bench/prepare.py [--seconds N] [--runs N]

Side by side in one run, on a talking head of 720p at 25 frames a second that is made for it:

* remux: a Matroska file that only needs another container, against `ffmpeg -c copy` and against the receipt's command;
* re-encode: an MPEG-4 video that needs another codec, against the receipt's own command run bare.

Each is the median of the runs. "the repair" is the time from the plan to the finished, hashed and renamed output: what
`prepare` adds to ffmpeg. "whole" also judges the input before and the output after, faces included, which a bare ffmpeg
does not do; its three parts are listed. With --quick nothing is decoded for judging. Process start and imports are
outside, as they are for everything in a process that lives on.
"""

import argparse
import json
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from lipready.check import Settings
from lipready.prepare import prepare
from lipready.repair.run import ffmpeg
from lipready.repair.run import outputs as make
from lipready.repair.run.ffmpeg import find_ffmpeg

VERB = sys.modules["lipready.prepare"]
"""The module: `lipready.prepare` is the function."""

HOME = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(HOME / "scripts"))


@dataclass(slots=True)
class Clock:
    """Seconds by what they were spent on, and how often ffmpeg was started."""

    spent: dict[str, list[float]] = field(default_factory=dict)
    processes: int = 0

    @contextmanager
    def time(self, what: str) -> Iterator[None]:
        """Add the time of a block."""
        begin = time.perf_counter()
        yield
        self.spent.setdefault(what, []).append(time.perf_counter() - begin)

    def around(self, what: str, function: Callable[..., object]) -> Callable[..., object]:
        """Wrap a function so that its time is added."""

        def timed(*arguments: object, **named: object) -> object:
            if what == "ffmpeg":
                self.processes += 1
            with self.time(what):
                return function(*arguments, **named)

        return timed

    def median(self, what: str) -> float:
        """Return the median of one kind, in seconds."""
        return statistics.median(self.spent[what])


def main() -> int:
    """Print the table; the exit status is 1 where a figure is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        copied, encoded = sources(folder, options.seconds)
        remux = bench(copied, folder / "remux", options.runs)
        encode = bench(encoded, folder / "encode", max(1, options.runs // 2))
        quality = ssim(encoded, folder / "encode" / "prepared" / encoded.with_suffix(".mp4").name)
    print(f"{options.seconds} s of 1280 × 720 at 25 fps; seconds, median")
    met = [*report("remux", remux, "-c copy", 1.5), *report("re-encode", encode, "its own command", 1.1)]
    met.append(figure("SSIM of a codec-only re-encode", quality, 0.985, at_least=True))
    return 0 if all(met) else 1


def sources(folder: Path, seconds: int) -> tuple[Path, Path]:
    """Make the two inputs from the talking head of the fixtures, looped."""
    from studio.make import make as make_fixture

    head = make_fixture(["anna.mp4"])["anna.mp4"]
    copied, encoded = folder / "copied.mkv", folder / "encoded.mp4"
    looped = ("-stream_loop", "-1", "-i", str(head), "-t", str(seconds))
    steady = ("-vf", "scale=1280:-2,crop=1280:720,setpts=N/25/TB", "-r", "25", "-c:a", "aac")
    run(*looped, "-c:v", "libx264", "-preset", "veryfast", "-crf", "20", "-g", "25", *steady, str(copied))
    run(*looped, "-c:v", "mpeg4", "-q:v", "2", "-g", "25", *steady, str(encoded))
    return copied, encoded


def bench(source: Path, folder: Path, runs: int) -> Clock:
    """Take turns: prepare, the bare copy, the receipt's command."""
    clock = Clock()
    originals = ffmpeg.run, make.make, VERB.check_job
    ffmpeg.run = clock.around("ffmpeg", originals[0])
    make.make = clock.around("repair", originals[1])
    VERB.check_job = clock.around("check", originals[2])
    out = folder / "prepared"
    for _ in range(runs):
        for path in out.glob("*") if out.exists() else ():
            path.unlink()
        with clock.time("whole"):
            prepare(source, out=out)
        for path in out.glob("*"):
            path.unlink()
        with clock.time("whole, quick"):
            prepare(source, out=out, settings=Settings(quick=True))
        with clock.time("bare copy"):
            run("-i", str(source), "-map", "0", "-c", "copy", str(folder / "bare.mp4"))
        with clock.time("bare command"):
            for command in commands_of(out):
                subprocess.run([find_ffmpeg().path, *command[1:]], check=True, capture_output=True)
    ffmpeg.run, make.make, VERB.check_job = originals
    clock.spent["before"], clock.spent["after"] = clock.spent["check"][::4], clock.spent["check"][1::4]
    clock.processes //= 2 * runs
    return clock


def commands_of(out: Path) -> list[list[str]]:
    """Read the commands of the receipt."""
    receipt = json.loads((out / "receipt.json").read_text("utf-8"))
    return [command for entry in receipt["files"] for command in entry["commands"]]


def report(name: str, clock: Clock, bare: str, target: float) -> list[bool]:
    """Print one kind of repair: its parts, and its ratios."""
    against = clock.median("bare copy" if bare == "-c copy" else "bare command")
    print(f"\n{name}: {clock.processes} ffmpeg process")
    for what in ("bare copy", "bare command", "ffmpeg", "repair", "before", "after", "whole", "whole, quick"):
        print(f"  {what:14} {clock.median(what):8.3f}")
    return [
        figure(f"the repair / ffmpeg {bare}", clock.median("repair") / against, target),
        figure("ffmpeg processes for the output", clock.processes, 1),
        figure(f"whole / ffmpeg {bare}", clock.median("whole") / against, None),
        figure(f"whole, quick / ffmpeg {bare}", clock.median("whole, quick") / against, None),
    ]


def figure(name: str, value: float, target: float | None, *, at_least: bool = False) -> bool:
    """Print one figure beside its target."""
    if target is None:
        print(f"  {name}: {value:.3f} (for information)")
        return True
    met = value >= target if at_least else value <= target
    print(f"  {name}: {value:.3f} (target {'≥' if at_least else '≤'} {target}) {'met' if met else 'MISSED'}")
    return met


def ssim(one: Path, other: Path) -> float:
    """Compare two videos frame by frame."""
    done = run("-i", str(one), "-i", str(other), "-lavfi", "ssim", "-f", "null", "-", level="info")
    found = re.search(r"All:([0-9.]+)", done)
    return float(found[1]) if found else 0.0


def run(*arguments: str, level: str = "error") -> str:
    """Run ffmpeg bare; returns what it says."""
    command = [find_ffmpeg().path, "-nostdin", "-hide_banner", "-nostats", "-v", level, "-y", *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stderr


if __name__ == "__main__":
    sys.exit(main())
