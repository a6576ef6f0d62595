"""Triangles → the inverse map by which a texture is drawn, with a depth buffer, in plain numpy."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
OUTSIDE = -1.0
EDGE = 1e-9
"""Rounding must not open seams between neighbours."""


def inverse_map(
    seen: Floats, texture: Floats, triangles: NDArray[np.intp], size: tuple[int, int]
) -> NDArray[np.float32]:
    """For each pixel of a picture of `size` (width, height): where in the texture its colour is (height × width × 2).

    `seen` are x, y and depth of the vertices in the picture (n × 3), `texture` their places in the texture (n × 2).
    The nearest triangle wins. Pixels that no triangle covers are OUTSIDE. A pixel's centre has whole coordinates.
    """
    width, height = size
    drawn = np.full((height * width, 2), OUTSIDE, np.float32)
    corners = seen[triangles]
    low = np.clip(np.ceil(corners[..., :2].min(axis=1)), 0, size).astype(np.intp)
    high = np.clip(np.floor(corners[..., :2].max(axis=1)) + 1, 0, size).astype(np.intp)
    kept = np.flatnonzero((high > low).all(axis=1) & (_twice_the_area(corners) != 0))
    if not len(kept):
        return drawn.reshape(height, width, 2)
    corners, triangles, low, spread = corners[kept], triangles[kept], low[kept], (high - low)[kept]
    which, x, y = _pixels(low, spread)
    of_b, of_c = (slope[which, 0] * x + slope[which, 1] * y + slope[which, 2] for slope in _slopes(corners))
    inside = np.flatnonzero((of_b >= -EDGE) & (of_c >= -EDGE) & (of_b + of_c <= 1 + EDGE))
    which, pixel, of_b, of_c = which[inside], (y * width + x)[inside], of_b[inside], of_c[inside]
    depth = _mixed(corners[..., 2], which, of_b, of_c)
    # Where an index comes twice, numpy keeps the last value: draw from far to near.
    near = ((depth.max() - depth) * (65535 / max(float(np.ptp(depth)), 1e-9))).astype(np.uint16)
    order = np.argsort(near, kind="stable")
    which, of_b, of_c, pixel = which[order], of_b[order], of_c[order], pixel[order]
    for axis in (0, 1):
        drawn[pixel, axis] = _mixed(texture[triangles, axis], which, of_b, of_c)
    return drawn.reshape(height, width, 2)


def _pixels(
    low: NDArray[np.intp], spread: NDArray[np.intp]
) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]:
    """List every pixel of the rectangle around every triangle: triangle, x, y."""
    counts = spread.prod(axis=1)
    which = np.repeat(np.arange(len(counts)), counts)
    place = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    down, across = np.divmod(place, np.repeat(spread[:, 0], counts))
    return which, across + np.repeat(low[:, 0], counts), down + np.repeat(low[:, 1], counts)


def _twice_the_area(corners: Floats) -> Floats:
    (ax, ay), (bx, by), (cx, cy) = (corners[:, i, :2].T for i in range(3))
    area: Floats = (bx - ax) * (cy - ay) - (cx - ax) * (by - ay)
    return area


def _slopes(corners: Floats) -> tuple[Floats, Floats]:
    """Write the barycentric weights of corners b and c as functions of x and y: factors of x, of y, and the rest."""
    (ax, ay), (bx, by), (cx, cy) = (corners[:, i, :2].T for i in range(3))
    area = _twice_the_area(corners)
    of_b = np.stack([cy - ay, ax - cx, cx * ay - ax * cy], axis=1) / area[:, None]
    of_c = np.stack([ay - by, bx - ax, ax * by - bx * ay], axis=1) / area[:, None]
    return of_b, of_c


def _mixed(values: Floats, which: NDArray[np.intp], of_b: Floats, of_c: Floats) -> Floats:
    """Mix what the three corners of triangles have (m × 3) at places inside them."""
    first = values[:, 0]
    mixed: Floats = first[which] + of_b * (values[:, 1] - first)[which] + of_c * (values[:, 2] - first)[which]
    return mixed
