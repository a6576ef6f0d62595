"""The faces in one picture: candidates with their meshes; and whether the picture lies on its side."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

from lipready.faces.detection.detector import LARGEST_SIDE, STRONG, WEAK, Candidate
from lipready.faces.detection.geometry import Area, Point
from lipready.faces.detection.landmarks import Pose, pose_of
from lipready.faces.detection.quality import Quality, quality_of
from lipready.faces.models.engine import engine

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

FITS = 7.0
"""The mesh's flag (logit) of a face: 233 other things read up to 6.2, 128 faces 8 and more (design, section 6)."""

HALF = 0.5


@dataclass(frozen=True, slots=True)
class Face:
    """A face, or what looks like one: area in picture pixels, the detector's score 0..1, the mesh's flag (logit).

    `settled` is the area of the mesh; from a box beside a face it slides onto that face. `points` are the mesh points
    of `landmarks.FIVE`, `mouth` is where the mesh has the mouth.
    """

    area: Area
    score: float
    flag: float
    pose: Pose
    settled: Area | None = None
    points: tuple[Point, ...] = ()
    mouth: Point | None = None

    @property
    def fits(self) -> bool:
        """Whether the mesh fits."""
        return self.flag >= FITS

    @property
    def strong(self) -> bool:
        """Whether the detector is sure."""
        return self.score >= STRONG

    @property
    def sure(self) -> bool:
        """Whether detector and mesh agree."""
        return self.strong and self.fits


def faces_of(image: "NDArray[np.uint8]", candidates: Iterable[Candidate]) -> tuple[Face, ...]:
    """Fit the mesh to each candidate of an RGB image that may be a face, each place once."""
    return without_parts(_face(image, candidate) for candidate in candidates if candidate.score >= WEAK)


def faces_in_picture(image: "NDArray[np.uint8]") -> tuple[Face, ...]:
    """Find every face in a single RGB picture: the strong ones, and weak and small ones whose mesh fits."""
    detector = engine().detector
    faces = faces_of(image, detector.candidates(image))
    small = faces_of(image, detector.candidates(image, LARGEST_SIDE))
    return without_parts([*(f for f in faces if f.strong or f.fits), *(f for f in small if f.fits)])


def quality_of_face(image: "NDArray[np.uint8]", face: Face) -> Quality:
    """Measure how well a face of an RGB image can be seen."""
    mouth = None if face.mouth is None else (face.mouth, face.pose)
    return quality_of(image, face.area, face.settled, face.points, mouth)


def without_parts(faces: Iterable[Face]) -> tuple[Face, ...]:
    """Leave out what is part of a better face, holds one, or is one that was boxed a second time beside it."""
    kept: list[Face] = []
    for face in sorted(faces, key=lambda f: -f.score):
        if not any(_same_place(face, better) for better in kept):
            kept.append(face)
    return tuple(kept)


def _same_place(face: Face, better: Face) -> bool:
    if max(face.area.inside(better.area), better.area.inside(face.area)) > HALF:
        return True
    return face.settled is not None and better.settled is not None and face.settled.overlap(better.settled) > HALF


def _face(image: "NDArray[np.uint8]", candidate: Candidate) -> Face:
    mesh = engine().mesher.mesh(image, candidate.area, candidate.eyes)
    return Face(candidate.area, candidate.score, mesh.flag, pose_of(mesh), mesh.area, mesh.five, mesh.mouth)


SIDEWAYS = 45.0
"""Degrees of roll from which a face lies rather than stands."""

LOOKS = 2
"""Samples of one shot that are looked at turned, where they show no upright face."""

MOST_LOOKS = 12
"""Such looks in one clip: each costs as much as four others."""


class SidewaysWatch:
    """Looks at some samples turned, where nobody is seen upright."""

    def __init__(self) -> None:
        """Begin before the first sample."""
        self._looks: Counter[int] = Counter()
        self._votes: Counter[int] = Counter()

    def see(self, shot: int, image: "NDArray[np.uint8]", faces: Sequence[Face]) -> None:
        """Look at one sample, of which the faces that were found are known."""
        if upright(faces) or self._looks[shot] >= LOOKS or self._looks.total() >= MOST_LOOKS:
            return
        self._looks[shot] += 1
        turned = turn_of(image)
        if turned is not None:
            self._votes[turned] += 1

    def turned(self, faces: Sequence[Face]) -> int | None:
        """Return how the picture has to be turned for the faces of the clip, if they were not seen upright."""
        if not self._votes or upright(faces):
            return None
        return self._votes.most_common(1)[0][0]


def upright(faces: Sequence[Face]) -> bool:
    """Return whether there are sure faces and most of them stand: the mesh of a lying face may read as half upright."""
    rolls = [abs(face.pose.roll) for face in faces if face.sure]
    return bool(rolls) and median(rolls) <= SIDEWAYS


def turn_of(image: "NDArray[np.uint8]") -> int | None:
    """Find by how many degrees clockwise (90 or 270) an RGB image must be turned to show an upright face, if any."""
    import numpy as np

    best: tuple[float, int] | None = None
    for degrees, quarters in ((90, -1), (270, 1)):
        picture = np.ascontiguousarray(np.rot90(image, quarters))
        for face in faces_of(picture, engine().detector.candidates(picture)):
            if upright([face]) and (best is None or face.score > best[0]):
                best = (face.score, degrees)
    return None if best is None else best[1]
