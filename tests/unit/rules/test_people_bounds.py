"""Each band of the rules about faces: at it, just inside and just outside; and what is said of it."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from fractions import Fraction
from math import inf, nan, nextafter
from typing import Any

import pytest

from lipready.facts.finding import Finding
from lipready.facts.job import JobFacts
from lipready.facts.people import Match
from lipready.facts.unmeasured import Unmeasured
from lipready.profiles.loader import load_profile
from lipready.rules.examples import file, job, look, people, person, portrayed, seconds, video_facts, watched
from lipready.rules.judge import judge

ABOVE_20, BELOW_20 = nextafter(20.0, inf), nextafter(20.0, 0.0)


def findings(facts: JobFacts, rule: str, provider: str = "dashscope") -> tuple[Finding, ...]:
    return judge(facts, load_profile(provider), only=(rule,))[0]


def only(facts: JobFacts, rule: str) -> Finding:
    (found,) = findings(facts, rule)
    return found


def unmeasured(facts: JobFacts, rule: str) -> list[str]:
    unchecked = judge(facts, load_profile("dashscope"), only=(rule,))[1]
    return [entry.reason for entry in unchecked if entry.rule == rule]


def always(**change: Any) -> JobFacts:
    return watched(lambda _: change)


def during(samples: range, **change: Any) -> JobFacts:
    return watched(lambda i: change if i in samples else {})


@pytest.mark.parametrize(
    ("frame", "height", "warns"),
    [
        # A tenth of the picture is the larger bound, or the smaller one.
        (1280, 128, False),
        (1280, 127, True),
        (1285, 128, True),
        (640, 64, False),
        (640, 63, True),
        (480, 63, True),
        (480, 64, False),
        (2048, 205, False),
        (2048, 204, True),
    ],
)
def test_the_height_of_a_face(frame: int, height: int, *, warns: bool) -> None:
    facts = always(height=height)
    assert facts.video is not None
    clip = replace(facts.video, media=video_facts(coded_width=720, coded_height=frame))
    found = findings(replace(facts, video=clip), "P303")
    assert [f.severity for f in found] == (["warning"] if warns else [])


def test_a_small_face_is_cut_out_only_where_that_enlarges_it() -> None:
    fix = only(always(height=100), "P303").fix
    assert fix is not None
    assert (fix.name, fix.level) == ("crop", "editorial")
    facts = always(height=60)
    assert facts.video is not None
    tiny = replace(facts.video, media=video_facts(coded_width=320, coded_height=240))
    assert only(replace(facts, video=tiny), "P303").fix is None


def test_a_tenth_of_the_looks_may_be_small() -> None:
    assert findings(during(range(2), height=30), "P303") == ()
    found = only(during(range(3), height=30), "P303")
    assert found.where is not None
    assert (found.where.start, found.where.end) == (0, Fraction(3, 2))
    assert found.where.box is not None
    assert found.where.box.height == 30
    assert (
        "30 px high (2 % of the picture's height) in 0:00–0:01.5, that is for 15 % of the time it is seen"
        in found.message
    )


def test_a_percentage_is_never_rounded_onto_its_bound() -> None:
    # 127 of 1280 is 9.92 %, which rounds to 10.
    assert "9.9 % of the height" in only(always(height=127), "P303").measured


def test_a_picture_without_a_size_is_judged_by_pixels() -> None:
    facts = always(height=63)
    assert facts.video is not None
    lost = replace(facts.video, media=Unmeasured("the header is broken"))
    assert only(replace(facts, video=lost), "P303").measured == "63 px"


@pytest.mark.parametrize(
    ("yaw", "warns"),
    [(20.0, False), (-20.0, False), (ABOVE_20, True), (-ABOVE_20, True), (BELOW_20, False), (55.0, True)],
)
def test_yaw(yaw: float, *, warns: bool) -> None:
    assert bool(findings(always(yaw=yaw), "P304")) is warns


@pytest.mark.parametrize(
    ("pitch", "word"),
    [(-20.0, ""), (nextafter(-20.0, -inf), "down"), (25.0, ""), (nextafter(25.0, inf), "up"), (0.0, "")],
)
def test_pitch(pitch: float, word: str) -> None:
    found = findings(always(pitch=pitch), "P304")
    assert [f"looks {word}" in f.message for f in found] == ([True] if word else [])


@pytest.mark.parametrize(("roll", "warns"), [(45.0, False), (-45.0, False), (45.5, True), (-90.0, True)])
def test_roll(roll: float, *, warns: bool) -> None:
    found = findings(always(roll=roll), "P304")
    assert ["lies on its side" in f.message for f in found] == ([True] if warns else [])


@pytest.mark.parametrize(
    ("aside", "word"),
    [(10, ""), (11, "seen from the front in only 45 %"), (16, "in only 20 %"), (17, "hardly ever seen from the front")],
)
def test_frontal_share(aside: int, word: str) -> None:
    found = findings(during(range(aside), yaw=28.0), "P304")
    assert [word in f.message for f in found] == ([True] if word else [])
    for each in found:
        assert each.where is not None
        assert (each.where.start, each.where.end) == (0, Fraction(aside, 2))
        assert "by 28°" in each.message


def test_beyond_30_an_angle_means_profile_and_not_degrees() -> None:
    message = only(always(yaw=48.0), "P304").message
    assert "more than 30° (in profile)" in message
    assert "48" not in message
    assert "30°" in only(always(yaw=30.0), "P304").measured
    # 30.4 must not be printed as 30.
    assert "more than 30°" in only(always(yaw=30.4), "P304").measured


def test_frames_that_show_only_others_say_nothing_of_the_pose() -> None:
    alone = watched(lambda i: {} if i < 6 else None)
    assert findings(alone, "P304")
    assert alone.video is not None
    seen = alone.video.people
    assert not isinstance(seen, Unmeasured)
    other = replace(person(2, 500), looks=tuple(look(Fraction(i, 2), 500) for i in range(6, 20)))
    both = replace(seen, count=2, people=(*seen.people, other))
    assert findings(replace(alone, video=replace(alone.video, people=both)), "P304") == ()


def test_a_clip_that_lies_on_its_side_is_said_to() -> None:
    message = only(watched(lambda _: {}, turned=270), "P304").message
    assert "turn the clip by 270° clockwise" in message.lower()
    nobody = replace(people(), turned=90)
    (absent,) = findings(job(video=file("video", people=nobody)), "P301")
    assert "turn the clip by 90° clockwise" in absent.message


@pytest.mark.parametrize(
    ("missing", "expected"),
    [
        (range(7, 8), []),
        (range(7, 9), [(Fraction(7, 2), Fraction(9, 2))]),
        (range(3), [(Fraction(0), Fraction(3, 2))]),
        (range(18, 20), [(Fraction(9), Fraction(10))]),
        (range(19, 20), []),
        ((2, 3, 4, 10, 11), [(Fraction(1), Fraction(5, 2)), (Fraction(5), Fraction(6))]),
    ],
)
def test_gaps(missing: range, expected: list[tuple[Fraction, Fraction]]) -> None:
    found = findings(watched(lambda i: None if i in missing else {}), "P305")
    assert [(f.where.start, f.where.end) for f in found if f.where is not None] == expected[:1]
    for each in found:
        missed = sum(end - start for start, end in expected)
        assert each.measured == f"not seen for {float(missed):g} s, {float(missed) * 10:g} % of the clip"


def test_one_missed_sample_is_no_gap_however_far_apart_the_samples_are() -> None:
    facts = watched(lambda i: None if i % 3 else {})
    assert facts.video is not None
    seen = facts.video.people
    assert not isinstance(seen, Unmeasured)
    sparse = replace(seen, samples=tuple(Fraction(3 * i, 4) for i in range(13)))
    one_missing = replace(sparse, people=(replace(seen.people[0], looks=tuple(
        look(time) for time in sparse.samples if time != 6)),))  # fmt: skip
    # The gap of 0.75 s to the next sample is none, nor would one of 1.5 s be.
    assert findings(replace(facts, video=replace(facts.video, people=one_missing)), "P305") == ()


def test_spans_count_as_seen_whatever_the_looks_say() -> None:
    facts = watched(lambda i: None if 4 <= i < 12 else {})
    assert facts.video is not None
    seen = facts.video.people
    assert not isinstance(seen, Unmeasured)
    held = replace(seen.people[0], spans=((Fraction(0), Fraction(5)), (Fraction(6), Fraction(10))))
    bridged = replace(seen, people=(held,))
    where = only(replace(facts, video=replace(facts.video, people=bridged)), "P305").where
    assert where is not None
    assert (where.start, where.end) == (5, 6)


def test_at_most_six_gaps_are_named() -> None:
    message = only(watched(lambda i: None if i % 3 else {}), "P305").message
    assert message.count("–") == 6
    facts = watched(lambda i: None if i % 3 else {})
    assert facts.video is not None
    seen = facts.video.people
    assert not isinstance(seen, Unmeasured)
    longer = replace(seen, samples=tuple(Fraction(i, 2) for i in range(60)))
    shown = replace(longer, people=(replace(seen.people[0], looks=tuple(look(t) for t in longer.samples[::3])),))
    long = replace(facts.video, people=shown, media=video_facts(duration=seconds(30)))
    assert "and 14 more" in only(replace(facts, video=long), "P305").message


@pytest.mark.parametrize(
    ("change", "warns"),
    [
        ({"sharpness": 30.0}, False),
        ({"sharpness": nextafter(30.0, 0.0)}, True),
        ({"light": 0.125}, False),
        ({"light": 0.1199}, True),
        ({"light": 0.9199}, False),
        ({"light": 0.9201}, True),
        ({"cut": True}, True),
        ({"cut": False}, False),
    ],
)
def test_clarity_in_the_clip_and_in_the_picture(change: Mapping[str, Any], *, warns: bool) -> None:
    assert bool(findings(always(**change), "P306")) is warns
    assert bool(findings(portrayed(**change), "I607")) is warns


@pytest.mark.parametrize(("unclear", "warns"), [(5, False), (6, True)])
@pytest.mark.parametrize("change", [{"sharpness": 2.0}, {"light": 0.01}, {"light": 0.99}, {"cut": True}])
def test_a_quarter_of_the_looks_may_be_unclear(change: Mapping[str, Any], unclear: int, *, warns: bool) -> None:
    assert bool(findings(during(range(unclear), **change), "P306")) is warns


def test_shares_are_of_the_looks_that_were_measured() -> None:
    def some(i: int) -> dict[str, Any]:
        return {"sharpness": (2.0 if i < 2 else 90.0) if i < 4 else None}

    assert only(watched(some), "P306").measured == "blurred for 50 % of the time it is seen"


def test_defects_are_listed_together() -> None:
    found = only(always(sharpness=1.0, light=0.05, cut=True), "P306")
    for word in ("blurred", "too dark", "cut by the edge"):
        assert word in found.message
    assert found.measured.count("100 %") == 3


@pytest.mark.parametrize("distance", [25.0, 24.9])
def test_eyes_of_the_picture(distance: float) -> None:
    found = findings(portrayed(eye_distance=distance), "I607")
    assert [f.measured for f in found] == (["eye distance 24.9 px"] if distance < 25 else [])


@pytest.mark.parametrize("angle", ["yaw", "pitch", "roll"])
def test_angles_of_the_picture(angle: str) -> None:
    for value, words in ((20.0, ""), (ABOVE_20, "not seen quite"), (30.0, "not seen quite"), (30.5, "turned away")):
        for sign in (1, -1):
            found = findings(portrayed(**{angle: sign * value}), "I606")
            assert [words in f.message for f in found] == ([True] if words else [])
            assert [f.severity for f in found] == (["warning"] if words else [])


@pytest.mark.parametrize("lost", [None, nan, inf])
def test_what_was_not_measured_is_no_pass(lost: float | None) -> None:
    assert unmeasured(always(yaw=lost), "P304") == ["the direction of the face could not be measured"]
    assert unmeasured(portrayed(yaw=lost, pitch=lost, roll=lost), "I606") == [
        "the direction of the face could not be measured"
    ]
    for rule, facts in (("P306", always(sharpness=lost)), ("I607", portrayed(sharpness=lost))):
        assert findings(facts, rule) == ()
        assert unmeasured(facts, rule) == ["the sharpness of the face was not measured"]
    assert unmeasured(always(cut=None), "P306") == ["the place in the frame of the face was not measured"]


@pytest.mark.parametrize("rule", ["P303", "P304", "P305", "P306"])
def test_without_a_face_there_is_nothing_to_judge(rule: str) -> None:
    facts = job(video=file("video", people=people()), reference=None)
    assert findings(facts, rule) == ()
    assert unmeasured(facts, rule) == ["no face was found in the video"]
    gone = job(video=file("video", people=Unmeasured("the decoder gave up")))
    assert unmeasured(gone, rule) == ["the decoder gave up"]


@pytest.mark.parametrize("rule", ["I606", "I607"])
def test_a_picture_of_several_faces_has_no_one_face(rule: str) -> None:
    facts = job(reference=file("reference", people=people(50, 400)))
    assert unmeasured(facts, rule) == ["the picture does not show exactly one face"]


@pytest.mark.parametrize(
    ("match", "dashscope", "evolink"),
    [
        (Match("same", 1, 0.5), [], []),
        (Match("uncertain", 1, 0.55), ["warning"], ["warning"]),
        (Match("different", 1, 0.6), ["error"], ["warning"]),
        (Match("different", 7, nan), ["error"], ["warning"]),
    ],
)
def test_match(match: Match, dashscope: list[str], evolink: list[str]) -> None:
    for provider, expected in (("dashscope", dashscope), ("evolink", evolink)):
        found = findings(job(match=match), "P307", provider)
        assert [f.severity for f in found] == expected
        assert {f.remote for f in found} <= {"InvalidFile.FaceNotMatch"}


def test_a_match_names_the_nearest_person_and_the_distance() -> None:
    message = only(job(match=Match("different", 1, 0.6875)), "P307").message
    assert "the nearest is person 1 (0:00–0:10, centre), at a distance of 0.69 " in message
    uncertain = only(job(match=Match("uncertain", 1, 0.55)), "P307").message
    assert "may or may not appear" in uncertain


def test_a_match_that_was_not_made_is_no_pass() -> None:
    assert unmeasured(job(match=Unmeasured("the face is too small")), "P307") == ["the face is too small"]
    assert unmeasured(job(match=None), "P307") == ["the reference image was not compared with the people of the video"]
    assert unmeasured(job(video=None, match=None), "P307") == []


def small_second() -> Callable[[Match | None], JobFacts]:
    """Two people, of whom the second one has a face that is too small."""
    seen = replace(people(30, 500), people=(person(1, 30), person(2, 500, 50)))
    reference = file("reference")
    return lambda match: job(
        video=file("video", people=seen), reference=None if match is None else reference, match=match
    )


def test_the_face_that_is_judged_is_the_one_that_speaks() -> None:
    facts = small_second()
    assert findings(facts(None), "P303") == ()
    assert findings(facts(Match("same", 1, 0.2)), "P303") == ()
    assert "the face of person 2 " in only(facts(Match("same", 2, 0.2)), "P303").message
    # Who is not surely the one does not change whom the provider picks.
    assert findings(facts(Match("uncertain", 2, 0.55)), "P303") == ()
