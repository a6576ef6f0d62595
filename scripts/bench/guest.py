"""Find a guest: a second person who is in a clip of 120 s for 1.0 s must be noticed, wherever that is.

    python scripts/bench/guest.py [--trials N] [--seed S] [--least SHARE] [--every-frame]

Each trial is a speaker of 120 s (720p, 25 frames a second; key frames 8 s apart and 1 s apart in turn), into which a
guest comes for exactly 25 frames: at a random time, place and size (the face from --least, 0.06 of the picture's height
unless told, to 0.30), half of them mirrored. Prints every trial, what the check says (P302 or not), how many were found
by size of the face, and what it says of the clips without a guest. Exit status 1 where a guest was missed or somebody
was made up.
"""

import argparse
import random
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import lipready
from lipready.check import Settings
from lipready.facts.people import PeopleFacts
from studio import encoder, head
from studio.recipe import portrait

RATE, PIECE, PIECES = 25, 24, 5
SIZE = (1280, 720)
KEYS = (200, 25)
LARGEST = 0.30
FACE = 170
"""Pixels: the height of the guest's face in its photograph, from the brow to the chin."""


@dataclass(frozen=True, slots=True)
class Guest:
    """When a guest comes (frames from the clip's begin), how high its face is, where its middle is, and which way."""

    begin: int
    height: float
    middle: tuple[float, float]
    mirrored: bool
    keys: int


def main() -> int:
    """Run the trials; see the module for the exit status."""
    parser = argparse.ArgumentParser(description="Guests of 1.0 s in clips of 120 s.")
    parser.add_argument("--trials", type=int, default=24)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--least", type=float, default=0.06, help="height of the smallest face, share of the picture's")
    parser.add_argument("--every-frame", action="store_true")
    options = parser.parse_args()
    pick = random.Random(options.seed)  # noqa: S311
    guests = [_guest(pick, number, options.least) for number in range(options.trials)]
    settings = Settings(only=("P302",), every_frame=options.every_frame)
    speaker = list(_speaker())
    found: Counter[str] = Counter()
    asked: Counter[str] = Counter()
    with TemporaryDirectory() as folder:
        plain = {keys: _encoded(speaker, keys, Path(folder, f"plain-{keys}.mp4")) for keys in KEYS}
        alone = [_verdict(_joined([plain[keys]] * PIECES, Path(folder, "clip.mp4")), settings) for keys in KEYS]
        print(f"without a guest: {', '.join(text for _, text in alone)}", flush=True)
        for guest in guests:
            seen, text = _verdict(_clip(speaker, guest, plain[guest.keys], Path(folder)), settings)
            size = "under 0.10" if guest.height < 0.10 else "0.10 to 0.20" if guest.height < 0.20 else "0.20 and over"
            asked[size] += 1
            found[size] += seen
            where = f"{guest.begin / RATE:6.2f} s, face {guest.height:.3f}, at {guest.middle[0]:4.0f}"
            print(f"{'found ' if seen else 'MISSED'} {where}, key frames {guest.keys / RATE:g} s: {text}", flush=True)
    for size in sorted(asked):
        print(f"faces {size} of the height: {found[size]} of {asked[size]} found")
    return 0 if found == asked and not any(seen for seen, _ in alone) else 1


def _guest(pick: random.Random, number: int, least: float) -> Guest:
    """Choose a guest who stands beside the speaker's face."""
    height = least * (LARGEST / least) ** pick.random()
    side = 1.4 * height * SIZE[1]
    across = pick.choice((pick.uniform(0.6 * side, 330), pick.uniform(950, SIZE[0] - 0.6 * side)))
    down = pick.uniform(1.2 * height * SIZE[1], SIZE[1] - 1.2 * height * SIZE[1])
    begin = pick.randrange(0, (PIECE * PIECES - 1) * RATE + 1)
    return Guest(begin, height, (across, down), mirrored=pick.random() < 0.5, keys=KEYS[number % len(KEYS)])


def _speaker() -> Iterator[head.Picture]:
    """Draw one piece of the speaker, before a camera that has noise."""
    stage = head.set_stage(portrait("astronaut"), 2.0, SIZE)
    generator = np.random.default_rng(3)
    for index in range(PIECE * RATE):
        picture = head.render(stage, index / RATE, abs(index % 12 - 6) / 6)
        grain = generator.normal(0, 2, (SIZE[1], SIZE[0], 1)).astype(np.int16)
        yield np.clip(picture + grain, 0, 255).astype(np.uint8)


def _clip(speaker: list[head.Picture], guest: Guest, plain: Path, folder: Path) -> Path:
    """Encode the pieces that show the guest, and join them with the others."""
    parts = []
    for number in range(PIECES):
        first = number * PIECE * RATE
        shown = range(max(0, guest.begin - first), min(PIECE * RATE, guest.begin + RATE - first))
        if len(shown) == 0:
            parts.append(plain)
            continue
        pictures = list(speaker)
        for index in shown:
            pictures[index] = _with_guest(speaker[index], guest)
        parts.append(_encoded(pictures, guest.keys, folder / f"part-{number}.mp4"))
    return _joined(parts, folder / "clip.mp4")


def _with_guest(picture: head.Picture, guest: Guest) -> head.Picture:
    """Put the guest, cut out along its outline, in front of a picture."""
    model = portrait("hopper")
    scale = guest.height * SIZE[1] / FACE
    sign = -1 if guest.mirrored else 1
    place = np.array(
        [
            [sign * scale, 0, guest.middle[0] - sign * scale * model.face[0]],
            [0, scale, guest.middle[1] - scale * model.face[1]],
        ]
    )
    photograph = head.load(model)
    mask = np.zeros(photograph.shape[:2], np.uint8)
    cv2.fillPoly(mask, [np.array(model.outline)], 255)
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    # Averaged first: a plain warp would skip pixels.
    shrunk = cv2.resize(photograph, None, fx=min(1, scale), fy=min(1, scale), interpolation=how)
    outline = cv2.resize(mask, shrunk.shape[1::-1], interpolation=how)
    place[:, :2] /= min(1, scale)
    there = cv2.warpAffine(shrunk, place, SIZE)
    cover = cv2.warpAffine(outline, place, SIZE)[..., None] / 255
    return (picture * (1 - cover) + there * cover).astype(np.uint8)


def _encoded(pictures: list[head.Picture], keys: int, path: Path) -> Path:
    frames = ("-g", str(keys), "-keyint_min", str(keys), "-sc_threshold", "0")
    options = ("-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p", *frames)
    encoder.encode_pictures(pictures, SIZE, Fraction(RATE), options, path)
    return path


def _joined(parts: list[Path], path: Path) -> Path:
    listing = path.with_suffix(".txt")
    listing.write_text("".join(f"file '{part}'\n" for part in parts), encoding="utf-8")
    encoder.run(["-f", "concat", "-safe", "0", "-i", listing, "-c", "copy", path])
    return path


def _verdict(path: Path, settings: Settings) -> tuple[bool, str]:
    report = lipready.check(video=path, settings=settings)
    people = report.facts.video.people if report.facts.video else None
    if not isinstance(people, PeopleFacts):
        raise SystemExit(f"guest: {people}")
    named = any(finding.rule == "P302" for finding in report.findings)
    return named, f"{'P302, ' if named else ''}{people.how_many}"


if __name__ == "__main__":
    sys.exit(main())
