"""Whether freezes and black stretches of a result are told, by how long they are, and none where there is none.

Usage: python scripts/bench/stops.py [FOLDER]

FOLDER holds the clips (default: $LIPREADY_CORPUS or ../shared/corpus beside the repository). Of the clips of
`verify_truth.py` results are made that stand still, or are black, for a while from several moments on; each is held
against the clip, and against itself. Then every clip of FOLDER is encoded anew, well and badly, and held against
what it was. Printed is how many are told by O807, and which are wrong: on the bound the encoder may take a few frames
off a freeze. Exit status 1 where a result is told that is as its video is.
"""

import argparse
import os
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import islice
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from verify_truth import CLIPS, SECONDS

from lipready.facts.file import FileFacts
from lipready.facts.unmeasured import Unmeasured
from lipready.facts.video import VideoFacts
from lipready.probe.decoding.decoder import open_decoder
from lipready.probe.decoding.upright import Upright
from lipready.probe.source import examine
from lipready.profiles.loader import load_profile
from lipready.result.picture import watch_result
from studio import encoder
from studio.results import GOOD, LONG_EDGE, POOR, Picture, write_pictures

BANDS = load_profile("dashscope").limits["O807"].bands
FROZEN = tuple(Fraction(each) for each in ("0.6", "0.8", "1", "1.5", "3"))
BLACK = tuple(Fraction(each) for each in ("0.4", "0.6", "1"))
STARTS = tuple(Fraction(each) for each in ("1", "1.29", "1.73"))
"""Seconds."""

LONGEST, LARGEST = 60, 1920 * 1080
"""Seconds of a clip that is encoded anew, and pixels."""


def main() -> int:
    """Print the tables; see the module."""
    parser = argparse.ArgumentParser(description="Whether freezes and black stretches of a result are told.")
    default = os.environ.get("LIPREADY_CORPUS") or Path(__file__).parents[3] / "shared" / "corpus"
    parser.add_argument("folder", nargs="?", type=Path, default=default)
    folder = parser.parse_args().folder
    counts: dict[tuple[str, Fraction], list[bool]] = defaultdict(list)
    false = 0
    with tempfile.TemporaryDirectory(prefix="stops-") as name:
        for clip in CLIPS:
            pictures, rate = _pictures(folder / clip.path, Fraction(clip.begin), min(clip.seconds, SECONDS))
            whole = _facts(write_pictures(pictures, rate, GOOD, Path(name, "clip.mp4")))
            for what, seconds, start, stopped in _stopped(pictures, rate):
                result = _facts(write_pictures(stopped, rate, GOOD, Path(name, "stopped.mp4")))
                told, same = _told(result, whole), _told(result, result)
                counts[what, seconds].append(bool(told))
                false += bool(same)
                if bool(told) != _long(what, seconds) or same:
                    print(f"wrong: {clip.path}, {what} for {float(seconds)} s from {float(start):.2f} s: {told} {same}")
        for path in sorted((folder / "video").iterdir()):
            false += sum(_again(path, Path(name)))
    print("\nresults that are told, of how many:")
    for (what, seconds), told in sorted(counts.items()):
        wanted = "all" if _long(what, seconds) else "none"
        print(f"  {what} for {float(seconds)} s: {sum(told)} of {len(told)} (to be told: {wanted})")
    print(f"told of a result that is as its video is: {false} (target: 0)")
    missed = sum(not each for key, told in counts.items() if _long(*key) for each in told)
    print(f"missed: {missed}")
    return 1 if false else 0


def _long(what: str, seconds: Fraction) -> bool:
    return seconds > BANDS["black"] if what == "black" else seconds >= BANDS["frozen"]


def _facts(path: Path) -> FileFacts:
    return examine(str(path), "video", quick=False)


def _pictures(path: Path, begin: Fraction, seconds: Fraction) -> tuple[list[Picture], Fraction]:
    """Decode a stretch of a clip, shrunk, and give its frame rate."""
    video = _facts(path).media
    if not isinstance(video, VideoFacts) or isinstance(video.frame_rate, Unmeasured):
        sys.exit(f"stops: {path} is no clip with a frame rate")
    rate, upright = video.frame_rate.nominal, Upright.of(video, LONG_EDGE)
    with open_decoder(str(path), video) as decoder:
        frames = (shown for shown in decoder.shown(begin) if shown.time >= begin)
        images = [upright.image(shown.frame) for shown in islice(frames, int(seconds * rate))]
    height, width = (side // 2 * 2 for side in images[0].shape[:2])
    return [image[:height, :width] for image in images], rate


def _stopped(pictures: Sequence[Picture], rate: Fraction) -> Iterator[tuple[str, Fraction, Fraction, list[Picture]]]:
    """Yield what is done to the pictures, for how many seconds and from when on, and the pictures."""
    for what, lengths in (("frozen", FROZEN), ("black", BLACK)):
        for seconds in lengths:
            for begin in (round(start * rate) for start in STARTS):
                stopped = list(pictures)
                # As many frames as stand for at least so long.
                part = slice(begin, begin - int(-seconds * rate // 1))
                put = np.zeros_like(stopped[0]) if what == "black" else stopped[begin]
                stopped[part] = [put] * len(stopped[part])
                if len(pictures) / rate > begin / rate + seconds:
                    yield what, seconds, begin / rate, stopped


def _again(path: Path, folder: Path) -> Iterator[bool]:
    """Encode a clip anew, well and badly, and say whether anything is told."""
    source = _facts(path)
    video = source.media
    if not isinstance(video, VideoFacts) or video.width * video.height > LARGEST:
        return
    for quality in (GOOD, POOR):
        again = folder / "again.mp4"
        even = ("-vf", "scale=trunc(iw/2)*2:trunc(ih/2)*2", "-fps_mode", "passthrough")
        encoder.run(["-t", str(LONGEST), "-i", path, "-map", "0:v:0", *even, *quality, again])
        told = _told(_facts(again), source)
        if told:
            print(f"wrong: {path.name} at crf {quality[-1]} is told: {told}")
        yield bool(told)


def _told(result: FileFacts, source: FileFacts) -> list[tuple[float, float]]:
    """Return the stretches that O807 tells."""
    found = watch_result(result, source)
    if isinstance(found, Unmeasured):
        print(f"{result.path}: {found.reason}")
        return []
    told = [span for span in found.black if span.length > BANDS["black"]]
    told += [span for span in found.frozen if span.length >= BANDS["frozen"]]
    return [(round(float(span.start), 3), round(float(span.end), 3)) for span in told]


if __name__ == "__main__":
    sys.exit(main())
