"""An entry as the text that the journal keeps, and back; what is read back may be anything."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, get_type_hints

from lipready.providers.journal.entry import JournalEntry, Stage, Upload

_FORMER = ("body", "skew")
"""What entries of format 1 had as well, and nobody read."""


def to_text(entry: JournalEntry) -> str:
    """Write an entry as JSON."""
    return json.dumps(asdict(entry), ensure_ascii=True, allow_nan=False)


def from_text(text: object) -> JournalEntry:
    """Read an entry. Raises ValueError for anything that `to_text` cannot have written."""
    try:
        value = json.loads(text) if isinstance(text, str) else None
    except RecursionError:
        value = None
    if not isinstance(value, dict) or not isinstance(value.get("uploads"), list):
        raise ValueError("an entry of the journal is no object")  # noqa: TRY004 - wrong data, not a wrong call
    for name in _FORMER:
        value.pop(name, None)
    rejected = value.get("rejected", [])
    if not isinstance(rejected, list) or not all(isinstance(each, str) for each in rejected):
        raise ValueError("the rejected tasks of an entry are no list of ids")
    uploads = tuple(Upload(**_checked(Upload, each)) for each in value["uploads"])
    return JournalEntry(**_checked(JournalEntry, {**value, "uploads": uploads, "rejected": tuple(rejected)}))


def _checked(kind: type[JournalEntry | Upload], value: object) -> Mapping[str, Any]:
    """Require the fields of a class, each of its type; those that an older lipready did not know may be missing."""
    if not isinstance(value, dict):
        raise ValueError(f"{kind.__name__} is no object")  # noqa: TRY004 - wrong data, not a wrong call
    hints = get_type_hints(kind)
    for name, each in value.items():
        if name not in hints:
            raise ValueError(f"{kind.__name__} has no {name}")
        if not _fits(each, hints[name]):
            raise ValueError(f"{name} is of another type")
    if not _NEEDED[kind] <= value.keys():
        raise ValueError(f"{kind.__name__} is incomplete")
    return value


def _fits(value: object, hint: Any) -> bool:
    if hint is Stage:
        return isinstance(value, str)
    if isinstance(value, tuple):
        return True
    if isinstance(value, bool):
        return hint is bool
    if isinstance(value, int) and _fits(0.5, hint):
        return True
    try:
        return isinstance(value, hint)
    except TypeError:  # what is built of tuples was built by us
        return False


_NEEDED: Mapping[type, frozenset[str]] = {
    JournalEntry: frozenset({"id", "created", "provider", "service", "api"}),
    Upload: frozenset({"role", "url", "expires", "size", "mtime_ns"}),
}
