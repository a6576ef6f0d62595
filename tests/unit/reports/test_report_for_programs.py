"""A report in a program's hands: its findings by severity and rule, its one line, JSON and notebooks."""

import json
import pickle
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lipready.check import Settings, check
from lipready.errors import UsageError
from lipready.facts.cost import Cost
from lipready.facts.finding import Finding, Fix, Reading, Unchecked, Where
from lipready.facts.people import Box
from lipready.profiles.loader import load_profile
from lipready.reports.report import Report
from lipready.rules.examples import file, job
from lipready.rules.judge import judge
from lipready.rules.registry import RULES


def found(rule: str, severity: str, message: str = "It is wrong.") -> Finding:
    return Finding(
        rule=rule, name="a-name", severity=severity, role="video", path="clip.mp4", message=message,
        measured="1", limit="2", remote=None,
    )  # type: ignore[arg-type]  # fmt: skip


FINDINGS = (found("V104", "error"), found("P303", "info"), found("P303", "warning"))
REPORT = Report(provider="dashscope", facts=job(), findings=FINDINGS, unchecked=())


def test_findings_are_told_apart() -> None:
    assert REPORT.errors == FINDINGS[:1]
    assert REPORT.warnings == FINDINGS[2:]
    assert REPORT.by_rule == {"V104": FINDINGS[:1], "P303": FINDINGS[1:]}


def test_it_is_one_line_in_a_debugger() -> None:
    assert repr(REPORT) == "<Report for dashscope: fail (V104 error, P303 warning)>"
    fine = Report(provider="evolink", facts=job(), findings=(), unchecked=())
    assert repr(fine) == "<Report for evolink: pass (nothing found)>"


def test_json_is_what_the_dictionary_says() -> None:
    assert json.loads(REPORT.to_json()) == REPORT.to_dict()
    assert REPORT.to_json().isascii()


def test_a_notebook_shows_nothing_that_a_file_says_as_markup() -> None:
    facts = job(video=file("video", path="<script>alert(1)</script>.mp4"))
    report = Report(provider="<b>", facts=facts, findings=(found("V104", "error", "<img src=x>"),), unchecked=())
    shown = report._repr_html_()
    assert "&lt;img src=x&gt;" in shown
    assert "&lt;script&gt;" in shown
    assert not any(tag in shown for tag in ("<script", "<img", "at <b>"))


def as_judged(facts) -> Report:
    profile = load_profile("dashscope")
    findings, unchecked = judge(facts, profile)
    return Report(provider=profile.name, facts=facts, findings=findings, unchecked=unchecked, front=profile.front)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_what_json_says_comes_back(rule) -> None:
    for facts in (*rule.valid(), *rule.invalid()):
        report = as_judged(facts)
        again = Report.from_json(report.to_json())
        assert again == report
        assert again.to_json() == report.to_json()
        assert (again.verdict, again.findings, again.unchecked) == (report.verdict, report.findings, report.unchecked)
        assert hash(again) == hash(report)
        assert [(each.role, each.path, each.format) for each in again.facts.files()] == [
            (each.role, each.path, each.format) for each in facts.files()
        ] or any(not isinstance(each.format, str) for each in facts.files())


def test_a_real_check_comes_back(good_job) -> None:
    report = check(*good_job, settings=Settings(quick=True))
    again = Report.from_json(report.to_json().encode())
    assert again == report
    assert (
        again.price
        == report.price
        == Cost(seconds=report.facts.result_length, per_second=Fraction("0.08"), currency="CNY")
    )
    assert again == pickle.loads(pickle.dumps(again))  # noqa: S301 - our own


@given(
    start=st.fractions(min_value=0, max_value=1800, max_denominator=96_000),
    number=st.fractions(max_denominator=10**9),
)
def test_numbers_come_back_as_the_fractions_that_they_were(start, number) -> None:
    where = Where(start, start + 1, Box(1, 2, 3, 4))
    finding = replace(
        found("V104", "error"), where=where, fix=Fix("retime", "reencode", "Retime it."),
        readings=(Reading("rate", number, "larger"),),
    )  # fmt: skip
    report = replace(REPORT, findings=(finding,), unchecked=(Unchecked("V207", "video", "no time", required=True),))
    again = Report.from_json(report.to_json())
    assert again == report
    assert again.findings[0].where == where
    assert float(again.findings[0].readings[0].number) == float(number)


def test_a_report_that_was_read_can_be_changed() -> None:
    again = Report.from_json(REPORT.to_json())
    fewer = replace(again, findings=again.findings[1:])
    assert fewer.to_dict() == replace(REPORT, findings=FINDINGS[1:]).to_dict()
    assert fewer != again
    fewer.to_dict()["files"][0]["path"] = "another.mp4"
    assert fewer.to_dict()["files"][0]["path"] == "clip.mp4"
    assert again != "a report"


def test_a_report_of_an_earlier_release_has_no_price() -> None:
    plain = REPORT.to_dict()
    del plain["price"]
    assert Report.from_json(json.dumps(plain)).price is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is not JSON"),
        (b"\xff", "is not JSON"),
        ("[" * 100_000, "is not JSON"),
        ("[]", "is no report; give what `Report.to_json`"),
        ('{"schema": "lipready.tasks/1"}', "'lipready.tasks/1', and this release of lipready reads"),
        (json.dumps({**REPORT.to_dict(), "verdict": "pass"}), "says pass, and what it lists makes it fail"),
        (json.dumps({**REPORT.to_dict(), "files": []}), "on one to three files"),
        (json.dumps({**REPORT.to_dict(), "more": 1}), "does not fit lipready.report/1"),
    ],
)
def test_what_is_no_report_is_refused_in_a_sentence(text, said) -> None:
    with pytest.raises(UsageError, match=r"^The JSON of a report") as raised:
        Report.from_json(text)
    assert said in str(raised.value)


def test_a_document_of_several_reports_is_refused_with_the_way_out() -> None:
    from lipready.reports.json import render_all
    from lipready.reports.page import Page

    text = render_all([REPORT.to_dict()], Page())
    with pytest.raises(UsageError, match="one of its `reports`"):
        Report.from_json(text)
    (one,) = json.loads(text)["reports"]
    assert Report.from_json(json.dumps(one)) == REPORT


def test_a_number_beyond_all_floats_is_refused() -> None:
    finding = replace(FINDINGS[0], readings=(Reading("rate", Fraction(1), "larger"),))
    text = replace(REPORT, findings=(finding,)).to_json().replace('"number": 1.0', '"number": 1e999')
    with pytest.raises(UsageError, match="too large"):
        Report.from_json(text)


def test_the_price_is_that_of_the_shorter_file(good_job) -> None:
    quick = Settings(quick=True)
    assert check(good_job[0], settings=quick).price is None
    report = check(*good_job, provider="evolink", settings=quick)
    assert report.to_dict()["price"]["per_second"] is None
    assert report.price is not None
    assert report.price.seconds is not None
    assert report.price.amount is None
