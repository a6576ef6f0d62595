"""Compare what lipready measures with the sheet of a corpus (truth.csv), and print every difference.

    python scripts/bench/corpus_facts.py [CORPUS] [--quick]

Exit status 0 with no difference, 1 with differences, 3 where the corpus is not there.
"""

import argparse
import csv
import os
import sys
import time
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

from lipready.facts.audio import AudioFacts
from lipready.facts.file import FileFacts, ImageFacts
from lipready.facts.unmeasured import Unmeasured
from lipready.facts.video import Duration, VideoFacts
from lipready.probe.containers.signature import kind_of
from lipready.probe.source import examine

HOME = Path(__file__).resolve().parents[2]
ROLES = {"video": "video", "audio": "audio", "image": "reference", None: "video"}
SECONDS, RATE = Fraction(6, 1000), Fraction(6, 1000)
"""The sheet is rounded to three places and its sound was measured with priming samples counted differently."""


def main() -> int:
    """Print the differences; see the module for the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("corpus", nargs="?", default=os.environ.get("LIPREADY_CORPUS", HOME.parent / "shared/corpus"))
    parser.add_argument("--quick", action="store_true", help="headers and indexes only")
    arguments = parser.parse_args()
    corpus = Path(arguments.corpus)
    if not (corpus / "truth.csv").is_file():
        print(f"There is no truth.csv in {corpus}: name the corpus, or set LIPREADY_CORPUS.", file=sys.stderr)
        return 3
    with (corpus / "truth.csv").open(newline="", encoding="utf-8") as sheet:
        rows = list(csv.DictReader(sheet))
    different, slowest = 0, (0.0, "")
    for row in rows:
        path = str(corpus / row["path"])
        begin = time.perf_counter()
        kind = kind_of(path)
        facts = examine(path, ROLES[kind], quick=arguments.quick)
        slowest = max(slowest, (time.perf_counter() - begin, row["path"]))
        lines = list(_differences(row, kind, facts))
        different += bool(lines)
        for line in lines:
            print(f"{row['path']}: {line}   [{row['facts']}]")
    print(f"{len(rows)} files, {different} with differences; slowest {slowest[0]:.2f} s: {slowest[1]}")
    return 1 if different else 0


def _differences(row: dict[str, str], kind: str | None, facts: FileFacts) -> Iterator[str]:
    if row["kind"] in ROLES and row["kind"] != kind:
        yield f"kind {kind}, sheet {row['kind']}"
    if str(facts.bytes) != row["size_bytes"]:
        yield f"bytes {facts.bytes}, sheet {row['size_bytes']}"
    if facts.problem is not None:
        expected = "ffprobe_error" in row["facts"]
        yield f"{'(sheet: ffprobe fails too) ' if expected else ''}{facts.problem}"
    elif isinstance(facts.media, VideoFacts):
        yield from _video(row, facts.media)
    elif isinstance(facts.media, AudioFacts):
        yield from _audio(row, facts.media)
    elif isinstance(facts.media, ImageFacts):
        yield from _image(row, facts, facts.media)


def _video(row: dict[str, str], facts: VideoFacts) -> Iterator[str]:
    yield from _same("codec", facts.codec, row["vcodec"])
    yield from _same("size", f"{facts.coded_width}x{facts.coded_height}", f"{row['width']}x{row['height']}")
    yield from _same("rotation", str(facts.rotation), row["rotation"] or "0")
    yield from _same("sound", facts.sound_tracks[0].codec if facts.sound_tracks else "", row["acodec"])
    yield from _duration(row, facts.duration)
    rate = facts.frame_rate if isinstance(facts.frame_rate, Unmeasured) else facts.frame_rate.nominal
    yield from _near("frame rate", rate, row["fps"], RATE)
    said = row["facts"].split()
    variable = not isinstance(facts.frame_rate, Unmeasured) and facts.frame_rate.variable
    if variable != ("vfr" in said) and row["kind"] == "video":
        yield f"variable {variable}, sheet {'vfr' in said} ({facts.frame_rate})"
    if ("10bit" in said) != (facts.bit_depth == 10):
        yield f"bit depth {facts.bit_depth}"
    hdr = next((word.removeprefix("hdr_") for word in said if word.startswith("hdr_")), None)
    if (facts.transfer if facts.hdr else None) != hdr:
        yield f"transfer {facts.transfer}, sheet {hdr}"


def _audio(row: dict[str, str], facts: AudioFacts) -> Iterator[str]:
    yield from _same("codec", facts.codec, row["acodec"])
    yield from _duration(row, facts.duration)


def _duration(row: dict[str, str], duration: Duration | Unmeasured) -> Iterator[str]:
    """Believed against the sheet; where the sheet has copied another reading, that is said."""
    if isinstance(duration, Unmeasured):
        yield f"duration unmeasured ({duration.reason}), sheet {row['duration_s']}"
        return
    sheet = Fraction(row["duration_s"]) if row["duration_s"] else None
    for line in _near("duration", duration.believed, row["duration_s"], SECONDS):
        others = {"container": duration.container, "stream": duration.stream, "packets": duration.packets}
        same = [name for name, other in others.items() if other and sheet and abs(other - sheet) <= SECONDS]
        yield line + (f"; the sheet is the reading of the {same[0]}" if same else "")


def _image(row: dict[str, str], facts: FileFacts, image: ImageFacts) -> Iterator[str]:
    yield from _same("size", f"{image.stored_width}x{image.stored_height}", f"{row['width']}x{row['height']}")
    if row["kind"] == "image":
        yield from _same("format", str(facts.format).upper(), row["vcodec"])
        yield from _same("animated", str(image.animated), str("animated" in row["facts"]))
        yield from _same("orientation", str(image.orientation), row["exif_orientation"] or "1")


def _same(what: str, measured: str, sheet: str) -> Iterator[str]:
    if measured != sheet:
        yield f"{what} {measured}, sheet {sheet or '(nothing)'}"


def _near(what: str, measured: Fraction | Unmeasured, sheet: str, tolerance: Fraction) -> Iterator[str]:
    if isinstance(measured, Unmeasured):
        yield f"{what} unmeasured ({measured.reason}), sheet {sheet}"
    elif not sheet:
        yield f"{what} {float(measured):.3f}, sheet (nothing)"
    elif abs(measured - Fraction(sheet)) > tolerance:
        yield f"{what} {float(measured):.3f} ({measured}), sheet {sheet}"


if __name__ == "__main__":
    sys.exit(main())
