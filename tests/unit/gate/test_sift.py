"""What counts, unit by unit and over all."""

from dataclasses import replace
from datetime import date

import pytest

from lipready.config.settings import read_configuration
from lipready.config.unit import Unit, UnitVerdict
from lipready.gate.baseline.baseline import updated_baseline
from lipready.gate.evaluate import VerdictFilter, without_looks
from lipready.job import Job
from lipready.profiles.loader import load_profile
from lipready.reports.page import Page
from lipready.reports.render import render_all
from lipready.reports.report import Report
from lipready.rules.examples import job, people, rate, with_file, with_video
from lipready.rules.judge import judge

DASHSCOPE = load_profile("dashscope")
TODAY = date(2026, 11, 21)
IGNORE = '[[ignores]]\nrule = "V104"\npath = "{}.mp4"\nreason = "known"\n'


def verdict_of(facts, video="a.mp4"):
    findings, unchecked = judge(facts, DASHSCOPE)
    report = Report(provider=DASHSCOPE.name, facts=facts, findings=findings, unchecked=unchecked)
    return UnitVerdict(unit=Unit(name=video, job=Job(video)), report=report)


def slow(frames, video="a.mp4"):
    return verdict_of(with_video(frame_rate=rate(frames)), video)


@pytest.fixture
def sieve_of(tmp_path):
    def make(text="", baseline=None):
        (tmp_path / "lipready.toml").write_text(text)
        return VerdictFilter(
            read_configuration(tmp_path / "lipready.toml").policy(tmp_path), baseline, DASHSCOPE, TODAY
        )

    return make


def test_nothing_is_taken_out_where_nothing_is_waived(sieve_of):
    verdict = slow(12)
    assert sieve_of().one(verdict) == verdict
    assert sieve_of().all([verdict]) == ((verdict,), ())


def test_an_ignore_counts_before_the_baseline(sieve_of):
    accepted = updated_baseline([slow(12, "a.mp4"), slow(12, "b.mp4")], DASHSCOPE)
    verdicts, _ = sieve_of(IGNORE.format("a"), accepted).all([slow(12, "a.mp4"), slow(12, "b.mp4")])
    assert [verdict.report.findings for verdict in verdicts] == [(), ()]
    assert [[waived.by for waived in verdict.waived] for verdict in verdicts] == [["ignore"], ["baseline"]]


def test_a_unit_alone_is_sifted_as_among_all(sieve_of):
    verdict_filter = sieve_of(IGNORE.format("a"), updated_baseline([slow(12, "b.mp4")], DASHSCOPE))
    verdicts = [slow(12, "a.mp4"), slow(12, "b.mp4"), slow(10, "b.mp4"), slow(12, "c.mp4")]
    sifted, notices = verdict_filter.all(verdicts)
    assert tuple(verdict_filter.one(verdict) for verdict in verdicts) == sifted
    assert [bool(verdict.report.findings) for verdict in sifted] == [False, False, True, True]
    assert len(notices) == 1
    assert "and it is" in notices[0].text


def test_what_is_out_of_date_is_said_of_both(sieve_of):
    verdict_filter = sieve_of(IGNORE.format("z"), updated_baseline([slow(12)], DASHSCOPE))
    _, notices = verdict_filter.all([slow(25)])
    assert ["is not used" in notice.text for notice in notices] == [True, False]
    assert "is stale" in notices[1].text


@pytest.mark.parametrize("form", ["junit", "sarif", "github", "gitlab", "markdown", "concise"])
def test_looks_are_let_go_of_where_nothing_was_found_and_no_document_misses_them(form):
    verdict = verdict_of(with_file("video", people=people(210)))
    assert verdict.report.findings == ()
    assert verdict.report.facts.video.people.people[0].looks
    slim = without_looks(verdict)
    assert slim.report.facts.video.people.people[0].looks == ()
    assert slim.report.facts.video.people.samples == ()
    texts = [render_all([each.report.to_dict()], form, Page()) for each in (verdict, slim)]
    assert texts[0] == texts[1]


def test_what_was_found_keeps_its_numbers_for_the_baseline():
    verdict = slow(12)
    assert without_looks(verdict) is verdict
    bare = replace(verdict, report=replace(verdict.report, facts=job(video=None, audio=None, reference=None)))
    assert without_looks(bare) == bare
