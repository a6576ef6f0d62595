"""When a picture is looked at turned, and what is believed."""

from typing import Any

import numpy as np
import pytest

from lipready.faces.detection import picture
from lipready.faces.detection.geometry import Area
from lipready.faces.detection.landmarks import Pose
from lipready.faces.detection.picture import LOOKS, MOST_LOOKS, Face, SidewaysWatch, turn_of, upright

Picture = np.ndarray[Any, np.dtype[np.uint8]]
BLANK = np.zeros((90, 160, 3), np.uint8)


def face(roll: float, score: float = 0.9) -> Face:
    return Face(Area(10, 10, 50, 50), score, 20, Pose(0, 0, roll))


class Turner:
    """Stands in for `turn_of`, counts how often it is asked, and gives the same answer each time."""

    def __init__(self, answer: int | None) -> None:
        self.answer, self.asked = answer, 0

    def __call__(self, _: Picture) -> int | None:
        self.asked += 1
        return self.answer


def test_a_shot_with_upright_faces_is_never_turned(monkeypatch: pytest.MonkeyPatch) -> None:
    turner, watch = Turner(90), SidewaysWatch()
    monkeypatch.setattr(picture, "turn_of", turner)
    for _ in range(5):
        watch.see(1, BLANK, [face(0), face(10), face(100)])
    assert turner.asked == 0
    assert watch.turned([face(0)]) is None


def test_the_looks_are_few(monkeypatch: pytest.MonkeyPatch) -> None:
    turner, watch = Turner(None), SidewaysWatch()
    monkeypatch.setattr(picture, "turn_of", turner)
    for _ in range(9):
        watch.see(1, BLANK, [])
    assert turner.asked == LOOKS
    for shot in range(2, 40):
        watch.see(shot, BLANK, [])
    assert turner.asked == MOST_LOOKS
    assert watch.turned([]) is None


@pytest.mark.parametrize("seen", [[], [face(80)], [face(0, score=0.56)]])
def test_lying_unsure_and_missing_faces_are_looked_at_turned(monkeypatch: pytest.MonkeyPatch, seen: list[Face]) -> None:
    watch = SidewaysWatch()
    monkeypatch.setattr(picture, "turn_of", Turner(270))
    watch.see(1, BLANK, seen)
    assert watch.turned([]) == watch.turned([face(80)]) == 270
    assert watch.turned([face(10)]) is None


def test_upright() -> None:
    assert upright([face(0), face(20), face(100)])
    assert not upright([face(-90)])
    assert not upright([])


@pytest.mark.usefixtures("weights")
def test_a_picture_is_turned_the_right_way(astronaut: Picture, nobody: Picture) -> None:
    assert turn_of(np.rot90(astronaut)) == 90
    assert turn_of(np.rot90(astronaut, -1)) == 270
    assert turn_of(astronaut) is None
    assert turn_of(nobody) is None
