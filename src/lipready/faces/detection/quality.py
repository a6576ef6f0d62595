"""How well a face can be seen: sharpness, light, size, and whether the edge of the frame cuts it."""

from dataclasses import dataclass
from math import dist
from typing import TYPE_CHECKING

from lipready.faces.detection.geometry import Area, Point
from lipready.faces.detection.mouth_cover import cover_of
from lipready.faces.detection.pose import Pose

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

    `eye_distance` is in pixels of the picture that was looked at, None where no mesh was fitted. `mouth_cover` (0..1)
    is how surely something covers the mouth, None where that cannot be told.
    """

    sharpness: float
    light: float
    cut: bool
    eye_distance: float | None
    mouth_cover: float | None = None


def quality_of(
    image: "NDArray[np.uint8]",
    area: Area,
    mesh: Area | None = None,
    points: tuple[Point, ...] = (),
    mouth: tuple[Point, Pose] | None = None,
) -> Quality:
    """Measure a face in an RGB image, given its box, and the area, five points, mouth and pose of its mesh."""
    import cv2

    height, width = image.shape[:2]
    left, top = max(0, min(width - 1, round(area.left))), max(0, min(height - 1, round(area.top)))
    right, bottom = max(left + 1, min(width, round(area.right))), max(top + 1, min(height, round(area.bottom)))
    face = cv2.resize(image[top:bottom, left:right], (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    grey = cv2.cvtColor(face, cv2.COLOR_RGB2GRAY)
    cut = _touches(area, width, height) or (mesh is not None and _leaves(mesh, width, height))
    return Quality(
        sharpness=sharpness_of(grey),
        light=float(grey.mean()) / 255,
        cut=cut,
        eye_distance=eye_distance(points) if points else None,
        mouth_cover=None
        if cut or mouth is None or not points
        else cover_of(image, (*eyes(points), mouth[0]), mouth[1]),
    )


def sharpness_of(grey: "NDArray[np.uint8]") -> float:
    """Compute the variance of the Laplacian of a grey picture."""
    import cv2

    return float(cv2.Laplacian(grey, cv2.CV_64F).var())


def eye_distance(points: tuple[Point, ...]) -> float:
    """Measure from the middle of one eye to the middle of the other, given the five points of `landmarks.FIVE`."""
    return dist(*eyes(points))


def eyes(points: tuple[Point, ...]) -> tuple[Point, Point]:
    """Return the middles of the eye on the left and on the right, given the five points of `landmarks.FIVE`."""
    (a, b), (c, d), (e, f), (g, h) = points[:4]
    return ((e + g) / 2, (f + h) / 2), ((a + c) / 2, (b + d) / 2)


def _touches(area: Area, width: int, height: int) -> bool:
    return area.left < 1 or area.top < 1 or area.right > width - 1 or area.bottom > height - 1


def _leaves(mesh: Area, width: int, height: int) -> bool:
    across, down = SLACK * mesh.width, SLACK * mesh.height
    return mesh.left < -across or mesh.top < -down or mesh.right > width + across or mesh.bottom > height + down
