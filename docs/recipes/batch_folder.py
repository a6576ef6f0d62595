"""Check every clip of a folder on all cores, with a bar; begun again, it goes on where it was interrupted.

pip install lipready
python docs/recipes/batch_folder.py clips reports

The report on clips/NAME is reports/NAME.json, which is there only when it is whole.
"""

import signal
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from rich.progress import track

import lipready


def is_done(clip: Path, report: Path) -> bool:
    """Return whether a report is there, and was written after its clip."""
    return report.exists() and report.stat().st_mtime_ns > clip.stat().st_mtime_ns


if __name__ == "__main__":
    clips, reports = Path(sys.argv[1]), Path(sys.argv[2])
    reports.mkdir(parents=True, exist_ok=True)
    videos = (path for path in sorted(clips.iterdir()) if path.suffix.lower() in {".mp4", ".mov", ".avi"})
    places = {clip: reports / f"{clip.name}.json" for clip in videos}
    left = [clip for clip, report in places.items() if not is_done(clip, report)]
    # Ctrl-C ends this process, which lets the others finish the clip that they are at.
    with ProcessPoolExecutor(initializer=signal.signal, initargs=(signal.SIGINT, signal.SIG_IGN)) as workers:
        checked = lipready.check_many([lipready.Job(clip) for clip in left], executor=workers)
        for clip, report in zip(left, track(checked, "Checking", total=len(left)), strict=True):
            part = places[clip].with_suffix(".part")
            part.write_text(report.to_json(), encoding="utf-8")
            part.replace(places[clip])
