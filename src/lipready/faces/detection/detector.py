"""Find faces with CenterFace (Xu et al. 2019): one pass, boxes and eyes at any size."""

from collections.abc import Iterable
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING

from lipready.faces.detection.geometry import Area, Point
from lipready.faces.models.weights import Models

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SMALL_SIDE, LARGE_SIDE, LARGEST_SIDE = 384, 640, 960
"""Pixels of the long edge on which faces are looked for, in 13, 40 and 90 ms. A face of 6 % of the height of a 16:9
picture reads 0.43–0.72 at the first and 0.68–0.86 at the second, one of 8 % at least 0.65 at both. At the third the
sharp edges of a city read 0.62 and a cloth 0.73, so that only faces whose mesh fits are taken from there."""

WEAK, STRONG = 0.40, 0.65
"""Scores from which on it may be a face, and surely looks like one (a black silhouette of a head reads up to 0.62)."""

LEAST_SCORE = 0.35
"""Below this a face is not even worth a second look at the large size."""

SAME_FACE = 0.3
"""Two boxes that overlap (intersection over union) by more than this show one face."""

MOST = 40
"""A crowd, or a texture full of candidates: the best ones are enough to say "at least"."""

_OUTPUTS = ("537", "538", "539", "540")  # Heat map; height and width; offset (y, x); five points (y, x).
_MULTIPLE, _STRIDE = 32, 4
_SQUARE, _LOWER = 0.95, 0.05


@dataclass(frozen=True, slots=True)
class Candidate:
    """What the detector takes for a face: a square from brow to chin and the two eyes in picture pixels, score 0..1.

    The eyes are the one on the left and the one on the right of an upright, frontal face's picture.
    """

    area: Area
    score: float
    eyes: tuple[Point, Point]


class Detector:
    """The detector network; may be shared by threads, which take turns."""

    def __init__(self, models: Models) -> None:
        """Load the network."""
        import cv2

        self._net = cv2.dnn.readNetFromONNX(str(models.detector))
        self.lock = Lock()

    def candidates(
        self, image: "NDArray[np.uint8]", side: int = LARGE_SIDE, size: tuple[float, float] | None = None
    ) -> tuple[Candidate, ...]:
        """Find every candidate in an RGB image, brought to `side` pixels on its long edge; the best score first.

        `size` is the width and height of the picture of which the image is a smaller copy: the results are in its
        pixels.
        """
        import cv2
        import numpy as np

        height, width = image.shape[:2]
        scale = side / max(width, height)
        across, down = (max(1, round(edge * scale / _MULTIPLE)) * _MULTIPLE for edge in (width, height))
        how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
        blob = cv2.dnn.blobFromImage(cv2.resize(image, (across, down), interpolation=how))
        with self.lock:
            self._net.setInput(blob)
            maps = np.concatenate([output[0] for output in self._net.forward(_OUTPUTS)])
        whole = size or (width, height)
        stretch = np.array([whole[1] / down, whole[0] / across])
        places = np.argwhere(maps[0] >= LEAST_SCORE)
        best = places[np.argsort(-maps[0][tuple(places.T)], kind="stable")][: 8 * MOST]
        return distinct(_candidate(place, maps[:, place[0], place[1]], stretch) for place in best)


def _candidate(place: "NDArray[np.intp]", values: "NDArray[np.float32]", stretch: "NDArray[np.float64]") -> Candidate:
    """Read the maps' values at a place; `stretch` is how many picture pixels one of the network's is high and wide."""
    import numpy as np

    box = _STRIDE * np.exp(values[1:3])
    centre = _STRIDE * (place + values[3:5] + 0.5)
    corner = np.maximum(centre - box / 2, 0)
    eyes = [((corner + values[i : i + 2] * box) * stretch)[::-1].tolist() for i in (5, 7)]
    high, wide = (box * stretch).tolist()
    down, across = (centre * stretch).tolist()
    # From brow to chin, as every bound on the size, the sharpness and the light of a face was measured.
    area = Area.square((across, down + _LOWER * high), _SQUARE * float((high * wide) ** 0.5))
    return Candidate(area, float(values[0]), ((eyes[0][0], eyes[0][1]), (eyes[1][0], eyes[1][1])))


def distinct(found: Iterable[Candidate]) -> tuple[Candidate, ...]:
    """Keep one candidate a place, the first, and MOST of them at most."""
    kept: list[Candidate] = []
    for candidate in found:
        if len(kept) < MOST and all(candidate.area.overlap(k.area) <= SAME_FACE for k in kept):
            kept.append(candidate)
    return tuple(kept)
