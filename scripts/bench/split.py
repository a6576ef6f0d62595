"""Measure a job that is too long: cut, submitted in parts, with faults and kill -9 in between, and joined.

    PYTHONPATH=src python scripts/bench/split.py [--seconds 420] [--keep FOLDER]

The provider is a sandbox in this process, the command `lipready submit --split` is one of its own. It is killed when it
has sent a part, when it has downloaded one, and while it joins; answers are lost and downloads break off, and one task
fails at the provider. In the picture a bar tells the number of each frame, so that each frame of the joined video
is told from its neighbours; the sound is compared with what was sent. Exit status 1 where a figure is missed.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from fractions import Fraction
from pathlib import Path

HOME = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(HOME / "scripts"))

import av  # noqa: E402
import numpy as np  # noqa: E402
from numpy.typing import NDArray  # noqa: E402

from lipready.providers.journal.journal import Journal  # noqa: E402
from lipready.sandbox.faults.fault import Fault  # noqa: E402
from lipready.sandbox.serve import Running, SandboxOptions, serving  # noqa: E402
from lipready.split import read_parts  # noqa: E402
from studio import encoder  # noqa: E402
from studio.make import make  # noqa: E402

RATE, EDGE, STEP, HEIGHT = 25, 640, 8, 16
"""Frames a second, pixels, and the width and height of the bar, which moves on by as much with each frame."""
NEAR = 12
"""Frames before and after a seam that are looked at."""
MOST = 0.010
KEY = "sk-bench-split"


def main() -> int:
    """Print each figure beside its target."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=420)
    parser.add_argument("--keep", type=Path, help="make everything here, and leave it there")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.keep or Path(temporary)
        folder.mkdir(exist_ok=True)
        video, sound = material(folder, options.seconds)
        with serving(SandboxOptions(pace=0)) as box:
            film, killed = submit(box, folder, video, sound)
            paid = box.ledger().submissions
        return 0 if report(film, (video, sound), folder, paid, killed) else 1


def material(folder: Path, seconds: int) -> tuple[Path, Path]:
    """Make a talk of so many seconds, with a bar at the bottom that tells the frame."""
    video, sound = folder / "talk.mp4", folder / "talk.wav"
    clip, speech = make(["anna.mp4", "anna.wav"]).values()
    if not video.exists():
        black = f"drawbox=y=ih-{HEIGHT}:h={HEIGHT}:color=black:t=fill"
        shown = f"[0:v]crop=ih:ih,scale={EDGE}:{EDGE},{black},setpts=N/{RATE}/TB[p]"
        bar = f"color=white:s={STEP}x{HEIGHT}:r={RATE}[b];[p][b]overlay=x='mod(n*{STEP},W)':y=H-{HEIGHT}:shortest=1"
        coded = ("-c:v", "libx264", "-preset", "veryfast", "-crf", "18", "-pix_fmt", "yuv420p")
        encoder.run(
            ["-stream_loop", "-1", "-i", clip, "-filter_complex", f"{shown};{bar}", "-an", "-t", str(seconds), *coded,
             video]
        )  # fmt: skip
        encoder.run(["-stream_loop", "-1", "-i", speech, "-t", str(seconds), sound])
    return video, sound


def submit(box: Running, folder: Path, video: Path, sound: Path) -> tuple[Path, int]:
    """Run the command until the joined video is there; return it, and how often it was killed."""
    film, state = folder / "film.mp4", folder / "state"
    os.environ |= {
        "LIPREADY_STATE_DIR": str(state),
        "DASHSCOPE_API_KEY": KEY,
        "DASHSCOPE_HTTP_BASE_URL": box.endpoints("dashscope").api,
        "NO_PROXY": "*",
    }
    command = ["submit", str(video), str(sound), "--split", "-o", str(film), "--poll-interval", "0.5", "--yes"]
    parts = folder / "film-parts"
    ends = (
        ("killed when a part was sent", ("submit:lost", "upload:reset-before"), lambda: box.ledger().submissions >= 1),
        ("killed when a result was there", ("download:broken=100000",), lambda: any(parts.glob("result-*.mp4"))),
        ("one task fails", ("submit:fail", "poll:500*2"), None),
        ("killed while it joins", (), lambda: any(folder.glob("film.mp4.*.partial"))),
        ("the same command again", (), None),
    )
    killed = 0
    for name, faults, until in ends:
        for fault in faults:
            box.inject(Fault.parse(fault))
        begun = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, "-m", "lipready", *command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            start_new_session=True,
        )  # fmt: skip
        while process.poll() is None:
            if until is not None and until():
                process.kill()
                killed += process.wait() < 0
            time.sleep(0.05)
        said = process.communicate()[0].strip().splitlines()
        took = time.perf_counter() - begun
        print(f"  {name}: status {process.returncode}, {took:.0f} s, {box.ledger().submissions} tasks so far")
        print("".join(f"      {line}\n" for line in said[-6:]), end="")
    return film, killed


def report(film: Path, sent_files: tuple[Path, Path], folder: Path, tasks: int, killed: int) -> bool:
    """Print the figures; return whether all are met."""
    video, sound = sent_files
    parts = read_parts(folder / "film-parts")
    numbers, samples, heard_rate = _frames(film), *_sound(film)
    sent, rate = encoder.read_wave(sound)
    whole = parts[-1].end
    seams = [part.start for part in parts[1:]]
    original = _frames(video)
    offsets = [_offset((numbers, original), (samples, sent), rate, seam) for seam in seams]
    entries = [each for each in Journal().entries() if each.whole is not None]
    billed = sum(Fraction(each.seconds or 0) for each in entries)
    foretold = sum((part.end - part.start for part in parts), Fraction(0))
    failed = sum(each.stage == "failed" for each in entries)
    lines = (
        ("frames", len(numbers), f"{int(whole * RATE)}", abs(len(numbers) - whole * RATE) <= 1),
        ("samples", len(samples), f"{len(sent)}", abs(len(samples) - len(sent)) <= 1 and heard_rate == rate),
        ("largest A/V offset at a seam", f"{1000 * max(offsets):.2f} ms", "≤ 10 ms", max(offsets) <= MOST),
        ("seconds billed", f"{float(billed):.2f}", f"≤ {float(foretold):.2f}", billed <= foretold),
        ("tasks", tasks, f"{len(parts)} parts, and {failed} that failed", tasks == len(parts) + failed and failed == 1),
        ("killed", killed, "3 times", killed == 3),
    )
    for name, figure, target, met in lines:
        print(f"  {name:32}{figure!s:>12}   {target:32}{'PASS' if met else 'MISS'}")
    return all(met for *_, met in lines)


def _frames(film: Path) -> list[int]:
    """Return the number of each frame, as the bar tells it, modulo the places that it can have."""
    with av.open(str(film)) as container:
        rows = [frame.to_ndarray(format="gray")[-HEIGHT // 2] for frame in container.decode(video=0)]
    return [round(float(np.average(np.arange(EDGE), weights=np.maximum(row.astype(float) - 100, 0))) - STEP / 2 + 0.5)
            // STEP for row in rows]  # fmt: skip


def _sound(film: Path) -> tuple[NDArray[np.float32], int]:
    """Return the sound as a player plays it: what the edit list and the last packet leave out is not heard."""
    with av.open(str(film)) as container:
        stream = container.streams.audio[0]
        blocks = [frame.to_ndarray()[0] for frame in container.decode(stream)]
        return np.concatenate(blocks)[: stream.duration], stream.rate


def _offset(
    numbers: tuple[list[int], list[int]],
    sounds: tuple[NDArray[np.float32], NDArray[np.int16]],
    rate: int,
    seam: Fraction,
) -> float:
    """Return by how many seconds picture and sound are apart at a seam, at the worst frame of those around it.

    `numbers` and `sounds` are those of the joined video, and of what was sent.
    """
    first, places = round(seam * RATE), EDGE // STEP
    frames = range(max(0, first - NEAR), min(map(len, numbers)))[: 2 * NEAR]
    apart = [(numbers[0][each] - numbers[1][each] + places // 2) % places - places // 2 for each in frames]
    begin, end = round((seam - 1) * rate), round((seam + 1) * rate)
    heard, sent = (each[begin:end].astype(float) for each in sounds)
    alike = np.correlate(heard - heard.mean(), sent - sent.mean(), "same")
    late = int(np.argmax(alike)) - len(sent) // 2
    return max(abs(each / RATE - late / rate) for each in apart)


if __name__ == "__main__":
    sys.exit(main())
