"""How well a face can be seen: sharpness, light, size, and whether the edge of the frame cuts it."""

from dataclasses import dataclass
from math import dist
from typing import TYPE_CHECKING

from lipready.faces.geometry import Area, Point

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SIDE = 128
"""Pixels: sharpness is measured on the face at this size, so that large and small faces compare."""

SLACK = 0.05
"""Share of the mesh that may lie beyond the frame: at the edge the mesh is drawn a little too large."""


@dataclass(frozen=True, slots=True)
class Quality:
    """`sharpness`: variance of the Laplacian of the grey face at 128 × 128. `light`: mean luma 0..1 (Rec. 601).

    `eye_distance` is in pixels of the picture that was looked at, None where no mesh was fitted.
    """

    sharpness: float
    light: float
    cut: bool
    eye_distance: float | None


def quality_of(
    image: "NDArray[np.uint8]", area: Area, mesh: Area | None = None, points: tuple[Point, ...] = ()
) -> Quality:
    """Measure a face in an RGB image, given its box, and the area and the five points of its mesh."""
    import cv2

    height, width = image.shape[:2]
    left, top = max(0, min(width - 1, round(area.left))), max(0, min(height - 1, round(area.top)))
    right, bottom = max(left + 1, min(width, round(area.right))), max(top + 1, min(height, round(area.bottom)))
    face = cv2.resize(image[top:bottom, left:right], (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    grey = cv2.cvtColor(face, cv2.COLOR_RGB2GRAY)
    return Quality(
        sharpness=sharpness_of(grey),
        light=float(grey.mean()) / 255,
        cut=_touches(area, width, height) or (mesh is not None and _leaves(mesh, width, height)),
        eye_distance=eye_distance(points) if points else None,
    )


def sharpness_of(grey: "NDArray[np.uint8]") -> float:
    """Compute the variance of the Laplacian of a grey picture."""
    import cv2

    return float(cv2.Laplacian(grey, cv2.CV_64F).var())


def eye_distance(points: tuple[Point, ...]) -> float:
    """Measure from the middle of one eye to the middle of the other, given the five points of `landmarks.FIVE`."""
    (a, b), (c, d), (e, f), (g, h) = points[:4]
    return dist(((a + c) / 2, (b + d) / 2), ((e + g) / 2, (f + h) / 2))


def _touches(area: Area, width: int, height: int) -> bool:
    return area.left < 1 or area.top < 1 or area.right > width - 1 or area.bottom > height - 1


def _leaves(mesh: Area, width: int, height: int) -> bool:
    across, down = SLACK * mesh.width, SLACK * mesh.height
    return mesh.left < -across or mesh.top < -down or mesh.right > width + across or mesh.bottom > height + down
