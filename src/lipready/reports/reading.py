"""Reports as JSON, read as strictly as anything that somebody else wrote."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from fractions import Fraction
from functools import cache
from importlib.resources import files
from math import isfinite
from typing import Any, NoReturn, cast

from lipready.errors import UsageError
from lipready.facts.cost import Cost
from lipready.facts.file import FileFacts, Role, unread_file
from lipready.facts.finding import Finding, Fix, Reading, Unchecked, Where
from lipready.facts.job import JobFacts, RequestFacts
from lipready.facts.people import Box
from lipready.facts.result import ResultFacts
from lipready.facts.unmeasured import Unmeasured
from lipready.reports.count import worst_verdict
from lipready.reports.json import SCHEMA as DOCUMENT
from lipready.reports.jsonl import EMPTY_SHARD
from lipready.reports.report import SCHEMA, Report

Plain = dict[str, Any]

_SCHEMAS = {SCHEMA: "report-1.json", DOCUMENT: "reports-1.json", EMPTY_SHARD: "shard-1.json"}
_PLACE = "The JSON of a report"
_WRITTEN_BY = "give what `Report.to_json` or `lipready check --format json` has written"
_NOT_THERE = Unmeasured("the report was read from JSON: what was measured is in its to_dict()")
_TEXTS = ("rule", "name", "severity", "role", "path", "message", "measured", "limit", "remote", "source")
_LARGEST_DENOMINATOR = 1_000_000
"""More than time stamps of video and audio files have."""


def report_of(text: str | bytes) -> Report:
    """Return the report that a JSON text holds; see `Report.from_json`."""
    try:
        value = parse(text)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{_PLACE} is not JSON: {error}.") from error
    document = require_valid(value, _PLACE, _WRITTEN_BY)
    if document["schema"] != SCHEMA:
        raise UsageError(f"{_PLACE} is {document['schema']}: give one of its `reports`, each of which is {SCHEMA}.")
    by_role = {file["role"]: _file(file) for file in document["files"]}
    asked = document["request"]
    return Report(
        provider=document["provider"],
        facts=JobFacts(
            video=by_role.get("video"),
            audio=by_role.get("audio"),
            reference=by_role.get("reference"),
            result=_result(by_role.get("result")),
            request=RequestFacts(asked["face_threshold"], asked["video_extension"], callback=None),
        ),
        findings=tuple(_finding(finding) for finding in document["findings"]),
        unchecked=tuple(
            Unchecked(each["rule"], each["role"], each["reason"], required=each["required"])
            for each in document["unchecked"]
        ),
        price=_price(document.get("price")),
        as_read={key: document[key] for key in ("files", "request")},
    )


def parse(text: str | bytes) -> Any:
    """Parse JSON in UTF-8. Raises ValueError for anything else, and RecursionError where it is too deep."""
    return json.loads(text if isinstance(text, str) else text.decode("utf-8"), parse_constant=_refuse)


def require_valid(value: object, place: str, written_by: str) -> Plain:
    """Return a report, a document of reports or an empty shard; `place` says where it stands.

    Raises UsageError where it is none of them, does not fit its schema, or contradicts itself.
    """
    schema = value.get("schema") if isinstance(value, dict) else None
    if not isinstance(value, dict) or not isinstance(schema, str):
        raise UsageError(f"{place}: is no report; {written_by}.")
    if schema not in _SCHEMAS:
        raise UsageError(f"{place}: is {schema[:60]!a}, and this release of lipready reads {SCHEMA} and {DOCUMENT}.")
    _require_schema(value, schema, place)
    for report in reports_of(value):
        roles = [file["role"] for file in report["files"]]
        if len(set(roles)) < len(roles) or not roles:
            raise UsageError(f"{place}: a report is on one to three files and a result, each of another role.")
        severities = {finding["severity"] for finding in report["findings"]}
        doubtful = "warning" in severities or any(gap["required"] for gap in report["unchecked"])
        _require_verdict(report, "fail" if "error" in severities else "warn" if doubtful else "pass", place)
    if schema == DOCUMENT:
        _require_verdict(value, worst_verdict(each["verdict"] for each in value["reports"]), place)
    return value


def reports_of(value: Plain) -> list[Plain]:
    """Return the reports that a valid value holds."""
    return list(value.get("reports", [value] if value["schema"] == SCHEMA else []))


def _require_schema(value: Plain, schema: str, place: str) -> None:
    from fastjsonschema import JsonSchemaValueException

    try:
        _validator(schema)(value)
    except JsonSchemaValueException as error:
        where = str(error.name).removeprefix("data").lstrip(".") or "it"
        raise UsageError(
            f"{place}: does not fit {schema} at {where[:80]!a}: was it written by the same release?"
        ) from error
    for each in (value, *value.get("reports", ())):
        part, size = each.get("shard"), each.get("shard_size")
        if (part is None) != (size is None) or (part is not None and each["provider"] is None):
            raise UsageError(f"{place}: does not fit {schema} at 'shard': was it written by the same release?")


def _require_verdict(value: Plain, true: str, place: str) -> None:
    if value["verdict"] != true:
        raise UsageError(f"{place}: says {value['verdict']}, and what it lists makes it {true}.")


@cache
def _validator(schema: str) -> Callable[[Mapping[str, Any]], Any]:
    from fastjsonschema import compile as compile_schema

    def read(address: str) -> Plain:
        return dict(json.loads((files("lipready.reports") / "schema" / address.rpartition("/")[2]).read_text("utf-8")))

    validate: Callable[[Mapping[str, Any]], Any] = compile_schema(read(_SCHEMAS[schema]), handlers={"https": read})
    return validate


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not a number")


def _file(plain: Plain) -> FileFacts:
    facts, role = plain["facts"], plain["role"]
    kind: str | None = facts["container" if role in {"video", "result"} else "format"]
    size: int | None = facts["bytes"]
    unread = unread_file(
        cast("Role", role),
        plain["path"],
        facts["extension"],
        Unmeasured(facts["unmeasured"].get("bytes", _NOT_THERE.reason)) if size is None else size,
        _NOT_THERE,
    )
    return replace(unread, format=_NOT_THERE if kind is None else kind, problem=facts["problem"])


def _result(file: FileFacts | None) -> ResultFacts | None:
    if file is None:
        return None
    parts = ("sound", "picture", "mouth", "surroundings")
    return ResultFacts(file=file, **dict.fromkeys(parts, _NOT_THERE))


def _finding(plain: Plain) -> Finding:
    where, fix = plain["where"], plain["fix"]
    readings = [
        Reading(each["name"], _exact(each["number"]), each["better"])
        for each in plain["readings"]
        if each["number"] is not None
    ]
    return Finding(
        **{key: plain[key] for key in _TEXTS},
        where=None if where is None else _where(where),
        fix=None if fix is None else Fix(fix["name"], fix["level"], fix["text"]),
        help=plain.get("help"),
        readings=tuple(readings),
    )


def _where(plain: Plain) -> Where:
    start, end = (None if plain[key] is None else _exact(plain[key]) for key in ("start", "end"))
    return Where(start, end, None if plain["box"] is None else Box(*plain["box"]))


def _price(plain: Plain | None) -> Cost | None:
    if plain is None:
        return None
    seconds, rate = plain["seconds"], plain["per_second"]
    return Cost(
        seconds=None if seconds is None else _exact(seconds),
        per_second=None if rate is None else Fraction(rate),
        currency=plain["currency"] or "",
    )


def _exact(number: float) -> Fraction:
    """Return the fraction that was written: the simplest that reads as this number, where there is a simple one."""
    if not isfinite(number):
        raise UsageError(f"{_PLACE} holds a number that is too large.")
    exact = Fraction(number)
    simple = exact.limit_denominator(_LARGEST_DENOMINATOR)
    return simple if float(simple) == number else exact
