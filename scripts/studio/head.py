"""A portrait that moves its head and its mouth.

Pictures are arrays of height × width × 3 bytes in the order blue, green, red, as OpenCV has it.
"""

from dataclasses import dataclass
from math import pi, sin

import cv2
import numpy as np
from numpy.typing import NDArray

from studio.recipe import FixtureError, Portrait

Picture = NDArray[np.uint8]

# Room around the stage, so that a moving head seldom shows where the photograph ends.
MARGIN = 48
LIPS_DARK = (38, 30, 58)


@dataclass(frozen=True, slots=True)
class Stage:
    """An enlarged portrait with a margin around the frame, and where its mouth is, in pixels of `picture`."""

    picture: Picture
    mouth: tuple[float, float]
    mouth_width: float
    chin: float
    size: tuple[int, int]


def set_stage(portrait: Portrait, scale: float, size: tuple[int, int]) -> Stage:
    """Enlarge a portrait so that its face stands in the upper middle of a frame of `size` (width, height)."""
    width, height = size
    left = width / 2 + MARGIN - scale * portrait.face[0]
    # No further down than where the photograph begins.
    top = min(0.44 * height + MARGIN - scale * portrait.face[1], MARGIN)
    picture = cv2.warpAffine(
        load(portrait),
        np.array([[scale, 0, left], [0, scale, top]]),
        (width + 2 * MARGIN, height + 2 * MARGIN),
        flags=cv2.INTER_CUBIC,
        borderMode=cv2.BORDER_REFLECT_101,
    )
    mouth = (scale * portrait.mouth[0] + left, scale * portrait.mouth[1] + top)
    return Stage(picture, mouth, scale * portrait.mouth_width, scale * portrait.chin + top, size)


def load(portrait: Portrait) -> Picture:
    """Read the photograph.

    Raises FixtureError where OpenCV cannot.
    """
    picture: Picture | None = cv2.imread(str(portrait.path), cv2.IMREAD_COLOR)
    if picture is None:
        raise FixtureError(f"{portrait.path} cannot be read as a picture.")
    return picture


def render(stage: Stage, seconds: float, opening: float) -> Picture:
    """Draw one frame: the head where it is at that time, the mouth open by `opening` (0..1)."""
    spoken = _open_mouth(stage, opening)
    width, height = stage.size
    frame: Picture = cv2.warpAffine(
        spoken, _motion(stage, seconds), (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101
    )
    return frame


def still(stage: Stage) -> Picture:
    """Draw the portrait at rest."""
    return np.ascontiguousarray(stage.picture[MARGIN:-MARGIN, MARGIN:-MARGIN])


def _motion(stage: Stage, seconds: float) -> NDArray[np.float64]:
    """Nod, sway and lean by a few degrees and pixels, with periods that do not fall into step."""
    width, height = stage.size
    centre = (width / 2 + MARGIN, height / 2 + MARGIN)
    turn: NDArray[np.float64] = cv2.getRotationMatrix2D(
        centre, 1.8 * sin(2 * pi * seconds / 3.1), 1.02 + 0.015 * sin(2 * pi * seconds / 4.3)
    )
    turn[0, 2] += width * 0.009 * sin(2 * pi * seconds / 2.3) - MARGIN
    turn[1, 2] += height * 0.011 * sin(2 * pi * seconds / 1.7) - MARGIN
    return turn


def _open_mouth(stage: Stage, opening: float) -> Picture:
    """Pull everything under the lip line down, less and less towards the chin, and darken what opens between."""
    picture = stage.picture.copy()
    if opening < 0.02:
        return picture
    x, y = stage.mouth
    half = stage.mouth_width / 2
    left, right, top, bottom = int(x - half), int(x + half) + 1, int(y), int(stage.chin)
    rows, columns = np.mgrid[top:bottom, left:right].astype(np.float32)
    across = np.maximum(np.cos(np.clip((columns - x) / half, -1, 1) * pi / 2), 0) ** 0.7
    depth = np.clip((rows - y) / (stage.chin - y), 0, 1)
    drop = 0.34 * (stage.chin - y) * opening * across
    moved = rows - drop * np.maximum(np.cos(depth * pi / 2), 0) ** 1.5
    # OpenCV 5 does not refuse maps of doubles, it misreads them.
    jaw = cv2.remap(picture, columns, moved.astype(np.float32), cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)
    inside = np.clip((y - moved) / 2.0, 0, 1)[..., None]
    picture[top:bottom, left:right] = (jaw * (1 - inside) + np.array(LIPS_DARK) * inside).astype(np.uint8)
    return picture
