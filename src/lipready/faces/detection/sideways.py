"""Pictures that lie on their side: faces that are only seen when the picture is turned."""

from collections import Counter
from collections.abc import Sequence
from statistics import median
from typing import TYPE_CHECKING

from lipready.faces.detection.picture import Face, faces_through
from lipready.faces.detection.second_opinion import PASS, crop_for_opinion
from lipready.faces.detection.views import along, whole
from lipready.faces.models.engine import engine

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

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
        """Say how the picture has to be turned for the faces of the clip, if they were not seen upright."""
        if not self._votes or upright(faces):
            return None
        return self._votes.most_common(1)[0][0]


def upright(faces: Sequence[Face]) -> bool:
    """Tell whether there are sure faces and most of them stand: the mesh of a lying face may read as half upright."""
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
