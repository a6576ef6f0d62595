"""One line per finding, for grep and for editors: `path: severity RULE name: message`."""

from lipready.facts.report import Report
from lipready.reports.count import counted, totals
from lipready.reports.page import Page, plain


def render(report: Report, page: Page) -> str:
    """Write the findings, then one line that sums up."""
    lines = [
        f"{plain(f.path or f.role)}: {page.paint(f.severity, f.severity)} {f.rule} {f.name}: {plain(f.message)}"
        for f in report.findings
    ]
    if not page.brief:
        unchecked = len({entry.rule for entry in report.unchecked})
        left_out = f"; {counted(unchecked, 'rule')} not checked" if unchecked else ""
        files = counted(len(report.facts.files()), "file")
        lines.append(f"{report.verdict}: {totals(report)} in {files} for {report.provider}{left_out}")
    return page.finish(lines) if lines else ""
