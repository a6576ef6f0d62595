"""The face mesh: 468 points in three dimensions, and a flag that says how much the crop looks like a face."""

import json
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from math import asin, atan2, cos, degrees, dist, pi, radians, remainder, sin
from threading import Lock
from typing import TYPE_CHECKING

from lipready.faces.detection.geometry import Area, Point, patch_of
from lipready.faces.models.weights import Models

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SIDE = 192
POINTS, FLAG = "conv2d_21", "conv2d_31"
MARGIN, FIRST_MARGIN = 1.5, 1.66
"""The crop is this many times what the mesh spans, and at first the face's box, of which 1.5 left out too much."""

SHIFT, RESIZED, TURNED = 0.07, 0.08, radians(4)
"""How far the crop may be off (shares of its side, and an angle). On 107 faces of real pictures half are nearer; their
yaw then differs by 0.6° (median) and 3.6° (most) from the second pass, which differs as much from a third."""

WELL = 12.0
"""The flag of a mesh that fits well; behind a mask or a hand it reads less."""

OUTER_EYES = (33, 263)
"""Mesh points: the outer corners of the eye on the left and on the right of a frontal face's picture."""

FIVE = (263, 362, 33, 133, 2)
"""Mesh points in the order of dlib's five: outer and inner corner of the eye on the right of a frontal face's picture,
the same of the eye on the left, and the base of the nose."""


INNER_LIPS = (13, 14)
"""Mesh points: the middle of the upper and of the lower lip, inside."""


@dataclass(frozen=True, slots=True, eq=False)
class Mesh:
    """`points`: 468 × 3 (float32) in picture pixels, x right, y down, z away from the camera, in the same unit.

    `flag` is a raw logit: faces read 8 and more, other things 6 and less (section 6 of the design).
    """

    points: "NDArray[np.float32]"
    flag: float

    @property
    def area(self) -> Area:
        """The rectangle around the points."""
        low, high = self.points[:, :2].min(axis=0).tolist(), self.points[:, :2].max(axis=0).tolist()
        return Area(low[0], low[1], high[0] - low[0], high[1] - low[1])

    @property
    def five(self) -> tuple[Point, ...]:
        """The points of `FIVE`, in the picture."""
        return tuple((float(x), float(y)) for x, y in self.points[list(FIVE), :2])

    @property
    def mouth(self) -> Point:
        """Where the middle of the mouth is, or would be if nothing were before it."""
        x, y = self.points[list(INNER_LIPS), :2].mean(axis=0).tolist()
        return x, y


@dataclass(frozen=True, slots=True)
class _Crop:
    """A square of the picture, turned by `angle` (radians) around its centre."""

    centre: Point
    side: float
    angle: float

    def near(self, other: "_Crop") -> bool:
        """Return whether both show the face alike."""
        return (
            dist(self.centre, other.centre) <= SHIFT * other.side
            and abs(self.side / other.side - 1) <= RESIZED
            and abs(remainder(self.angle - other.angle, 2 * pi)) <= TURNED
        )


class Mesher:
    """The landmark network; may be shared by threads, which take turns."""

    def __init__(self, models: Models) -> None:
        """Load the network."""
        import cv2

        # OpenCV 5's new engine reads this network wrongly; OpenCV 4 has only the classic one.
        engine = {"engine": cv2.dnn.ENGINE_CLASSIC} if hasattr(cv2.dnn, "ENGINE_CLASSIC") else {}
        self._net = cv2.dnn.readNetFromTFLite(str(models.landmarks), **engine)
        self.lock = Lock()

    def mesh(self, image: "NDArray[np.uint8]", area: Area, eyes: tuple[Point, Point]) -> Mesh:
        """Fit the mesh to a face in an RGB image, given its box and eyes.

        Runs a second time where the crop turns out to have been the wrong one, such as for a rolled head; and where the
        mesh fits badly, such as over a mask: then the flag stays that of the first, by which its bounds were found.
        """
        (left, upper), (right, lower) = eyes
        crop = _Crop(area.centre, FIRST_MARGIN * area.size, atan2(lower - upper, right - left))
        mesh = self._run(image, crop)
        better = _crop_around(mesh)
        if not crop.near(better):
            return self._run(image, better)
        return mesh if mesh.flag >= WELL else replace(self._run(image, better), flag=mesh.flag)

    def _run(self, image: "NDArray[np.uint8]", crop: _Crop) -> Mesh:
        import numpy as np

        patch, to_picture = _straighten(image, crop)
        blob = np.ascontiguousarray(patch.transpose(2, 0, 1)[None], np.float32) / 255
        with self.lock:
            self._net.setInput(blob)
            points, flag = self._net.forward([POINTS, FLAG])
            raw, logit = points.reshape(-1, 3).copy(), float(flag.ravel()[0])
        flat = raw[:, :2] @ to_picture[:, :2].T + to_picture[:, 2]
        depth = raw[:, 2:] * (crop.side / SIDE)
        return Mesh(np.concatenate([flat, depth], axis=1).astype(np.float32), logit)


def _crop_around(mesh: Mesh) -> _Crop:
    """Put an upright square around a mesh, for the second pass."""
    import numpy as np

    flat = mesh.points[:, :2].astype(float)
    across, down = flat[OUTER_EYES[1]] - flat[OUTER_EYES[0]]
    angle = atan2(down, across)
    turn = np.array([[cos(angle), sin(angle)], [-sin(angle), cos(angle)]])
    level = flat @ turn.T
    low, high = level.min(axis=0), level.max(axis=0)
    centre = ((low + high) / 2) @ turn
    return _Crop((float(centre[0]), float(centre[1])), max(MARGIN * float((high - low).max()), 1.0), angle)


def _straighten(image: "NDArray[np.uint8]", crop: _Crop) -> "tuple[NDArray[np.uint8], NDArray[np.float64]]":
    """Cut a turned square out of the picture; also the 2 × 3 matrix from its pixels to picture pixels."""
    import cv2
    import numpy as np

    scale = crop.side / SIDE
    c, s = cos(crop.angle) * scale, sin(crop.angle) * scale
    half = SIDE / 2
    to_picture = np.array(
        [[c, -s, crop.centre[0] - half * (c - s)], [s, c, crop.centre[1] - half * (s + c)]], np.float64
    )
    patch, origin, shrink = patch_of(image, Area.square(crop.centre, 1.4144 * crop.side), scale)
    to_patch = to_picture.copy()
    to_patch[:, 2] -= origin
    to_patch *= shrink
    size = (SIDE, SIDE)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return cv2.warpAffine(patch, to_patch, size, flags=flags, borderMode=cv2.BORDER_CONSTANT), to_picture


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
