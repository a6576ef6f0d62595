"""Measure sound against its picture in what `prepare` writes of clips that flash and beep at the same moments.

    PYTHONPATH=src python scripts/bench/sync.py [--only WORDS …]

The sound's timestamps have holes, it begins late or before zero, or the picture does; packets are missing, or an edit
list makes the holes. MP3, AAC and Opus begin with priming, which each form stores in its own way. Measured in
milliseconds, each against the picture of the same run: the sound inside the prepared video, the WAV (which counts from
the picture's first frame), the video trimmed, and the same clip at 12 frames a second, whose rate is changed.

`--extend` drops the sound of the video: the WAV is measured against its picture, played on for longer sound.

What a form cannot express is left out: holes in an AVI (its chunks follow one another; where they begin is in its
header); times below zero anywhere but in MP4 and QuickTime (FFmpeg reads pictures of Matroska there without any time).
PCM in QuickTime has its holes by an edit list. Sources that are off themselves are marked with * and do not count.
`--only` takes the rows that hold any of the words.

The exit status is 1 where anything else is off by more than 10 ms.
"""

import argparse
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from lipready.check import Settings
from lipready.prepare import Choices, parse_trim, prepare

HOME = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(HOME / "scripts"))

from studio.beeps import MOMENTS, Clip, apart, beeps, flashes, write_clip  # noqa: E402

MOST = 0.010
H264 = (("preset", "ultrafast"), ("bf", "0"))
REORDERED = (("preset", "veryfast"), ("bf", "2"))
FORMS = (
    ("mp4", "libx264", "aac", H264),
    ("mp4 B", "libx264", "aac", REORDERED),
    ("mp4 mp3", "libx264", "libmp3lame", H264),
    ("mp4 opus", "libx264", "libopus", H264),
    ("mov pcm", "libx264", "pcm_s16le", H264),
    ("mkv", "libx264", "aac", REORDERED),
    ("mkv mp3", "libx264", "libmp3lame", H264),
    ("webm", "libvpx", "libopus", ()),
    ("ts", "libx264", "aac", REORDERED),
    ("flv", "libx264", "aac", H264),
    ("avi mp3", "libx264", "libmp3lame", H264),
    ("avi B", "libx264", "libmp3lame", REORDERED),
    ("avi pcm", "libx264", "pcm_s16le", REORDERED),
    ("m4a", "", "aac", ()),
)
HOLES = ((0.3, 0.5), (1.4, 1.8), (2.3, 2.8))
EDITS = ((0.32, 0.512), (1.408, 1.792), (2.304, 2.816))
"""Whole packets of AAC, which an edit list can cut exactly."""
KINDS = {
    "plain": {},
    "hole": {"holes": HOLES[1:2]},
    "holes": {"holes": HOLES},
    "edit list": {"holes": EDITS, "edited": True},
    "late sound": {"begin": 0.72},
    "late picture": {"picture": 0.6},
    "negative start": {"begin": -0.4, "picture": -0.4},
    "dropped packets": {"holes": ((0.5, 0.52), (1.5, 1.52), (2.5, 2.54))},
}
COLUMNS = ("kept", "WAV", "trim", "rate", "extend")
ALONE = ("plain", "hole", "holes", "edit list", "dropped packets")
MOVIES = ("mp4", "mov", "m4a")
LONGER = 6
Offsets = dict[str, float]


def main() -> int:
    """Print the table, and the largest offset of each column and container."""
    parser = argparse.ArgumentParser(description="Measure sound against its picture in what prepare writes.")
    parser.add_argument("--only", nargs="+", default=[""], help="the rows that hold any of these words")
    only = parser.parse_args().only
    largest: dict[str, Offsets] = {}
    print(f"{'form':10}{'kind':16}{'source':>9}{_row(COLUMNS)}   (ms)")
    with tempfile.TemporaryDirectory() as name:
        longer = write_clip(Path(name) / "longer.wav", Clip("wav", "", "pcm_s16le", seconds=LONGER))
        for number, (form, kind, clip) in enumerate(clips()):
            if not any(words in f"{form} {kind}" for words in only):
                continue
            source = write_clip(Path(name) / f"{number}.{clip.ending}", clip)
            before = apart(flashes(source) if clip.video else MOMENTS, beeps(source))
            offsets = measure(source, clip, Path(name) / str(number), longer)
            off = before > MOST
            print(f"{form:10}{kind:16}{1000 * before:8.1f}{'*' if off else ' '}{_figures(offsets)}", flush=True)
            if not off:
                _keep(largest, clip.ending, offsets)
    print(f"\n{'largest':35}{_row(COLUMNS)}")
    for ending, worst in largest.items():
        print(f"{ending:35}{_figures(worst)}")
    return 0 if all(offset <= MOST for worst in largest.values() for offset in worst.values()) else 1


def clips() -> Iterator[tuple[str, str, Clip]]:
    """Make a form, a kind and a clip of every pair that can be written."""
    for form, video, audio, options in FORMS:
        for kind, how in KINDS.items():
            clip = Clip(form.split()[0], video, audio, options=options, **how)  # type: ignore[arg-type]
            if _expressible(kind, clip):
                yield form, kind, replace(clip, edited=bool(clip.holes)) if audio.startswith("pcm") else clip


def measure(source: Path, clip: Clip, out: Path, longer: Path) -> Offsets:
    """Prepare a clip in every way that it can be; return how far sound and picture are apart in each column."""
    settings = Settings(quick=True)
    if not clip.video:
        alone = prepare(None, source, out=out / "alone", settings=settings)
        return {"WAV": apart(MOMENTS, beeps(Path(alone.job.audio or "")))}
    whole = prepare(source, source, out=out / "whole", settings=settings)
    video, sound = Path(whole.job.video or ""), Path(whole.job.audio or "")
    cut = _prepared(source, out / "trim", Choices(trim=parse_trim("0.2:3.3")))
    slow = write_clip(out / f"slow.{clip.ending}", replace(clip, fps=12))
    changed = _prepared(slow, out / "rate", Choices())
    extended = prepare(source, longer, out=out / "long", settings=settings, choices=Choices(extend=True))
    shown = flashes(video)
    return {
        "kept": apart(shown, beeps(video)),
        "WAV": apart(shown, beeps(sound)),
        "trim": apart(flashes(cut), beeps(cut)),
        "rate": apart(flashes(changed), beeps(changed)),
        "extend": apart(flashes(Path(extended.job.video or ""))[: len(MOMENTS)], beeps(sound)),
    }


def _prepared(source: Path, out: Path, choices: Choices) -> Path:
    return Path(prepare(source, out=out, settings=Settings(quick=True), choices=choices).job.video or "")


def _expressible(kind: str, clip: Clip) -> bool:
    if clip.ending == "avi":
        return not clip.holes and min(clip.begin, clip.picture) >= 0
    if kind == "edit list":
        return clip.ending in MOVIES and clip.audio == "aac"
    return (clip.ending in MOVIES or kind != "negative start") and (bool(clip.video) or kind in ALONE)


def _row(words: tuple[str, ...]) -> str:
    return "".join(f"{word:>9}" for word in words)


def _figures(offsets: Offsets) -> str:
    return _row(tuple(f"{1000 * offsets[name]:.1f}" if name in offsets else "-" for name in COLUMNS))


def _keep(largest: dict[str, Offsets], ending: str, offsets: Offsets) -> None:
    worst = largest.setdefault(ending, {})
    worst.update({name: max(offset, worst.get(name, 0.0)) for name, offset in offsets.items()})


if __name__ == "__main__":
    sys.exit(main())
