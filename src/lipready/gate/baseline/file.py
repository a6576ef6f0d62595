"""The file of a baseline: one line for each entry, in a stable order, so that a change of it reads well."""

import json
import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal, get_args

from lipready.atomic import write_whole
from lipready.config.settings import read_small_text
from lipready.errors import ConfigurationError
from lipready.facts.finding import Better, Reading, Severity
from lipready.rules.wording import one_line

SCHEMA = "lipready.baseline/1"
_LARGEST = 64 << 20
LONGEST_TEXT = 4096
_MOST = 1000
_NUMBER = re.compile(r"-?[0-9]{1,100}(/(?!0+$)[0-9]{1,100})?", re.ASCII)
_RULE = re.compile(r"[A-Z][0-9]{3}", re.ASCII)
_SIDES: tuple[tuple[str, Better], ...] = (("at_most", "smaller"), ("at_least", "larger"))

Kind = Literal["file", "job"]
Key = tuple[Kind, str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """What is accepted of one rule: on a file (`of` is its path), or on a job (`of` is the name of the unit).

    `readings` are its numbers; a rule without any has `texts`, what its findings measured, in order.
    """

    kind: Kind
    of: str
    rule: str
    severity: Severity
    readings: tuple[Reading, ...] = ()
    texts: tuple[str, ...] = ()

    @property
    def key(self) -> Key:
        """What it is found by."""
        return self.kind, self.of, self.rule


@dataclass(frozen=True, slots=True)
class Baseline:
    """What is accepted at one provider, in the order of files and jobs, then of rules."""

    provider: str
    entries: tuple[Accepted, ...] = ()

    @classmethod
    def of(cls, provider: str, entries: Iterable[Accepted]) -> "Baseline":
        """Put entries into their order."""
        return cls(provider, tuple(sorted(entries, key=lambda entry: (entry.of, entry.kind, entry.rule))))


def read_baseline(path: Path) -> Baseline:
    """Read a baseline. Raises ConfigurationError, with the entry, for whatever is not as `write_baseline` writes it."""
    text = read_small_text(path, _LARGEST)
    try:
        content = json.loads(text, object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        raise ConfigurationError(
            f"{path}: is no baseline, since it is not JSON: {one_line(str(error))[:200]}."
        ) from error
    if not isinstance(content, dict) or content.get("schema") != SCHEMA:
        raise ConfigurationError(f"{path}: is no baseline of this version of lipready: its schema is not {SCHEMA!r}.")
    provider, entries = content.get("provider"), content.get("entries")
    if set(content) != {"schema", "provider", "entries"} or not _is_text(provider) or not isinstance(entries, list):
        raise ConfigurationError(f"{path}: is no baseline: it holds schema, provider (a text) and entries (a list).")
    read = []
    for number, entry in enumerate(entries, 1):
        try:
            read.append(_read_entry(entry))
        except ValueError as error:
            raise ConfigurationError(
                f"{path}, entry {number}: {error}. `gate(update_baseline=True)` writes a new one."
            ) from None
    twice = [key for key, count in Counter(entry.key for entry in read).items() if count > 1]
    if twice:
        raise ConfigurationError(f"{path}: {twice[0][2]} of {one_line(twice[0][1])} is there twice; keep one of them.")
    return Baseline.of(str(provider), read)


def write_baseline(path: Path, baseline: Baseline) -> None:
    """Write a baseline: whole, or not at all; only where there is none yet, or one to be replaced.

    Raises ConfigurationError where another file stands there, or it cannot be written.
    """
    if os.path.lexists(path):
        _refuse_other(path)
    try:
        write_whole(path, _text(baseline).encode())
    except OSError as error:
        raise ConfigurationError(f"{path}: the baseline cannot be written ({error.strerror}).") from error


def _refuse_other(path: Path) -> None:
    try:
        begin = read_small_text(path, _LARGEST)[:200]
    except ConfigurationError as error:
        raise ConfigurationError(f"{error} It is not replaced by a baseline.") from None
    if SCHEMA not in begin:
        raise ConfigurationError(f"{path}: is no baseline, and is not replaced by one; name another file.")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    table = dict(pairs)
    if len(table) != len(pairs):
        raise ValueError("a key is there twice")
    return table


def _is_text(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= LONGEST_TEXT


def _read_entry(entry: object) -> Accepted:
    if not isinstance(entry, dict):
        raise ValueError("an entry is an object")  # noqa: TRY004 - one kind for whatever is wrong in the file
    kinds: list[Kind] = [kind for kind in get_args(Kind) if kind in entry]
    unknown = set(entry) - {"file", "job", "rule", "severity", "at_most", "at_least", "measured"}
    if unknown or len(kinds) != 1 or not _is_text(entry[kinds[0]]):
        raise ValueError("an entry has file or job, rule, severity, and at_most, at_least or measured")
    if not isinstance(entry.get("rule"), str) or not _RULE.fullmatch(entry["rule"]):
        raise ValueError('rule is not the id of one, such as "V105"')
    if entry.get("severity") not in ("error", "warning"):
        raise ValueError('severity is not "error" or "warning"')
    readings = tuple(sorted(r for key, better in _SIDES for r in _read_numbers(entry.get(key, {}), key, better)))
    texts = _read_texts(entry.get("measured", []))
    if bool(readings) == bool(texts):
        raise ValueError("an entry has either numbers (at_most, at_least) or texts (measured)")
    return Accepted(
        kind=kinds[0],
        of=entry[kinds[0]],
        rule=entry["rule"],
        severity=entry["severity"],
        readings=readings,
        texts=texts,
    )


def _read_numbers(table: object, key: str, better: Better) -> Iterator[Reading]:
    if not isinstance(table, Mapping) or len(table) > _MOST or not all(map(_is_text, table)):
        raise ValueError(f"{key} is not a table of numbers by name")
    for name, text in table.items():
        if not isinstance(text, str) or not _NUMBER.fullmatch(text):
            raise ValueError(f'{key}, {one_line(name)[:80]}: a number is written as "12" or "1213/10"')
        yield Reading(name, Fraction(text), better)


def _read_texts(texts: object) -> tuple[str, ...]:
    if not isinstance(texts, list) or len(texts) > _MOST or not all(map(_is_text, texts)):
        raise ValueError("measured is not a list of texts")
    return tuple(sorted(texts))


def _text(baseline: Baseline) -> str:
    head = f'{{\n  "schema": {_json(SCHEMA)},\n  "provider": {_json(baseline.provider)},\n  "entries": ['
    lines = ",".join(f"\n    {_json(_plain(entry))}" for entry in baseline.entries)
    return f"{head}{lines}\n  ]\n}}\n"


def _plain(entry: Accepted) -> dict[str, Any]:
    sides = {key: {r.name: str(r.number) for r in entry.readings if r.better == better} for key, better in _SIDES}
    numbers = {key: table for key, table in sides.items() if table}
    texts = {} if entry.readings else {"measured": list(entry.texts)}
    return {entry.kind: entry.of, "rule": entry.rule, "severity": entry.severity, **numbers, **texts}


def _json(value: object) -> str:
    """Return JSON as people read it; where a path is not Unicode, escaped."""
    text = json.dumps(value, ensure_ascii=False)
    return text if text.isprintable() else json.dumps(value)
