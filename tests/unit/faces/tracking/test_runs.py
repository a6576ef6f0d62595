"""Looks → runs, on looks made by hand."""

from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from lipready.faces.detection.geometry import Area
from lipready.faces.detection.landmarks import Pose
from lipready.faces.detection.picture import Face
from lipready.faces.detection.quality import Quality
from lipready.faces.tracking.runs import Linker, Run, Sighting, believable

HALF = Fraction(1, 2)
SEEN = Quality(sharpness=200.0, light=0.5, cut=False, eye_distance=40.0)


def face(left: float, *, size: float = 100, score: float = 0.9, flag: float = 20, yaw: float = 0) -> Face:
    return Face(Area(left, 100, size, size), score, flag, Pose(yaw, 0, 0))


WEAK = {"score": 0.6, "flag": -5.0}


def linked(*samples: list[Face], shots: list[int] | None = None) -> list[Run]:
    linker = Linker()
    for i, faces in enumerate(samples):
        linker.add(shots[i] if shots else 0, [Sighting(i, i * HALF, f, SEEN) for f in faces])
    return linker.runs


def times(count: int, spacing: Fraction = HALF) -> list[Fraction]:
    return [i * spacing for i in range(count)]


def test_looks_at_one_place_are_one_run_through_a_short_break() -> None:
    (run,) = linked([face(100)], [face(110)], [], [], [face(120)])
    assert [s.sample for s in run.sightings] == [0, 1, 4]


def test_a_long_break_a_cut_and_a_jump_end_a_run() -> None:
    assert len(linked([face(100)], [], [], [], [face(100)])) == 2
    assert len(linked([face(100)], [face(100)], shots=[0, 1])) == 2
    assert len(linked([face(100)], [face(600)])) == 2
    assert len(linked([face(100)], [face(100, size=300)])) == 2


def test_neighbours_are_not_mixed_up() -> None:
    runs = linked([face(100), face(220)], [face(140), face(260)], [face(180), face(300)])
    assert [[s.face.area.left for s in run.sightings] for run in runs] == [[100, 140, 180], [220, 260, 300]]


def test_a_run_is_believed_where_it_is_strong_once_or_its_mesh_fits() -> None:
    strong, fitting = {"score": 0.65, "flag": -5.0}, {"score": 0.5, "flag": 7.0}
    for once in (strong, fitting):
        runs = linked([face(100, **WEAK)], [face(100, **once)])
        assert believable(runs, times(2)) == runs
    assert believable(linked([face(100, **WEAK)], [face(100, **WEAK)]), times(2)) == []


def test_one_look_must_be_strong_and_its_mesh_fit() -> None:
    for look, kept in (({}, True), ({"flag": 6.0}, False), ({"score": 0.6}, False), (WEAK, False)):
        run = Run(0, [Sighting(1, HALF, face(100, **look), SEEN)])
        assert believable([run], times(8)) == ([run] if kept else [])


@pytest.mark.parametrize(("spacing", "kept"), [(Fraction(3, 10), True), (Fraction(29, 100), False)])
def test_one_look_counts_only_where_no_other_could_have_seen_the_face(spacing: Fraction, *, kept: bool) -> None:
    for sample in (0, 3, 7):
        run = Run(0, [Sighting(sample, sample * spacing, face(100), SEEN)])
        assert believable([run], times(8, spacing)) == ([run] if kept else [])


def test_a_clip_of_one_sample_is_judged_like_a_picture() -> None:
    for look, kept in (({"flag": 0.0}, True), ({"score": 0.5}, True), (WEAK, False)):
        runs = linked([face(100, **look)])
        assert believable(runs, times(1)) == (runs if kept else [])


def test_two_looks_at_neighbouring_frames_are_one_look() -> None:
    close = [Fraction(i, 30) for i in range(60)]
    linker = Linker()
    for i in (0, 1):
        linker.add(0, [Sighting(i, close[i], face(100), SEEN)])
    assert believable(linker.runs, close) == []


def pattern(seed: int) -> Any:
    """Make a coarse pattern of 150 × 150 pixels; two of them correlate by chance only."""
    coarse = np.random.default_rng(seed).integers(0, 256, (10, 10, 3)).astype(np.uint8)
    return np.kron(coarse, np.ones((15, 15, 1), np.uint8))


def test_a_run_notes_where_the_face_jumps() -> None:
    one, other = pattern(1), pattern(2)
    linker = Linker()
    for i, chip in enumerate([one, one // 2, other, other, one]):
        linker.add(0, [Sighting(i, i * HALF, face(100), SEEN)], lambda _, chip=chip: chip)
    (run,) = linker.runs
    assert [stretch.begin for stretch in run.stretches] == [0, 2, 4]


def test_only_usable_looks_are_kept_for_a_description_spread_over_time_and_the_best() -> None:
    points = ((130.0, 30.0), (110.0, 30.0), (50.0, 30.0), (70.0, 30.0), (90.0, 80.0))
    linker = Linker()
    for i in range(40):
        yaw = 40.0 if i < 4 else float(abs(i - 30))
        look = Face(Area(100, 100, 100, 100), 0.9, 20, Pose(yaw, 0, 0), None, points)
        linker.add(0, [Sighting(i, i * HALF, look, SEEN)], lambda _: pattern(1))
    (run,) = linker.runs
    (stretch,) = run.stretches
    assert [float(chip.time) for chip in stretch.chips] == [15.0, 14.5, 16.0, 13.5, 17.0]


def test_memory_for_chips_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lipready.faces.tracking.runs.MOST_CHIPS", 10)
    points = ((130.0, 30.0), (110.0, 30.0), (50.0, 30.0), (70.0, 30.0), (90.0, 80.0))
    linker, chip = Linker(), pattern(1)
    for shot in range(40):
        for i in (5 * shot, 5 * shot + 2, 5 * shot + 4):
            look = Face(Area(100, 100, 100, 100), 0.9, 20, Pose(0, 0, 0), None, points)
            linker.add(shot, [Sighting(i, i * HALF, look, SEEN)], lambda _: chip)
    assert len(linker.runs) == 40
    kept = sum(len(stretch.chips) for run in linker.runs for stretch in run.stretches)
    assert 0 < kept <= 10
