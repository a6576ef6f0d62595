"""Open eyes and closed mouths, on real portraits and on meshes that were bent."""

from dataclasses import replace

import numpy as np
import pytest

from lipready.faces.detection.landmarks import Mesh
from lipready.faces.models.engine import engine
from lipready.faces.reference.gates import LEAST_EYES, WIDEST_MOUTH
from lipready.faces.reference.headshot import expression_of

Picture = np.ndarray[tuple[int, ...], np.dtype[np.uint8]]

UPPER, LOWER = (160, 159, 158, 387, 386, 385), (144, 145, 153, 373, 374, 380)
pytestmark = pytest.mark.usefixtures("weights")
LIPS = ((82, 87), (13, 14), (312, 317))


def mesh_of(picture: Picture) -> Mesh:
    found = engine().detector.candidates(picture)[0]
    return engine().mesher.mesh(picture, found.area, found.eyes)


@pytest.fixture
def mesh(astronaut: Picture) -> Mesh:
    return mesh_of(astronaut)


@pytest.mark.parametrize("name", ["astronaut", "hopper"])
def test_portraits_look_into_the_camera_and_do_not_speak(request: pytest.FixtureRequest, name: str) -> None:
    expression = expression_of(mesh_of(request.getfixturevalue(name)))
    assert expression.eyes > LEAST_EYES * 1.2
    assert expression.mouth < WIDEST_MOUTH * 0.6


def test_one_closed_eye_is_enough(mesh: Mesh) -> None:
    points = mesh.points.copy()
    for upper, lower in zip(UPPER[:3], LOWER[:3], strict=True):
        points[upper] = points[lower] * 0.85 + points[upper] * 0.15
    assert expression_of(replace(mesh, points=points)).eyes < LEAST_EYES


def test_a_mouth_that_opens_reads_wider(mesh: Mesh) -> None:
    points = mesh.points.copy()
    width = float(np.linalg.norm(points[78] - points[308]))
    for upper, lower in LIPS:
        points[lower, 1] = points[upper, 1] + 0.6 * width
    assert expression_of(mesh).mouth < WIDEST_MOUTH < expression_of(replace(mesh, points=points)).mouth


def test_neither_size_nor_place_matters(mesh: Mesh) -> None:
    moved = expression_of(replace(mesh, points=mesh.points * 3 + 100))
    assert moved.eyes == pytest.approx(expression_of(mesh).eyes, rel=1e-3)
    assert moved.mouth == pytest.approx(expression_of(mesh).mouth, rel=1e-3)
