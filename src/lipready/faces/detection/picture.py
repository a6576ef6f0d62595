"""The faces in one picture: candidates, tested by their mesh; and whether it lies on its side."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

from lipready.faces.detection.detector import PASS, Candidate, along, crop_for_opinion, padded, small, whole
from lipready.faces.detection.geometry import Area, Point
from lipready.faces.detection.landmarks import FIVE, Pose, pose_of
from lipready.faces.detection.quality import Quality, quality_of
from lipready.faces.models.engine import engine

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MOST_CANDIDATES = 40
"""A crowd, or a texture full of candidates: the best ones are enough to say "at least"."""

SURE_FLAG, SURE_SCORE = 5.0, 0.65
GRAY_SCORE = 0.55
GRAY_FLAG, GRAY_FLAG_SCORE = 3.0, 0.40
CLEAR_FLAG = 12.0
"""A mesh that fits so well is a face: most faces read more; of other things 233 read up to 6.2 (section 6), a dog 8."""

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
    def sure(self) -> bool:
        """Whether detector and mesh agree."""
        return self.flag >= SURE_FLAG and self.score >= SURE_SCORE

    @property
    def clear(self) -> bool:
        """Whether it is so sure that no second opinion could change it."""
        return self.flag >= CLEAR_FLAG and self.score >= SURE_SCORE

    @property
    def gray(self) -> bool:
        """Whether it is worth a second opinion."""
        return self.score >= GRAY_SCORE or (self.flag >= GRAY_FLAG and self.score >= GRAY_FLAG_SCORE)

    @property
    def rank(self) -> float:
        """How good a look it is: more is better. A mesh that does not fit at all leaves the detector's word alone."""
        return self.score * (1.0 + max(self.flag, 0.0) / 10.0)


def faces_through(
    image: "NDArray[np.uint8]",
    views: Iterable[Area],
    *,
    near: bool = False,
    small: "NDArray[np.uint8] | None" = None,
    known: Mapping[Candidate, Face] | None = None,
) -> tuple[Face, ...]:
    """Find the sure and the gray faces in an RGB image as seen through some views, each place once.

    `near` and `small` are explained at `Detector.candidates`; `known` are candidates that were tested before.
    """
    known = known or {}
    found = engine().detector.candidates(image, views, near=near, small=small, known=known)[:MOST_CANDIDATES]
    faces = [known[candidate] if candidate in known else _face(image, candidate) for candidate in found]
    return without_parts(face for face in faces if face.sure or face.gray)


def tested(image: "NDArray[np.uint8]", view: Area, small: "NDArray[np.uint8]") -> dict[Candidate, Face]:
    """Test every candidate that is seen through one view, so that `faces_through` need not; see there."""
    found = engine().detector.candidates(image, (view,), small=small)[:MOST_CANDIDATES]
    return {candidate: _face(image, candidate) for candidate in found}


def faces_in_picture(image: "NDArray[np.uint8]") -> tuple[Face, ...]:
    """Every face in a single RGB picture: all views, and each face confirmed by its mesh or by the second opinion."""
    opinion = engine().second_opinion
    faces = faces_through(image, every_view(image.shape[1], image.shape[0]), near=True)
    return tuple(f for f in faces if f.flag >= CLEAR_FLAG or opinion.score(crop_for_opinion(image, f.area)) >= PASS)


def quality_of_face(image: "NDArray[np.uint8]", face: Face) -> Quality:
    """Measure how well a face of an RGB image can be seen."""
    mouth = None if face.mouth is None else (face.mouth, face.pose)
    return quality_of(image, face.area, face.settled, face.points, mouth)


def every_view(width: int, height: int) -> tuple[Area, ...]:
    """All views of a picture that the full-range detector takes."""
    return (whole(width, height), padded(width, height), *along(width, height), *small(width, height))


def without_parts(faces: Iterable[Face]) -> tuple[Face, ...]:
    """Leave out what is part of a better face, holds one, or is one that was boxed a second time beside it."""
    kept: list[Face] = []
    for face in sorted(faces, key=lambda f: (not f.sure, -f.rank)):
        if not any(_same_place(face, better) for better in kept):
            kept.append(face)
    return tuple(kept)


def _same_place(face: Face, better: Face) -> bool:
    if max(face.area.inside(better.area), better.area.inside(face.area)) > HALF:
        return True
    return face.settled is not None and better.settled is not None and face.settled.overlap(better.settled) > HALF


def _face(image: "NDArray[np.uint8]", candidate: Candidate) -> Face:
    mesh = engine().mesher.mesh(image, candidate.area, candidate.eyes)
    points = tuple((float(x), float(y)) for x, y in mesh.points[list(FIVE), :2])
    return Face(candidate.area, candidate.score, mesh.flag, pose_of(mesh), mesh.area, points, mesh.mouth)


SIDEWAYS = 45.0
"""Degrees of roll from which a face lies rather than stands."""

LOOKS = 2
"""Samples of one shot that are looked at turned, where they show no upright face."""

MOST_LOOKS = 12
"""Such looks in one clip: each costs as much as the small views."""


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

    opinion = engine().second_opinion
    best: tuple[float, int] | None = None
    for degrees, quarters in ((90, -1), (270, 1)):
        picture = np.ascontiguousarray(np.rot90(image, quarters))
        height, width = picture.shape[:2]
        for face in faces_through(picture, (whole(width, height), *along(width, height))):
            known = best is not None and best[0] >= face.rank
            if known or not face.sure or not upright([face]):
                continue
            if opinion.score(crop_for_opinion(picture, face.area)) >= PASS:
                best = (face.rank, degrees)
    return None if best is None else best[1]
