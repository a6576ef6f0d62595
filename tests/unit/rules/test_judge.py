"""Which rules run, on what, and what is said of those that do not."""

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lipready.errors import UsageError
from lipready.facts.address import AddressFacts, Fetched, Problem
from lipready.facts.file import FileFacts, LfsPointer
from lipready.facts.finding import Finding, Unchecked
from lipready.facts.job import CallbackFacts, JobFacts
from lipready.facts.people import Box, Look, Match, PeopleFacts, Person
from lipready.facts.unmeasured import Unmeasured
from lipready.facts.video import Duration, FrameRate, Stillness
from lipready.profiles.loader import load_profile
from lipready.reports.report import Report
from lipready.rules.examples import (
    audio_facts,
    callback,
    file,
    image_facts,
    job,
    rate,
    request,
    seconds,
    unread,
    video_facts,
    with_file,
    with_video,
)
from lipready.rules.judge import judge
from lipready.rules.registry import RULES, find_rule, select

DASHSCOPE = load_profile("dashscope")
EVOLINK = load_profile("evolink")
GONE = Unmeasured("the index is broken")


def verdict(facts: JobFacts, **options: object) -> str:
    findings, unchecked = judge(facts, DASHSCOPE, **options)  # type: ignore[arg-type]
    return Report(provider="dashscope", facts=facts, findings=findings, unchecked=unchecked).verdict


def test_a_good_job_passes_at_both_providers() -> None:
    for profile in (DASHSCOPE, EVOLINK):
        assert judge(job(), profile) == ((), ())


def test_findings_come_by_role_then_severity_then_rule() -> None:
    facts = job(
        video=file("video", media=video_facts(codec="vp9", frame_rate=rate(12), rotation=90, duration=seconds("5"))),
        audio=file("audio", format="ogg", bytes=31_000_000),
        reference=file("reference", format="gif"),
        request=request(face_threshold=1),
    )
    found = [(f.role, f.severity, f.rule) for f in judge(facts, DASHSCOPE)[0]]
    roles, severities = ("video", "audio", "reference", "job"), ("error", "warning", "info")
    assert found == sorted(found, key=lambda f: (roles.index(f[0]), severities.index(f[1]), f[2]))
    assert [rule for role, _, rule in found if role == "video"] == ["V102", "V104", "V201"]


def test_only_and_ignore_choose_by_id_prefix_and_name() -> None:
    facts = with_video(codec="vp9", rotation=90, frame_rate=rate(12))

    def rules(**options: tuple[str, ...]) -> set[str]:
        return {finding.rule for finding in judge(facts, DASHSCOPE, **options)[0]}  # type: ignore[arg-type]

    assert rules() == {"V102", "V104", "V201"}
    assert rules(only=("V1",)) == {"V102", "V104"}
    assert rules(only=("v102", "video-rotation")) == {"V102", "V201"}
    assert rules(ignore=("V1",)) == {"V201"}
    assert rules(only=("V",), ignore=("video-frame-rate", "V2")) == {"V102"}


def test_what_was_left_out_is_listed_and_does_not_weigh() -> None:
    unchecked = judge(job(), DASHSCOPE, only=("V1",), ignore=("V105",))[1]
    reasons = {entry.rule: entry.reason for entry in unchecked}
    assert reasons["V105"] == "left out with `Settings.ignore`"
    assert reasons["A401"] == "not chosen with `Settings.only`"
    assert not any(entry.required for entry in unchecked)
    assert verdict(job(), only=("V1",)) == "pass"


@pytest.mark.parametrize(
    ("selector", "hint"),
    [
        ("V999", "V"),
        ("video-framerate", "video-frame-rate"),
        ("", "`Profile.limits` lists them all"),
        ("zzz", "`Profile.limits` lists them all"),
    ],
)
def test_an_unknown_rule_is_a_usage_error_with_a_hint(selector: str, hint: str) -> None:
    for options in ({"only": (selector,)}, {"ignore": (selector,)}):
        with pytest.raises(UsageError, match="There is no rule") as caught:
            judge(job(), DASHSCOPE, **options)  # type: ignore[arg-type]
        assert hint in str(caught.value)


def test_find_rule() -> None:
    assert find_rule("v104") is find_rule("video-frame-rate") is next(rule for rule in RULES if rule.id == "V104")
    with pytest.raises(UsageError, match="did you mean"):
        find_rule("V14")
    with pytest.raises(UsageError):
        find_rule("V1")
    assert select("F") == {"F001", "F002", "F003", "F004"}


HEARD = ("A501", "A502", "A503", "A504", "A505", "A506", "A507", "A508", "A509")


def test_quick_lists_what_needs_pixels_or_samples_and_still_passes() -> None:
    facts = job(video=file("video", people=GONE, media=video_facts(stillness=GONE)), reference=None)
    findings, unchecked = judge(facts, DASHSCOPE, quick=True)
    assert findings == ()
    assert [(entry.rule, entry.reason) for entry in unchecked] == [
        (rule, "not run with `Settings.quick`")
        for rule in ("P301", "P302", "P303", "P304", "P305", "P306", "P308", "V207", *HEARD, "R706")
    ]
    assert verdict(facts, quick=True) == "pass"


def test_a_required_rule_without_its_fact_is_no_pass() -> None:
    facts = with_video(frame_rate=GONE)
    unchecked = judge(facts, DASHSCOPE)[1]
    assert Unchecked("V104", "video", "the index is broken", required=True) in unchecked
    assert Unchecked("V202", "video", "the index is broken", required=False) in unchecked
    assert verdict(facts) == "warn"
    assert verdict(facts, quick=True) == "warn"


def test_a_recommended_rule_without_its_fact_does_not_weigh() -> None:
    assert verdict(with_video(interlaced=GONE)) == "pass"


def test_what_the_user_asked_not_to_measure_does_not_weigh() -> None:
    facts = with_video(frame_rate=Unmeasured("not read with --quick", skipped=True))
    assert Unchecked("V104", "video", "not read with --quick", required=False) in judge(facts, DASHSCOPE)[1]
    assert verdict(facts) == "pass"


@pytest.mark.parametrize("role", ["video", "audio", "reference"])
def test_a_broken_file_is_one_finding(role: str) -> None:
    facts = job(**{role: unread(role, "is empty")})  # type: ignore[arg-type]
    findings, unchecked = judge(facts, DASHSCOPE)
    assert [(f.rule, f.role, f.severity) for f in findings] == [("F001", role, "error")]
    about = {entry.rule for entry in unchecked if entry.role == role}
    expected = {rule.id for rule in RULES if rule.subject == role} | {"F003"}
    assert about >= expected - {"P302"}
    assert {entry.reason for entry in unchecked if entry.role == role} == {"the file is empty"}


def test_a_pointer_is_judged_by_its_size_and_its_name() -> None:
    pointer = LfsPointer("0" * 64, 400_000_000)
    findings, unchecked = judge(job(video=unread("video", None, pointer)), DASHSCOPE)
    assert [f.rule for f in findings] == ["F002", "V106", "F004"]
    assert {"V101", "V104", "P301", "F003"} <= {entry.rule for entry in unchecked}
    named = FileFacts(
        role="video", path="clip.bin", bytes=10, extension="bin", format=GONE, lfs=pointer, problem=None, media=GONE,
        people=GONE,
    )  # fmt: skip
    assert [f.rule for f in judge(job(video=named), DASHSCOPE)[0]] == ["F002", "F003"]


def test_a_pointer_with_a_problem_is_still_a_pointer() -> None:
    pointer = unread("video", "is a Git LFS pointer", LfsPointer("0" * 64, 10))
    assert [f.rule for f in judge(job(video=pointer), DASHSCOPE)[0]] == ["F002"]


def test_rules_about_files_that_are_not_there_are_not_mentioned() -> None:
    findings, unchecked = judge(job(video=None, reference=None), DASHSCOPE, quick=True)
    assert (findings, [(entry.rule, entry.role) for entry in unchecked]) == ((), [(rule, "audio") for rule in HEARD])


def test_media_of_another_kind_is_not_judged() -> None:
    unchecked = judge(with_file("video", format="mp3", media=audio_facts()), DASHSCOPE)[1]
    assert Unchecked("V104", "video", "the file is not a video", required=True) in unchecked


def test_a_rule_without_a_limit_does_not_apply() -> None:
    bare = replace(DASHSCOPE, limits={"V104": DASHSCOPE.limits["V104"]})
    findings, unchecked = judge(job(video=unread("video", "is empty")), bare)
    assert findings == ()
    assert [entry.rule for entry in unchecked] == ["V104"]


# Facts that no file has, for what must never crash.
fractions = st.fractions() | st.just(Fraction(0)) | st.sampled_from([Fraction(n) for n in (2, 15, 60, 120)])
gone = st.builds(Unmeasured, st.text(min_size=1, max_size=5))
texts = st.text(max_size=8) | st.sampled_from(["mp4", "webm", "h264", "wav", "aac", "jpeg", ""])
sizes = st.integers(0, 10**9) | st.integers(0, 5000)
shares = st.floats(allow_nan=True, allow_infinity=True)
durations = st.builds(
    Duration,
    container=st.none() | fractions,
    stream=st.none() | fractions,
    packets=st.none() | fractions,
    believed=fractions,
    source=st.just("packets"),
)
videos = st.builds(
    video_facts,
    codec=texts,
    coded_width=sizes,
    coded_height=sizes,
    width=sizes,
    height=sizes,
    rotation=st.integers(-180, 180),
    mirrored=st.booleans(),
    sample_aspect_ratio=fractions,
    frame_rate=gone | st.builds(FrameRate, fractions, fractions, fractions, st.booleans()),
    duration=gone | durations,
    start=gone | fractions,
    bit_depth=gone | st.integers(1, 16),
    chroma=gone | texts,
    interlaced=gone | st.booleans(),
    transfer=st.sampled_from(["bt709", "smpte2084"]),
    truncated=gone | st.booleans(),
    stillness=gone | st.builds(Stillness, shares, shares),
)
audios = st.builds(audio_facts, codec=texts, duration=gone | durations)
images = st.builds(image_facts, width=sizes, height=sizes, orientation=st.integers(1, 8), frames=st.integers(0, 9))
measured = st.none() | st.floats(allow_nan=True, allow_infinity=True) | st.sampled_from([20.0, 30.0, 0.0])
times = st.fractions(Fraction(-1), Fraction(12)) | st.integers(0, 12).map(Fraction)
faces = st.builds(
    Look, times, st.builds(Box, *[st.integers(-50, 3000)] * 4), shares, *[measured] * 6, st.none() | st.booleans(),
)  # fmt: skip
persons = st.builds(
    Person,
    id=st.integers(1, 4),
    first=times,
    last=times,
    share=shares,
    largest_face=st.integers(0, 999),
    frontal_share=shares,
    looks=st.lists(faces, max_size=4).map(tuple),
    spans=st.lists(st.tuples(times, times), max_size=3).map(tuple),
    descriptor=gone,
)
crowds = st.builds(
    PeopleFacts,
    count=st.integers(0, 9),
    most_in_one_frame=st.integers(0, 9),
    face_share=shares,
    people=st.lists(persons, max_size=3).map(tuple),
    default_person=st.none() | st.integers(1, 9),
    samples=st.lists(times, max_size=6).map(tuple),
    count_low=st.none() | st.integers(0, 9),
    count_high=st.none() | st.integers(0, 9),
    at_least=st.booleans(),
    turned=st.none() | st.sampled_from([90, 270]),
)
matches = st.builds(Match, st.sampled_from(["same", "different", "uncertain"]), st.integers(1, 9), shares)
callbacks = st.builds(CallbackFacts, st.text(), texts, st.text(), gone | st.tuples(st.text(max_size=12)))
addresses = st.builds(
    AddressFacts,
    scheme=texts | st.sampled_from(["http", "https", "oss"]),
    host=st.text(max_size=8),
    addresses=gone | st.tuples(st.text(max_size=8)),
    redirects=st.tuples(st.text(max_size=8)),
    problem=st.none() | st.builds(Problem, st.sampled_from(["private", "timeout"]), st.text(min_size=1)),
    status=gone | st.integers(0, 999),
    content_type=st.none() | gone | texts | st.sampled_from(["text/html", "/", "application/"]),
    encoding=st.none() | texts,
    length=st.none() | gone | sizes,
    ranges=gone | st.booleans(),
    fetched=gone | st.builds(Fetched, sizes, st.floats(0, 1e6), st.booleans(), st.booleans()),
)


@st.composite
def files(draw: st.DrawFn, role: str) -> FileFacts | None:
    if draw(st.booleans()) and draw(st.booleans()):
        return None
    return FileFacts(
        role=role,  # type: ignore[arg-type]
        path=draw(st.text()),
        bytes=draw(gone | sizes),
        extension=draw(texts),
        format=draw(gone | texts),
        lfs=draw(st.none() | st.none() | st.builds(LfsPointer, st.just("0" * 64), sizes)),
        problem=draw(st.none() | st.none() | st.text(min_size=1)),
        media=draw({"video": videos, "audio": audios, "reference": images}[role] | videos | gone),
        people=draw(gone | crowds),
        address=draw(st.none() | st.none() | addresses),
    )


jobs = st.builds(
    job,
    video=files("video"),
    audio=files("audio"),
    reference=files("reference"),
    match=st.none() | gone | matches,
    request=st.builds(
        request,
        face_threshold=st.none() | st.integers(),
        video_extension=st.booleans(),
        callback=st.none() | callbacks,
    ),
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(facts=jobs, quick=st.booleans(), evolink=st.booleans())
def test_no_facts_crash_the_judge(facts: JobFacts, *, quick: bool, evolink: bool) -> None:
    profile = EVOLINK if evolink else DASHSCOPE
    findings, unchecked = judge(facts, profile, quick=quick)
    for finding in findings:
        assert isinstance(finding, Finding)
        assert finding.message.isprintable()
        assert finding.measured
        assert finding.limit
    assert all(entry.reason and entry.reason.isprintable() for entry in unchecked)
    report = Report(provider=profile.name, facts=facts, findings=findings, unchecked=unchecked)
    assert report.verdict in {"pass", "warn", "fail"}
    assert report.to_dict()["verdict"] == report.verdict


@given(near=st.sampled_from([2, 120]), distance=st.fractions(Fraction(-1), Fraction(1)))
def test_every_printed_duration_lies_on_the_side_that_was_judged(near: int, distance: Fraction) -> None:
    length = Fraction(near) + distance
    for finding in judge(with_video(duration=seconds(length)), DASHSCOPE, only=("V105",))[0]:
        shown = Fraction(finding.measured.removesuffix(" s"))
        if finding.severity == "error":
            assert shown < 2 or shown > 120
        else:
            assert shown in {2, 120}


@given(bound=st.sampled_from([15, 60]), distance=st.fractions(Fraction(-1), Fraction(1)))
def test_every_printed_frame_rate_lies_on_the_side_that_was_judged(bound: int, distance: Fraction) -> None:
    fps = bound + distance
    findings = judge(with_video(frame_rate=rate(fps)), DASHSCOPE, only=("V104",))[0]
    assert bool(findings) == (fps < 15 or fps > 60)
    for finding in findings:
        shown = Fraction(finding.measured.removesuffix(" fps"))
        assert shown < 15 or shown > 60


@given(short=st.integers(1, 4096), extra=st.integers(-2, 2))
def test_every_printed_aspect_ratio_lies_on_the_side_that_was_judged(short: int, extra: int) -> None:
    long = max(1, 2 * short + extra)
    facts = job(reference=file("reference", media=image_facts(width=long, height=short)))
    findings = judge(facts, DASHSCOPE, only=("I603",))[0]
    assert bool(findings) == (max(long, short) > 2 * min(long, short))
    for finding in findings:
        assert Fraction(finding.measured.removesuffix(" : 1")) > 2


@given(count=st.integers(299_999_990, 314_572_900))
def test_every_printed_size_lies_on_the_side_that_was_judged(count: int) -> None:
    for finding in judge(with_file("video", bytes=count), DASHSCOPE, only=("V106",))[0]:
        shown = Fraction(finding.measured.partition("(")[2].removesuffix(" MB)")) * 10**6
        assert shown > (314_572_800 if finding.severity == "error" else 300_000_000)


def test_callback_addresses_are_judged_after_the_scheme() -> None:
    facts = job(request=request(callback=callback("http://intranet/x", "10.0.0.1")))
    found = judge(facts, EVOLINK, only=("R703",))[0]
    assert [finding.measured for finding in found] == ["http", "10.0.0.1"]
