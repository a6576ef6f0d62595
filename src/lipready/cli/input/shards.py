"""How a run is shared, and what its shards wrote: read as strictly as anything that somebody else wrote."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, BinaryIO

from lipready.config.unit import Unit
from lipready.errors import NothingCheckedError, UsageError
from lipready.facts.quantity import counted
from lipready.probe.missing import unreadable
from lipready.reports.json import SCHEMA as DOCUMENT
from lipready.reports.reading import parse, reports_of, require_valid
from lipready.reports.report import SCHEMA

MOST = 10_000
_SHARD = re.compile(r"([0-9]{1,9})/([0-9]{1,9})")


def parse_shard(text: str) -> tuple[int, int]:
    """Read "2/4": the second of four shards, counted from 1.

    Raises UsageError where it is none.
    """
    match = _SHARD.fullmatch(text.strip())
    number, count = (int(match[1]), int(match[2])) if match else (0, 0)
    if not 1 <= number <= count <= MOST:
        raise UsageError(f"{text!r} names no shard: write 2/4 for the second of four (at most {MOST}).")
    return number, count


def shard(units: Iterable[Unit], number: int, count: int) -> Iterator[Unit]:
    """Keep the units that fall to shard `number` (1 … `count`), in their order.

    A unit falls to the same shard on every machine, whatever the others are, by its name alone.
    """
    for unit in units:
        digest = sha256(unit.name.encode("utf-8", "surrogateescape")).digest()
        if int.from_bytes(digest[:8], "big") % count == number - 1:
            yield unit


Plain = dict[str, Any]

_LONGEST_LINE = 64 << 20
_DOCUMENT_BEGINS = f'{{"schema": "{DOCUMENT}"'.encode()
_LARGEST_DOCUMENT = 512 << 20
_WRITTEN_BY = "give what `--format jsonl` or `--report jsonl=PATH` wrote"


class IncompleteRunError(NothingCheckedError):
    """Reports of a run are missing, or stand there twice: the verdict on all of it is not known."""


@dataclass(slots=True)
class _ShardReport:
    """What was read of one shard. `sizes` are the numbers of reports that it says it has."""

    sizes: set[int] = field(default_factory=set)
    files: list[str] = field(default_factory=list)
    reports: int = 0


_Parts = dict[str, dict[str, _ShardReport]]  # by provider, then by shard


def read_shards(paths: Sequence[Path]) -> list[Plain]:
    """Read every report of some files, as `jsonl` or `json` has them, in the order of files and lines.

    Raises IncompleteRunError where a file is empty or cut off, or the shards are not those of one run, each once, and
    UsageError, with file and line, for what cannot be read, is no such report, contradicts itself, or reports on the
    same files once more.
    """
    found, parts, empty = list[tuple[str, Plain]](), _Parts(), list[Path]()
    for path in paths:
        values = list(_read(path))
        if not values:
            empty.append(path)
        for place, value in values:
            _count(value, path, parts)
            found += [(place, report) for report in reports_of(value)]
    for provider, shards in parts.items():
        _require_whole(shards, f" for {ascii(provider)[1:-1]}" if len(parts) > 1 else "", empty)
    if empty:
        raise IncompleteRunError(f"{empty[0]} is empty: what should have written it has not come to its end.")
    _require_different(found)
    return [{key: each for key, each in report.items() if not key.startswith("shard")} for _, report in found]


def _count(value: Plain, path: Path, parts: _Parts) -> None:
    """Note of which shard a value says it is; a document and its reports each say so."""
    for each in (value, *value.get("reports", ())):
        if each.get("shard") is None:
            continue
        part = parts.setdefault(each["provider"], {}).setdefault(each["shard"], _ShardReport())
        part.sizes.add(each["shard_size"])
        part.reports += each["schema"] == SCHEMA
        if str(path) not in part.files:
            part.files.append(str(path))


def _require_whole(shards: Mapping[str, _ShardReport], provider: str, empty: Sequence[Path]) -> None:
    numbers = {name: parse_shard(name) for name in shards}
    (first, (_, count)), *others = numbers.items()
    for name, (_, other) in others:
        if other != count:
            one, two = (f"{shards[each].files[0]} is shard {_said(numbers[each])}" for each in (first, name))
            raise IncompleteRunError(f"{one}, {two}{provider}: give the shards of one run.")
    for name, part in shards.items():
        said = f"shard {_said(numbers[name])}{provider}"
        if len(part.files) > 1 or len(part.sizes) > 1 or part.reports > max(part.sizes):
            raise IncompleteRunError(f"{said} is given twice ({', '.join(part.files)}): give each shard once.")
        if part.reports < max(part.sizes):
            held = f"{part.files[0]} holds {part.reports} of its {counted(max(part.sizes), 'report')}"
            raise IncompleteRunError(f"{said} is cut short: {held}; run it again.")
    there = {number for number, _ in numbers.values()}
    missing = [_said((number, count)) for number in range(1, count + 1) if number not in there]
    if missing:
        verb = "shard {} is" if len(missing) == 1 else "shards {} are"
        why = f": {empty[0]} is empty" if empty else ""
        raise IncompleteRunError(f"{verb.format(', '.join(missing))} missing{provider}{why}.")


def _said(shard: tuple[int, int]) -> str:
    return f"{shard[0]} of {shard[1]}"


def _require_different(found: Sequence[tuple[str, Plain]]) -> None:
    seen: dict[str, str] = {}
    for place, report in found:
        names = json.dumps([report["provider"], [[f["role"], f["path"]] for f in report["files"]]])
        same = names + json.dumps(report["request"], sort_keys=True)
        if same in seen:
            told = " and ".join(ascii(file["path"]) for file in report["files"])
            raise UsageError(f"{place}: reports on {told}, as {seen[same]} does: give each shard's file once.")
        seen[same] = place


def _read(path: Path) -> Iterator[tuple[str, Plain]]:
    try:
        with path.open("rb") as file:
            for number, line in enumerate(_lines(file, path), start=1):
                if line.strip():
                    place = f"{path}, line {number}"
                    yield place, _value(line, place)
    except OSError as error:
        raise UsageError(unreadable(path, error)) from error


def _lines(file: BinaryIO, path: Path) -> Iterator[bytes]:
    """Yield lines; a document may be longer than a report, and one that stands on several lines is given as one."""
    while line := file.readline(_LONGEST_LINE + 1):
        if len(line) > _LONGEST_LINE and line.startswith(_DOCUMENT_BEGINS):
            yield line + file.readline(_LARGEST_DOCUMENT)
            continue
        if len(line) > _LONGEST_LINE:
            raise UsageError(f"{path}: holds a line of more than {_LONGEST_LINE >> 20} MiB, which is no report.")
        yield line + file.read(_LARGEST_DOCUMENT) if line.strip() == b"{" else line


def _value(line: bytes, place: str) -> Plain:
    try:
        value = parse(line)
    except (ValueError, RecursionError) as error:
        if not line.endswith(b"\n"):
            raise IncompleteRunError(
                f"{place}: ends in the middle of a report: run the shard that wrote it again."
            ) from error
        raise UsageError(f"{place}: is not JSON: {error}.") from error
    return require_valid(value, place, _WRITTEN_BY)
