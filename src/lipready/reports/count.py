"""Numbers in sentences."""

from lipready.facts.report import Report

_PLURALS = {"person": "people"}


def counted(number: int, noun: str) -> str:
    """`1 file`, `2 files`, `no files`."""
    return f"{number or 'no'} {noun if number == 1 else _PLURALS.get(noun, noun + 's')}"


def totals(report: Report) -> str:
    """`2 errors, 1 warning`; `nothing found` where there is nothing; what could not be judged is said."""
    severities = [finding.severity for finding in report.findings]
    nouns = {"error": "error", "warning": "warning", "info": "note"}
    parts = [counted(severities.count(severity), noun) for severity, noun in nouns.items() if severity in severities]
    gaps = len({(entry.rule, entry.role) for entry in report.unchecked if entry.required})
    gap = [f"{counted(gaps, 'required rule')} could not be judged"] if gaps else []
    return ", ".join([*(parts or ["nothing found"]), *gap])
