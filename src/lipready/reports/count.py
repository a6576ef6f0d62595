"""Numbers in sentences."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from lipready.facts.quantity import counted
from lipready.reports.report import Report

_NOUNS = {"error": "error", "warning": "warning", "info": "note"}


def totals(report: Report) -> str:
    """`2 errors, 1 warning`; `nothing found` where there is nothing; what could not be judged is said."""
    severities = [finding.severity for finding in report.findings]
    return _said(severities, len({(entry.rule, entry.role) for entry in report.unchecked if entry.required}))


def sum_up(reports: Sequence[Mapping[str, Any]]) -> str:
    """Sum up a run, of `lipready.report/1`: `fail: 2 errors, 1 warning in 3 files for dashscope`."""
    from lipready.reports.page import plain
    from lipready.reports.values import plain_text

    severities = [finding["severity"] for report in reports for finding in report["findings"]]
    gaps = sum(len({(u["rule"], u["role"]) for u in report["unchecked"] if u["required"]}) for report in reports)
    files = len({file["path"] for report in reports for file in report["files"]})
    providers = " and ".join(sorted({plain(plain_text(report["provider"])) for report in reports}))
    left = len({entry["rule"] for report in reports for entry in report["unchecked"]})
    left_out = f"; {counted(left, 'rule')} not checked" if left else ""
    told = f"{_said(severities, gaps)} in {counted(files, 'file')}"
    worst = worst_verdict(each["verdict"] for each in reports)
    return f"{worst}: {told}{f' for {providers}' if providers else ''}{left_out}"


def worst_verdict(verdicts: Iterable[str]) -> str:
    """Return the worst verdict, which is that on a run; anything else that stands among them is passed over."""
    given = set(verdicts)
    return next((verdict for verdict in ("fail", "warn") if verdict in given), "pass")


def _said(severities: Sequence[str], gaps: int) -> str:
    parts = [counted(severities.count(severity), noun) for severity, noun in _NOUNS.items() if severity in severities]
    gap = [f"{counted(gaps, 'required rule')} could not be judged"] if gaps else []
    return ", ".join([*(parts or ["nothing found"]), *gap])
