"""How long a verification takes beside a bare decode of both files.

    python scripts/bench/verify.py [--runs N] [--folder FOLDER]

A result of 60 s at 1080p with sound, made of a clip without: each command in turn, medians and their ratio, wall time
and CPU seconds. The clips are made once, in FOLDER (default: lipready-speed in the system's temporary folder). Exit
status 1 when the target is missed.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench.speaker import Clip, bare_decode, made
from studio import encoder
from studio.make import make

SECONDS = 60
CLIP = Clip("1080p, key frames 8 s apart", 240, seconds=72)
TARGET = 1.2


def main() -> int:
    """Print both and their ratio; see the module for the exit status."""
    parser = argparse.ArgumentParser(description="Measure a verification beside a bare decode of both files.")
    parser.add_argument("--runs", type=int, default=3, help="runs of each command (default: 3)")
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir(), "lipready-speed"))
    options = parser.parse_args()
    video, audio, result = _files(options.folder)
    verify = [sys.executable, "-m", "lipready", "verify", str(result), "--video", str(video), "--audio", str(audio)]
    pairs = [(_use(verify), _use(bare_decode(video), bare_decode(result))) for _ in range(options.runs)]
    ours, bare = (
        [statistics.median(part) for part in zip(*column, strict=True)] for column in zip(*pairs, strict=True)
    )
    print(f"  lipready verify      {ours[0]:6.2f} s wall {ours[1]:6.2f} s CPU")
    print(f"  bare decode of both  {bare[0]:6.2f} s wall {bare[1]:6.2f} s CPU")
    met = ours[0] <= TARGET * bare[0]
    ratio = f"{ours[0] / bare[0]:.2f}× (target ≤ {TARGET}×; by CPU time {ours[1] / bare[1]:.2f}×)"
    print(f"  verify / bare decode {ratio}  {'PASS' if met else 'MISS'}")
    return 0 if met else 1


def _files(folder: Path) -> tuple[Path, Path, Path]:
    """Make the video, the audio track and the result, unless they are there."""
    long = made(CLIP, folder)
    video, audio, result = (folder / name for name in ("sent-60.mp4", "sent-60.wav", "result-60.mp4"))
    if not result.exists():
        speech = make(["anna.wav"])["anna.wav"]
        encoder.run(["-i", long, "-t", str(SECONDS), "-c", "copy", video])
        encoder.run(["-stream_loop", "-1", "-i", speech, "-t", str(SECONDS), audio])
        encoder.run(["-i", video, "-i", audio, "-c:v", "copy", "-c:a", "aac", "-shortest", result])
    return video, audio, result


def _use(*commands: list[str]) -> tuple[float, float]:
    """Run commands one after the other; return seconds of wall time and of CPU."""
    before, began = os.times(), time.perf_counter()
    for command in commands:
        done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False)
        if done.returncode not in {0, 1}:
            sys.exit(
                f"verify: {' '.join(command[:5])} ended with status {done.returncode}: {done.stderr.decode()[-300:]}"
            )
    after = os.times()
    used = after.children_user + after.children_system - before.children_user - before.children_system
    return time.perf_counter() - began, used


if __name__ == "__main__":
    sys.exit(main())
