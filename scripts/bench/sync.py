"""Measure sound against its picture in what `prepare` writes of clips that flash and beep at the same moments.

    PYTHONPATH=src python scripts/bench/sync.py

The sound's timestamps have holes, it begins late, or the picture does; packets are missing. Measured in milliseconds:
the sound inside the prepared video, the WAV (which counts from the picture's first frame), and the video trimmed.
The exit status is 1 where one of them is off by more than 10 ms.
"""

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from lipready.check import Settings
from lipready.prepare import Choices, parse_trim, prepare

HOME = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(HOME / "scripts"))

from studio.beeps import Clip, apart, beeps, flashes, write_clip  # noqa: E402

MOST = 0.010
H264 = (("preset", "ultrafast"), ("bf", "0"))
REORDERED = (("preset", "veryfast"), ("bf", "2"))
FORMS = (
    ("mp4", "libx264", "aac", H264),
    ("mp4 B", "libx264", "aac", REORDERED),
    ("mov", "libx264", "pcm_s16le", H264),
    ("mkv", "libx264", "aac", REORDERED),
    ("mkv mp3", "libx264", "libmp3lame", H264),
    ("webm", "libvpx", "libopus", ()),
    ("ts", "libx264", "aac", REORDERED),
    ("flv", "libx264", "aac", H264),
    ("avi", "libx264", "libmp3lame", H264),
    ("avi B", "libx264", "libmp3lame", REORDERED),
)
KINDS = {
    "plain": {},
    "hole": {"holes": ((1.4, 1.8),)},
    "holes": {"holes": ((0.3, 0.5), (1.4, 1.8), (2.3, 2.8))},
    "late sound": {"begin": 0.7},
    "late picture": {"picture": 0.6},
    "dropped packets": {"holes": ((0.5, 0.52), (1.5, 1.52), (2.5, 2.54))},
}


def main() -> int:
    """Print the table."""
    print(f"{'form':10} {'kind':16} {'source':>8} {'kept':>8} {'WAV':>8} {'trim':>8}   (ms)")
    met = True
    with tempfile.TemporaryDirectory() as name:
        for number, (title, clip) in enumerate(clips()):
            source = write_clip(Path(name) / f"{number}.{clip.ending}", clip)
            offsets = measure(source, Path(name) / "out")
            met &= all(offset <= MOST for offset in offsets)
            before = apart(flashes(source), beeps(source))
            print(title, *(f"{1000 * offset:8.1f}" for offset in (before, *offsets)), flush=True)
    return 0 if met else 1


def clips() -> Iterator[tuple[str, Clip]]:
    """Make a title and a clip of every form and kind."""
    for form, video, audio, options in FORMS:
        for kind, how in KINDS.items():
            yield f"{form:10} {kind:16}", Clip(form.split()[0], video, audio, options=options, **how)  # type: ignore[arg-type]


def measure(source: Path, out: Path) -> tuple[float, float, float]:
    """Prepare a clip as video and audio, and trimmed; return how far sound and picture are apart."""
    settings = Settings(quick=True)
    whole = prepare(source, source, out=out / "whole", settings=settings)
    shown = flashes(Path(whole.job.video or ""))
    trimmed = prepare(source, out=out / "trim", settings=settings, choices=Choices(trim=parse_trim("0.2:3.3")))
    cut = Path(trimmed.job.video or "")
    kept = apart(shown, beeps(Path(whole.job.video or "")))
    return kept, apart(shown, beeps(Path(whole.job.audio or ""))), apart(flashes(cut), beeps(cut))


if __name__ == "__main__":
    sys.exit(main())
