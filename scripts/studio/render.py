"""Draw a bust into a picture."""

import cv2
import numpy as np
from numpy.typing import NDArray

from studio.bust import FACE_POINTS, Bust
from studio.camera import Angles, Points
from studio.head import Picture
from studio.raster import OUTSIDE, inverse_map

SOFT = 0.7
"""Of the edge of a person, in pixels (standard deviation)."""

Rectangle = tuple[float, float, float, float]


def draw(person: Bust, angles: Angles, at: tuple[float, float], height: float, picture: Picture) -> Picture:
    """Draw a person over a copy of a picture: the middle of the head `at` x, y, the level face `height` pixels high."""
    scale = height / person.height
    seen = _placed(person, angles, at, scale)
    small, shrink = _texture(person.texture, scale)
    (left, top), (right, bottom) = _reach(seen, picture.shape[1], picture.shape[0])
    result = picture.copy()
    if left >= right or top >= bottom:
        return result
    places = inverse_map(
        seen - [left, top, 0.0], (person.places + 0.5) * shrink - 0.5, person.triangles, (right - left, bottom - top)
    )
    colours = cv2.remap(small, places[..., 0], places[..., 1], cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    under = result[top:bottom, left:right]
    under[:] = _over(np.asarray(colours, np.uint8), places[..., 0] != OUTSIDE, under)
    return result


def _reach(seen: Points, width: int, height: int) -> tuple[tuple[int, int], tuple[int, int]]:
    """Give the corners of the part of the picture that can change, with room for soft edges."""
    low = np.clip(np.floor(seen[:, :2].min(axis=0)) - 4, 0, [width, height]).astype(int).tolist()
    high = np.clip(np.ceil(seen[:, :2].max(axis=0)) + 5, 0, [width, height]).astype(int).tolist()
    return (low[0], low[1]), (high[0], high[1])


def face_rectangle(person: Bust, angles: Angles, at: tuple[float, float], height: float) -> Rectangle:
    """Say where the face is: left, top, width, height in pixels around the points of its mesh."""
    points = _placed(person, angles, at, height / person.height)[:FACE_POINTS, :2]
    (left, top), (right, bottom) = points.min(axis=0).tolist(), points.max(axis=0).tolist()
    return left, top, right - left, bottom - top


def _placed(person: Bust, angles: Angles, at: tuple[float, float], scale: float) -> Points:
    return person.seen(angles) * scale + [*at, 0.0]


def _texture(texture: Picture, scale: float) -> tuple[Picture, Points]:
    """Average the texture down first where drawing it plainly would alias; also by how much, across and down."""
    if scale >= 0.75:
        return texture, np.ones(2)
    size = (max(1, round(texture.shape[1] * scale)), max(1, round(texture.shape[0] * scale)))
    small = cv2.resize(texture, size, interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.uint8), np.array([size[0] / texture.shape[1], size[1] / texture.shape[0]])


def _over(colours: Picture, covered: NDArray[np.bool_], picture: Picture) -> Picture:
    """Lay the person over the picture, with an edge that is as soft as a camera's."""
    solid = covered.astype(np.float32)
    cover = cv2.GaussianBlur(solid, (0, 0), SOFT)
    # Beside the person, the colour of the person's nearest pixels.
    spread = cv2.GaussianBlur(colours * solid[..., None], (0, 0), SOFT) / np.maximum(cover, 1e-3)[..., None]
    spread[covered] = colours[covered]
    blended = picture + (spread - picture) * cover[..., None]
    whole: Picture = np.clip(np.rint(blended), 0, 255).astype(np.uint8)
    return whole
