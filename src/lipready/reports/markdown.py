"""A table for people, in GitHub's Markdown: the summary of a job, or a comment."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from lipready.facts.quantity import counted
from lipready.reports.count import sum_up, worst_verdict
from lipready.reports.gathered import issues_of, worst_first
from lipready.reports.page import Page, plain

LARGEST = 1_000_000
"""Bytes: GitHub refuses a summary of more than 1 MiB, and other commands of the step may have written to it."""
_MARKS = {"error": "❌ error", "warning": "⚠️ warning", "info": "ℹ️ note"}
_VERDICTS = {"pass": "✅ pass", "warn": "⚠️ warn", "fail": "❌ fail"}
_MARKUP = re.compile(r"[&<>|`\\\[\]*_~#!$@]")
_OF_LINKS = re.compile(r"[()<>|\\]")  # what would end an address within Markdown
_HEAD = "| | file | rule | finding | measured | limit |\n|---|---|---|---|---|---|\n"
_LONGEST = 2000


def render_all(reports: Sequence[Mapping[str, Any]], _page: Page) -> str:
    """Write the verdict and a table of findings, the worst first; what has no room is counted."""
    text = (
        f"### lipready: {_VERDICTS[worst_verdict(each['verdict'] for each in reports)]}\n\n{_inert(sum_up(reports))}\n"
    )
    issues = worst_first(issues_of(reports))
    if not issues:
        return text
    rows, left = [text, "\n", _HEAD], LARGEST - 1000 - len(text.encode())
    for number, issue in enumerate(issues):
        linked = f"[{_inert(issue.rule)}]({issue.help}) {_inert(issue.name)}".rstrip()
        title = linked if issue.help and not _OF_LINKS.search(issue.help) else _inert(issue.title)
        texts = map(_inert, (issue.message, issue.measured, issue.limit))
        row = f"| {' | '.join([_MARKS[issue.severity], _inert(issue.path), title, *texts])} |\n"
        left -= len(row.encode())
        if left < 0:
            rows.append(f"\n{counted(len(issues) - number, 'more finding')} for which there is no room here.\n")
            break
        rows.append(row)
    return "".join(rows)


def _inert(text: str) -> str:
    """Turn whatever Markdown or HTML would obey into references to characters."""
    shown = plain(text)
    shown = shown if len(shown) <= _LONGEST else shown[: _LONGEST - 1] + "…"
    return _MARKUP.sub(lambda match: f"&#{ord(match[0])};", shown)
