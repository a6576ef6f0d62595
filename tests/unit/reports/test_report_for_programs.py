"""A report in a program's hands: its findings by severity and rule, its one line, JSON and notebooks."""

import json

from lipready.facts.finding import Finding
from lipready.reports.report import Report
from lipready.rules.examples import file, job


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
