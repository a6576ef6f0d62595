"""What the models see in single pictures."""

from typing import Any

import cv2
import numpy as np
import pytest

from lipready.faces.detection.geometry import Area
from lipready.faces.detection.landmarks import Pose, angles_of, mean_face, pose_of, rotation
from lipready.faces.detection.picture import Face, faces_in_picture, faces_of, without_parts
from lipready.faces.models.engine import engine

Picture = np.ndarray[Any, np.dtype[np.uint8]]
pytestmark = pytest.mark.usefixtures("weights")


def turned(picture: Picture, degrees: float) -> Picture:
    """Turn a picture clockwise around its middle."""
    height, width = picture.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), -degrees, 1.0)
    return cv2.warpAffine(picture, matrix, (width, height), borderMode=cv2.BORDER_REPLICATE)


def only_face(picture: Picture) -> Face:
    (face,) = faces_in_picture(picture)
    return face


def test_one_two_and_no_faces(astronaut: Picture, hopper: Picture, both: Picture, nobody: Picture) -> None:
    assert len(faces_in_picture(astronaut)) == 1
    assert len(faces_in_picture(hopper)) == 1
    assert len(faces_in_picture(both)) == 2
    assert faces_in_picture(nobody) == ()


def test_a_face_is_where_it_is(astronaut: Picture) -> None:
    face = only_face(astronaut)
    assert face.sure
    assert face.area.overlap(Area(170, 62, 105, 105)) > 0.6


def test_a_small_face_is_found(astronaut: Picture, nobody: Picture) -> None:
    large = cv2.resize(nobody, (1920, 1080))
    large[700:920, 1500:1720] = cv2.resize(astronaut, (220, 220), interpolation=cv2.INTER_AREA)
    face = only_face(large)
    assert face.area.inside(Area(1500, 700, 220, 220)) > 0.9


def test_a_face_that_fills_the_picture_is_found(astronaut: Picture) -> None:
    assert len(faces_in_picture(np.ascontiguousarray(astronaut[55:190, 150:290]))) == 1


def test_what_is_found_twice_is_one_face(astronaut: Picture) -> None:
    found = [*engine().detector.candidates(astronaut), *engine().detector.candidates(astronaut, 384)]
    assert len(found) == 2
    assert len(faces_of(astronaut, found)) == 1


def test_roll_is_read_in_degrees(astronaut: Picture) -> None:
    level = only_face(astronaut).pose.roll
    for degrees in (-30, -15, 20, 30):
        assert only_face(turned(astronaut, degrees)).pose.roll - level == pytest.approx(degrees, abs=3)


def test_a_mirrored_face_looks_the_other_way(astronaut: Picture, hopper: Picture) -> None:
    for portrait in (astronaut, hopper):
        pose, mirrored = only_face(portrait).pose, only_face(np.ascontiguousarray(portrait[:, ::-1])).pose
        assert mirrored.yaw == pytest.approx(-pose.yaw, abs=4)
        assert mirrored.roll == pytest.approx(-pose.roll, abs=4)
        assert mirrored.pitch == pytest.approx(pose.pitch, abs=4)
        assert pose.frontal


def test_mesh_points_follow_the_picture(astronaut: Picture) -> None:
    face = only_face(astronaut)
    models = engine()
    candidate = models.detector.candidates(astronaut)[0]
    small = models.mesher.mesh(astronaut, candidate.area, candidate.eyes).points
    large = models.mesher.mesh(
        cv2.resize(astronaut, (2048, 2048)),
        Area(*(4 * v for v in (face.area.left, face.area.top, face.area.width, face.area.height))),
        tuple((4 * x, 4 * y) for x, y in candidate.eyes),
    ).points
    assert np.abs(large[:, :2] / 4 - small[:, :2]).mean() < 1.0


@pytest.mark.parametrize(("yaw", "pitch", "roll"), [(0, 0, 0), (25, 0, 0), (0, -20, 0), (0, 0, 40), (-15, 10, -25)])
def test_angles_are_read_off_a_turned_mean_face(yaw: float, pitch: float, roll: float) -> None:
    _, mean = mean_face()
    a, b, c = np.radians([-yaw, -pitch, roll])
    around_y = np.array([[np.cos(a), 0, np.sin(a)], [0, 1, 0], [-np.sin(a), 0, np.cos(a)]])
    around_x = np.array([[1, 0, 0], [0, np.cos(b), -np.sin(b)], [0, np.sin(b), np.cos(b)]])
    around_z = np.array([[np.cos(c), -np.sin(c), 0], [np.sin(c), np.cos(c), 0], [0, 0, 1]])
    seen = 37 * mean @ (around_z @ around_y @ around_x).T
    pose = angles_of(rotation(mean, seen))
    assert (pose.yaw, pose.pitch, pose.roll) == pytest.approx((yaw, pitch, roll), abs=1e-6)


def test_signs_are_those_of_the_picture() -> None:
    """The mean face's nose points at the camera; turned to the right its tip moves right, looking up it moves up."""
    indices, mean = mean_face()
    nose = mean[list(indices).index(4)]
    assert nose[2] == mean[:, 2].min()
    turn = np.radians(-20.0)
    around_y = np.array([[np.cos(turn), 0, np.sin(turn)], [0, 1, 0], [-np.sin(turn), 0, np.cos(turn)]])
    assert (around_y @ nose)[0] > 0
    assert angles_of(around_y).yaw == pytest.approx(20)


def test_a_mean_face_is_symmetric_and_centred() -> None:
    _, mean = mean_face()
    assert np.abs(mean.mean(axis=0)).max() < 1e-3
    mirrored = mean * [-1, 1, 1]
    nearest = np.abs(mirrored[:, None] - mean[None]).sum(axis=2).min(axis=1)
    assert nearest.max() < 1e-3


def test_one_place_is_one_face() -> None:
    pose = Pose(0, 0, 0)
    face, chin = Face(Area(0, 0, 100, 100), 0.9, 20, pose), Face(Area(20, 60, 50, 50), 0.7, 2, pose)
    poster = Face(Area(-100, -100, 400, 400), 0.6, 2, pose)
    apart = Face(Area(90, 90, 50, 50), 0.7, 2, pose)
    assert without_parts([chin, poster, face, apart]) == (face, apart)


def test_a_box_whose_mesh_slides_onto_a_face_is_that_face() -> None:
    pose, mesh = Pose(0, 0, 0), Area(5, 5, 90, 90)
    face = Face(Area(0, 0, 100, 100), 0.9, 20, pose, mesh)
    beside = Face(Area(70, 70, 100, 100), 0.7, 5.4, pose, Area(10, 8, 88, 90))
    own = Face(Area(70, 70, 100, 100), 0.7, 5.4, pose, Area(80, 80, 80, 80))
    assert without_parts([face, beside]) == (face,)
    assert without_parts([face, own]) == (face, own)


def test_pose_of_a_mesh_ignores_the_mouth(astronaut: Picture) -> None:
    models = engine()
    candidate = models.detector.candidates(astronaut)[0]
    mesh = models.mesher.mesh(astronaut, candidate.area, candidate.eyes)
    before = pose_of(mesh)
    mesh.points[[13, 14, 17, 61, 291, 152, 199]] += (0, 30, 0)
    assert pose_of(mesh) == before
