"""Which way a head is turned, from the mesh alone."""

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from math import asin, atan2, degrees
from typing import TYPE_CHECKING

from lipready.faces.detection.landmarks import Mesh

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

FRONTAL_YAW = 20.0
"""Degrees: every frontal face of 214 pictures read at most 21, every profile at least 31 (section 6 of the design)."""


@dataclass(frozen=True, slots=True)
class Pose:
    """Degrees. `yaw` > 0: the face looks to the right of the picture; `pitch` > 0: it looks up; `roll` > 0: the head is
    tilted clockwise in the picture. Beyond 30 the mesh compresses the angle: read it as "turned far", not as degrees.
    """  # noqa: D205

    yaw: float
    pitch: float
    roll: float

    @property
    def frontal(self) -> bool:
        """Whether the face looks near enough into the camera to be lip-synced well."""
        return abs(self.yaw) <= FRONTAL_YAW


def pose_of(mesh: Mesh) -> Pose:
    """Fit the mean face rigidly to a mesh (Umeyama 1991, least squares) and read the angles off the rotation.

    Only eyes, bridge, nose, temples and forehead take part: with mouth and jaw a smile reads as pitch.
    """
    import numpy as np

    indices, mean = mean_face()
    seen = mesh.points[indices].astype(np.float64)
    seen -= seen.mean(axis=0)
    return angles_of(rotation(mean, seen))


def rotation(source: "NDArray[np.float64]", target: "NDArray[np.float64]") -> "NDArray[np.float64]":
    """Find the 3 × 3 rotation that turns centred `source` points (n × 3) best onto centred `target` points."""
    import numpy as np

    u, _, vt = np.linalg.svd(target.T @ source)
    handed = np.diag([1.0, 1.0, np.sign(np.linalg.det(u @ vt))])
    turned: NDArray[np.float64] = u @ handed @ vt
    return turned


def angles_of(turn: "NDArray[np.float64]") -> Pose:
    """Yaw, pitch and roll of a rotation R = Rz(roll) · Ry · Rx, axes x right, y down, z away from the camera."""
    roll = degrees(atan2(turn[1, 0], turn[0, 0]))
    yaw = degrees(asin(max(-1.0, min(1.0, turn[2, 0]))))
    pitch = degrees(atan2(-turn[2, 1], turn[2, 2]))
    return Pose(yaw=yaw, pitch=pitch, roll=roll)


@cache
def mean_face() -> "tuple[NDArray[np.intp], NDArray[np.float64]]":
    """Read the mesh indices that the fit uses and the symmetric mean face's centred points there (n × 3)."""
    import numpy as np

    data = json.loads(files("lipready.faces").joinpath("mean_face.json").read_text(encoding="ascii"))
    return np.array(data["indices"], np.intp), np.array(data["points"], np.float64)
