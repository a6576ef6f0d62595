"""How alike the pictures of a result and of its source are outside of all faces."""

from fractions import Fraction
from statistics import median
from typing import TYPE_CHECKING

from lipready.facts.people import Box
from lipready.facts.result import Surroundings
from lipready.facts.unmeasured import Unmeasured
from lipready.result.passage import Watched

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Picture = NDArray[np.uint8]

APART = Fraction(1, 15)
"""Seconds: a result that is one frame late, or has another frame rate, shows the same."""

NEAR = Fraction(1)
"""Seconds from a frame to the looks that say where faces are in it."""

MARGIN = 0.5
"""Of its width and height: how far around a face a model may draw."""

SHAPE = 0.03
"""By what share the widths over the heights of two pictures differ, at most, of which neither was cut."""

LEAST_SHARE, FEWEST = 0.2, 2
"""How much of a picture must lie outside of the faces, and in how many moments."""

SIGMA, WINDOW = 1.5, 11
"""Pixels: the Gaussian window of the structural similarity."""

STEADY = (0.03 * 255) ** 2
"""Its constant that keeps places without contrast from counting: noise is no structure."""


def surroundings(result: Watched | Unmeasured, source: Watched | Unmeasured) -> Surroundings | Unmeasured:
    """Compare the pictures of a result with those of its source, as they were at the same time, outside of all faces.

    Unmeasured where one of them is, the pictures have other shapes, or next to nothing lies outside of the faces.
    """
    if isinstance(result, Unmeasured):
        return result
    if isinstance(source, Unmeasured):
        return source
    frames = [frame for moment in source.moments for frame in moment]
    found = []
    for time, now in (moment[0] for moment in result.moments):
        those = [picture for other, picture in frames if abs(other - time) <= APART]
        if any(abs(_shape(now) / _shape(each) - 1) > SHAPE for each in those):
            return Unmeasured("the result has another shape than the video")
        if those:
            outside = _outside(result, time, those[0]) & _outside(source, time, those[0])
            if outside.mean() >= LEAST_SHARE:
                found.append(max(_compared(now, before, outside) for before in those))
    if len(found) < FEWEST:
        return Unmeasured("too little lies outside of the faces")
    return Surroundings(*(median(values) for values in zip(*found, strict=True)))


def _shape(picture: "Picture") -> float:
    height, width = picture.shape[:2]
    return float(width / height)


def _outside(video: Watched, time: Fraction, picture: "Picture") -> "NDArray[np.bool_]":
    """Return what of a picture lies outside of all faces that a video shows at about a time."""
    import numpy as np

    scale = picture.shape[1] / video.width
    outside = np.ones(picture.shape[:2], bool)
    for box in (look.box for each in video.people.people for look in each.looks if abs(look.time - time) <= NEAR):
        left, top, right, bottom = (max(0, round(edge * scale)) for edge in _around(box))
        outside[top:bottom, left:right] = False
    return outside


def _around(box: Box) -> tuple[float, float, float, float]:
    across, down = MARGIN * box.width, MARGIN * box.height
    return box.left - across, box.top - down, box.left + box.width + across, box.top + box.height + down


def _compared(now: "Picture", before: "Picture", outside: "NDArray[np.bool_]") -> tuple[float, float]:
    """Return how alike two pictures are in structure, and how far apart their mean colours are (see Surroundings)."""
    import cv2
    import numpy as np

    if now.shape != before.shape:
        now = np.asarray(cv2.resize(now, before.shape[1::-1], interpolation=cv2.INTER_AREA), np.uint8)
    colour = np.abs(now[outside].mean(axis=0) - before[outside].mean(axis=0)).max() / 255
    return structure(now, before, outside), float(colour)


def structure(now: "Picture", before: "Picture", where: "NDArray[np.bool_]") -> float:
    """Return how alike two pictures in RGB are in contrast and structure (-1..1), whatever their brightness.

    It is that part of the structural similarity (Z. Wang et al., Image quality assessment, IEEE TIP 13, 2004), each
    place weighing as much as there is to see: flat walls would be alike in all pictures.
    """
    import cv2
    import numpy as np

    def mean(picture: "NDArray[np.float32]") -> "NDArray[np.float32]":
        return np.asarray(cv2.GaussianBlur(picture, (WINDOW, WINDOW), SIGMA), np.float32)

    one, two = (cv2.cvtColor(each, cv2.COLOR_RGB2GRAY).astype(np.float32) for each in (now, before))
    shared = mean(one * two) - mean(one) * mean(two)
    spread = mean(one**2) - mean(one) ** 2 + mean(two**2) - mean(two) ** 2
    return float((2 * shared + STEADY)[where].sum() / (spread + STEADY)[where].sum())
