"""Count the frames that a constant rate loses and repeats, `prepare` beside `ffmpeg -r MEAN`.

    PYTHONPATH=src python scripts/bench/rates.py

Each clip has a variable frame rate as phones, cameras and screen recorders write it. Every frame carries its number in
the picture; what is lost, repeated and how late a frame is at most is read from the pixels of the outputs. Frames that
are held, such as of a still screen, have to be repeated at any constant rate. The exit status is 1 where `prepare`
loses a frame that some rate within its aim would keep.
"""

import random
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from fractions import Fraction
from itertools import accumulate
from pathlib import Path

from lipready.check import Settings
from lipready.prepare import prepare
from lipready.repair.run.ffmpeg import find_ffmpeg

HOME = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(HOME / "scripts"))

MPEG, MILLI, PHONE = Fraction(1, 90_000), Fraction(1, 1000), Fraction(1, 600)
LOSES = frozenset({"screen, arbitrary times"})
"""Kinds of which no rate up to 60 keeps every frame: some are shown for less than a sixtieth of a second."""


def main() -> int:
    """Print the table."""
    from studio.counted import compare, read_counted, write_counted

    print(f"{'':26} {'':>6}  {'ours':>32}   {'ffmpeg -r mean':>32}")
    columns = f"{'rate':>8} {'lost':>5} {'repeated':>8} {'late ms':>8}"
    print(f"{'clip':26} {'frames':>6}  {columns}   {columns}")
    met = True
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for number, (kind, ending, ticks, base) in enumerate(clips()):
            source = write_counted(folder / f"{number}{ending}", ticks, base)
            before = read_counted(source)
            mean = (len(before) - 1) / (before[-1][1] - before[0][1])
            prepare(source, out=folder / "ours", settings=Settings(quick=True))
            bare = folder / "mean.mp4"
            resample(source, bare, mean)
            line = f"{kind:26} {len(before):6}"
            for path in (folder / "ours" / f"{number}.mp4", bare):
                after = read_counted(path)
                counted = compare(before, after)
                rate = (len(after) - 1) / (after[-1][1] - after[0][1])
                late = float(counted.latest * 1000)
                line += f"  {float(rate):8.3f} {counted.lost:5} {counted.repeated:8} {late:8.2f} "
                met &= path == bare or counted.lost == 0 or kind in LOSES
            print(line)
    return 0 if met else 1


def clips() -> Iterator[tuple[str, str, list[int], Fraction]]:
    """Make a name, a container, the ticks and the time base of every kind of clip."""
    dice = random.Random(13)  # noqa: S311 - made clips, no secret
    thirty = [n * 3000 for n in range(240)]
    yield "phone 30/15", ".mp4", thirty[:100] + thirty[100:160:2] + thirty[160:], MPEG
    yield "phone 30/15, ms", ".mkv", [round(tick / 90) for tick in (*thirty[:100:2], *thirty[100:])], MILLI
    yield "phone 30/15, 1/600 s", ".mov", [tick // 150 for tick in (*thirty[:60], *thirty[60:160:2])], PHONE
    sixty = [n * 1500 for n in range(360)]
    yield "phone 60/30", ".mp4", sixty[:180] + sixty[180::2], MPEG
    yield "29.97 with drops", ".mp4", [n * 3003 for n in range(240) if dice.random() > 0.1 or not n], MPEG
    dropped = [n for n in range(240) if dice.random() > 0.1 or not n]
    yield "29.97 with drops, ms", ".mkv", [round(n * Fraction(1001, 30)) for n in dropped], MILLI
    yield "screen 60, long holds", ".mp4", holds(dice, 1500, (1, 2, 3, 60)), MPEG
    yield "screen 30, long holds", ".mkv", [round(tick / 90) for tick in holds(dice, 3000, (1, 1, 2, 75))], MILLI
    yield "grid of 120, frames at 30", ".mp4", list(accumulate(dice.choices((3000, 3750), k=150), initial=0)), MPEG
    yield "camera 30.02 ± 4 ms", ".mp4", [n * 2998 + dice.randint(-360, 360) * bool(n) for n in range(240)], MPEG
    yield "screen, arbitrary times", ".mkv", list(accumulate(dice.choices(range(8, 90), k=150), initial=0)), MILLI


def holds(dice: random.Random, step: int, lengths: tuple[int, ...]) -> list[int]:
    """Make frames that are shown for one of `lengths` steps, the last of them seldom."""
    weights = [10] * (len(lengths) - 1) + [1]
    return list(accumulate((step * n for n in dice.choices(lengths, weights, k=120)), initial=0))


def resample(source: Path, output: Path, rate: Fraction) -> None:
    """Put a clip on its mean rate, as tutorials say."""
    command = [find_ffmpeg().path, "-nostdin", "-v", "error", "-y", "-i", str(source)]
    subprocess.run([*command, "-r", f"{rate.numerator}/{rate.denominator}", str(output)], check=True)


if __name__ == "__main__":
    sys.exit(main())
