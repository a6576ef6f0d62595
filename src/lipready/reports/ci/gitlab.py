"""GitLab's Code Quality report: an array of issues, each with a fingerprint of its own."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from lipready.reports.gathered import fingerprint, issues_of
from lipready.reports.page import Page

_SEVERITIES = {"error": "critical", "warning": "minor", "info": "info"}


def render_all(reports: Sequence[Mapping[str, Any]], _page: Page) -> str:
    """Write one document of ASCII; the page makes no difference to it."""
    issues = [
        {
            # GitLab shows the description alone.
            "description": f"{issue.title}: {issue.message}",
            "check_name": issue.title,
            "fingerprint": fingerprint(issue),
            "severity": _SEVERITIES[issue.severity],
            "location": {"path": issue.path, "lines": {"begin": 1}},
        }
        for issue in issues_of(reports)
    ]
    return json.dumps(issues) + "\n"
