"""Are clips that lie on their side found out? Each clip with one person, upright and turned by 90 and 270 degrees.

    python scripts/bench/sideways.py [FOLDER] [--most N]

FOLDER holds truth.csv (default: $LIPREADY_CORPUS or ../shared/corpus beside the repository). The decoded samples are
turned in memory, as a file with a wrong rotation flag would show them. Prints what is said of each, and how many were
found. Exit status 1 where an upright clip is said to lie.
"""

import argparse
import os
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from people import _files

from lipready.faces.people import PeopleWatcher
from lipready.facts.people import PeopleFacts
from lipready.facts.video import VideoFacts
from lipready.probe.decoding.frames import Frame, scan
from lipready.probe.source import examine

QUARTERS = {"upright": 0, "turned 90": 1, "turned 270": -1}
WANTED = {"upright": None, "turned 90": 90, "turned 270": 270}


@dataclass
class Turner:
    """Hands each sample on to a watcher, upright and turned."""

    watchers: dict[str, PeopleWatcher] = field(default_factory=lambda: {name: PeopleWatcher() for name in QUARTERS})

    def see(self, frame: Frame) -> None:
        """Turn a sample counter-clockwise by quarters."""
        for name, watcher in self.watchers.items():
            turned = np.ascontiguousarray(np.rot90(frame.image, QUARTERS[name]))
            watcher.see(Frame(frame.time, turned, frame.index, frame.scale))


def main() -> int:
    """Print each clip and the sums."""
    parser = argparse.ArgumentParser(description="Clips that lie on their side.")
    default = os.environ.get("LIPREADY_CORPUS") or Path(__file__).parents[3] / "shared" / "corpus"
    parser.add_argument("folder", nargs="?", type=Path, default=default)
    parser.add_argument("--most", type=int, default=25, help="clips (default: 25)")
    options = parser.parse_args()
    clips = [path for path, truth, is_clip in _files(options.folder) if is_clip and truth == "one"]
    right: Counter[str] = Counter()
    for path in clips[: options.most]:
        video = examine(str(path), "video", quick=False).media
        if not isinstance(video, VideoFacts):
            continue
        turner = Turner()
        scan(str(path), video, (turner,), every_frame=False, progress=None)
        found = {name: watcher.facts() for name, watcher in turner.watchers.items()}
        said = {name: each.turned if isinstance(each, PeopleFacts) else "unmeasured" for name, each in found.items()}
        right.update(name for name in said if said[name] == WANTED[name])
        right["clips"] += 1
        print(f"{Path(path).name}: {said}", flush=True)
    print(", ".join(f"{name}: {right[name]} of {right['clips']} right" for name in QUARTERS))
    return 0 if right["upright"] == right["clips"] else 1


if __name__ == "__main__":
    sys.exit(main())
