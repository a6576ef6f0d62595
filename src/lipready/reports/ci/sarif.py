"""SARIF 2.1.0, for code scanning."""

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import quote

from lipready import __version__
from lipready.facts.address import is_address
from lipready.facts.quantity import counted
from lipready.reports.gathered import Issue, fingerprint, issues_of, worst_first
from lipready.reports.page import Page

MOST = 25_000
"""Results that GitHub takes of one run; it refuses the whole file where there are more."""
_LEVELS = {"error": "error", "warning": "warning", "info": "note"}
_HOME = "https://github.com/lipready/lipready"
_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
# Reserved characters that may stand in an address; in a path they are part of a name.
_OF_ADDRESSES = "/:?#[]@!$&'()*+,;=%~"

Plain = dict[str, Any]


def render_all(reports: Sequence[Mapping[str, Any]], _page: Page) -> str:
    """Write one document of ASCII; the page makes no difference to it."""
    issues = issues_of(reports)
    kept = issues
    if len(issues) > MOST:
        chosen = {id(issue) for issue in worst_first(issues)[:MOST]}
        kept = [issue for issue in issues if id(issue) in chosen]
    rules = sorted({issue.rule for issue in kept})
    driver = {
        "name": "lipready",
        "version": __version__,
        "informationUri": _HOME,
        "rules": [_rule(rule, [issue for issue in kept if issue.rule == rule]) for rule in rules],
    }
    places = {rule: index for index, rule in enumerate(rules)}
    invocation: Plain = {"executionSuccessful": True}
    if len(kept) < len(issues):
        text = f"{counted(len(issues) - len(kept), 'finding')} left out, of the mildest: {MOST} are taken."
        invocation["toolExecutionNotifications"] = [{"level": "warning", "message": {"text": text}}]
    run = {
        "tool": {"driver": driver},
        "invocations": [invocation],
        "columnKind": "unicodeCodePoints",
        "results": [_result(issue, places[issue.rule]) for issue in kept],
    }
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, allow_nan=False) + "\n"


def _rule(rule: str, issues: Sequence[Issue]) -> Plain:
    """Describe a rule by its documentation, one of the caller's own by what its findings tell of it.

    The severity is the worst of its findings.
    """
    worst = worst_first(issues)[0]
    name = next((issue.name for issue in issues if issue.name), "")
    entry = {
        "id": rule,
        "name": name,
        "shortDescription": {"text": (name or rule).replace("-", " ")},
        **_documented(rule),
        "helpUri": next((issue.help for issue in issues if issue.help), None),
        "defaultConfiguration": {"level": _LEVELS[worst.severity]},
        "properties": {"problem.severity": {"info": "recommendation"}.get(worst.severity, worst.severity)},
    }
    return {key: value for key, value in entry.items() if value}


def _documented(id_: str) -> Plain:
    """Return the texts about a rule of the registry; nothing for another."""
    from lipready.rules.documentation import documentation
    from lipready.rules.registry import RULES

    rule = next((each for each in RULES if each.id == id_), None)
    if rule is None:
        return {}
    told = documentation(rule)
    explain = f"`lipready explain {id_}` shows its limits at each provider."
    return {
        "fullDescription": {"text": told.summary},
        "help": {"text": f"{told.text()}\n\n{explain}", "markdown": f"{told.markdown()}\n\n{explain}"},
    }


def _result(issue: Issue, index: int) -> Plain:
    print_ = fingerprint(issue)
    return {
        "ruleId": issue.rule,
        "ruleIndex": index,
        "level": _LEVELS[issue.severity],
        "message": {"text": _message(issue.message)},
        "locations": [{"physicalLocation": {"artifactLocation": _artifact(issue.path), "region": {"startLine": 1}}}],
        # GitHub looks at the first alone, and would else read the lines of what is no text.
        "partialFingerprints": {"primaryLocationLineHash": f"{print_[:16]}:1", "lipready/v1": print_},
        "properties": _properties(issue),
    }


def _message(text: str) -> str:
    """Escape what SARIF takes for a placeholder or a link."""
    doubled = text.replace("{", "{{").replace("}", "}}")
    return re.sub(r"([\\\[\]])", r"\\\1", doubled)


def _artifact(path: str) -> Plain:
    if is_address(path):
        return {"uri": quote(path, safe=_OF_ADDRESSES)}
    if PurePosixPath(path).is_absolute():
        return {"uri": f"file://{quote(path)}"}
    return {"uri": quote(path), "uriBaseId": "%SRCROOT%"}


def _properties(issue: Issue) -> Plain:
    """Return what a line of text cannot: seconds from the first frame, and a box in displayed pixels."""
    where = issue.where or {}
    box = where.get("box")
    entry = {
        "provider": issue.provider,
        "measured": issue.measured,
        "limit": issue.limit,
        "prevents": issue.remote,
        "fix": issue.fix,
        "startSeconds": where.get("start"),
        "endSeconds": where.get("end"),
        "box": None if box is None else dict(zip(("left", "top", "width", "height"), box, strict=True)),
    }
    return {key: value for key, value in entry.items() if value not in (None, "")}
