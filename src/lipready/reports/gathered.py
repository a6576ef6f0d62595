"""All reports of a run, gathered by file: what the documents for other programs are made of."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path, PurePath
from typing import Any

from lipready.facts.address import is_address
from lipready.reports.page import plain
from lipready.reports.values import plain_text
from lipready.rules.rule import ADDRESS, page_of

Plain = Mapping[str, Any]
SEVERITIES = ("error", "warning", "info")
"""From the worst down."""
_UNUSUAL = re.compile(r"^[./]|[:\\]|//|/\.?(/|$)")  # all else is as it should be, of ten thousand nearly all


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """A finding, or a required rule that could not be judged (a warning without a name).

    `path` is as it is on the disk, for machines; every other text is free of controls. `number` tells findings of one
    rule about one file apart, from 1. `where` is that of `lipready.report/1`, `help` the address of the rule's page.
    """

    path: str
    rule: str
    severity: str
    message: str
    provider: str
    name: str = ""
    measured: str = ""
    limit: str = ""
    remote: str | None = None
    fix: str | None = None
    where: Plain | None = None
    help: str | None = None
    number: int = 0

    @property
    def title(self) -> str:
        """`V104 video-frame-rate`."""
        return f"{self.rule} {self.name}".rstrip()


@dataclass(frozen=True, slots=True)
class CheckedFile:
    """One file with what is wrong with it, and the rules that did not run on it: (rule, reason)."""

    path: str
    issues: list[Issue] = field(default_factory=list)
    unchecked: list[tuple[str, str]] = field(default_factory=list)


def by_file(reports: Sequence[Plain]) -> list[CheckedFile]:
    """Gather `lipready.report/1` by file, in the order of paths; what several reports say of a file stands once.

    What is about the job as a whole belongs to its first file.
    """
    files: dict[str, CheckedFile] = {}
    for report in in_order(reports):
        paths = {file["role"]: located(file["path"]) for file in report["files"]}
        paths["job"] = next(iter(paths.values()), "")
        for path in dict.fromkeys(paths.values()):
            files.setdefault(path, CheckedFile(path))
        for path, issue in _issues(report, paths):
            known = files.setdefault(path, CheckedFile(path)).issues
            alike = [each for each in known if (each.rule, each.provider) == (issue.rule, issue.provider)]
            if all(replace(each, number=0) != issue for each in alike):  # else another job has told it
                known.append(replace(issue, number=len(alike) + 1))
        for entry in report["unchecked"]:
            file = files.get(paths.get(entry["role"], paths["job"]))
            gap = (entry["rule"], _shown(entry["reason"]))
            if file is not None and gap not in file.unchecked:
                file.unchecked.append(gap)
    return [files[path] for path in sorted(files)]


def in_order(reports: Sequence[Plain]) -> list[Plain]:
    """Put reports into the order of their paths, whoever was ready first."""
    return sorted(reports, key=place_of)


def _shown(text: str) -> str:
    return plain(plain_text(text))


def place_of(report: Mapping[str, Any]) -> tuple[list[str], str]:
    """Return by what a report is put into order."""
    return [file["path"] for file in report["files"]], report["provider"]


def issues_of(reports: Sequence[Plain]) -> list[Issue]:
    """Give every issue of a run, in the order of paths."""
    return [issue for file in by_file(reports) for issue in file.issues]


def worst_first(issues: Sequence[Issue]) -> list[Issue]:
    """Errors before warnings before notes, and else as it is."""
    return sorted(issues, key=lambda issue: SEVERITIES.index(issue.severity))


def located(path: str) -> str:
    """Name a file below the working directory from there, with slashes: as repositories do."""
    path = plain_text(path)
    if not _UNUSUAL.search(path) or is_address(path) or "\0" in path:
        return path
    pure = PurePath(path)
    if pure.is_absolute():
        with suppress(ValueError, OSError):  # elsewhere, or a working directory that is gone
            pure = pure.relative_to(Path.cwd())
    return pure.as_posix()


def _issues(report: Plain, paths: Mapping[str, str]) -> Iterator[tuple[str, Issue]]:
    provider, broken = _shown(report["provider"]), set()
    for finding in report["findings"]:
        path = located(finding["path"]) if finding["path"] else paths.get(finding["role"], paths["job"])
        if finding["severity"] == "error":
            broken.add(path)
        texts: dict[str, Any] = {
            key: _shown(finding[key]) for key in ("rule", "name", "severity", "message", "measured", "limit")
        }
        fix = finding["fix"]
        issue = Issue(
            path=path,
            **texts,
            remote=None if finding["remote"] is None else _shown(finding["remote"]),
            fix=None if fix is None else _shown(fix["text"]),
            where=finding["where"],
            help=_address(finding.get("help")),
            provider=provider,
        )
        yield path, issue
    for entry in report["unchecked"]:
        path = paths.get(entry["role"], paths["job"])
        if entry["required"] and path not in broken:  # a file that cannot be read is one thing, not ten
            said = f"A required rule could not be judged: {_shown(entry['reason'])}"
            issue = Issue(path=path, rule=entry["rule"], severity="warning", message=said, provider=provider)
            yield path, replace(issue, help=page_of(entry["rule"]))


def _address(text: object) -> str | None:
    """Return an address that may stand in a link: what a report says may have been written by anybody."""
    return text if isinstance(text, str) and ADDRESS.fullmatch(text) else None


def fingerprint(issue: Issue) -> str:
    """Give 64 hexadecimal digits that no other issue of a run has, and that outlast a changed measurement."""
    parts = (issue.path, issue.rule, issue.name, issue.provider, str(issue.number))
    return sha256("\0".join(parts).encode("utf-8", "backslashreplace")).hexdigest()
