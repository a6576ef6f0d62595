"""How well a face can be seen: sharpness, light, size, the edge of the frame, and what covers the mouth."""

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from math import dist, exp
from typing import TYPE_CHECKING

from lipready.faces.detection.geometry import Area, Point, patch_of
from lipready.faces.detection.landmarks import Pose

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Features = NDArray[np.float32]

MOUTH_SIDE = 96
"""Pixels: the aligned picture of a face is a square of this side."""

LEAST_EYES, MOST_YAW, MOST_PITCH, MOST_ROLL = 16.0, 25.0, 30.0, 45.0
"""Pixels between the eyes, and degrees: a smaller, farther turned or lying face does not show its mouth well enough."""

LEAST_CHROMA = 6.0
"""Chroma (CIE Lab) of the skin: below it the picture is grey, and skin and cloth are alike."""

DARKEST = 8.0
"""Lightness (CIE Lab, 0..100) of the skin from which on there is something to tell."""

_PLACES = ((0.3, 0.25), (0.7, 0.25), (0.5, 0.68))  # Of the eyes and the mouth, as shares of the side.
_APART = 0.42
_REACH = 1.6  # Distances of the eyes around the middle of the face that are cut out.


def cover_of(image: "NDArray[np.uint8]", places: tuple[Point, ...], pose: Pose) -> float | None:
    """Return how surely (0..1) something covers the mouth of a face in an RGB image; None where it cannot be told.

    `places` are the middle of the eye on the left, of the eye on the right, and of the mouth, in picture pixels.
    """
    small = dist(places[0], places[1]) < LEAST_EYES
    if small or abs(pose.yaw) > MOST_YAW or abs(pose.pitch) > MOST_PITCH or abs(pose.roll) > MOST_ROLL:
        return None
    features = features_of(aligned(image, places))
    return None if features is None else reading(features)


def reading(features: "Features") -> float:
    """Return the probability that the weights give to some features."""
    weights, offset = _weights()
    total = float(features @ weights) + offset
    return 1.0 / (1.0 + exp(-max(-30.0, min(30.0, total))))


def aligned(image: "NDArray[np.uint8]", places: tuple[Point, ...]) -> "NDArray[np.uint8]":
    """Cut a face out of an RGB image so that eyes and mouth lie where they lie in every such picture."""
    import cv2
    import numpy as np

    source = np.array(places, np.float32)
    apart = max(dist(places[0], places[1]), dist(places[2], (source[:2].mean(0)).tolist()), 1.0)
    centre = source.mean(axis=0).tolist()
    view = Area.square((centre[0], centre[1]), 2 * _REACH * apart)
    patch, origin, shrink = patch_of(image, view, apart / (_APART * MOUTH_SIDE))
    source = (source - np.array(origin, np.float32)) * np.float32(shrink)
    turn = cv2.getAffineTransform(source, MOUTH_SIDE * np.array(_PLACES, np.float32))
    size = (MOUTH_SIDE, MOUTH_SIDE)
    warped = cv2.warpAffine(patch, turn, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(warped, np.uint8)


def features_of(face: "NDArray[np.uint8]") -> "Features | None":
    """Measure an aligned face; None where it is grey or black."""
    import cv2
    import numpy as np

    lab = cv2.cvtColor(face.astype(np.float32) / 255, cv2.COLOR_RGB2Lab)
    skin = np.median(_part(lab, (0.3, 0.7), (0.34, 0.52)).reshape(-1, 3), axis=0)
    chroma = float(np.hypot(skin[1], skin[2]))
    if chroma < LEAST_CHROMA or skin[0] < DARKEST:
        return None
    colours = _colours(lab, skin, chroma)
    lower = _part(lab, (0.25, 0.75), (0.52, 0.92))
    patterns = [_evened(lower[..., 0], 1.5), _evened(lower[..., 1], 1.0)]
    return np.concatenate([*colours, *patterns, *_edges(lab)]).astype(np.float32)


def _part(picture: "NDArray[np.float32]", across: tuple[float, float], down: tuple[float, float]) -> "Features":
    (left, right), (top, bottom) = across, down
    return picture[int(top * MOUTH_SIDE) : int(bottom * MOUTH_SIDE), int(left * MOUTH_SIDE) : int(right * MOUTH_SIDE)]


def _colours(lab: "Features", skin: "Features", chroma: float) -> "list[Features]":
    """Compare the lower face, in 9 × 7 cells, with the skin under the eyes: signed, and by how much."""
    import cv2
    import numpy as np

    lower = _part(lab, (0.22, 0.78), (0.56, 0.97))
    cells = cv2.resize(lower, (9, 7), interpolation=cv2.INTER_AREA) - skin
    tone = max(chroma / 15, 0.5)
    cells /= np.array([max(float(skin[0]), 12.0) / 50, tone, tone], np.float32)
    return [np.tanh(cells / 12).ravel(), np.tanh(np.abs(cells) / 12).ravel(), np.tanh(np.abs(cells) / 30).ravel()]


def _evened(part: "Features", floor: float) -> "Features":
    """Take the pattern of a part, in 16 × 12 cells, whatever its mean and contrast; `floor` is no contrast."""
    import cv2

    cells = cv2.resize(part, (16, 12), interpolation=cv2.INTER_AREA)
    cells = cells - cells.mean()
    pattern: Features = (cells / (2 * (cells.std() + floor))).ravel()
    return pattern


def _edges(lab: "Features") -> "list[Features]":
    """Measure edges in 8 × 7 cells against the contrast of the upper face: upright, level, and from dark to light."""
    import cv2
    import numpy as np

    light = np.ascontiguousarray(lab[..., 0])
    contrast = max(float(_part(light, (0.25, 0.75), (0.1, 0.52)).std()), 3.0)
    across, down = (cv2.Sobel(light, cv2.CV_32F, *axes) / 8 for axes in ((1, 0), (0, 1)))
    parts = (_part(each, (0.2, 0.8), (0.5, 0.98)) for each in (np.abs(across), np.abs(down), np.maximum(down, 0)))
    return [np.tanh(2 * cv2.resize(p, (8, 7), interpolation=cv2.INTER_AREA) / contrast).ravel() for p in parts]


@cache
def _weights() -> "tuple[Features, float]":
    import numpy as np

    data = json.loads(files("lipready.faces").joinpath("covering.json").read_text(encoding="ascii"))
    return np.array(data["weights"], np.float32), float(data["offset"])


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
    cut = _beyond(area, width, height, -1, -1)
    cut = cut or (mesh is not None and _beyond(mesh, width, height, SLACK * mesh.width, SLACK * mesh.height))
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


def _beyond(area: Area, width: int, height: int, across: float, down: float) -> bool:
    """Return whether an area lies more than some pixels beyond the frame."""
    return area.left < -across or area.top < -down or area.right > width + across or area.bottom > height + down
