"""Looks → runs → people, on looks made by hand."""

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lipready.faces.geometry import Area
from lipready.faces.persons import Screen, people_of
from lipready.faces.pose import Pose
from lipready.faces.runs import Linker, Run, Sighting, believable
from lipready.faces.sight import Face

HALF = Fraction(1, 2)
SCREEN = Screen(1000, 500, 2.0)
CROP = np.zeros((2, 2, 3), np.uint8)


def face(left: float, *, size: float = 100, score: float = 0.9, flag: float = 20, yaw: float = 0) -> Face:
    return Face(Area(left, 100, size, size), score, flag, Pose(yaw, 0, 0))


GRAY = {"score": 0.6, "flag": -5.0}


def linked(*samples: list[Face], shots: list[int] | None = None) -> list[Run]:
    linker = Linker()
    for i, faces in enumerate(samples):
        linker.add(shots[i] if shots else 0, [Sighting(i, i * HALF, f) for f in faces], lambda _: CROP)
    return linker.runs


def times(count: int, spacing: Fraction = HALF) -> list[Fraction]:
    return [i * spacing for i in range(count)]


def yes(_: Any) -> float:
    return 1.0


def no(_: Any) -> float:
    return 0.0


def never(_: Any) -> float:
    raise AssertionError("nobody should be asked for a second opinion")


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


def test_a_sure_run_needs_no_second_opinion() -> None:
    runs = linked([face(100)], [face(100, **GRAY)])
    assert believable(runs, times(2), never) == runs


def test_a_gray_run_needs_one() -> None:
    runs = linked([face(100, **GRAY)], [face(100, **GRAY)])
    assert believable(runs, times(2), no) == []
    assert believable(runs, times(2), yes) == runs


def test_one_look_is_not_enough() -> None:
    assert believable(linked([face(100)], []), times(8), yes) == []


def test_one_look_is_enough_for_all_tests_where_samples_are_sparse() -> None:
    run = Run(0, [Sighting(1, Fraction(1), face(100))], [(1.0, CROP)])
    gray = Run(0, [Sighting(1, Fraction(1), face(100, **GRAY))], [(1.0, CROP)])
    assert believable([run, gray], times(4, Fraction(1)), yes) == [run]
    assert believable([run], times(4, Fraction(1)), no) == []


def test_a_clip_of_one_sample_is_judged_like_a_picture() -> None:
    runs = linked([face(100, **GRAY)])
    assert believable(runs, times(1), yes) == runs
    assert believable(runs, times(1), no) == []


def test_two_looks_at_neighbouring_frames_are_one_look() -> None:
    close = [Fraction(i, 30) for i in range(60)]
    linker = Linker()
    for i in (0, 1):
        linker.add(0, [Sighting(i, close[i], face(100))], lambda _: CROP)
    assert believable(linker.runs, close, yes) == []


def test_the_three_best_looks_are_kept() -> None:
    linker = Linker()
    for i, score in enumerate((0.6, 0.9, 0.7, 0.95, 0.56)):
        linker.add(0, [Sighting(i, i * HALF, face(100, score=score))], lambda f: np.full((1, 1, 3), int(f.score * 100)))
    assert [int(crop[0, 0, 0]) for _, crop in linker.runs[0].crops] == [95, 90, 70]


def test_facts_are_in_displayed_pixels() -> None:
    facts = people_of(linked([face(100, yaw=30)], [face(110, size=120)]), times(4), SCREEN)
    (person,) = facts.people
    assert (facts.count, facts.most_in_one_frame, facts.face_share, facts.default_person) == (1, 1, 0.5, 1)
    assert (person.first, person.last, person.share, person.frontal_share) == (0, HALF, 0.5, 0.5)
    assert person.largest_face == 240
    assert (person.looks[0].box.left, person.looks[0].box.width, person.looks[0].yaw) == (200, 200, 30)


def test_two_at_once_are_two_and_one_after_the_other_are_one_place() -> None:
    both = people_of(linked([face(100), face(600)], [face(100), face(600)]), times(2), SCREEN)
    assert (both.count, both.most_in_one_frame, len(both.people)) == (2, 2, 2)
    apart = people_of(linked([face(100)], [face(100)], [face(600)], [face(600)]), times(4), SCREEN)
    assert (apart.count, apart.people[0].share) == (1, 1.0)


def test_the_provider_picks_the_largest_face_of_the_first_frame_with_one() -> None:
    samples = [], [face(100, size=90), face(600, size=110)], [face(100, size=300), face(600, size=110)]
    facts = people_of(linked(*samples), times(3), SCREEN)
    chosen = next(p for p in facts.people if p.id == facts.default_person)
    assert chosen.looks[0].box.left == 1200


def test_nobody() -> None:
    facts = people_of([], times(3), SCREEN)
    assert (facts.count, facts.most_in_one_frame, facts.face_share, facts.people) == (0, 0, 0.0, ())
    assert facts.default_person is None
    assert facts.samples == tuple(times(3))


@given(st.lists(st.sets(st.integers(0, 3), max_size=4), min_size=1, max_size=12))
def test_as_many_people_as_faces_are_seen_at_once(samples: list[set[int]]) -> None:
    facts = people_of(linked(*([face(240 * place) for place in places] for places in samples)), times(12), SCREEN)
    assert facts.count == facts.most_in_one_frame == max(len(places) for places in samples)
    assert sum(len(p.looks) for p in facts.people) == sum(len(places) for places in samples)
    for person in facts.people:
        seen = [look.time for look in person.looks]
        assert seen == sorted(set(seen))
        assert person.share == pytest.approx(len(seen) / 12)
