"""The hard gates: each lets the good through, stops the bad, and says by how much."""

from dataclasses import replace
from fractions import Fraction

import pytest

from lipready.faces.expression import Expression
from lipready.faces.gates import Reading, Refusal, failed, headshot_readings, look_readings
from lipready.faces.headshot import Headshot
from lipready.faces.pose import Pose
from lipready.faces.quality import Quality
from lipready.faces.ranking import frontality, merit, promise
from lipready.facts.people import Box, Look

GOOD = Headshot(
    time=Fraction(2),
    box=Box(100, 100, 180, 200),
    pose=Pose(3, 4, -2),
    expression=Expression(eyes=0.30, mouth=0.04),
    quality=Quality(sharpness=400, light=0.5, cut=False, eye_distance=80),
    points=(),
)
BAD = {
    "size": replace(GOOD, box=Box(0, 0, 60, 63)),
    "edge": replace(GOOD, quality=replace(GOOD.quality, cut=True)),
    "pose": replace(GOOD, pose=Pose(-33, 0, 0)),
    "eyes": replace(GOOD, expression=Expression(0.14, 0.04)),
    "mouth": replace(GOOD, expression=Expression(0.3, 0.42)),
    "sharpness": replace(GOOD, quality=replace(GOOD.quality, sharpness=29)),
    "light": replace(GOOD, quality=replace(GOOD.quality, light=0.05)),
}


def test_a_good_face_passes_every_gate() -> None:
    assert failed(headshot_readings(GOOD)) == ()
    assert {reading.gate for reading in headshot_readings(GOOD)} == set(BAD)


@pytest.mark.parametrize("gate", BAD)
def test_each_gate_stops_its_own(gate: str) -> None:
    (reading,) = failed(headshot_readings(BAD[gate]))
    assert reading.gate == gate
    assert reading.miss > 0


def test_glare_is_stopped_as_darkness_is() -> None:
    glaring = replace(GOOD, quality=replace(GOOD.quality, light=0.95))
    assert [r.gate for r in failed(headshot_readings(glaring))] == ["light"]


def test_a_bound_itself_passes() -> None:
    edge = replace(GOOD, box=Box(0, 0, 64, 64), pose=Pose(30, -30, 30), expression=Expression(0.18, 0.40))
    assert failed(headshot_readings(edge)) == ()


def test_a_refusal_names_gate_value_and_bound() -> None:
    refusal = Refusal(12.3, failed(headshot_readings(BAD["pose"])))
    assert str(refusal) == "at 12.30 s, fails on pose (the head is turned to the side by 33°; at most 30°)"


def test_fewer_failed_gates_are_closer_than_a_smaller_miss() -> None:
    one = Refusal(0, (Reading("pose", "", "", 5.0),))
    two = Refusal(0, (Reading("pose", "", "", 0.1), Reading("eyes", "", "", 0.1)))
    assert one.distance < two.distance


def test_looks_are_judged_by_what_was_measured_of_them() -> None:
    plain = Look(Fraction(0), Box(0, 0, 90, 90), 0.9)
    assert failed(look_readings(plain)) == ()
    turned = replace(plain, yaw=40.0, pitch=0.0, roll=0.0, cut=True)
    assert [r.gate for r in failed(look_readings(turned))] == ["edge", "pose"]


@pytest.mark.parametrize(
    "worse",
    [
        replace(GOOD, pose=Pose(15, 4, -2)),
        replace(GOOD, pose=Pose(3, 19, -2)),
        replace(GOOD, box=Box(100, 100, 80, 90)),
        replace(GOOD, quality=replace(GOOD.quality, sharpness=150)),
        replace(GOOD, quality=replace(GOOD.quality, light=0.15)),
        replace(GOOD, expression=Expression(0.2, 0.04)),
        replace(GOOD, expression=Expression(0.3, 0.3)),
    ],
)
def test_whatever_is_worse_has_less_merit(worse: Headshot) -> None:
    assert 0 < merit(worse) < merit(GOOD) <= 1


def test_a_blink_is_judged_by_the_persons_own_eyes() -> None:
    narrow = replace(GOOD, expression=Expression(0.21, 0.04))
    assert merit(narrow, open_eyes=0.21) == merit(replace(GOOD, expression=Expression(0.40, 0.04)), open_eyes=0.40)


def test_angles_count_in_steps_of_the_design() -> None:
    values = [frontality(Pose(yaw, 0, 0)) for yaw in (0, 10, 20, 30)]
    assert values == pytest.approx([1.0, 0.9, 0.5, 0.1])
    assert frontality(Pose(0, 15, 0)) == pytest.approx(0.9)


def test_promise_counts_what_is_known() -> None:
    plain = Look(Fraction(0), Box(0, 0, 90, 90), 0.9)
    sharp, soft = replace(plain, sharpness=800.0), replace(plain, sharpness=40.0)
    assert promise(soft) < promise(sharp) < promise(replace(sharp, score=1.0))
    assert promise(replace(sharp, light=0.05)) < promise(replace(sharp, light=0.5))
