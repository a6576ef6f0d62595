"""Reports of shards, as JSON Lines: read as strictly as anything that somebody else wrote."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, BinaryIO, NoReturn

from lipready.errors import UsageError
from lipready.facts.report import SCHEMA
from lipready.probe.missing import unreadable

Plain = dict[str, Any]

_LONGEST_LINE = 64 << 20


def read_shards(paths: Sequence[Path]) -> list[Plain]:
    """Read every report of some files (`lipready.report/1`, one per line), in the order of files and lines.

    Raises UsageError, with file and line, for what cannot be read, is no such report, contradicts itself, or reports
    on the same files once more.
    """
    reports: list[Plain] = []
    seen: dict[str, str] = {}
    for path in paths:
        for place, report in _read(path):
            names = json.dumps([report["provider"], [[f["role"], f["path"]] for f in report["files"]]])
            same = names + json.dumps(report["request"], sort_keys=True)
            if same in seen:
                told = " and ".join(ascii(file["path"]) for file in report["files"])
                raise UsageError(f"{place}: reports on {told}, as {seen[same]} does: give each shard's file once.")
            seen[same] = place
            reports.append(report)
    return reports


def _read(path: Path) -> Iterator[tuple[str, Plain]]:
    try:
        with path.open("rb") as file:
            for number, line in enumerate(_lines(file, path), start=1):
                if line.strip():
                    place = f"{path}, line {number}"
                    yield place, _report(line, place)
    except OSError as error:
        raise UsageError(unreadable(path, error)) from error


def _lines(file: BinaryIO, path: Path) -> Iterator[bytes]:
    while line := file.readline(_LONGEST_LINE + 1):
        if len(line) > _LONGEST_LINE:
            raise UsageError(f"{path}: holds a line of more than {_LONGEST_LINE >> 20} MiB, which is no report.")
        yield line


def _report(line: bytes, place: str) -> Plain:
    try:
        report = json.loads(line.decode("utf-8"), parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        if not line.endswith(b"\n"):
            raise UsageError(f"{place}: ends in the middle of a report: run the shard that wrote it again.") from error
        raise UsageError(f"{place}: is not JSON: {error}.") from error
    schema = report.get("schema") if isinstance(report, dict) else None
    if not isinstance(schema, str):
        raise UsageError(f"{place}: is no report; give what `--format json` or `--report json=PATH` wrote.")
    if schema != SCHEMA:
        raise UsageError(f"{place}: is {schema[:60]!a}, and this release of lipready reads {SCHEMA} alone.")
    _require_schema(report, place)
    if report["verdict"] != (true := _verdict(report)):
        raise UsageError(f"{place}: says {report['verdict']}, and what it lists makes it {true}.")
    return dict(report)


def _require_schema(report: Plain, place: str) -> None:
    from fastjsonschema import JsonSchemaValueException

    try:
        _validator()(report)
    except JsonSchemaValueException as error:
        where = str(error.name).removeprefix("data").lstrip(".") or "it"
        where = where[:80]
        raise UsageError(f"{place}: does not fit {SCHEMA} at {where!a}: was it written by the same release?") from error
    roles = [file["role"] for file in report["files"]]
    if len(set(roles)) < len(roles) or not roles:
        raise UsageError(f"{place}: a report is on one to three files, each of another role.")


@cache
def _validator() -> Callable[[Mapping[str, Any]], Any]:
    from importlib.resources import files

    from fastjsonschema import compile as compile_schema

    schema = json.loads((files("lipready.reports") / "schema" / "report-1.json").read_text("utf-8"))
    validate: Callable[[Mapping[str, Any]], Any] = compile_schema(schema)
    return validate


def _verdict(report: Plain) -> str:
    """Judge anew, as Report.verdict does."""
    severities = {finding["severity"] for finding in report["findings"]}
    if "error" in severities:
        return "fail"
    return "warn" if "warning" in severities or any(gap["required"] for gap in report["unchecked"]) else "pass"


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not a number")
