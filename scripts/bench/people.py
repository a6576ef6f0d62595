"""None, one or several people: lipready beside the plain script that a user would write, on files with known truth.

Usage: python scripts/bench/people.py [FOLDER] [--only images|clips]

FOLDER holds truth.csv with the columns path, faces and people (default: $LIPREADY_CORPUS or ../shared/corpus beside the
repository). Truth is "none" where no face can be seen, "several" where several faces or people can, else "one". The
plain script is MediaPipe's full-range detector on the whole picture, one frame a second, threshold 0.5; a clip has as
many people as its fullest frame.
"""

import argparse
import csv
import os
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from lipready.facts.people import PeopleFacts
from lipready.facts.unmeasured import Unmeasured
from lipready.facts.video import VideoFacts

CLASSES = ("none", "one", "several")
STILLS = {".webp", ".avif", ".heic"}
Answer = Callable[[str], str]


def main() -> None:
    """Print both confusion tables, every miss, and the time that each took."""
    parser = argparse.ArgumentParser(description="None, one or several people, on files with known truth.")
    default = os.environ.get("LIPREADY_CORPUS") or Path(__file__).parents[3] / "shared" / "corpus"
    parser.add_argument("folder", nargs="?", type=Path, default=default)
    parser.add_argument("--only", choices=("images", "clips"))
    options = parser.parse_args()
    for kind, ours, plain in (("images", _our_image, _plain_image()), ("clips", _our_clip, _plain_clip())):
        if options.only in (None, kind):
            files = [(path, truth) for path, truth, is_clip in _files(options.folder) if is_clip == (kind == "clips")]
            _compare(kind, files, {"lipready": ours, "plain script": plain})


def _files(folder: Path) -> Iterator[tuple[str, str, bool]]:
    with (folder / "truth.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["faces"]:
                several = int(row["faces"]) > 1 or (int(row["faces"]) > 0 and int(row["people"] or 0) > 1)
                truth = "none" if int(row["faces"]) == 0 else "several" if several else "one"
                is_clip = bool(row["fps"]) and Path(row["path"]).suffix not in STILLS
                yield str(folder / row["path"]), truth, is_clip


def _compare(kind: str, files: list[tuple[str, str]], answers: dict[str, Answer]) -> None:
    for name, answer in answers.items():
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


def _our_image(path: str) -> str:
    from lipready.faces.people import people_in_image

    return _class_of_facts(people_in_image(path))


def _our_clip(path: str) -> str:
    from lipready.faces.people import PeopleWatcher
    from lipready.probe.frames import scan
    from lipready.probe.source import examine

    video = examine(path, "video", quick=False).media
    if not isinstance(video, VideoFacts):
        return "unknown"
    watcher = PeopleWatcher()
    scan(path, video, (watcher,), every_frame=False, progress=None)
    return _class_of_facts(watcher.facts())


def _class_of_facts(facts: PeopleFacts | Unmeasured) -> str:
    return "unknown" if isinstance(facts, Unmeasured) else _class(facts.count)


def _class(count: int) -> str:
    return CLASSES[min(count, 2)]


def _plain_image() -> Answer:
    import cv2

    count = _plain_detector()

    def answer(path: str) -> str:
        picture = cv2.imread(path)
        return "unknown" if picture is None else _class(count(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB)))

    return answer


def _plain_clip() -> Answer:
    import cv2

    count = _plain_detector()

    def answer(path: str) -> str:
        capture = cv2.VideoCapture(path)
        rate = max(1, round(capture.get(cv2.CAP_PROP_FPS) or 25))
        most, index = -1, 0
        while capture.grab():
            if index % rate == 0:
                ok, picture = capture.retrieve()
                most = max(most, count(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB))) if ok else most
            index += 1
        return "unknown" if most < 0 else _class(most)

    return answer


def _plain_detector() -> Callable[[Any], int]:
    import atexit

    import mediapipe
    import numpy as np
    from mediapipe.tasks.python import BaseOptions, vision

    from lipready.faces.models import ensure_models
    from lipready.faces.quiet import native_chatter_held_back

    base = BaseOptions(model_asset_path=str(ensure_models().full_range))
    with native_chatter_held_back():
        detector = vision.FaceDetector.create_from_options(
            vision.FaceDetectorOptions(base_options=base, min_detection_confidence=0.5)
        )
        blank = np.zeros((192, 192, 3), np.uint8)
        detector.detect(mediapipe.Image(image_format=mediapipe.ImageFormat.SRGB, data=blank))
    # It cannot be closed while the interpreter shuts down; see lipready.faces.detect.
    atexit.register(setattr, detector, "_handle", None)

    def count(picture: Any) -> int:
        image = mediapipe.Image(image_format=mediapipe.ImageFormat.SRGB, data=picture)
        return len(detector.detect(image).detections)

    return count


if __name__ == "__main__":
    main()
