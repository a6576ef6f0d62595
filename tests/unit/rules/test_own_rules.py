"""Rules of the caller's own: what they are, that they run, and that reports show them like any other."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest

import lipready
from lipready import Finding, JobFacts, Limit, Settings, Unmeasured, UsageError, finding, rule
from lipready.profiles.loader import load_profile
from lipready.reports.ci import sarif
from lipready.reports.page import Page
from lipready.rules.examples import file, job
from lipready.rules.judge import judge
from lipready.rules.registry import find_rule

DASHSCOPE = load_profile("dashscope")


@rule("X901", name="video-name-in-capitals", subject="video", strength="required")
def in_capitals(facts: JobFacts, limit: Limit) -> Iterator[Finding | Unmeasured]:
    """Refuse a name in capitals."""
    if facts.video is not None and Path(facts.video.path).stem.isupper():
        message = f"{facts.video.path}: our storage knows no capitals."
        yield finding(limit, facts.video, message, measured="capitals", allowed="small letters")


@rule("X902", name="job-on-a-sunday")
def on_a_sunday(_facts: JobFacts, _limit: Limit) -> Iterator[Finding | Unmeasured]:
    yield Unmeasured("nobody knows the day")


LOUD = job(video=file("video", path="CLIP.mp4"))


def test_an_own_rule_finds_what_it_looks_for_in_its_strength() -> None:
    (found,), unchecked = judge(LOUD, DASHSCOPE, rules=(in_capitals, on_a_sunday))
    assert (found.rule, found.name, found.severity) == ("X901", "video-name-in-capitals", "error")
    assert [(each.rule, each.role, each.reason) for each in unchecked] == [("X902", "job", "nobody knows the day")]
    assert judge(job(), DASHSCOPE, rules=(in_capitals,)) == ((), ())


def test_findings_lead_to_the_page_of_their_rule_which_an_own_rule_may_name() -> None:
    paged = rule("X904", name="with-page", help="https://example.org/x904")(in_capitals.judge)
    paged = replace(paged, subject="video")
    findings, _ = judge(LOUD, DASHSCOPE, rules=(in_capitals, paged))
    assert {found.rule: found.help for found in findings} == {"X901": None, "X904": "https://example.org/x904"}
    (ours,), _ = judge(find_rule("V104").invalid()[0], DASHSCOPE, only=("V104",))
    assert ours.help == "https://lipready.github.io/lipready/rules/V104/"
    for address in ("javascript:alert(1)", "https://example.org/\x1b]", "example.org"):
        with pytest.raises(UsageError, match="give an http"):
            rule("X905", name="no-page", help=address)


def test_the_profile_may_have_a_limit_for_it() -> None:
    limit = Limit("X901", "inferred", source="our storage", read=date(2026, 1, 1))
    (found,), _ = judge(LOUD, DASHSCOPE.replace(limits={"X901": limit}), rules=(in_capitals,))
    assert (found.severity, found.source) == ("warning", "our storage")


@pytest.mark.parametrize("selector", ["X901", "X9", "video-name-in-capitals"])
def test_only_and_ignore_know_it(selector: str) -> None:
    (found,), _ = judge(LOUD, DASHSCOPE, only=(selector,), rules=(in_capitals,))
    assert found.rule == "X901"
    findings, unchecked = judge(LOUD, DASHSCOPE, ignore=(selector,), rules=(in_capitals,))
    assert findings == ()
    assert [each.rule for each in unchecked] == ["X901"]
    with pytest.raises(UsageError, match="There is no rule"):
        judge(LOUD, DASHSCOPE, only=(selector,))


def test_two_own_rules_do_not_share_an_id_or_a_name() -> None:
    with pytest.raises(UsageError, match="Two rules are called 'X901'"):
        judge(LOUD, DASHSCOPE, only=("X901",), rules=(in_capitals, in_capitals))
    namesake = rule("X903", name="video-codec")(lambda _facts, _limit: iter(()))
    with pytest.raises(UsageError, match="Two rules are called 'video-codec'"):
        judge(LOUD, DASHSCOPE, rules=(namesake,))


@pytest.mark.parametrize(
    ("id_", "name", "what"),
    [
        ("V104", "ours", "cannot have the id 'V104'"),
        ("x901", "ours", "cannot have the id 'x901'"),
        ("X9", "ours", "cannot have the id 'X9'"),
        ("X901", "Our Own", "cannot have the name 'Our Own'"),
        ("X901", None, "give it a name"),
    ],
)
def test_what_no_own_rule_can_be_called(id_: str, name: str | None, what: str) -> None:
    with pytest.raises(UsageError, match=what):
        rule(id_, name=name)


def test_reports_show_it(good_job) -> None:
    @rule("X904", name="video-too-short-for-us", subject="video")
    def too_short(facts: JobFacts, limit: Limit) -> Iterator[Finding]:
        yield finding(limit, facts.video, "It is too short for us.", measured="3 s", allowed="≥ 1 min")

    video, audio, _ = good_job
    report = lipready.check(video, audio, settings=Settings(quick=True, only=("X",)), rules=(too_short,))
    (found,) = report.to_dict()["findings"]
    assert (found["rule"], found["name"], found["severity"]) == ("X904", "video-too-short-for-us", "warning")
    run = json.loads(sarif.render_all([report.to_dict()], Page()))["runs"][0]
    assert [each["id"] for each in run["tool"]["driver"]["rules"]] == ["X904"]
    (again,) = lipready.check_many([lipready.Job.of(video)], rules=(too_short,), settings=Settings(quick=True))
    assert [each.rule for each in again.findings] == ["X904"]


def test_a_profile_object_is_changed_and_checked_by(good_job) -> None:
    video, _, _ = good_job
    profile = lipready.Profile.load("dashscope")
    bound = replace(profile.limits["V105"], accept=lipready.Range(maximum=Fraction(1)), safe=None, aim=None)
    strict = profile.replace(limits={"V105": bound}, name="ours")
    report = lipready.check(video, profile=strict, settings=Settings(quick=True, only=("V105",)))
    assert [each.rule for each in report.findings] == ["V105"]
    assert report.provider == "ours"
    assert profile == lipready.Profile.load("dashscope")
    assert "V105" not in profile.replace(limits={"V105": None}).limits


def test_a_profile_object_cannot_contradict_itself() -> None:
    profile = lipready.Profile.load("dashscope")
    limit = profile.limits["V105"]
    with pytest.raises(lipready.ConfigurationError, match="limit of V105 for V104"):
        profile.replace(limits={"V104": limit})
    reaching = replace(limit, safe=lipready.Range(maximum=Fraction(10_000)))
    with pytest.raises(lipready.ConfigurationError, match="V105, safe: it reaches outside of accept"):
        profile.replace(limits={"V105": reaching})
