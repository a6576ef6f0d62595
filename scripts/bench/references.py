"""The reference image of every clip in a folder: which come about, whether they pass, and a montage to look at.

Usage: python scripts/bench/references.py MONTAGE.png [FOLDER] [--people N]

FOLDER holds truth.csv with the columns path and faces (default: $LIPREADY_CORPUS or ../shared/corpus beside the
repository). For each clip with a face the first N people (default 2, the largest share first) are taken; every picture
is checked as a user's would be, together with its clip, so that P307 compares them. The montage is for human eyes: a
picture that passes every rule may still be one that nobody would send.
"""

import argparse
import csv
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from textwrap import wrap

from PIL import Image, ImageDraw, ImageFont

from lipready.check import Settings, check_job, measure
from lipready.errors import LipreadyError
from lipready.facts.file import FileFacts
from lipready.facts.people import Match, PeopleFacts
from lipready.job import Job
from lipready.prepare import take_reference
from lipready.profiles.loader import load_profile

SIDE, COLUMNS, CAPTION = 220, 6, 78


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one person of one clip; `picture` None where `text` says why there is none."""

    name: str
    picture: Image.Image | None
    text: str
    passed: bool


def main() -> None:
    """Print a line for each person and write the montage."""
    parser = argparse.ArgumentParser(description="The reference image of every clip in a folder.")
    default = os.environ.get("LIPREADY_CORPUS") or Path(__file__).parents[3] / "shared" / "corpus"
    parser.add_argument("montage", type=Path)
    parser.add_argument("folder", nargs="?", type=Path, default=default)
    parser.add_argument("--people", type=int, default=2)
    options = parser.parse_args()
    outcomes = []
    for clip in _clips(options.folder):
        for outcome in _outcomes(clip, options.people):
            print(f"{'ok  ' if outcome.passed else 'none' if outcome.picture is None else 'BAD '} {outcome.name}")
            print(f"       {outcome.text}", flush=True)
            outcomes.append(outcome)
    made = [each for each in outcomes if each.picture is not None]
    _montage(made).save(options.montage)
    print(f"{len(made)} pictures of {len(outcomes)} people, {sum(o.passed for o in made)} pass: {options.montage}")


def _clips(folder: Path) -> Iterator[Path]:
    with (folder / "truth.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["fps"] and row["faces"] not in {"", "0"} and row["kind"] == "video":
                yield folder / row["path"]


def _outcomes(clip: Path, most: int) -> Iterator[Outcome]:
    file = measure(Job(video=str(clip)), Settings(), describe=True).video
    if file is None or not isinstance(file.people, PeopleFacts):
        return
    if not file.people.people:
        yield Outcome(clip.name, None, "nobody is seen", passed=False)
    for person in sorted(file.people.people, key=lambda each: -each.share)[:most]:
        yield _outcome(file, person.id)


def _outcome(file: FileFacts, person: int) -> Outcome:
    name = f"{Path(file.path).name} person {person}"
    profile = load_profile("dashscope")
    with TemporaryDirectory() as folder:
        target = Path(folder) / "reference.jpg"
        began = time.perf_counter()
        try:
            frame = take_reference(file, person, profile, target)
        except LipreadyError as error:
            return Outcome(name, None, str(error).replace(f"{Path(file.path).parent}/", ""), passed=False)
        took = time.perf_counter() - began
        report = check_job(
            Job(video=file.path, reference=str(target)), profile, Settings(), known={"video": file}, describe=True
        )
        with Image.open(target) as opened:
            picture = opened.convert("RGB")
    match = report.facts.match
    found = [f.rule for f in report.findings if f.role == "reference" or f.rule == "P307"]
    alike = f"{match.alike} as {match.person} at {match.distance:.2f}" if isinstance(match, Match) else "not compared"
    same = isinstance(match, Match) and match.alike == "same" and match.person == person
    text = f"{float(frame.time):.2f} s, {picture.width}x{picture.height}, {alike}, {found or 'clean'}, {took:.1f} s"
    return Outcome(name, picture, text, passed=same and not found)


def _montage(outcomes: list[Outcome]) -> Image.Image:
    rows = -(-len(outcomes) // COLUMNS)
    sheet = Image.new("RGB", (COLUMNS * (SIDE + 8), max(1, rows) * (SIDE + CAPTION)), "white")
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(11)
    for number, outcome in enumerate(outcomes):
        left, top = number % COLUMNS * (SIDE + 8), number // COLUMNS * (SIDE + CAPTION)
        if outcome.picture is not None:
            small = outcome.picture.copy()
            small.thumbnail((SIDE, SIDE))
            sheet.paste(small, (left, top))
        lines = [*wrap(outcome.name[-64:], 38), *wrap(outcome.text, 40)][:6]
        pen.text((left + 2, top + SIDE + 2), "\n".join(lines), "black" if outcome.passed else "firebrick", font)
    return sheet


if __name__ == "__main__":
    main()
