"""A report in a few lines, where it is not the last word: each file, and a line per finding."""

from lipready.facts.finding import Finding
from lipready.facts.report import Report
from lipready.reports.full import MARKS, verdict_line
from lipready.reports.page import Page, plain
from lipready.reports.summary import summarize

ROLE_WIDTH = 11


def brief_report(title: str, report: Report, page: Page) -> list[str]:
    """Write a report under a title, without what explains its findings."""
    lines = [page.paint(title, "strong") + page.paint(f"  {report.provider}", "dim")]
    for file in report.facts.files():
        lines.append(f"  {file.role:{ROLE_WIDTH}}{plain(file.path)}")
        lines += page.wrap(summarize(file), indent=" " * (2 + ROLE_WIDTH))
        lines += [line for f in report.findings if f.role == file.role for line in _short(f, page)]
    lines += [line for f in report.findings if f.role == "job" for line in _short(f, page)]
    return [*lines, f"  {verdict_line(report, page)}"]


def _short(finding: Finding, page: Page) -> list[str]:
    remote = f" · {finding.remote}" if finding.remote else ""
    text = f"{finding.rule} {finding.name}: {finding.measured}{remote}"
    first, *rest = page.wrap(text, indent="      ", hanging="        ")
    mark = page.paint(MARKS[finding.severity], finding.severity)
    return [f"    {mark} {first[6:]}", *rest]
