"""A list of jobs in a file: JSON Lines, or TOML with `[[jobs]]`."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from lipready.errors import ConfigurationError, UsageError
from lipready.facts.address import file_name, is_address
from lipready.facts.file import ROLES
from lipready.gate.discovery.manifest import ManifestEntry, entries_of_toml, read_entry
from lipready.job import Job, RequestOptions
from lipready.probe.missing import require_file, unreadable

_NOT_IN_NAMES = frozenset('/\\:*?"<>|')
"""What a file's name may not hold on one system or another."""
_LONGEST_STEM = 200
"""Bytes: with its extension, a name stays under the 255 of common file systems."""


def read_jobs(path: Path, defaults: RequestOptions) -> list[Job]:
    """Read every job of a file; paths in it are relative to its folder.

    Raises UsageError where the file, or one that it names, cannot be read; ConfigurationError for what is wrong inside,
    with its place.
    """
    return [_job(entry, path.parent) for entry in _entries(path, defaults)]


def read_named_jobs(path: Path, defaults: RequestOptions) -> dict[str, Job]:
    """Read every job of a file that is to be submitted, by the name of its result video; else as `read_jobs`.

    A job without a name has that of its video. Raises ConfigurationError also for a job without a video or an audio
    track, for two jobs of one name or with the same files and options, and for a name that no file can have.
    """
    named: dict[str, Job] = {}
    names, contents = dict[str, str](), dict[object, str]()
    for entry in _entries(path, defaults):
        job = _job(entry, path.parent)
        lacking = [what for what, path in (("no video", job.video), ("no audio track", job.audio)) if path is None]
        if lacking:
            raise ConfigurationError(
                f"{entry.place}: has {' and '.join(lacking)}; a job that is submitted has a video and an audio track."
            )
        name = _name_of(entry)
        other = names.setdefault(name.casefold(), entry.place)
        if other != entry.place:
            raise ConfigurationError(
                f"{entry.place}: its result would be {name}.mp4, as that of {other}: give each job a name of its own."
            )
        # What makes a job the one that it is, however its paths are written.
        places = job.places()
        paths = (places.get(role) for role in ROLES)
        content = *(path if path is None or is_address(path) else Path(path).resolve() for path in paths), job.options
        other = contents.setdefault(content, entry.place)
        if other != entry.place:
            raise ConfigurationError(f"{entry.place}: has the files and options of {other}: leave one of them out.")
        named[name] = job
    return named


def _entries(path: Path, defaults: RequestOptions) -> Sequence[ManifestEntry]:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(unreadable(path, error)) from error
    entries = entries_of_toml(text, str(path)) if path.suffix.lower() == ".toml" else _from_lines(text, path)
    return [read_entry(raw, place, defaults) for place, raw in entries]


def _from_lines(text: str, path: Path) -> Iterator[tuple[str, Any]]:
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        place = f"{path}, line {number}"
        try:
            yield place, json.loads(line)
        except (ValueError, RecursionError) as error:
            raise ConfigurationError(f"{place}: is not JSON: {error}.") from error


def _job(entry: ManifestEntry, folder: Path) -> Job:
    files = {role: name if is_address(name) else str(folder / name) for role, name in entry.files.items()}
    for name in files.values():
        try:
            if not is_address(name):
                require_file(name)
        except UsageError as error:
            raise UsageError(f"{entry.place}: {error}") from None
    return Job.of(**files, options=entry.options)


def _name_of(entry: ManifestEntry) -> str:
    """Return the name of a job, else that of its video without the extension."""
    video = entry.files.get("video", "")
    name = entry.name or Path(file_name(video) if is_address(video) else video).stem
    fits = name.isprintable() and not _NOT_IN_NAMES & set(name) and not name.startswith(".")
    if not name or not fits or len(name.encode("utf-8", "surrogatepass")) > _LONGEST_STEM:
        raise ConfigurationError(
            f"{entry.place}: its result cannot be named {name[:40]!r}: give it a name of at most {_LONGEST_STEM} bytes "
            f"that does not begin with a dot and holds none of {' '.join(sorted(_NOT_IN_NAMES))} ."
        )
    return name
