"""When the small views are worth their time, and when a shot ends."""

from fractions import Fraction
from math import ceil, floor
from typing import TYPE_CHECKING

from lipready.faces.geometry import Area
from lipready.faces.views import along, padded, small, whole

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

ALONG_EVERY = Fraction(1)
SEARCH_EVERY = Fraction(1)
SMALL_EVERY = Fraction(4)
"""Seconds between the looks through the medium squares, between two searches while something moves, and between two
searches (all views) while nothing does."""

CUT = 0.5
"""A cut is where the HSV histograms of two samples share less than this (section 6 of the design: People)."""

CELLS = 24
"""The thumbnail on which pictures are compared has 24 × 24 cells."""

MOVED = 14.0
"""Grey levels by which a cell differs where something came, went or moved."""

CELLS_MOVED = 2
"""So many such cells, away from the people who are known, and the picture is searched again."""


class Attention:
    """Decides through which views to look at the next sample.

    The whole picture at every sample; all views in a new shot, when something moves away from the people who are
    known, and every now and then.
    """

    def __init__(self) -> None:
        """Begin before the first sample. `shot` counts the shots, `searched` says that the last views were all."""
        self.shot = 0
        self._histogram: NDArray[np.float32] | None = None
        self._searched: NDArray[np.float32] | None = None
        self._last_along: Fraction | None = None
        self._last_small: Fraction | None = None
        self.searched = False

    def views(
        self, image: "NDArray[np.uint8]", time: Fraction, faces_before: tuple[Area, ...]
    ) -> tuple[tuple[Area, ...], bool]:
        """Choose the views, and whether to look for a face that fills the picture too.

        `faces_before` are the faces in the sample before, in pixels of the image.
        """
        new_shot = self._cut(image)
        self.shot += new_shot
        height, width = image.shape[:2]
        views = [whole(width, height)]
        cells = _cells(image)
        moved = _due(self._last_small, time, SEARCH_EVERY) and self._moved(cells, image, faces_before)
        search = self.searched = new_shot or moved or _due(self._last_small, time, SMALL_EVERY)
        if search or _due(self._last_along, time, ALONG_EVERY):
            views += along(width, height)
            self._last_along = time
        if search:
            views += (padded(width, height), *small(width, height))
            self._last_small, self._searched = time, cells
        return tuple(views), search

    def _cut(self, image: "NDArray[np.uint8]") -> bool:
        before, self._histogram = self._histogram, _histogram(image)
        return before is None or _shared(before, self._histogram) < CUT

    def _moved(self, cells: "NDArray[np.float32]", image: "NDArray[np.uint8]", faces: tuple[Area, ...]) -> bool:
        import numpy as np

        if self._searched is None:
            return True
        moved = np.abs(cells - self._searched) > MOVED
        for face in faces:
            moved[_cells_of_person(face, image.shape[1], image.shape[0])] = False
        return int(moved.sum()) >= CELLS_MOVED


def _due(last: Fraction | None, time: Fraction, every: Fraction) -> bool:
    return last is None or time - last >= every


def _cells_of_person(face: Area, width: int, height: int) -> tuple[slice, slice]:
    """Name the cells in which a known person moves: five faces wide, from one face above down to the lower edge."""
    left, right = face.left - 2 * face.width, face.right + 2 * face.width
    columns = slice(max(0, floor(left / width * CELLS)), max(0, ceil(right / width * CELLS)))
    return slice(max(0, floor((face.top - face.height) / height * CELLS)), CELLS), columns


def _histogram(image: "NDArray[np.uint8]") -> "NDArray[np.float32]":
    import cv2
    import numpy as np

    step = max(1, max(image.shape[:2]) // 160)
    few = np.ascontiguousarray(image[::step, ::step])
    counts = cv2.calcHist([cv2.cvtColor(few, cv2.COLOR_RGB2HSV)], [0, 1, 2], None, [8, 4, 4], [0, 180, 0, 256, 0, 256])
    shares: NDArray[np.float32] = (counts / counts.sum()).astype(np.float32)
    return shares


def _shared(one: "NDArray[np.float32]", other: "NDArray[np.float32]") -> float:
    import numpy as np

    return float(np.minimum(one, other).sum())


def _cells(image: "NDArray[np.uint8]") -> "NDArray[np.float32]":
    import cv2
    import numpy as np

    step = max(1, max(image.shape[:2]) // 480)
    grey = cv2.cvtColor(np.ascontiguousarray(image[::step, ::step]), cv2.COLOR_RGB2GRAY)
    return np.asarray(cv2.resize(grey, (CELLS, CELLS), interpolation=cv2.INTER_AREA), np.float32)
