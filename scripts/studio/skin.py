"""What a face mesh does not have: hair, neck, shoulders and the back of the head, all made up.

A dome falls away from the edge of the face to the outline of the person, and a smaller one closes the head behind it.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt  # type: ignore[import-untyped]
from scipy.spatial import Delaunay  # type: ignore[import-untyped]

from studio.camera import Points
from studio.fitted import CHIN, MOUTH, Fitted
from studio.head import Picture

Outline = tuple[tuple[int, int], ...]
Mask = NDArray[np.bool_]

SPACING = 0.07
"""Between the made-up points, in heights of the face."""

# Depths in outer-eye distances behind the outer corners of the eyes: the widest part of the head, the neck, and how far
# the back of the head (glabella to back: 18 cm, in women) stands behind the widest part.
RIM, NECK, BACK = 0.75, 0.55, 1.1


@dataclass(frozen=True, slots=True, eq=False)
class Skin:
    """The `front` of a person (n × 3, the face mesh first) and what lies `behind` each of its points (n × 3).

    `triangles` join the points of the front (m × 3 indices), `of_head` (m) says which of them have a back.
    """

    front: Points
    behind: Points
    triangles: NDArray[np.intp]
    of_head: Mask


def skin(face: Fitted, outline: Outline, shape: tuple[int, int]) -> Skin:
    """Lay a surface over everything inside the outline of a person in a portrait of `shape` (height, width)."""
    person, hull = _filled(outline, shape), _filled(cv2.convexHull(face.points[:, :2].astype(np.float32))[:, 0], shape)
    step = SPACING * face.height
    made_up = np.concatenate([_along(outline, step), _within(person & ~_grown(hull, 3), step)])
    front = np.concatenate([face.points, np.column_stack([made_up, _dome(made_up, face, person, hull)])])
    triangles = Delaunay(front[:, :2]).simplices.astype(np.intp)
    border = np.array(outline, np.float32)
    middles = front[triangles, :2].mean(axis=1).tolist()
    triangles = triangles[[cv2.pointPolygonTest(border, (x, y), measureDist=False) > 0 for x, y in middles]]
    of_head = front[triangles, 1].max(axis=1) < face.points[MOUTH, 1].mean()
    return Skin(front, _back(front, face, person), triangles, of_head)


def follows(rows: Points, face: Fitted) -> Points:
    """Say how far each row of a portrait turns with the head (0..1): wholly down to the chin, not at the shoulders."""
    return 1 - _smooth(np.clip((rows - face.points[CHIN, 1] - 0.05 * face.height) / (0.7 * face.height), 0, 1))


def back_of_head(photograph: Picture, outline: Outline, eyes: float) -> Picture:
    """Make up how the back looks: the colours a little inside the outline, above the eyes, drawn out and blurred."""
    rim = distance_transform_edt(_filled(outline, photograph.shape[:2]))
    inset = (rim > 8) & (rim < 10)
    inset[round(eyes) :] = False
    rows, columns = distance_transform_edt(~inset, return_distances=False, return_indices=True)
    return np.asarray(cv2.GaussianBlur(photograph[rows, columns], (0, 0), 6), np.uint8)


def _dome(points: Points, face: Fitted, person: Mask, hull: Mask) -> Points:
    """Give the depth of points beyond the face: an ellipse from its edge to the rim, and a step back to the neck."""
    from_face, nearest = distance_transform_edt(~hull, return_indices=True)
    edge = np.column_stack([_at(points, nearest[1]), _at(points, nearest[0])])
    away, left = _at(points, from_face), _at(points, distance_transform_edt(person))
    distances = np.linalg.norm(edge[:, None] - face.points[None, :, :2], axis=2)
    begin = face.points[np.argsort(distances, axis=1)[:, :4], 2].mean(axis=1)
    way = np.clip(away / np.maximum(away + left, 1e-9), 0, 1)
    dome = begin + (face.eyes[2] + RIM * face.unit - begin) * (1 - np.sqrt(1 - way**2))
    neck = begin + (face.eyes[2] + NECK * face.unit - begin) * _smooth(np.minimum(away / (0.25 * face.unit), 1))
    depth: Points = np.where(edge[:, 1] > face.points[MOUTH, 1].mean(), np.maximum(dome, neck), dome)
    return depth


def _back(front: Points, face: Fitted, person: Mask) -> Points:
    deep = np.clip(_at(front, distance_transform_edt(person)) / (0.6 * face.height), 0, 1)
    bulge = RIM + BACK * np.sqrt(1 - (1 - deep) ** 2)
    return np.column_stack([front[:, :2], np.maximum(face.eyes[2] + face.unit * bulge, front[:, 2])])


def _smooth(way: Points) -> Points:
    return way * way * (3 - 2 * way)


def _at(points: Points, values: Points) -> Points:
    """Read an image at points (x and y first), at the nearest pixel."""
    x, y = np.clip(np.rint(points[:, :2]), 0, [values.shape[1] - 1, values.shape[0] - 1]).astype(np.intp).T
    read: Points = values[y, x]
    return read


def _filled(outline: object, shape: tuple[int, ...]) -> Mask:
    mask = np.zeros(shape, np.uint8)
    cv2.fillPoly(mask, [np.rint(np.asarray(outline)).astype(np.int32)], 1)
    return mask.astype(bool)


def _grown(mask: Mask, pixels: int) -> Mask:
    return np.asarray(cv2.dilate(mask.astype(np.uint8), np.ones((2 * pixels + 1,) * 2, np.uint8)), bool)


def _along(outline: Outline, spacing: float) -> Points:
    """Walk around the outline in steps of about `spacing`."""
    corners = np.array(outline, np.float64)
    steps = []
    for start, end in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        count = max(1, round(float(np.linalg.norm(end - start)) / spacing))
        steps.append(start + (end - start) * np.arange(count)[:, None] / count)
    return np.concatenate(steps)


def _within(mask: Mask, spacing: float) -> Points:
    """Lay a grid over what is at least half a step inside a mask, every other row shifted."""
    rows, columns = (np.arange(0, length - 1, spacing) for length in mask.shape)
    x, y = np.meshgrid(columns, rows)
    x[1::2] += spacing / 2
    grid = np.column_stack([x.ravel(), y.ravel()])
    kept: Points = grid[_at(grid, distance_transform_edt(mask)) > spacing / 2]
    return kept
