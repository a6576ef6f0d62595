"""Descriptors of real portraits, and the gates before them."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from fractions import Fraction
from functools import cache
from math import dist
from typing import Any

import cv2
import numpy as np
import pytest

from lipready.faces.detection.landmarks import Pose
from lipready.faces.detection.picture import Face, faces_in_picture
from lipready.faces.models.engine import chip_of, engine
from lipready.faces.models.weights import ensure_models
from lipready.faces.people import match_descriptor, match_reference
from lipready.faces.tracking.identity import (
    DIFFERENT,
    SAME,
    Chip,
    alike,
    best_of,
    mean_of,
    usable_chip,
)
from lipready.faces.tracking.persons import UNUSABLE
from lipready.facts.people import Match, PeopleFacts, Person
from lipready.facts.unmeasured import Unmeasured

Picture = np.ndarray[Any, np.dtype[np.uint8]]
pytestmark = pytest.mark.usefixtures("weights")


@cache
def face_of(pixels: bytes, shape: tuple[int, ...]) -> Face:
    """Find the one face of a picture; the portraits are looked at by nearly every test."""
    (face,) = faces_in_picture(np.frombuffer(pixels, np.uint8).reshape(shape))
    return face


def only_face(picture: Picture) -> Face:
    return face_of(picture.tobytes(), picture.shape)


def described(picture: Picture) -> tuple[float, ...]:
    face = only_face(picture)
    chip = usable_chip(Fraction(0), face, chip_of(picture, face.points))
    assert chip is not None
    return engine().describer.describe(chip.pixels)


def test_one_woman_in_other_light_size_and_mirrored_is_the_same(astronaut: Picture, hopper: Picture) -> None:
    for portrait in (astronaut, hopper):
        known = described(portrait)
        assert len(known) == 128
        half = cv2.resize(portrait, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
        matrix = cv2.getRotationMatrix2D((225, 110), 25, 1.0)
        tilted = cv2.warpAffine(portrait, matrix, portrait.shape[1::-1], borderMode=cv2.BORDER_REPLICATE)
        variants = (np.ascontiguousarray(portrait[:, ::-1]), (portrait // 2).astype(np.uint8), half, tilted)
        assert max(dist(known, described(variant)) for variant in variants) < 0.4


def test_two_women_are_different(astronaut: Picture, hopper: Picture) -> None:
    assert dist(described(astronaut), described(hopper)) >= DIFFERENT


def test_points_come_in_the_order_of_dlib(astronaut: Picture, hopper: Picture) -> None:
    """dlib's own five-point predictor finds the same points, one by one, on the two portraits."""
    import dlib

    folder = ensure_models().identity.parent
    predictor = dlib.shape_predictor(str(folder / "shape_predictor_5_face_landmarks.dat"))
    for portrait in (astronaut, hopper):
        face = only_face(portrait)
        box = max(dlib.get_frontal_face_detector()(np.ascontiguousarray(portrait), 1), key=lambda found: found.area())
        shape = predictor(np.ascontiguousarray(portrait), box)
        theirs = np.array([(shape.part(i).x, shape.part(i).y) for i in range(5)])
        apart = np.linalg.norm(np.array(face.points) - theirs, axis=1)
        assert apart.max() < 0.08 * face.area.size


def test_a_chip_is_upright_and_centred(astronaut: Picture) -> None:
    matrix = cv2.getRotationMatrix2D((225, 110), 30, 1.0)
    tilted = cv2.warpAffine(astronaut, matrix, (512, 512), borderMode=cv2.BORDER_REPLICATE)
    straight, turned = (chip_of(p, only_face(p).points).astype(float) for p in (astronaut, tilted))
    assert straight.shape == (150, 150, 3)
    middle = slice(30, 120)
    assert np.abs(straight - turned)[middle, middle].mean() < 15


def test_gates(astronaut: Picture) -> None:
    face = only_face(astronaut)
    chip = chip_of(astronaut, face.points)
    assert usable_chip(Fraction(0), face, chip) is not None
    near = tuple((x * 0.3, y * 0.3) for x, y in face.points)
    refused = (
        replace(face, pose=Pose(31, 0, 0)),
        replace(face, flag=4.9),
        replace(face, points=()),
        replace(face, points=near),
    )
    assert [usable_chip(Fraction(0), each, chip) for each in refused] == [None] * 4
    assert usable_chip(Fraction(0), face, cv2.GaussianBlur(chip, (0, 0), 5)) is None


def test_a_better_look_has_more_merit(astronaut: Picture) -> None:
    face = only_face(astronaut)
    chip = chip_of(astronaut, face.points)
    plain, turned = (usable_chip(Fraction(0), replace(face, pose=Pose(yaw, 0, 0)), chip) for yaw in (0, 25))
    assert plain is not None
    assert turned is not None
    assert 0 < turned.merit < plain.merit <= 1


def test_the_best_chips_are_kept_one_a_second() -> None:
    kept: list[Chip] = []
    pixels = np.zeros((1, 1, 3), np.uint8)
    for i, merit in enumerate((0.1, 0.5, 0.9, 0.8, 0.3, 0.2, 0.7, 0.6)):
        kept = best_of(kept, Chip(Fraction(i, 2), merit, pixels), most=3)
    assert [(float(chip.time), chip.merit) for chip in kept] == [(1.0, 0.9), (3.0, 0.7), (0.5, 0.5)]


def test_threads_share_the_network(astronaut: Picture, hopper: Picture) -> None:
    chips = [chip_of(p, only_face(p).points) for p in (astronaut, hopper)]
    alone = [engine().describer.describe(chip) for chip in chips]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(engine().describer.describe, chips * 3)) == alone * 3


def test_bounds_are_exact() -> None:
    assert (alike(SAME), alike(DIFFERENT)) == ("same", "different")
    assert alike(np.nextafter(SAME, 1)) == alike(np.nextafter(DIFFERENT, 0)) == "uncertain"


def test_mean_of_descriptors() -> None:
    assert mean_of([(0.0, 1.0), (1.0, 2.0)]) == (0.5, 1.5)
    assert mean_of([(0.25, 1.0)]) == (0.25, 1.0)


def people(*places: float | None) -> PeopleFacts:
    """Make one person for each place on a line; None is one who cannot be described."""
    persons = tuple(
        Person(i, Fraction(0), Fraction(0), 1.0, 9, 1.0, (), (), UNUSABLE if place is None else (place,))
        for i, place in enumerate(places, 1)
    )
    return PeopleFacts(len(persons), len(persons), 1.0, persons, 1 if persons else None, (Fraction(0),))


@pytest.mark.parametrize(
    ("video", "match"),
    [
        ((0.2,), Match("same", 1, 0.2)),
        ((0.9, 0.25), Match("same", 2, 0.25)),
        ((0.55, 0.9), Match("uncertain", 1, 0.55)),
        ((0.75, 0.65), Match("different", 2, 0.65)),
        ((0.75, None), Match("uncertain", 1, 0.75)),
        ((None, 0.5), Match("same", 2, 0.5)),
    ],
)
def test_match(video: tuple[float | None, ...], match: Match) -> None:
    assert match_reference(people(0.0), people(*video)) == match
    assert match_descriptor((0.0,), people(*video)) == match


@pytest.mark.parametrize(
    ("reference", "video", "reason"),
    [
        ((), (0.0,), "no face instead of one"),
        ((0.0, 1.0), (0.0,), "2 faces instead of one"),
        ((None,), (0.0,), "in the reference image"),
        ((0.0,), (), "the video shows no face"),
        ((0.0,), (None, None), "in the video"),
    ],
)
def test_no_match_without_a_usable_face_on_both_sides(reference: tuple[Any], video: tuple[Any], reason: str) -> None:
    matched = match_reference(people(*reference), people(*video))
    assert isinstance(matched, Unmeasured)
    assert reason in matched.reason
