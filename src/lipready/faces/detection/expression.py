"""Whether the eyes are open and the mouth is not, read off the mesh."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lipready.faces.detection.landmarks import Mesh

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Points = NDArray[np.float32]

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


def _opening(points: "Points", corners: tuple[int, int], lids: tuple[tuple[int, int], ...]) -> float:
    width = _distance(points, *corners)
    return sum(_distance(points, upper, lower) for upper, lower in lids) / (len(lids) * max(width, 1e-6))


def _distance(points: "Points", one: int, other: int) -> float:
    import numpy as np

    return float(np.linalg.norm(points[one] - points[other]))
