"""One face in one full-size frame, measured as a reference image has to be."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from math import dist
from typing import TYPE_CHECKING

from lipready.faces.detection.detector import SMALL_SIDE, Candidate
from lipready.faces.detection.geometry import Area, cut
from lipready.faces.detection.landmarks import Mesh, Pose, pose_of
from lipready.faces.detection.picture import FITS
from lipready.faces.detection.quality import Quality, quality_of
from lipready.faces.models.engine import engine
from lipready.facts.people import Box

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# Mesh points of each eye: the two corners, and pairs of a point on the upper and one on the lower lid.
_EYES = (
    ((33, 133), ((160, 144), (159, 145), (158, 153))),
    ((263, 362), ((387, 373), (386, 374), (385, 380))),
)
_MOUTH = ((78, 308), ((82, 87), (13, 14), (312, 317)))


@dataclass(frozen=True, slots=True)
class Expression:
    """`eyes` is the aspect ratio of the less open eye (Soukupová and Čech 2016: height between the lids to width).

    `mouth` is the height between the inner lips to the width between their corners: a smile widens the mouth while it
    opens it, and so stays apart from an open vowel. Both are lengths in three dimensions, so that a turned head
    changes them little. On 211 faces of the corpus closed eyes read 0.14–0.17 and open ones 0.19 and more; smiles
    with teeth up to 0.32, open vowels and cries 0.42 and more.
    """

    eyes: float
    mouth: float


def expression_of(mesh: Mesh) -> Expression:
    """Measure how far eyes and mouth are open."""
    return Expression(
        eyes=min(_opening(mesh.points, *eye) for eye in _EYES),
        mouth=_opening(mesh.points, *_MOUTH),
    )


def _opening(points: "NDArray[np.float32]", corners: tuple[int, int], lids: tuple[tuple[int, int], ...]) -> float:
    width = dist(*points[list(corners)])
    return sum(dist(*points[list(pair)]) for pair in lids) / (len(lids) * max(width, 1e-6))


SURROUNDINGS = 4.0
"""Sizes of a face: the side of the square around it that is looked at again."""

FOLLOWED = 0.2
"""A face continues one that was seen before where their boxes overlap (intersection over union) by this much."""


@dataclass(frozen=True, slots=True)
class Headshot:
    """A face at `time` (seconds from the first shown frame); `box` in pixels of the frame, which is at full size.

    `score` (0..1) is how sure the detector is of a face, `flag` (logit) how sure the mesh is.
    """

    time: Fraction
    box: Box
    score: float
    flag: float
    pose: Pose
    expression: Expression
    quality: Quality


def headshot_at(image: "NDArray[np.uint8]", time: Fraction, box: Box) -> Headshot | None:
    """Measure the face that an RGB frame shows at a box; None where no face is seen there."""
    known = Area(box.left, box.top, box.width, box.height)
    for candidate in _candidates_near(image, known):
        if candidate.area.overlap(known) < FOLLOWED:
            continue
        mesh = engine().mesher.mesh(image, candidate.area, candidate.eyes)
        if mesh.flag >= FITS:
            pose = pose_of(mesh)
            return Headshot(
                time=time,
                box=candidate.area.box(1.0, image.shape[1], image.shape[0]),
                score=candidate.score,
                flag=mesh.flag,
                pose=pose,
                expression=expression_of(mesh),
                quality=quality_of(image, candidate.area, mesh.area, mesh.five, (mesh.mouth, pose)),
            )
    return None


def _candidates_near(image: "NDArray[np.uint8]", known: Area) -> Iterator[Candidate]:
    """Find what looks like a face around the place of one; the best first."""
    view = Area.square(known.centre, max(SURROUNDINGS * known.size, 0.3 * min(image.shape[:2])))
    size = (view.width, view.height)
    for each in engine().detector.candidates(cut(image, view, SMALL_SIDE), SMALL_SIDE, size):
        area = replace(each.area, left=each.area.left + view.left, top=each.area.top + view.top)
        one, other = ((x + view.left, y + view.top) for x, y in each.eyes)
        yield replace(each, area=area, eyes=(one, other))
