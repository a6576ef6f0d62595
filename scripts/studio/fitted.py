"""The face mesh of a portrait, with its depth brought to scale.

What is true about a rendering rests on three things, none of which is lipready.faces or its mean face:

* The shape of the face is the product's own mesh of the photograph. Its depth is in an unknown scale and is stretched
  (by 1.01 and 1.02: seen from the front the mesh is as deep as a face) so that the tip of the nose stands as far before
  the outer corners of the eyes as in MediaPipe's metric face model (canonical_face_model.obj, in centimetres: 4.413 of
  8.892 between the corners, 0.496; a woman measured in Progress in Orthodontics 2013;14:32, table 2: 0.45–0.48).
* Level, straight and upright (yaw, pitch and roll 0) is where eyes and nose lie as in that model. Mouth and jaw do not
  take part: the astronaut smiles.
* The photograph was taken, and the bust is seen, by a pinhole camera from studio.camera.DISTANCE.
"""

from dataclasses import dataclass

import numpy as np

from studio import camera
from studio.camera import Angles, Points
from studio.head import Picture

CHIN, EARS, OUTER_EYES, MOUTH, NOSE = 152, [234, 454], [33, 263], [61, 291], 4
STEADY = [33, 133, 362, 263, 1, 4]
# Those points in canonical_face_model.obj, with y and z in the directions of a picture.
METRIC = np.array(
    [
        [-4.445859, -2.663991, -3.173422],
        [-1.856432, -2.585245, -3.757904],
        [1.856432, -2.585245, -3.757904],
        [4.445859, -2.663991, -3.173422],
        [0.0, 1.126865, -7.475604],
        [0.0, 0.463170, -7.586580],
    ]
)
NOSE_DEPTH = 4.413158 / 8.891718

SETTLED, FITS = 3, 10
"""The mesh is fitted again and again from its own place, which moves it by half a degree each time. What follows the
first fits is averaged, so that the truth hangs neither on how the face was found nor on one fit."""


@dataclass(frozen=True, slots=True, eq=False)
class Fitted:
    """`points` of the mesh (468 × 3) in pixels of the portrait, and how the head is held there (`own`)."""

    points: Points
    own: Angles

    @property
    def unit(self) -> float:
        """Between the outer corners of the eyes, in pixels."""
        return float(np.hypot(*(self.points[OUTER_EYES[1]] - self.points[OUTER_EYES[0]])[:2]))

    @property
    def height(self) -> float:
        """From the highest to the lowest point, in pixels."""
        return float(np.ptp(self.points[:, 1]))

    @property
    def eyes(self) -> Points:
        """The point between the outer corners of the eyes."""
        middle: Points = self.points[OUTER_EYES].mean(axis=0)
        return middle

    @property
    def middle(self) -> Points:
        """The middle of the head: between the points before the ears."""
        middle: Points = self.points[EARS].mean(axis=0)
        return middle


def fitted(photograph: Picture) -> Fitted:
    """Find the face of a portrait, fit the mesh of lipready, and bring its depth to scale.

    Raises ComponentError where the models of lipready can neither be found nor fetched.
    """
    from lipready.faces.detection.detector import Detector
    from lipready.faces.detection.landmarks import Mesher
    from lipready.faces.models.weights import ensure_models

    models = ensure_models()
    rgb = np.ascontiguousarray(photograph[..., ::-1])
    face = Detector(models).candidates(rgb)[0]
    mesher = Mesher(models)
    meshes = [mesher.mesh(rgb, face.area, face.eyes)]
    for _ in range(FITS):
        left, right = meshes[-1].points[OUTER_EYES, :2].tolist()
        meshes.append(mesher.mesh(rgb, meshes[-1].area, ((left[0], left[1]), (right[0], right[1]))))
    return to_scale(np.mean([mesh.points.astype(np.float64) for mesh in meshes[SETTLED:]], axis=0))


def to_scale(mesh: Points) -> Fitted:
    """Stretch the depth of a mesh (468 × 3) until its nose is as long as a nose is, and see how its head is held."""
    stretched = mesh.copy()
    for _ in range(20):
        turn = _rotation(METRIC, stretched[STEADY])
        level = stretched @ turn
        across = level[OUTER_EYES[1], 0] - level[OUTER_EYES[0], 0]
        stretched[:, 2] *= NOSE_DEPTH * across / (level[OUTER_EYES, 2].mean() - level[NOSE, 2])
    return Fitted(stretched, camera.angles_of(turn))


def _rotation(source: Points, target: Points) -> Points:
    """Find the rotation (3 × 3) that turns `source` best onto `target`, wherever they stand (Kabsch 1976)."""
    u, _, vt = np.linalg.svd((target - target.mean(axis=0)).T @ (source - source.mean(axis=0)))
    turned: Points = u @ np.diag([1, 1, np.sign(np.linalg.det(u @ vt))]) @ vt
    return turned
