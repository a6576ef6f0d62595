"""JUnit's XML, as Jenkins and GitLab read it: a suite for each file, a case for each finding.

The time of a suite is what it took to measure the file. What of it a finding took is not known: the cases that ran
share it equally, so that whoever adds them up has the time of the file.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from lipready.reports.gathered import SEVERITIES, CheckedFile, Issue, by_file, located
from lipready.reports.page import Page, plain

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render_all(reports: Sequence[Mapping[str, Any]], page: Page, times: Mapping[str, float] | None = None) -> str:
    """Write one document of ASCII; without `times` (seconds, by path) there are none in it.

    A finding below `page.fail_on` is a case that passes, with the finding for its output; a rule that did not run is
    a case that was skipped; a file without findings has one case that passes.
    """
    root = Element("testsuites", name="lipready")
    files = by_file(reports)
    for file in files:
        _suite(root, file, SEVERITIES[: SEVERITIES.index(page.fail_on) + 1])
    for key in ("tests", "failures", "errors"):
        root.set(key, str(sum(int(suite.get(key, "0")) for suite in root)))
    if times is not None:
        took = {located(path): seconds for path, seconds in times.items()}
        root.set(
            "time",
            _seconds(sum(_set_times(suite, took.get(file.path, 0)) for suite, file in zip(root, files, strict=True))),
        )
    indent(root, " ")
    text = tostring(root, encoding="us-ascii", xml_declaration=False).decode("ascii")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'


def _suite(root: Element, file: CheckedFile, failing: Sequence[str]) -> None:
    suite = SubElement(root, "testsuite", name=_legal(file.path))
    told = [issue for issue in file.issues if issue.name or issue.severity in failing]
    for issue in told:
        _finding(suite, issue, failed=issue.severity in failing)
    failed_gaps = {issue.rule for issue in told if not issue.name}
    judged = {issue.rule for issue in told}
    for rule, reason in file.unchecked:
        if rule in failed_gaps:
            continue
        case = _case(suite, file, f"{rule} (not checked)" if rule in judged else rule)
        SubElement(case, "skipped", message=_legal(reason))
    if not file.issues:
        _case(suite, file, "nothing found")
    suite.set("tests", str(len(suite)))
    suite.set("failures", str(len(suite.findall("testcase/failure"))))
    suite.set("errors", "0")
    suite.set("skipped", str(len(suite.findall("testcase/skipped"))))


def _set_times(suite: Element, seconds: float) -> float:
    """Share the seconds of a file among its cases, and return them."""
    skipped = [case.find("skipped") is not None for case in suite]
    share = seconds / max(1, skipped.count(False))
    for case, left_out in zip(suite, skipped, strict=True):
        case.set("time", _seconds(0 if left_out else share))
    suite.set("time", _seconds(seconds))
    return seconds


def _finding(suite: Element, issue: Issue, *, failed: bool) -> None:
    several = f" ({issue.number})" if issue.number > 1 else ""
    case = SubElement(suite, "testcase", name=_legal(issue.title + several), classname=_legal(issue.path))
    pairs = {"measured": issue.measured, "limit": issue.limit, "prevents": issue.remote, "provider": issue.provider}
    details = [f"{label}: {value}" for label, value in pairs.items() if value]
    if failed:
        failure = SubElement(case, "failure", message=_legal(issue.message), type=issue.severity)
        failure.text = _legal("\n".join([issue.message, *details]))
    else:
        SubElement(case, "system-out").text = _legal("\n".join([f"{issue.severity}: {issue.message}", *details]))


def _case(suite: Element, file: CheckedFile, name: str) -> Element:
    return SubElement(suite, "testcase", name=_legal(name), classname=_legal(file.path))


def _seconds(value: float) -> str:
    return f"{value:.3f}"


def _legal(text: str) -> str:
    """Escape what no XML may hold, not even as a reference; line ends of our own stay."""
    shown = "\n".join(plain(line) for line in text.split("\n"))
    return _NOT_XML.sub(lambda match: f"\\u{ord(match[0]):04x}", shown)
