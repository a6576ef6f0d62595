"""A portrait as a bust in three dimensions: the photograph laid over its own face mesh, with hair, neck and shoulders.

studio.fitted says what its angles and its shape rest on.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from studio import camera
from studio.camera import Angles, Points
from studio.fitted import fitted
from studio.head import Picture, load
from studio.recipe import portrait
from studio.skin import back_of_head, follows, skin

FACE_POINTS = 468


@dataclass(frozen=True, slots=True, eq=False)
class Bust:
    """Vertices around the middle of the head in pixels of the portrait (n × 3), the first 468 those of the face mesh.

    `places` are their places in `texture` (n × 2), `share` (n) says how far each follows the head (0..1), `middle` is
    the middle of the head in the portrait, `own` how the head is held there, `unit` the distance of the outer corners
    of the eyes and `height` that of the face, in pixels of the portrait.
    """

    texture: Picture
    vertices: Points
    places: Points
    triangles: NDArray[np.intp]
    share: Points
    middle: tuple[float, float]
    own: Angles
    unit: float
    height: float

    def posed(self, angles: Angles) -> Points:
        """Turn the head: the vertices (n × 3), the shoulders where they were."""
        undone = camera.turns(self.own, self.share).transpose(0, 2, 1)
        done = camera.turns(angles, self.share)
        moved: Points = (done @ (undone @ self.vertices[..., None]))[..., 0]
        return moved

    def seen(self, angles: Angles) -> Points:
        """See the turned bust: x and y around the middle of the head in pixels of the portrait, and depth (n × 3)."""
        posed = self.posed(angles)
        return np.column_stack([camera.project(posed, camera.DISTANCE * self.unit), posed[:, 2]])


@cache
def bust(name: str) -> Bust:
    """Build the bust of a portrait of fixtures/recipes.toml.

    Raises FixtureError where the portrait is not there, and ComponentError where the models of lipready are not.
    """
    described = portrait(name)
    photograph = load(described)
    height, width = photograph.shape[:2]
    face = fitted(photograph)
    surface = skin(face, described.outline, (height, width))
    flat = np.concatenate([surface.front, surface.behind])
    share = follows(surface.front[:, 1], face)
    return Bust(
        texture=np.hstack([photograph, back_of_head(photograph, described.outline, float(face.eyes[1]))]),
        vertices=camera.unproject(flat - face.middle, camera.DISTANCE * face.unit),
        places=np.concatenate([surface.front[:, :2], surface.front[:, :2] + [width, 0]]),
        triangles=np.concatenate([surface.triangles, surface.triangles[surface.of_head] + len(surface.front)]),
        share=np.concatenate([share, share]),
        middle=(float(face.middle[0]), float(face.middle[1])),
        own=face.own,
        unit=face.unit,
        height=face.height,
    )
