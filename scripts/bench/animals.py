"""How many animals, statues, dolls and drawings are taken for people.

Usage: python scripts/bench/animals.py [FOLDER] [--corpus FOLDER]

FOLDER holds the unpacked packages that animals.csv (beside this script) names; nothing is downloaded. A row of that
list says what a picture shows and, where only a part of it is looked at, which (left, top, right, bottom as shares).
Of the corpus come the pictures and clips whose column real_person says that no real person is seen. Each face is
printed with the detector's score and the mesh's flag; pictures that are not there are counted as missing.
"""

import argparse
import csv
import os
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from people import STILLS, _our_clip

from lipready.faces.detection.picture import faces_in_picture
from lipready.facts.unmeasured import Unmeasured
from lipready.probe.decoding.still import open_still

UNREAL = ("animal", "statue", "painting", "drawn", "cartoon")


def main() -> None:
    """Print each picture that is taken for a person, and per kind how many are."""
    parser = argparse.ArgumentParser(description="Which animals, statues, dolls and drawings pass as people.")
    default = os.environ.get("LIPREADY_CORPUS") or Path(__file__).parents[3] / "shared" / "corpus"
    parser.add_argument("folder", nargs="?", type=Path, help="where the packages of animals.csv are unpacked")
    parser.add_argument("--corpus", type=Path, default=default)
    options = parser.parse_args()
    table: Counter[tuple[str, str]] = Counter()
    with tempfile.TemporaryDirectory() as scratch:
        pictures = list(_listed(options.folder, Path(scratch))) if options.folder else []
        for name, path, kind in (*pictures, *_of_corpus(Path(options.corpus))):
            said = _said(path)
            table[kind, "missing" if said is None else "taken" if said else "not"] += 1
            if said:
                print(f"  {kind}: {name}: {said}")
    for kind in sorted({kind for kind, _ in table}):
        taken, seen = table[kind, "taken"], table[kind, "taken"] + table[kind, "not"]
        print(f"{kind:>28}: {taken} of {seen} taken for people, {table[kind, 'missing']} missing")


def _listed(folder: Path, scratch: Path) -> Iterator[tuple[str, Path, str]]:
    from PIL import Image

    with Path(__file__).with_name("animals.csv").open(encoding="utf-8", newline="") as file:
        for number, row in enumerate(csv.DictReader(file)):
            path = folder / row["path"]
            if not row["crop"]:
                yield path.name, path, row["kind"]
            elif path.is_file():
                left, top, right, bottom = map(float, row["crop"].split())
                with Image.open(path) as whole:
                    width, height = whole.size
                    box = (int(left * width), int(top * height), int(right * width), int(bottom * height))
                    whole.convert("RGBA").crop(box).save(scratch / f"{number}.png")
                yield f"{path.name}, head", scratch / f"{number}.png", f"{row['kind']}, head"


def _of_corpus(folder: Path) -> Iterator[tuple[str, Path, str]]:
    if not (folder / "truth.csv").is_file():
        return
    with (folder / "truth.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            kind = next((word for word in UNREAL if word in row["real_person"]), None)
            if kind is not None and row["kind"] in ("image", "video"):
                of_people = f"{kind}, no face by truth" if row["faces"] == "0" else kind
                yield Path(row["path"]).name, folder / row["path"], f"corpus: {of_people}"


def _said(path: Path) -> str | None:
    """Return what was found (empty where nothing was), None where the file is missing or cannot be read."""
    if not path.is_file():
        return None
    if path.suffix in {".mp4", ".avi", ".mkv", ".webm", ".mov"} and path.suffix not in STILLS:
        verdict = _our_clip(str(path))
        return None if verdict == "unknown" else "" if verdict == "none" else verdict
    still = open_still(str(path))
    if isinstance(still, Unmeasured):
        return None
    return "; ".join(f"score {face.score:.2f}, flag {face.flag:.1f}" for face in faces_in_picture(still[0]))


if __name__ == "__main__":
    main()
