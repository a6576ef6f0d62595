"""Who is seen, and who would be picked."""

from dataclasses import replace
from fractions import Fraction

import pytest

from lipready.facts.people import Alike, Front, Match, PeopleFacts, background, headcount
from lipready.profiles.loader import load_profile
from lipready.rules.examples import file, job, people, person, seconds, video_facts
from lipready.rules.judge import judge


def test_several_people_are_named_with_time_and_place() -> None:
    seen = replace(people(30, 600), people=(person(1, 30), person(2, 600, 269)))
    facts = job(video=file("video", people=seen), reference=None)
    (finding,) = judge(facts, load_profile("dashscope"), only=("P302",))[0]
    assert finding.severity == "warning"
    assert "person 1: 0:00–0:10, left" in finding.message
    assert "person 2: 0:00–0:10, right" in finding.message
    assert "would pick person 1, the largest face (300 px high) in the first frame" in finding.message
    assert finding.where is not None
    assert finding.where.start == 0
    assert finding.fix is not None
    assert finding.fix.level == "editorial"


@pytest.mark.parametrize(
    ("sizes", "said"),
    [
        ((300, 270), "person 1 or person 2, whose faces are nearly equally large in the first frame that has one"),
        ((300, 269), "person 1, the largest face (300 px high)"),
        ((300, 290, 280), "person 1, person 2 or person 3, whose faces are nearly equally large"),
        ((300, 290, 200), "person 1 or person 2, whose faces are nearly equally large"),
    ],
)
def test_of_faces_that_are_nearly_equally_large_any_may_be_picked(sizes: tuple[int, ...], said: str) -> None:
    crowd = tuple(person(number, 100 * number, size) for number, size in enumerate(sizes, 1))
    seen = replace(people(30, 600), people=crowd)
    (finding,) = judge(
        job(video=file("video", people=seen), reference=None), load_profile("dashscope"), only=("P302",)
    )[0]
    assert f"The provider would pick {said}" in finding.message
    assert "at 0:00." in finding.message


@pytest.mark.parametrize(
    ("default", "said"),
    [(None, "pick the largest face in the first frame that has one."), (2, "pick person 2, the largest face in the")],
)
def test_how_the_provider_picks_is_said_whoever_it_is(default: int | None, said: str) -> None:
    crowd = tuple(replace(person(number, 100 * number), looks=()) for number in (1, 2))
    seen = replace(people(30, 600), people=crowd, default_person=default)
    facts = job(video=file("video", people=seen), reference=None)
    (finding,) = judge(facts, load_profile("dashscope"), only=("P302",))[0]
    assert f"The provider would {said}" in finding.message
    assert finding.remote is None


def test_only_faces_of_the_same_frame_compete() -> None:
    later = person(2, 600)
    seen = replace(people(30, 600), people=(person(1, 30), replace(later, looks=later.looks[1:])))
    (finding,) = judge(
        job(video=file("video", people=seen), reference=None), load_profile("dashscope"), only=("P302",)
    )[0]
    assert "would pick person 1, the largest face" in finding.message


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


@pytest.mark.parametrize(
    ("low", "high", "at_least", "measured", "dashscope", "evolink"),
    [
        (2, 2, False, "2 people", "warning", "error"),
        (2, 3, False, "2 or 3 people", "warning", "error"),
        (2, 5, False, "2 to 5 people", "warning", "error"),
        (6, 9, True, "at least 6 people", "warning", "error"),
        (1, 2, False, "1 or 2 people", "warning", "warning"),
        (1, 3, False, "1 to 3 people", "warning", "warning"),
    ],
)
def test_how_many_people_and_how_sure(
    *, low: int, high: int, at_least: bool, measured: str, dashscope: str, evolink: str
) -> None:
    seen = replace(people(30, 600), most_in_one_frame=1, count_low=low, count_high=high, at_least=at_least)
    facts = job(video=file("video", people=seen), reference=None)
    for provider, severity in (("dashscope", dashscope), ("evolink", evolink)):
        (finding,) = judge(facts, load_profile(provider), only=("P302",))[0]
        assert finding.severity == severity
        assert finding.measured == f"{measured}, no reference image"
        assert ("uncertain" in finding.message) is (low == 1)
        assert "by number" in finding.message


def test_faces_in_one_frame_are_certainly_several_people() -> None:
    seen = replace(people(30, 600), count_low=1, count_high=2)
    facts = job(video=file("video", people=seen), reference=None)
    (finding,) = judge(facts, load_profile("evolink"), only=("P302",))[0]
    assert (finding.severity, finding.measured) == ("error", "2 people, no reference image")


def test_surely_one_person_is_fine() -> None:
    seen = replace(people(30), count_low=1, count_high=1)
    facts = job(video=file("video", people=seen), reference=None)
    assert judge(facts, load_profile("evolink"), only=("P302",))[0] == ()


def test_the_stretches_of_each_person_are_listed() -> None:
    times = tuple((Fraction(start), Fraction(start + 5)) for start in (0, 10, 61, 80, 100))
    seen = replace(people(30, 600), people=(replace(person(1, 30), spans=times), person(2, 600)))
    (finding,) = judge(
        job(video=file("video", people=seen, media=video_facts(duration=seconds("104.96"))), reference=None),
        load_profile("dashscope"),
        only=("P302",),
    )[0]
    assert "person 1: 0:00–0:05, 0:10–0:15, 1:01–1:06 and 2 times more, left; person 2" in finding.message


@pytest.mark.parametrize(("length", "end"), [("14", "0:14"), ("13.99", "0:13.9"), ("13.5", "0:13.5")])
def test_nobody_is_said_to_be_seen_after_the_clip_has_ended(length: str, end: str) -> None:
    spans = ((Fraction(0), Fraction(5)), (Fraction(10), Fraction("13.5")))
    one_time_more = (*((Fraction(n), Fraction(n) + Fraction(1, 10)) for n in (0, 2, 4)), (Fraction(10), Fraction(11)))
    seen = replace(
        people(30, 600), people=(replace(person(1, 30), spans=spans), replace(person(2, 600), spans=one_time_more))
    )
    (finding,) = judge(
        job(video=file("video", people=seen, media=video_facts(duration=seconds(length))), reference=None),
        load_profile("dashscope"),
        only=("P302",),
    )[0]
    assert f"person 1: 0:00–0:05 and 0:10–{end}, left" in finding.message
    assert "0:04–0:05 and 1 time more" in finding.message


def test_one_frame_is_one_frame() -> None:
    seen = replace(people(), samples=(Fraction(0),))
    (finding,) = judge(job(video=file("video", people=seen)), load_profile("dashscope"), only=("P301",))[0]
    assert "(1 frame looked at)" in finding.message


@pytest.mark.parametrize(("provider", "severity"), [("dashscope", "error"), ("evolink", "error")])
def test_no_face_is_an_error_everywhere(provider: str, severity: str) -> None:
    (finding,) = judge(job(video=file("video", people=people())), load_profile(provider), only=("P301",))[0]
    assert finding.severity == severity


def test_several_faces_in_the_reference_are_disputed_at_evolink() -> None:
    for faces, dashscope, evolink in (((), "error", "error"), ((50, 400), "error", "warning")):
        facts = job(reference=file("reference", people=people(*faces)))
        assert [f.severity for f in judge(facts, load_profile("dashscope"), only=("I605",))[0]] == [dashscope]
        assert [f.severity for f in judge(facts, load_profile("evolink"), only=("I605",))[0]] == [evolink]


@pytest.mark.parametrize(
    ("alike", "distance", "said"),
    [
        ("different", 0.6, "0.6"),
        ("uncertain", 0.5996, "0.5996"),
        ("uncertain", 0.5004, "0.5004"),
        ("uncertain", 0.5512, "0.55"),
        ("different", 0.6871, "0.69"),
    ],
)
def test_a_distance_is_written_on_its_side_of_the_bounds(alike: Alike, distance: float, said: str) -> None:
    facts = job(match=Match(alike, 1, distance))
    (finding,) = judge(facts, load_profile("dashscope"), only=("P307",))[0]
    assert f"at a distance of {said} (" in finding.message


def in_the_background(*, height: int = 300, yaw: float = 0.0) -> PeopleFacts:
    """Make two people, of whom the second is so high and so turned in every look; the picture is 854 px high."""
    behind = person(2, 600)
    looks = tuple(replace(look, box=replace(look.box, height=height), yaw=yaw) for look in behind.looks)
    return replace(people(30, 600), people=(person(1, 30), replace(behind, looks=looks)))


HEIGHT = video_facts().height
FRONT = Front(share=Fraction(1, 20), yaw=Fraction(30))


@pytest.mark.parametrize("provider", ["dashscope", "evolink"])
@pytest.mark.parametrize("seen", [in_the_background(height=HEIGHT // 20 - 1), in_the_background(height=200, yaw=-31)])
def test_a_face_in_the_background_is_told_of_and_is_no_second_person(provider: str, seen: PeopleFacts) -> None:
    facts = job(video=file("video", people=seen), reference=None)
    (finding,) = judge(facts, load_profile(provider), only=("P302",))[0]
    assert finding.severity == "info"
    assert "1 person is seen in clip.mp4; 1 more face in the background, too small or turned" in finding.message
    assert [each.id for each in background(seen, HEIGHT, FRONT)] == [2]
    assert headcount(seen, 1) == "1 person; 1 more face in the background, too small or turned to be driven"


@pytest.mark.parametrize("seen", [in_the_background(height=HEIGHT // 20 + 1), in_the_background(height=200, yaw=30)])
def test_who_could_be_driven_is_a_second_person(seen: PeopleFacts) -> None:
    facts = job(video=file("video", people=seen), reference=None)
    (finding,) = judge(facts, load_profile("evolink"), only=("P302",))[0]
    assert finding.severity == "error"
    assert background(seen, HEIGHT, FRONT) == ()
    assert headcount(seen, 0) == "2 people"


def test_nobody_is_in_the_background_where_no_profile_says_who_is_in_front() -> None:
    assert background(in_the_background(height=10), HEIGHT, None) == ()


@pytest.mark.parametrize("provider", ["dashscope", "evolink"])
def test_both_profiles_say_who_is_in_front(provider: str) -> None:
    profile = load_profile(provider)
    assert profile.front == FRONT
    assert replace(profile, limits={}).front is None


def test_whom_the_provider_would_pick_is_never_in_the_background() -> None:
    seen = replace(in_the_background(height=10), default_person=2)
    assert background(seen, HEIGHT, FRONT) == ()


def test_who_is_in_front_once_is_in_front() -> None:
    seen = in_the_background(height=200, yaw=50)
    second = seen.people[1]
    looks = (second.looks[0], replace(second.looks[1], yaw=0.0))
    assert background(replace(seen, people=(seen.people[0], replace(second, looks=looks))), HEIGHT, FRONT) == ()
