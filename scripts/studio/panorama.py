"""A wide landscape in which one person stands."""

from math import pi

import cv2
import numpy as np
from numpy.typing import NDArray

from studio.head import Picture, load
from studio.recipe import Portrait

SKY_HIGH, SKY_LOW = (196, 150, 104), (232, 222, 206)
# Colour, level below the upper edge and the height of its waves and ripples, as shares of the picture's height:
# far hills, near hills, a meadow.
RANGES = (
    ((150, 138, 120), 0.52, 0.06, 0.025),
    ((104, 120, 92), 0.64, 0.045, 0.02),
    ((78, 122, 98), 0.8, 0.01, 0.004),
)


def landscape(size: tuple[int, int]) -> Picture:
    """Paint sky, two chains of hills and a meadow, of `size` (width, height)."""
    width, height = size
    columns = np.arange(width) / width
    rows = np.arange(height)[:, None]
    fade = (rows / height)[..., None]
    picture = np.broadcast_to(np.array(SKY_HIGH) * (1 - fade) + np.array(SKY_LOW) * fade, (height, width, 3)).copy()
    for colour, level, wave, ripple in RANGES:
        waves = wave * np.sin(2 * pi * (1.7 * columns + level)) + ripple * np.sin(11 * pi * columns)
        picture[rows >= height * (level + waves)] = colour
    grain = np.random.default_rng(2).normal(0, 3, (height, width, 1))
    return np.clip(picture + grain, 0, 255).astype(np.uint8)


def place(portrait: Portrait, scale: float, left: int, scene: Picture) -> Picture:
    """Stand an enlarged portrait on the lower edge of a scene, its edges faded into it."""
    photograph = load(portrait)
    size = (round(photograph.shape[1] * scale), round(photograph.shape[0] * scale))
    person = cv2.resize(photograph, size, interpolation=cv2.INTER_CUBIC)[: scene.shape[0]]
    top = scene.shape[0] - person.shape[0]
    mask = _faded_edges(person.shape[0], person.shape[1])
    result = scene.copy()
    under = result[top:, left : left + person.shape[1]]
    under[:] = (person * mask + under * (1 - mask)).astype(np.uint8)
    return result


def _faded_edges(height: int, width: int, fade: int = 160) -> NDArray[np.float64]:
    across = np.clip(np.minimum(np.arange(width), np.arange(width)[::-1]) / fade, 0, 1)
    down = np.clip(np.arange(height) / fade, 0, 1)
    return (down[:, None] * across[None, :])[..., None]
