"""dlib's face detector on a crop: slow, and right where the other tests are in doubt."""

from threading import Lock
from typing import TYPE_CHECKING

from lipready.faces.detection.geometry import Area
from lipready.faces.detection.views import cut
from lipready.faces.models.weights import Models

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SIDE = 160
"""Pixels: the crop that the detector sees, twice as wide as the face's box, so that the face has 80."""

PASS = 0.3
"""True faces read 0.32 and more; other things do not fire at all (section 6 of the design)."""


def crop_for_opinion(image: "NDArray[np.uint8]", area: Area) -> "NDArray[np.uint8]":
    """Cut the crop of an RGB image that `SecondOpinion.score` judges; small enough to keep."""
    return cut(image, Area.square(area.centre, 2 * area.size), SIDE)


class SecondOpinion:
    """dlib's MMOD network; may be shared by threads, which take turns."""

    def __init__(self, models: Models) -> None:
        """Load the network."""
        import dlib

        self._detector = dlib.cnn_face_detection_model_v1(str(models.second_opinion))
        self._lock = Lock()

    def score(self, crop: "NDArray[np.uint8]") -> float:
        """Return the confidence of the best face near the middle of a crop, 0.0 where there is none."""
        with self._lock:
            found = self._detector(crop, 0)
        return max((float(f.confidence) for f in found if _in_the_middle(f.rect)), default=0.0)


def _in_the_middle(rect: object) -> bool:
    """Whether it is the face in question rather than a neighbour: its centre lies in the middle half of the crop."""
    centre = rect.center()  # type: ignore[attr-defined]
    return all(SIDE / 4 <= v <= SIDE * 3 / 4 for v in (centre.x, centre.y))
