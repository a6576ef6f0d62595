"""A hand, a mask or a thing before the mouth; the readings come from a network's points, so bounds leave room."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from lipready.check import Settings, check_job
from lipready.faces.detection.landmarks import Pose
from lipready.faces.detection.quality import cover_of
from lipready.faces.people import people_in_pixels
from lipready.faces.reference.gates import failed, look_readings
from lipready.faces.tracking.persons import Screen
from lipready.facts.file import FileFacts
from lipready.facts.people import Look, PeopleFacts, Person
from lipready.job import Job
from lipready.profiles.loader import load_profile
from lipready.rules.examples import look

Picture = NDArray[np.uint8]
SECONDS, RATE = 4, 10


@pytest.fixture(scope="module")
def head(made: Callable[[str], Path]) -> Picture:
    with av.open(str(made("anna.mp4"))) as container:
        frame = next(container.decode(container.streams.video[0])).to_ndarray(format="rgb24")
    return np.ascontiguousarray(frame[:, 160:800])


def seen(image: Picture) -> Look:
    facts = people_in_pixels(image, Screen(image.shape[1], image.shape[0], 1.0))
    return facts.people[0].looks[0]


def masked(image: Picture, colour: tuple[int, int, int]) -> Picture:
    """Paint a mask from the tip of the nose down to the chin, which are at 0.43 and 0.66 of the picture."""
    side, covered = image.shape[0], image.copy()
    centre, axes = (round(0.484 * side), round(0.544 * side)), (round(0.184 * side), round(0.118 * side))
    cv2.ellipse(covered, centre, axes, 0, 0, 360, colour, -1, cv2.LINE_AA)
    return covered


@pytest.fixture(scope="module")
def half_masked(head: Picture, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a clip whose second half wears a mask."""
    path = tmp_path_factory.mktemp("masked") / "clip.mp4"
    small = cv2.resize(head, (640, 640), interpolation=cv2.INTER_AREA)
    covered = masked(small, (110, 160, 205))
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=RATE, options={"g": "5", "preset": "veryfast"})
        stream.width, stream.height, stream.pix_fmt = 640, 640, "yuv420p"
        for number in range(SECONDS * RATE):
            picture = small if number < SECONDS * RATE // 2 else covered
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())
    return path


def test_a_mouth_that_is_seen(head: Picture) -> None:
    assert seen(head).covered is False


@pytest.mark.parametrize("colour", [(110, 160, 205), (235, 235, 235), (30, 30, 32)], ids=["blue", "white", "black"])
def test_a_mask(head: Picture, colour: tuple[int, int, int]) -> None:
    assert seen(masked(head, colour)).covered is True


def test_a_grey_picture_says_nothing(head: Picture) -> None:
    grey = cv2.cvtColor(cv2.cvtColor(head, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    assert seen(np.asarray(grey, np.uint8)).covered is None


def test_a_lying_head_says_nothing(head: Picture) -> None:
    side = head.shape[0]
    places = ((0.41 * side, 0.4 * side), (0.56 * side, 0.4 * side), (0.484 * side, 0.56 * side))
    assert cover_of(head, places, Pose(yaw=0, pitch=0, roll=44)) is not None
    assert cover_of(head, places, Pose(yaw=0, pitch=0, roll=46)) is None
    assert cover_of(head, places, Pose(yaw=0, pitch=0, roll=-100)) is None


def test_a_clip_says_when(half_masked: Path) -> None:
    report = check_job(Job(video=str(half_masked)), load_profile("dashscope"), Settings())
    found = [finding for finding in report.findings if finding.rule == "P308"]
    assert len(found) == 1
    assert found[0].severity == "warning"
    assert found[0].where is not None
    assert found[0].where.start is not None
    assert 1 <= found[0].where.start <= 3
    person = _person(report.facts.video)
    assert person.covered_share is not None
    assert 0.2 < person.covered_share < 0.8


def _person(file: FileFacts | None) -> Person:
    assert file is not None
    assert isinstance(file.people, PeopleFacts)
    return file.people.people[0]


def test_a_covered_mouth_is_no_reference() -> None:
    assert [reading.gate for reading in failed(look_readings(look(Fraction(0), mouth_cover=0.9)))] == ["cover"]
    assert failed(look_readings(look(Fraction(0), mouth_cover=0.1))) == ()
    assert failed(look_readings(look(Fraction(0), mouth_cover=None))) == ()
