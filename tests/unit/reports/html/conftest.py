from dataclasses import replace
from fractions import Fraction

import pytest

from lipready.facts.finding import Where
from lipready.facts.people import Box, Look, PeopleFacts, Person
from lipready.facts.pictures import FaceCut, FilePictures, Pictures, Snapshot, Waveform
from lipready.probe.decoding.pictures import jpeg_of

TIMES = tuple(Fraction(number, 2) for number in range(8))
BOX = Box(100, 200, 50, 60)


@pytest.fixture(scope="session")
def jpegs():
    import numpy as np

    return [jpeg_of(np.full((360, 202, 3), 20 * number, np.uint8)) for number in range(len(TIMES))]


@pytest.fixture
def person_file(video_file):
    looks = tuple(Look(time, replace(BOX, left=BOX.left + number), 0.9, yaw=4.0) for number, time in enumerate(TIMES))
    person = Person(1, TIMES[0], TIMES[-1], 1.0, 60, 1.0, looks, ((TIMES[0], TIMES[-1]),))
    return replace(video_file, people=PeopleFacts(1, 1, 1.0, (person,), 1, TIMES))


@pytest.fixture
def pictures(jpegs):
    frames = tuple(Snapshot(time, jpeg, 202, 360) for time, jpeg in zip(TIMES, jpegs, strict=True))
    faces = (FaceCut(TIMES[2], replace(BOX, left=BOX.left + 2), jpegs[2]),)
    still = FilePictures((Snapshot(Fraction(0), jpegs[0], 640, 160),))
    return Pictures(
        files={
            "video": FilePictures(frames, faces),
            "audio": FilePictures(wave=Waveform((0, 10, 255, 3), (2,))),
            "reference": still,
        }
    )


@pytest.fixture
def moment_finding(container_finding):
    where = Where(Fraction(1), Fraction(2), replace(BOX, left=BOX.left + 3))
    return replace(container_finding, rule="P304", name="face-not-frontal", severity="warning", where=where, fix=None)
