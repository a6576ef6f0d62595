"""A list of jobs in a file: JSON Lines, or TOML with `[[jobs]]`."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lipready.cli.inputs import require_input
from lipready.errors import ConfigurationError, UsageError
from lipready.facts.address import is_address
from lipready.gate.entries import Entry, entries_of_toml, read_entry
from lipready.job import Job, RequestOptions


def read_jobs(path: Path, defaults: RequestOptions) -> list[Job]:
    """Read every job of a file; paths in it are relative to its folder.

    Raises UsageError where the file cannot be read, ConfigurationError for what is wrong inside, with its place.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: the list of jobs cannot be read ({error}).") from error
    entries = entries_of_toml(text, str(path)) if path.suffix.lower() == ".toml" else _from_lines(text, path)
    return [_job(read_entry(raw, place, defaults), path.parent) for place, raw in entries]


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
        require_input(name)
    return Job.of(**files, options=entry.options)


def _place(name: str, folder: Path) -> str:
    return name if is_address(name) else str(folder / name)
