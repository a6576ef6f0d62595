"""What changes in a scene, cell by cell of a small picture, away from the people who are known to be there."""

from dataclasses import dataclass
from math import ceil, floor
from typing import TYPE_CHECKING

from lipready.faces.detection.geometry import Area

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

CELLS = 48
"""Cells on the long edge of a thumbnail: a face of 5 % of 1080 lines covers more than one."""

STILL = 1.0
"""Levels by which half of the cells differ at least where the camera moves; noise averages out within a cell."""

CHANGED = 10.0
"""Levels (of 255) by which a cell differs in red, green or blue from what was there, where something came or
went."""

CHANGED_BODY = 25.0
"""The same where a known person's shoulders and hands move."""


@dataclass(frozen=True, slots=True)
class CellGrid:
    """The cells of a thumbnail, `columns` × `rows`, of a picture of `width` × `height` pixels with known faces."""

    columns: int
    rows: int
    width: int
    height: int
    faces: tuple[Area, ...] = ()

    def part(self, area: Area) -> tuple[slice, slice]:
        """Name the rows and columns that an area of the picture touches."""
        across, down = self.columns / self.width, self.rows / self.height
        rows = slice(max(0, floor(area.top * down)), max(0, min(self.rows, ceil(area.bottom * down))))
        columns = slice(max(0, floor(area.left * across)), max(0, min(self.columns, ceil(area.right * across))))
        return rows, columns


def thumbnail(picture: "NDArray[np.uint8]") -> "NDArray[np.float32]":
    """Average an RGB picture over CELLS cells on its long edge: levels 0..255, rows × columns × 3."""
    import cv2
    import numpy as np

    height, width = picture.shape[:2]
    shrink = CELLS / max(height, width)
    size = (max(1, round(width * shrink)), max(1, round(height * shrink)))
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.float32)


def changed(before: "NDArray[np.float32]", now: "NDArray[np.float32]", grid: CellGrid) -> "NDArray[np.bool_]":
    """Mark the cells in which something came or went.

    Where the camera stands still a cell is compared with itself, else with all around it: what sways by less than a
    cell does not count. Nor does a change of the light as a whole; a known face may do what it likes, and a known
    person's body nearly.
    """
    import cv2
    import numpy as np

    change = now - before
    light = np.median(change, axis=(0, 1))
    level = now - light
    lowest = highest = before
    if float(np.median(np.abs(change - light))) >= STILL:
        around = np.ones((3, 3), np.uint8)
        lowest, highest = cv2.erode(before, around), cv2.dilate(before, around)
    # Somebody in the shade differs from a dark wall by colour rather than by brightness.
    excess = np.maximum(lowest - level, level - highest).max(axis=2)
    limit = np.full(excess.shape, CHANGED, np.float32)
    for face in grid.faces:
        limit[grid.part(_body(face, grid.height))] = CHANGED_BODY
    for face in grid.faces:
        limit[grid.part(_head(face))] = np.inf
    marked: NDArray[np.bool_] = excess > limit
    return marked


def block(marked: "NDArray[np.bool_]") -> bool:
    """Tell whether two by two neighbouring cells are marked: edges that move leave lines, people leave blocks."""
    return bool((marked[:-1, :-1] & marked[1:, :-1] & marked[:-1, 1:] & marked[1:, 1:]).any())


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


def _head(face: Area) -> Area:
    """Put a rectangle around hair and chin."""
    return Area(face.left - 0.4 * face.width, face.top - 0.6 * face.height, 1.8 * face.width, 1.9 * face.height)


def _body(face: Area, height: float) -> Area:
    """Put a rectangle around head and shoulders: three faces wide, down to the picture's lower edge."""
    top = face.top - face.height
    return Area(face.left - face.width, top, 3 * face.width, max(0.0, height - top))
