"""Exit statuses, whatever the format."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lipready.facts.report import Report

CLEAN = 0
FOUND = 1
TROUBLE = 2
NOTHING_CHECKED = 3


def of_report(report: "Report", fail_on: str) -> int:
    """FOUND where the verdict is at or above `fail_on` ("error" or "warning"), else CLEAN."""
    return of_verdict(report.verdict, fail_on)


def of_verdict(verdict: str, fail_on: str) -> int:
    """As `of_report`, of a verdict ("pass", "warn" or "fail") alone."""
    failing = {"fail"} if fail_on == "error" else {"fail", "warn"}
    return FOUND if verdict in failing else CLEAN
