"""Whose face it is: which looks are worth a description, and what the distance of two descriptions says."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from lipready.faces.detection.picture import Face
from lipready.faces.detection.quality import eye_distance, sharpness_of
from lipready.facts.people import Alike

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SAME, DIFFERENT = 0.50, 0.60
"""Euclidean distance of two descriptors: at most, and at least (section 6 of the design: Identity)."""

LEAST_EYES, GOOD_EYES = 16.0, 25.0
"""Pixels of the picture between the eyes: smaller faces drift to "different"; from 25 on nothing is lost."""

LEAST_SHARPNESS, GOOD_SHARPNESS = 15.0, 100.0
"""Variance of the Laplacian of a chip: what is more blurred drifts to "different" too."""

LARGEST_YAW = 30.0
"""Degrees: a face that is turned further is a profile, which looks like nobody's frontal face."""

BEST = 5
"""The mean of the five best looks is as good as the mean of thirty."""

APART = Fraction(1)
"""Seconds of which only the best look is kept: neighbours show the same."""


@dataclass(frozen=True, slots=True, eq=False)
class Chip:
    """A look that can be described: its time, how good it is (0..1), and its pixels (150 × 150 × 3, RGB, uint8)."""

    time: Fraction
    merit: float
    pixels: "NDArray[np.uint8]"


def usable_chip(time: Fraction, face: Face, pixels: "NDArray[np.uint8]") -> Chip | None:
    """Keep an aligned face if it is large, frontal, certain and sharp enough to be told from others; else None."""
    import cv2

    if not (face.points and face.fits and abs(face.pose.yaw) <= LARGEST_YAW):
        return None
    apart, sharpness = eye_distance(face.points), sharpness_of(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY))
    if apart < LEAST_EYES or sharpness < LEAST_SHARPNESS:
        return None
    turned = max(abs(face.pose.yaw), abs(face.pose.pitch))
    large, sharp = min(1.0, apart / GOOD_EYES), min(1.0, sharpness / GOOD_SHARPNESS)
    return Chip(time, large * sharp * max(0.1, 1 - turned / 60), pixels)


def best_of(kept: Sequence[Chip], new: Chip, most: int = BEST) -> list[Chip]:
    """Add a chip to the ones that are kept, so that the best ones stay and they are spread over time."""
    rival = next((chip for chip in kept if chip.time // APART == new.time // APART), None)
    if rival is not None and rival.merit >= new.merit:
        return list(kept)
    others = [chip for chip in kept if chip is not rival]
    return sorted([*others, new], key=lambda chip: (-chip.merit, chip.time))[:most]


def mean_of(descriptors: Sequence[tuple[float, ...]]) -> tuple[float, ...]:
    """Average descriptors number by number; at least one must be given."""
    return tuple(sum(column) / len(descriptors) for column in zip(*descriptors, strict=True))


def alike(apart: float) -> Alike:
    """Return what a distance means, where both descriptors come from usable looks."""
    return "same" if apart <= SAME else "different" if apart >= DIFFERENT else "uncertain"
