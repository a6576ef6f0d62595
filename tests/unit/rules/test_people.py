"""Who is seen, and who would be picked."""

from dataclasses import replace

import pytest

from lipready.profiles.loader import load_profile
from lipready.rules.judge import judge
from lipready.rules.samples import file, job, people, person


def test_several_people_are_named_with_time_and_place() -> None:
    facts = job(video=file("video", people=people(30, 600)), reference=None)
    (finding,) = judge(facts, load_profile("dashscope"), only=("P302",))[0]
    assert finding.severity == "warning"
    assert "person 1: 0:00–0:09, left" in finding.message
    assert "person 2: 0:00–0:09, right" in finding.message
    assert "would pick person 1" in finding.message
    assert finding.where is not None
    assert finding.where.start == 0
    assert finding.fix is not None
    assert finding.fix.level == "editorial"


def test_several_people_are_an_error_at_evolink() -> None:
    facts = job(video=file("video", people=people(30, 600)), reference=None)
    (finding,) = judge(facts, load_profile("evolink"), only=("P302",))[0]
    assert finding.severity == "error"


def test_a_crowd_is_counted_but_not_named_one_by_one() -> None:
    crowd = replace(people(), count=20, most_in_one_frame=20, people=tuple(person(n, 10 * n) for n in range(1, 21)))
    (finding,) = judge(
        job(video=file("video", people=crowd), reference=None), load_profile("dashscope"), only=("P302",)
    )[0]
    assert finding.message.count("; person ") == 5
    assert "and others" in finding.message
    assert finding.measured.startswith("20 people")


def test_more_faces_in_one_frame_than_people_are_counted() -> None:
    seen = replace(people(200), most_in_one_frame=3)
    (finding,) = judge(
        job(video=file("video", people=seen), reference=None), load_profile("dashscope"), only=("P302",)
    )[0]
    assert finding.measured.startswith("3 people")


@pytest.mark.parametrize(("provider", "severity"), [("dashscope", "error"), ("evolink", "error")])
def test_no_face_is_an_error_everywhere(provider: str, severity: str) -> None:
    (finding,) = judge(job(video=file("video", people=people())), load_profile(provider), only=("P301",))[0]
    assert finding.severity == severity


def test_several_faces_in_the_reference_are_disputed_at_evolink() -> None:
    for faces, dashscope, evolink in (((), "error", "error"), ((50, 400), "error", "warning")):
        facts = job(reference=file("reference", people=people(*faces)))
        assert [f.severity for f in judge(facts, load_profile("dashscope"), only=("I605",))[0]] == [dashscope]
        assert [f.severity for f in judge(facts, load_profile("evolink"), only=("I605",))[0]] == [evolink]
