"""GitHub's workflow commands, which show findings beside the changes of a pull request."""

from collections.abc import Mapping, Sequence
from typing import Any

from lipready.facts.quantity import counted
from lipready.reports.count import sum_up
from lipready.reports.gathered import Issue, issues_of, worst_first
from lipready.reports.page import Page, plain

MOST = 10
"""Annotations that GitHub shows of one step; it drops the others without a word."""
_COMMANDS = {"error": "error", "warning": "warning", "info": "notice"}


def render_all(reports: Sequence[Mapping[str, Any]], page: Page) -> str:
    """Write the worst findings as annotations, the others as lines of the log, and a line that sums up."""
    issues = worst_first(issues_of(reports))
    lines = [_annotation(issue) for issue in issues[:MOST]]
    if len(issues) > MOST:
        more = counted(len(issues) - MOST, "more finding")
        lines.append(f"GitHub shows {MOST} annotations of one step; {more}:")
    lines += [_inert(f"{i.severity} {plain(i.path)}: {i.title}: {i.message}") for i in issues[MOST:]]
    if not page.brief or issues:
        lines.append(_inert(sum_up(reports)))
    return page.finish(lines) if lines else ""


def _annotation(issue: Issue) -> str:
    file, title = _property(issue.path), _property(plain(issue.title))
    return f"::{_COMMANDS[issue.severity]} file={file},title={title}::{_data(issue.message)}"


def _data(text: str) -> str:
    return plain(text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A"))


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def _inert(line: str) -> str:
    """Keep a line of the log from being a command: the older form of these counts anywhere in it."""
    return line.replace("##[", "## [")
