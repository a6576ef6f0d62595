"""How long a full check takes beside a bare decode and beside the script that a user would write, and its memory.

    python scripts/bench/check_speed.py [--runs N] [--clip FILE] [--skip-script] [--folder FOLDER]

In one run, each command in turn, so that whatever else the machine does falls on all of them: medians and ratios of
wall time (CPU seconds beside them), peak memory, targets and verdicts. The clips are made once, in FOLDER (default:
lipready-speed in the system's temporary folder). --clip measures another 1080p clip instead. Exit status 1 when a
target is missed.
"""

import argparse
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench.full_range import full_range, python_with_mediapipe
from bench.speaker import EIGHT_K, FOUR_K, LONG_GOP, SHORT_GOP, bare_decode, made

SCRIPT = """
import sys
import cv2, mediapipe
from mediapipe.tasks.python import BaseOptions, vision

options = vision.FaceDetectorOptions(base_options=BaseOptions(model_asset_path=sys.argv[2]))
detector = vision.FaceDetector.create_from_options(options)
capture, most = cv2.VideoCapture(sys.argv[1]), 0
while True:
    ok, picture = capture.read()
    if not ok:
        break
    image = mediapipe.Image(image_format=mediapipe.ImageFormat.SRGB, data=cv2.cvtColor(picture, cv2.COLOR_BGR2RGB))
    most = max(most, len(detector.detect(image).detections))
print(most)
detector.close()
"""
"""Every frame through OpenCV and MediaPipe's detector."""

MOST_MEMORY, MOST_MEMORY_LARGE = 400, 500
"""MB at 1080p, and at 4K and 8K."""

# Waits for one command and reports what it used: peak memory of a child is only known to its own parent.
_MEASURE = """
import json, os, resource, subprocess, sys, time
began = time.perf_counter()
done = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
wall = time.perf_counter() - began
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps([done.returncode, wall, used.ru_utime + used.ru_stime, used.ru_maxrss]))
"""


@dataclass(frozen=True, slots=True)
class Use:
    """What a command used: seconds of wall time and of CPU, and MB at its peak."""

    wall: float
    cpu: float
    memory: float


def main() -> int:
    """Print all figures; see the module for the exit status."""
    parser = argparse.ArgumentParser(description="Measure a full check beside a bare decode and a plain script.")
    parser.add_argument("--runs", type=int, default=3, help="runs of each command (default: 3)")
    parser.add_argument("--clip", type=Path, help="measure this clip instead of the one with key frames 8 s apart")
    parser.add_argument("--skip-script", action="store_true", help="leave out the plain script, which is slow")
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir(), "lipready-speed"))
    options = parser.parse_args()
    long_gop = options.clip or made(LONG_GOP, options.folder)
    met = [
        _against_decode(LONG_GOP.name if not options.clip else str(options.clip), long_gop, 0.50, options.runs),
        _against_decode(SHORT_GOP.name, made(SHORT_GOP, options.folder), 0.25, options.runs),
    ]
    if not options.skip_script:
        met.append(_against_script(long_gop, 12))
    met += [_memory(clip.name, made(clip, options.folder)) for clip in (FOUR_K, EIGHT_K)]
    return 0 if all(met) else 1


def _check(path: Path) -> list[str]:
    return [sys.executable, "-m", "lipready", "check", str(path)]


def _against_decode(name: str, path: Path, target: float, runs: int) -> bool:
    print(f"{name}:")
    pairs = [(_use(_check(path), {0, 1}), _use(bare_decode(path), {0})) for _ in range(runs)]
    ours, bare = (_median(list(column)) for column in zip(*pairs, strict=True))
    print(f"  lipready check {_shown(ours)}\n  bare decode    {_shown(bare)}")
    by_cpu = f"by CPU time {ours.cpu / bare.cpu:.2f}×"
    quick = _verdict(
        f"  check / bare decode {ours.wall / bare.wall:.2f}× (target ≤ {target}×; {by_cpu})",
        ours.wall <= target * bare.wall,
    )
    return _verdict(f"  memory {ours.memory:.0f} MB (target ≤ {MOST_MEMORY} MB)", ours.memory <= MOST_MEMORY) and quick


def _against_script(path: Path, target: float) -> bool:
    script = _use([python_with_mediapipe(), "-c", SCRIPT, str(path), str(full_range())], {0})
    ours = _use(_check(path), {0, 1})
    print(f"Every frame through OpenCV and MediaPipe:\n  plain script   {_shown(script)}")
    ratio = script.wall / ours.wall
    by_cpu = f"by CPU time {script.cpu / ours.cpu:.1f}×"
    return _verdict(f"  check is {ratio:.1f}× faster (target ≥ {target}×; {by_cpu})", ratio >= target)


def _memory(name: str, path: Path) -> bool:
    ours = _use(_check(path), {0, 1})
    met = ours.memory <= MOST_MEMORY_LARGE
    return _verdict(f"{name}: {_shown(ours)}\n  memory {ours.memory:.0f} MB (target ≤ {MOST_MEMORY_LARGE} MB)", met)


def _use(command: list[str], good: set[int]) -> Use:
    """Run a command and take what it used."""
    import json

    done = subprocess.run([sys.executable, "-c", _MEASURE, *command], check=True, capture_output=True, text=True)
    status, wall, cpu, memory = json.loads(done.stdout)
    if status not in good:
        raise SystemExit(f"check_speed: {' '.join(command[:4])} … ended with status {status}")
    per_mb = 1 << 20 if sys.platform == "darwin" else 1 << 10
    return Use(wall, cpu, memory / per_mb)


def _median(uses: list[Use]) -> Use:
    return Use(*(statistics.median(getattr(use, field) for use in uses) for field in ("wall", "cpu", "memory")))


def _shown(use: Use) -> str:
    return f"{use.wall:7.2f} s wall {use.cpu:7.2f} s CPU {use.memory:5.0f} MB"


def _verdict(line: str, met: bool) -> bool:  # noqa: FBT001
    print(f"{line}  {'PASS' if met else 'MISS'}", flush=True)
    return met


if __name__ == "__main__":
    sys.exit(main())
