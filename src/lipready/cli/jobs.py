"""A list of jobs in a file: JSON Lines, or TOML with `[[jobs]]`."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lipready.errors import ConfigurationError, UsageError
from lipready.facts.address import is_address
from lipready.gate.entries import Entry, entries_of_toml, read_entry
from lipready.job import Job, RequestOptions
from lipready.probe.missing import require_file, unreadable


def read_jobs(path: Path, defaults: RequestOptions) -> list[Job]:
    """Read every job of a file; paths in it are relative to its folder.

    Raises UsageError where the file, or one that it names, cannot be read; ConfigurationError for what is wrong inside,
    with its place.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(unreadable(path, error)) from error
    entries = entries_of_toml(text, str(path)) if path.suffix.lower() == ".toml" else _from_lines(text, path)
    read = [read_entry(raw, place, defaults) for place, raw in entries]
    return [_job(entry, path.parent) for entry in read]


def _from_lines(text: str, path: Path) -> Iterator[tuple[str, Any]]:
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        place = f"{path}, line {number}"
        try:
            yield place, json.loads(line)
        except (ValueError, RecursionError) as error:
            raise ConfigurationError(f"{place}: is not JSON: {error}.") from error


def _job(entry: Entry, folder: Path) -> Job:
    files = {role: _place(name, folder) for role, name in entry.files.items()}
    for name in files.values():
        try:
            if not is_address(name):
                require_file(name)
        except UsageError as error:
            raise UsageError(f"{entry.place}: {error}") from None
    return Job.of(**files, options=entry.options)


def _place(name: str, folder: Path) -> str:
    return name if is_address(name) else str(folder / name)
