"""When a sample is worth a look, through which views, and when a shot ends."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from math import ceil, floor
from typing import TYPE_CHECKING

from lipready.faces.detection.detector import along, padded, small, whole
from lipready.faces.detection.geometry import Area
from lipready.probe.decoding.frames import Frame

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
    """Return whether two by two neighbouring cells are marked: edges that move leave lines, people leave blocks."""
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


LOOK_EVERY = Fraction(3, 4)
"""Seconds after which a sample is looked at whatever it shows; so, of two samples a second, every other one."""

SEARCH_EVERY = Fraction(1)
"""Seconds between two looks through a view in which something keeps moving, or where nobody has been found yet."""

SEARCH_AGAIN, SEARCH_AGAIN_WITH_FACES = Fraction(4), Fraction(60)
"""Seconds after which a view is looked through again though nothing moved in it: detectors miss a face now and then."""

CUT = 0.5
"""A cut is where the HSV histograms of two samples share less than this (section 6 of the design: People)."""

LARGE_SHARE = 0.1
"""Share of the cells that a face which fills or leaves the picture changes at least."""


@dataclass(frozen=True, slots=True)
class LookRequest:
    """The views through which a sample is to be looked at, and whether to look for a face that fills it too.

    `searched` says that the views are all there are.
    """

    views: tuple[Area, ...]
    near: bool
    searched: bool


@dataclass(slots=True)
class _Seen:
    """What the last looks of a shot saw, view by view: the thumbnail, and when."""

    time: Fraction | None = None
    cells: "NDArray[np.float32] | None" = None
    views: "dict[Area, tuple[Fraction, NDArray[np.float32]]]" = field(default_factory=dict)


class _Scene:
    """One sample, and how it differs from earlier ones."""

    def __init__(self, cells: "NDArray[np.float32]", grid: CellGrid) -> None:
        self.cells = cells
        self._grid = grid
        self._changes: dict[int, NDArray[np.bool_]] = {}

    def differs(self, before: "NDArray[np.float32] | None", view: Area | None = None, share: float = 0.0) -> bool:
        """Return whether something came or went since `before`, inside a view and in so much of it."""
        if before is None:
            return True
        # Most views were last looked through at the same time.
        if id(before) not in self._changes:
            self._changes[id(before)] = changed(before, self.cells, self._grid)
        marked = self._changes[id(before)]
        if view is not None:
            marked = marked[self._grid.part(view)]
        return block(marked) and float(marked.mean()) >= share


class Attention:
    """Decides what to look at in each sample.

    The whole picture at least once a second; the smaller views in a new shot, where something changes away from the
    people who are known, and now and then. `shot` counts the shots. With `every_frame` no frame is left out, and no
    view for longer than a second.
    """

    def __init__(self, *, every_frame: bool = False) -> None:
        """Begin before the first sample."""
        self.shot = 0
        self._every_frame = every_frame
        self._histogram: NDArray[np.float32] | None = None
        self._seen = _Seen()

    def next_look(self, frame: Frame, known: Sequence[Area], *, unsettled: bool) -> LookRequest | None:
        """Choose the views for the next sample; None where it need not be looked at.

        `known` are the faces of the last look, in pixels of the image; `unsettled` says that faces came or went then.
        """
        thumb = thumbnail(frame.small)
        new_shot = self._cut(frame.small)
        if new_shot:
            self.shot += 1
            self._seen = _Seen()
        scene = _Scene(thumb, CellGrid(thumb.shape[1], thumb.shape[0], *frame.size, tuple(known)))
        due = self._every_frame or _due(self._seen.time, frame.time, LOOK_EVERY)
        if not (due or unsettled or scene.differs(self._seen.cells)):
            return None
        request = self._choose(frame, scene, anybody=bool(known))
        self._seen.time, self._seen.cells = frame.time, thumb
        return request

    def _choose(self, frame: Frame, scene: "_Scene", *, anybody: bool) -> LookRequest:
        width, height = frame.size
        again = SEARCH_AGAIN_WITH_FACES if anybody else SEARCH_AGAIN
        if self._every_frame:
            again = SEARCH_EVERY
        medium, little, around = along(width, height), small(width, height), padded(width, height)
        chosen = []
        for view in (*medium, *little, around):
            often = SEARCH_EVERY if view in medium and not anybody else again
            seen = self._seen.views.get(view)
            since = None if seen is None else frame.time - seen[0]
            if (
                seen is None
                or since is None
                or since >= often
                or (since >= SEARCH_EVERY and scene.differs(seen[1], view, LARGE_SHARE if view == around else 0.0))
            ):
                chosen.append(view)
                self._seen.views[view] = (frame.time, scene.cells)
        everything = len(chosen) == len(medium) + len(little) + 1
        return LookRequest((whole(width, height), *chosen), near=around in chosen, searched=everything)

    def _cut(self, picture: "NDArray[np.uint8]") -> bool:
        before, self._histogram = self._histogram, histogram_of(picture)
        return before is None or shared(before, self._histogram) < CUT


def _due(last: Fraction | None, time: Fraction, every: Fraction) -> bool:
    return last is None or time - last >= every
