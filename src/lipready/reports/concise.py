"""One line per finding, for grep and for editors: `path: severity RULE name: message`."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from lipready.facts.quantity import counted
from lipready.reports.count import sum_up, totals
from lipready.reports.page import Page, plain
from lipready.reports.report import Report

if TYPE_CHECKING:
    from lipready.facts.finding import Severity


def render(report: Report, page: Page) -> str:
    """Write the findings, then one line that sums up."""
    lines = [_line(page, f.path or f.role, f.severity, (f.rule, f.name, f.help), f.message) for f in report.findings]
    if not page.brief:
        unchecked = len({entry.rule for entry in report.unchecked})
        left_out = f"; {counted(unchecked, 'rule')} not checked" if unchecked else ""
        files = counted(len(report.facts.files()), "file")
        lines.append(f"{report.verdict}: {totals(report)} in {files} for {report.provider}{left_out}")
    return page.finish(lines) if lines else ""


def render_all(reports: Sequence[Mapping[str, Any]], page: Page) -> str:
    """Write the findings of a run in the order of paths, then one line that sums up; of `lipready.report/1`."""
    from lipready.reports.gathered import issues_of

    lines = [_line(page, i.path, i.severity, (i.rule, i.name, i.help), i.message) for i in issues_of(reports)]
    lines += [] if page.brief else [sum_up(reports)]
    return page.finish(lines) if lines else ""


def _line(page: Page, path: str, severity: str, rule: tuple[str, str, str | None], message: str) -> str:
    """Write one finding; `rule` is its id, its name and the address of its page."""
    tone: Severity = severity  # type: ignore[assignment]
    id_, name, page_of_rule = rule
    title = f"{page.link(id_, page_of_rule)} {name}".rstrip()
    return f"{plain(path)}: {page.paint(severity, tone)} {title}: {plain(message)}"
