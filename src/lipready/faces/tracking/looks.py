"""Look at the samples of a clip: at the small size, and closer where that may show more."""

from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

from lipready.faces.detection.detector import SMALL_SIDE, Candidate
from lipready.faces.detection.geometry import Area
from lipready.faces.detection.picture import Face, SidewaysWatch, faces_of, quality_of_face
from lipready.faces.models.engine import chip_of, engine
from lipready.faces.tracking.persons import Screen
from lipready.faces.tracking.runs import Linker, Sighting
from lipready.probe.decoding.frames import Frame
from lipready.probe.decoding.pictures import Witness

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SMALL = 0.08
"""Share of the long edge below which a face is small: 31 of the 384 pixels that show the whole picture."""

LOOK_EVERY = Fraction(3, 4)
"""Seconds after which a sample is looked at though nobody came or went: of two samples a second, every other one."""

SEARCH_EVERY = Fraction(1)
"""Seconds between two closer looks where nobody is seen, once somebody was; until then each sample has one."""

DOUBT_AGAIN = Fraction(4)
"""Seconds after which a place at which a closer look saw nothing is looked at closer again."""

CUT = 0.5
"""A cut is where the HSV histograms of two samples share less than this (section 6 of the design: People)."""


class Gaze:
    """Looks at the samples and links what it sees.

    `samples` are the times of those that were looked at: about one a second where nobody comes or goes. Where somebody
    does, the sample between two looks is looked at afterwards, so that who stays a second is seen twice.
    """

    def __init__(self, *, every_frame: bool = False, witness: Witness | None = None) -> None:
        """Begin before the first sample; no model is loaded yet. With `every_frame` no sample is left out.

        `witness` sees each frame that is looked at, in order of time, and the small picture of those that are left out
        at first.
        """
        self.linker = Linker()
        self.samples: list[Fraction] = []
        self.screen = Screen(1, 1, 1.0)
        self.sideways = SidewaysWatch()
        self._every_frame, self._witness = every_frame, witness
        self._ahead: dict[Fraction, tuple[Candidate, ...]] = {}
        self._shot = 0
        self._histogram: NDArray[np.float32] | None = None
        self._closer = Fraction(0)
        self._refuted: dict[Area, Fraction] = {}
        self._last: list[Area] = []
        self._skipped: Frame | None = None
        self._unsettled = True

    def ahead(self, frame: Frame, gap: Fraction | None) -> None:
        """Do in another thread what needs no other frame: look at the small size, if the sample will be looked at.

        `gap` is the time since the sample before, if known. Raises ComponentError where the models can neither be found
        nor fetched.
        """
        if self._every_frame or (gap is not None and gap >= LOOK_EVERY):
            self._ahead[frame.time] = _small(frame)

    def see(self, frame: Frame) -> None:
        """Take the next sample. Raises ComponentError where the models can neither be found nor fetched."""
        self.screen = Screen(*frame.size, frame.scale)
        before, self._histogram = self._histogram, histogram_of(frame.small)
        cut = before is None or shared(before, self._histogram) < CUT
        if cut:
            self._look_back()
            self._shot, self._last = self._shot + 1, []
        elif not (self._every_frame or self._unsettled or frame.time - self.samples[-1] >= LOOK_EVERY):
            self._skipped = frame
            if self._witness is not None:
                small = frame.small
                self._witness(small, frame.time, frame.scale * frame.size[0] / small.shape[1], ())
            return
        faces = self._faces(frame, closer=cut)
        now = [face.area for face in faces]
        changed = any(not _near_any(a, self._last) for a in now) or any(not _near_any(a, now) for a in self._last)
        if changed:
            self._look_back()
        self._link(frame, faces)
        self._unsettled = changed or not self.linker.runs

    def _look_back(self) -> None:
        """Look at the sample that was left out since the last look."""
        if self._skipped is not None:
            self._link(self._skipped, self._faces(self._skipped))

    def _link(self, frame: Frame, faces: Sequence[Face]) -> None:
        image = frame.image
        self.linker.add(
            self._shot,
            [Sighting(len(self.samples), frame.time, face, quality_of_face(image, face)) for face in faces],
            chip=lambda face: chip_of(image, face.points),
        )
        self.samples.append(frame.time)
        if self._witness is not None:
            self._witness(image, frame.time, frame.scale, [f.area.box(frame.scale, *frame.size) for f in faces])
        self.sideways.see(self._shot, image, faces)
        self._last, self._skipped = [face.area for face in faces], None

    def _faces(self, frame: Frame, *, closer: bool = False) -> tuple[Face, ...]:
        """Keep what is sure at the small size, and look closer where anything else may be."""
        time, found = frame.time, self._ahead.pop(frame.time, None)
        found = _small(frame) if found is None else found
        self._refuted = {area: seen for area, seen in self._refuted.items() if time - seen < DOUBT_AGAIN}
        least = SMALL * max(frame.size)
        sure = tuple(face for face in faces_of(frame.image, found) if face.sure and face.area.size >= least)
        known, places = [face.area for face in sure], [each.area for each in found]
        doubtful = any(area not in known and not _near_any(area, self._refuted) for area in places)
        lost = any(not _near_any(area, places) for area in self._last)
        nobody = not sure and (not self.linker.runs or time - self._closer >= SEARCH_EVERY)
        if not (closer or doubtful or lost or nobody):
            return sure
        faces = faces_of(frame.image, engine().detector.candidates(frame.image))
        seen = [face.area for face in faces]
        self._closer = max(self._closer, time)
        self._refuted |= {area: time for area in places if not _near_any(area, seen)}
        return faces


def _near_any(area: Area, others: Iterable[Area]) -> bool:
    return any(area.overlap(other) > 0 for other in others)


def _small(frame: Frame) -> tuple[Candidate, ...]:
    return engine().detector.candidates(frame.small, SMALL_SIDE, frame.size)


def histogram_of(picture: "NDArray[np.uint8]") -> "NDArray[np.float32]":
    """Count an RGB picture's colours in hue, saturation and value: 8 × 4 × 4 shares."""
    import cv2
    import numpy as np

    step = max(1, max(picture.shape[:2]) // 160)
    few = cv2.cvtColor(np.ascontiguousarray(picture[::step, ::step]), cv2.COLOR_RGB2HSV)
    counts = cv2.calcHist([few], [0, 1, 2], None, [8, 4, 4], [0, 180, 0, 256, 0, 256])
    return np.asarray(counts / counts.sum(), np.float32)


def shared(one: "NDArray[np.float32]", other: "NDArray[np.float32]") -> float:
    """Intersect two histograms of shares: 0..1."""
    import numpy as np

    return float(np.minimum(one, other).sum())
