"""Whether a covered mouth is told from a visible one: faces of real files, and the same with things painted over them.

Usage: python scripts/bench/mouth.py [FOLDER] [--write]

FOLDER holds truth.csv with the columns path, kind, faces and duration_s (default: $LIPREADY_CORPUS or ../shared/corpus
beside the repository). Things of `occluders` are painted over every face of the pictures, and over every fourth look of
the clips, alone and in changed light. The faces are halved by person: weights from one half are tried on the other, and
the reverse; the table has false alarms on real looks and on painted ones that leave the mouth visible, and what is
found of each thing that covers it. With `--write` src/lipready/faces/covering.json is written from all faces.
"""

import argparse
import csv
import json
import os
import re
import sys
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray
from occluders import OCCLUDERS, VISIBLE, Picture, Points, changed, covered

from lipready.faces.detection.detector import Candidate
from lipready.faces.detection.geometry import Area
from lipready.faces.detection.landmarks import Mesh, pose_of
from lipready.faces.detection.quality import (
    LEAST_EYES,
    MOST_PITCH,
    MOST_ROLL,
    MOST_YAW,
    aligned,
    eye_distance,
    eyes,
    features_of,
    quality_of,
)
from lipready.faces.models.engine import engine
from lipready.probe.decoding.still import open_still

TARGET = Path(__file__).parents[2] / "src/lipready/faces/covering.json"
MARGIN = 2.5
"""The logit from which on a mouth counts as covered: a false alarm is worse than a miss."""

RIDGE, ROUNDS = 150.0, 15
LIGHTS = ("low light", "coloured light", "shadow", "sepia", "pale", "blur")
CLIP_LOOKS, VARIED = 14, 4
SURE, LARGEST = 8.0, 400
_SAME = {
    "obama": r"obama|two_people",
    "hopper": "hopper",
    "vlado": "person-vlado",
    "family": "Family1",
    "skull": r"videos__(again|yes)",
    "webcam": "cap1",
    "glasses": r"ExoPlayer__(sample|bt601)",
}


@dataclass(frozen=True, slots=True, eq=False)
class Shown:
    """The features of one look: the person, what was painted ("" for nothing), and whether it covers the mouth."""

    person: str
    kind: str
    covered: bool
    features: NDArray[np.float32]


def main() -> None:
    """Print the table of either half; see the module."""
    parser = argparse.ArgumentParser(description="Tell covered mouths from visible ones.")
    default = os.environ.get("LIPREADY_CORPUS") or Path(__file__).parents[3] / "shared" / "corpus"
    parser.add_argument("folder", nargs="?", type=Path, default=default)
    parser.add_argument("--write", action="store_true", help="write the weights of all faces")
    options = parser.parse_args()
    shown = [each for name, images in _files(options.folder) for each in _of_file(name, images)]
    for half in (0, 1):
        own = [each for each in shown if _half(each) == half]
        _table([each for each in shown if _half(each) != half], *_train(own))
    if options.write:
        weights, offset = _train(shown)
        data = {"weights": [round(float(w), 4) for w in weights], "offset": round(offset - MARGIN, 4)}
        TARGET.write_text(json.dumps(data) + "\n", encoding="ascii")


def _files(folder: Path) -> Iterator[tuple[str, Iterator[Picture]]]:
    with (folder / "truth.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["kind"] in {"image", "video", "odd"} and row["faces"] not in {"", "0"}:
                still = row["kind"] == "image" or Path(row["path"]).suffix in {".webp", ".avif"}
                path = folder / row["path"]
                yield row["path"], _still(path) if still else _clip(path, float(row["duration_s"] or 10))


def _still(path: Path) -> Iterator[Picture]:
    still = open_still(str(path))
    if isinstance(still, tuple):
        yield still[0]


def _clip(path: Path, length: float) -> Iterator[Picture]:
    every, last, taken = max(0.5, min(length, 60) / 12), -9.0, 0
    with av.open(str(path), metadata_errors="replace") as container:
        for frame in container.decode(container.streams.video[0]):
            if taken < CLIP_LOOKS and float(frame.time or 0) - last >= every:
                last, taken = float(frame.time or 0), taken + 1
                yield frame.to_ndarray(format="rgb24")


def _of_file(name: str, images: Iterator[Picture]) -> Iterator[Shown]:
    person = next((who for who, pattern in _SAME.items() if re.search(pattern, name)), name)
    try:
        for number, image in enumerate(images):
            for candidate, mesh in _faces(image):
                random = np.random.default_rng(zlib.crc32(f"{name} {number} {candidate.area}".encode()))
                yield from _looks(person, image, candidate, mesh, random, varied=number % VARIED == 0)
    except (av.FFmpegError, OSError) as error:
        print(f"{name}: {error}", file=sys.stderr)


def _faces(image: Picture) -> Iterator[tuple[Candidate, Mesh]]:
    seen: list[Area] = []
    for candidate in engine().detector.candidates(image):
        mesh = engine().mesher.mesh(image, candidate.area, candidate.eyes)
        quality = quality_of(image, candidate.area, mesh.area)
        if mesh.flag >= SURE and not quality.cut and not any(area.overlap(mesh.area) > 0.4 for area in seen):
            seen.append(mesh.area)
            yield candidate, mesh


def _looks(
    person: str, image: Picture, candidate: Candidate, mesh: Mesh, random: np.random.Generator, *, varied: bool
) -> Iterator[Shown]:
    yield from _shown(person, "", image, mesh, hidden=False)
    if not varied:
        return
    crop, box, points = _cropped(image, candidate, mesh)
    for kind in (*OCCLUDERS, *VISIBLE):
        hidden = kind in OCCLUDERS
        paint = covered if hidden else changed
        light = LIGHTS[int(random.integers(len(LIGHTS)))]
        plain = paint(kind, crop, points, random)
        for name, painted in ((kind, plain), (f"{kind}, {light}", changed(light, plain, points, random))):
            again = engine().mesher.mesh(painted, box.area, box.eyes)
            yield from _shown(person, name, painted, again, hidden=hidden)


def _cropped(image: Picture, candidate: Candidate, mesh: Mesh) -> tuple[Picture, Candidate, Points]:
    """Cut a face out with its surroundings, at most `LARGEST` pixels wide and high."""
    area, reach = mesh.area, 1.2 * mesh.area.size
    left, top = max(0, int(area.centre[0] - reach)), max(0, int(area.centre[1] - reach))
    crop = np.ascontiguousarray(image[top : int(area.centre[1] + reach), left : int(area.centre[0] + reach)])
    scale = min(1.0, LARGEST / max(crop.shape[:2]))
    if scale < 1:
        crop = np.asarray(cv2.resize(crop, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)
    points = (mesh.points[:, :2].astype(np.float64) - [left, top]) * scale
    own = candidate.area
    box = Area((own.left - left) * scale, (own.top - top) * scale, own.width * scale, own.height * scale)
    one, other = (((x - left) * scale, (y - top) * scale) for x, y in candidate.eyes)
    return crop, Candidate(box, candidate.score, (one, other)), points


def _shown(person: str, kind: str, image: Picture, mesh: Mesh, *, hidden: bool) -> Iterator[Shown]:
    five = mesh.five
    pose = pose_of(mesh)
    turned = abs(pose.yaw) > MOST_YAW or abs(pose.pitch) > MOST_PITCH or abs(pose.roll) > MOST_ROLL
    if turned or eye_distance(five) < LEAST_EYES:
        return
    face = aligned(image, (*eyes(five), mesh.mouth))
    features = features_of(face)
    if features is not None:
        yield Shown(person, kind, hidden, features)


def _half(shown: Shown) -> int:
    return zlib.crc32(shown.person.encode()) % 2


def _train(shown: list[Shown]) -> tuple[NDArray[np.float64], float]:
    """Fit a logistic regression in which every person weighs about as much as another."""
    values = np.stack([each.features for each in shown]).astype(np.float64)
    truth = np.array([float(each.covered) for each in shown])
    many = Counter((each.person, each.covered) for each in shown)
    weigh = np.array([many[each.person, each.covered] ** -0.6 for each in shown])
    weigh[truth == 1] *= 0.5 * weigh[truth == 0].sum() / weigh[truth == 1].sum()
    weigh *= 6000 / weigh.sum()
    mean, spread = np.average(values, axis=0, weights=weigh), values.std(0) + 0.01
    table = np.c_[(values - mean) / spread, np.ones(len(values))]
    found, ridge = np.zeros(table.shape[1]), RIDGE * np.eye(table.shape[1])
    ridge[-1, -1] = 0
    for _ in range(ROUNDS):
        likely = 1 / (1 + np.exp(-np.clip(table @ found, -30, 30)))
        slope = table.T @ (weigh * (likely - truth)) + ridge @ found
        found -= np.linalg.solve((table.T * (weigh * likely * (1 - likely) + 1e-6)) @ table + ridge, slope)
    weights = found[:-1] / spread
    return weights, float(found[-1] - mean @ weights)


def _table(shown: list[Shown], weights: NDArray[np.float64], offset: float) -> None:
    says = np.array([float(each.features @ weights) + offset >= MARGIN for each in shown])
    counts = Counter((each.kind.split(",")[0] or "as it is", each.covered) for each in shown)
    alarms = Counter((e.kind.split(",")[0] or "as it is", e.covered) for e, s in zip(shown, says, strict=True) if s)
    print(f"\nweights of one half, {len({each.person for each in shown})} people of the other")
    for (kind, hidden), number in sorted(counts.items(), key=lambda item: (item[0][1], item[0][0])):
        word = "found" if hidden else "false alarms"
        print(f"  {kind:<20}{word:>13}{alarms[kind, hidden]:>6} of {number}")


if __name__ == "__main__":
    main()
