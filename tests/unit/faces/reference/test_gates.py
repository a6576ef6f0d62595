"""The hard gates: each lets the good through, stops the bad, and says by how much."""

from dataclasses import replace
from fractions import Fraction

import pytest

from lipready.faces.detection.landmarks import Pose
from lipready.faces.detection.quality import Quality
from lipready.faces.reference.choice import frontality, merit, promise
from lipready.faces.reference.gates import (
    OWN,
    GateReading,
    Refusal,
    bounds_of,
    failed,
    headshot_readings,
    look_readings,
    pose_reading,
)
from lipready.faces.reference.headshot import Expression, Headshot
from lipready.facts.people import Box, Look
from lipready.profiles.loader import load_profile
from lipready.rules.examples import portrayed
from lipready.rules.pose import image_face_not_frontal

GOOD = Headshot(
    time=Fraction(2),
    box=Box(100, 100, 180, 200),
    score=0.9,
    flag=20.0,
    pose=Pose(3, 4, -2),
    expression=Expression(eyes=0.30, mouth=0.04),
    quality=Quality(sharpness=400, light=0.5, cut=False, eye_distance=80),
)
BAD = {
    "face": replace(GOOD, score=0.64),
    "fit": replace(GOOD, flag=11.9),
    "size": replace(GOOD, quality=replace(GOOD.quality, eye_distance=24.9)),
    "edge": replace(GOOD, quality=replace(GOOD.quality, cut=True)),
    "pose": replace(GOOD, pose=Pose(-20.3, 0, 0)),
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
    edge = replace(
        GOOD,
        score=0.65,
        flag=12.0,
        pose=Pose(20, -20, 20),
        expression=Expression(0.18, 0.40),
        quality=Quality(sharpness=30, light=0.12, cut=False, eye_distance=25),
    )
    assert failed(headshot_readings(edge)) == ()
    assert failed(headshot_readings(replace(edge, quality=replace(edge.quality, light=0.92)))) == ()


@pytest.mark.parametrize("pose", [Pose(20.01, 0, 0), Pose(0, -20.01, 0), Pose(0, 0, 20.01)])
def test_each_angle_stops_what_is_just_beyond_its_bound(pose: Pose) -> None:
    (reading,) = failed(headshot_readings(replace(GOOD, pose=pose)))
    assert reading.measured.endswith("by 20.01°")


def test_the_bounds_are_those_of_the_profile() -> None:
    profile = load_profile("dashscope")
    limits = {id_: replace(profile.limits[id_]) for id_ in ("I606", "I607")}
    limits["I606"] = replace(limits["I606"], bands={**limits["I606"].bands, "yaw": Fraction(5)})
    limits["I607"] = replace(limits["I607"], bands={**limits["I607"].bands, "sharpness": Fraction(500)})
    strict = bounds_of(replace(profile, limits=limits))
    turned = replace(GOOD, pose=Pose(6, 0, 0))
    assert failed(headshot_readings(turned, bounds_of(profile))) == ()
    assert [r.gate for r in failed(headshot_readings(turned, strict))] == ["pose", "sharpness"]


def test_without_such_a_rule_the_bounds_of_the_design_hold() -> None:
    assert bounds_of(replace(load_profile("dashscope"), limits={})) == OWN


@pytest.mark.parametrize(
    ("value", "rule_is_silent"), [(20.0, True), (-20.0, True), (20.1, False), (-20.1, False), (0.0, True)]
)
def test_gate_and_rule_agree_about_every_angle(value: float, *, rule_is_silent: bool) -> None:
    profile = load_profile("dashscope")
    for name in ("yaw", "pitch", "roll"):
        found = tuple(image_face_not_frontal.judge(portrayed(**{name: value}), profile.limits["I606"]))
        pose = Pose(**{"yaw": 0.0, "pitch": 0.0, "roll": 0.0, name: value})
        assert pose_reading(pose, bounds_of(profile)).passed is rule_is_silent is (not found)


@pytest.mark.parametrize(
    ("gate", "words"),
    [
        ("pose", "the head is turned to the side by 20.3°; at most 20°"),
        ("face", "the detector is sure of it by 0.64; at least 0.65"),
        ("fit", "the face mesh fits by 11.9; at least 12"),
        ("size", "the eyes are 24.9 px apart; at least 25 px"),
        ("eyes", "the eyes are open by 0.14 of their width; at least 0.18"),
        ("mouth", "the lips are apart by 0.42 of the mouth's width; at most 0.4"),
        ("sharpness", "its sharpness is 29; at least 30"),
        ("edge", "the edge of the frame cuts the face; nothing of it cut off"),
        ("light", "its brightness is 5 %; 12 % to 92 %"),
    ],
)
def test_a_refusal_names_gate_value_and_bound(gate: str, words: str) -> None:
    refusal = Refusal(Fraction("12.3"), failed(headshot_readings(BAD[gate])))
    assert str(refusal) == f"at 12.3 s, fails on {gate} ({words})"


def test_beyond_what_the_mesh_can_tell_no_degrees_are_given() -> None:
    assert pose_reading(Pose(43, 0, 0)).measured == "the head is turned to the side by more than 30°"
    assert pose_reading(Pose(1, -23.4, 0)).measured == "the head is down by 23°"


def test_fewer_failed_gates_are_closer_than_a_smaller_miss() -> None:
    one = Refusal(Fraction(0), (GateReading("pose", "", "", 5.0),))
    two = Refusal(Fraction(0), (GateReading("pose", "", "", 0.1), GateReading("eyes", "", "", 0.1)))
    assert one.distance < two.distance


def test_looks_are_judged_by_what_was_measured_of_them() -> None:
    plain = Look(Fraction(0), Box(0, 0, 90, 90), 0.9)
    assert failed(look_readings(plain)) == ()
    turned = replace(plain, yaw=40.0, pitch=0.0, roll=0.0, cut=True, eye_distance=24.9)
    assert [r.gate for r in failed(look_readings(turned))] == ["size", "edge", "pose"]


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
        replace(GOOD, score=0.7),
        replace(GOOD, flag=13.0),
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
