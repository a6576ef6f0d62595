"""How a rendered head is turned and seen.

Axes as in `lipready.faces`: x to the right of the picture, y down, z away from the camera. Degrees; yaw > 0: the
face looks to the right of the picture; pitch > 0: it looks up; roll > 0: the head is tilted clockwise in the picture.
A head is rolled last: turn = Rz(roll) · Ry(-yaw) · Rx(-pitch) with the right-handed rotations Rx, Ry, Rz.
"""

from dataclasses import dataclass
from math import radians

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]

DISTANCE = 12.0
"""From the camera to the middle of the head, in outer-eye distances: about 1.05 m, somebody before a laptop."""


@dataclass(frozen=True, slots=True)
class Angles:
    """Yaw, pitch and roll in degrees, as the module says."""

    yaw: float = 0.0
    pitch: float = 0.0
    roll: float = 0.0


def turns(angles: Angles, share: Points) -> Points:
    """Make one rotation (n × 3 × 3) for each of n points, by a `share` (n, 0..1) of the angles.

    Shares between 0 and 1 are for necks: the head turns, the shoulders stay.
    """
    yaw, pitch, roll = (radians(a) * share for a in (-angles.yaw, -angles.pitch, angles.roll))
    return _about(2, roll) @ _about(1, yaw) @ _about(0, pitch)


def turn(angles: Angles) -> Points:
    """Make the one rotation (3 × 3) of a whole head."""
    matrix: Points = turns(angles, np.ones(1))[0]
    return matrix


def angles_of(matrix: Points) -> Angles:
    """Read the angles off a rotation that `turn` could have made, yaw within ±90°."""
    yaw = np.degrees(np.arcsin(np.clip(matrix[2, 0], -1, 1)))
    pitch = np.degrees(np.arctan2(-matrix[2, 1], matrix[2, 2]))
    roll = np.degrees(np.arctan2(matrix[1, 0], matrix[0, 0]))
    return Angles(float(yaw), float(pitch), float(roll))


def project(points: Points, distance: float) -> Points:
    """See points (n × 3, around the middle of the head) through a pinhole at `distance`: x and y (n × 2).

    At the depth of the middle of the head lengths stay what they are.
    """
    seen: Points = points[:, :2] * (distance / (distance + points[:, 2:]))
    return seen


def unproject(points: Points, distance: float) -> Points:
    """Undo `project` for points (n × 3) whose x and y were read off a picture and whose depth is known."""
    return np.concatenate([points[:, :2] * ((distance + points[:, 2:]) / distance), points[:, 2:]], axis=1)


def _about(axis: int, angle: Points) -> Points:
    first, second = (axis + 1) % 3, (axis + 2) % 3
    matrix = np.zeros((len(angle), 3, 3))
    matrix[:, axis, axis] = 1
    matrix[:, first, first] = matrix[:, second, second] = np.cos(angle)
    matrix[:, second, first] = np.sin(angle)
    matrix[:, first, second] = -np.sin(angle)
    return matrix
