"""Does sampling change what is found? Every clip checked twice: as usual, and looking at every frame.

    python scripts/bench/every_frame.py [FOLDER] [--all] [--only TEXT]

FOLDER holds truth.csv (default: $LIPREADY_CORPUS or ../shared/corpus beside the repository). Prints each clip whose
verdict, people count or findings differ; clips longer than a minute only with --all. Exit status 1 where a verdict
differs.
"""

import argparse
import csv
import os
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import lipready
from lipready.check import Settings
from lipready.facts.people import PeopleFacts
from lipready.facts.unmeasured import Unmeasured
from lipready.facts.video import VideoFacts

LONG = 60
STILLS = {".webp", ".avif", ".heic"}


@dataclass(frozen=True, slots=True)
class Answer:
    """What one check said, and the seconds that it took."""

    verdict: str
    people: int | None
    rules: frozenset[str]
    looks: int
    seconds: float


def main() -> int:
    """Print the differences and a summary."""
    parser = argparse.ArgumentParser(description="Sampled checks beside exhaustive ones.")
    default = os.environ.get("LIPREADY_CORPUS") or Path(__file__).parents[3] / "shared" / "corpus"
    parser.add_argument("folder", nargs="?", type=Path, default=default)
    parser.add_argument("--all", action="store_true", help="clips longer than a minute too")
    parser.add_argument("--only", default="", help="only clips whose path contains this")
    options = parser.parse_args()
    pairs = []
    for path in _clips(options.folder, options.only):
        if options.all or _seconds(path) <= LONG:
            pairs.append((path, _check(path, every_frame=False), _check(path, every_frame=True)))
            _tell(*pairs[-1])
    verdicts, counts, rules = (
        sum(getattr(sampled, what) != getattr(exhaustive, what) for _, sampled, exhaustive in pairs)
        for what in ("verdict", "people", "rules")
    )
    took = [sum(pair[i].seconds for pair in pairs) for i in (1, 2)]  # type: ignore[union-attr]
    print(
        f"{len(pairs)} clips: {verdicts} verdicts, {counts} people counts and {rules} lists of findings differ;", end=""
    )
    print(f" {took[0]:.0f} s sampled, {took[1]:.0f} s with every frame")
    return 1 if verdicts else 0


def _clips(folder: Path, only: str) -> Iterator[Path]:
    with (folder / "truth.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            path = folder / row["path"]
            if row["fps"] and path.suffix not in STILLS and only in row["path"]:
                yield path


def _seconds(path: Path) -> float:
    from lipready.probe.source import examine

    video = examine(str(path), "video", quick=True).media
    known = isinstance(video, VideoFacts) and not isinstance(video.duration, Unmeasured)
    return float(video.duration.believed) if known else 0.0  # type: ignore[union-attr]


def _check(path: Path, *, every_frame: bool) -> Answer:
    began = time.perf_counter()
    report = lipready.check(video=path, settings=Settings(every_frame=every_frame))
    people = report.facts.video.people if report.facts.video else None
    seen = people if isinstance(people, PeopleFacts) else None
    return Answer(
        verdict=report.verdict,
        people=seen.count if seen else None,
        rules=frozenset(finding.rule for finding in report.findings),
        looks=len(seen.samples) if seen else 0,
        seconds=time.perf_counter() - began,
    )


def _tell(path: Path, sampled: Answer, exhaustive: Answer) -> None:
    differences = [
        f"{what}: {_shown(getattr(sampled, what))} sampled, {_shown(getattr(exhaustive, what))} with every frame"
        for what in ("verdict", "people", "rules")
        if getattr(sampled, what) != getattr(exhaustive, what)
    ]
    looks = f"{sampled.looks} looks instead of {exhaustive.looks}"
    print(f"{path.name}: {'; '.join(differences) or 'the same'} ({looks})", flush=True)


def _shown(value: object) -> str:
    return ", ".join(sorted(value)) or "none" if isinstance(value, frozenset) else str(value)


if __name__ == "__main__":
    sys.exit(main())
