"""Watch a stretch of a video while it is decoded: who is in it, and how the mouths of those in front move."""

from fractions import Fraction
from itertools import takewhile
from typing import TYPE_CHECKING

from lipready.cancel import checkpoint
from lipready.errors import ProbeError
from lipready.faces.people import PeopleWatcher
from lipready.faces.tracking.persons import look_of
from lipready.faces.tracking.runs import LONGEST_BREAK, Run
from lipready.facts.file import FileFacts
from lipready.facts.unmeasured import Unmeasured
from lipready.facts.video import VideoFacts
from lipready.mouth.opening import LONG_EDGE as NEAR_EDGE
from lipready.mouth.opening import Follower, Pace
from lipready.mouth.speaker import FOLLOWED, RATE
from lipready.probe.decoding.decoder import Shown, open_decoder
from lipready.probe.decoding.frames import LONG_EDGE, Frame
from lipready.probe.decoding.upright import Upright
from lipready.result.passage import Mouth, Passage, Stretch

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    from numpy.typing import NDArray

    from lipready.facts.people import Look

BETWEEN = Fraction(1, 2)
"""Seconds between two looks for faces."""

COMPARED = 2
"""Of so many of these pictures one is kept, so that it can be compared with that of the other video."""


class MouthWatcher:
    """Watches one stretch of a video: give it the decoded frames in order of time, also those around the stretch.

    Faces are looked for in frames BETWEEN apart, and followed from there, so that no frame is kept.
    """

    def __init__(self, video: VideoFacts, stretch: Stretch) -> None:
        """Begin before the first frame; no model is loaded yet."""
        self._begin, self._end = stretch
        self._height = video.height
        self._wide, self._near = Upright.of(video, LONG_EDGE), Upright.of(video, NEAR_EDGE)
        self._people, self._follower = PeopleWatcher(), Follower[Run]()
        self._looks: dict[Run, Look] = {}
        self._mouths: dict[Look, Mouth] = {}
        self._moments: list[list[tuple[Fraction, NDArray[np.uint8]]]] = []
        self._before: Shown | None = None
        self._due, self._pace = self._begin, Pace(self._begin, RATE)

    def see(self, shown: Shown) -> None:
        """Look at a frame, where it is due. Raises ComponentError where the models can neither be found nor fetched."""
        time = shown.time
        if self._due <= time < self._end:
            checkpoint()
            # On one grid, whatever the frame rates, so that result and source show the same moments.
            number = time // BETWEEN
            self._due = (number + 1) * BETWEEN
            frame = Frame(time, None, 0, self._wide.scale, shown.frame, self._wide)
            self._people.see(frame)
            self._take_looks(time)
            if number % COMPARED == 0:
                # The frames beside it are shown at that moment where a frame was lost or repeated.
                self._moments.append([(time, frame.small), *self._smaller(self._before)])
        elif self._moments and self._before is not None and self._moments[-1][0][0] == self._before.time:
            self._moments[-1].extend(self._smaller(shown))
        self._before = shown
        if time <= self._end and self._pace.takes(time):
            frame = Frame(time, None, 0, self._near.scale, shown.frame, self._near)
            for run, mesh in self._follower.see(frame, self._looks).items():
                self._mouths.setdefault(self._looks[run], Mouth()).take(time, mesh)

    def _smaller(self, shown: Shown | None) -> "Iterator[tuple[Fraction, NDArray[np.uint8]]]":
        if shown is not None:
            yield shown.time, Frame(shown.time, None, decoded=shown.frame, upright=self._wide).small

    def _take_looks(self, time: Fraction) -> None:
        """Take the latest look at each face that may still be there and be in front."""
        runs = self._people.linker.runs
        shot = max((run.shot for run in runs), default=0)
        there = [run for run in runs if run.shot == shot and time - run.last.time <= LONGEST_BREAK]
        looks = {run: look_of(run.last, self._people.screen) for run in there}
        largest = max((look.box.height for look in looks.values()), default=0)
        least = min(Fraction(largest), FOLLOWED.share * self._height)
        # The same look stays the same object: from a new one the mesh is fitted anew.
        self._looks = {
            run: self._looks[run] if self._looks.get(run) == look else look
            for run, look in looks.items()
            if look.box.height >= least
        }

    def passage(self) -> Passage | Unmeasured:
        """Return what was seen; Unmeasured where not one frame of the stretch could be decoded."""
        seen = self._people.seen(describe=True)
        return seen if isinstance(seen, Unmeasured) else Passage(seen, self._mouths, self._moments)


def watch_stretch(file: FileFacts, stretch: Stretch) -> Passage | Unmeasured:
    """Decode a stretch of a video in this thread alone, and watch it."""
    video = file.media
    if not isinstance(video, VideoFacts):
        return video if isinstance(video, Unmeasured) else Unmeasured("it is not a video")
    watcher = MouthWatcher(video, stretch)
    try:
        with open_decoder(file.at, video, threads=1) as decoder:
            for shown in takewhile(lambda shown: shown.time <= stretch[1], decoder.shown(stretch[0])):
                watcher.see(shown)
    except ProbeError as error:
        return Unmeasured(f"the picture {error}", transient=error.transient)
    return watcher.passage()
