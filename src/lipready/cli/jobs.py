"""A list of jobs in a file: JSON Lines, or TOML with `[[jobs]]`."""

import json
from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from lipready.cli.inputs import require_input
from lipready.errors import ConfigurationError, UsageError
from lipready.facts.address import is_address
from lipready.job import Job, RequestOptions

_FILES = ("video", "audio", "reference")
_KINDS: dict[str, type] = {
    **dict.fromkeys(_FILES, str),
    "video_extension": bool,
    "face_threshold": int,
    "callback_url": str,
}


def read_jobs(path: Path, defaults: RequestOptions) -> list[Job]:
    """Read every job of a file; paths in it are relative to its folder.

    Raises UsageError where the file cannot be read, ConfigurationError for what is wrong inside, with its place.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: the list of jobs cannot be read ({error}).") from error
    entries = _from_toml(text, path) if path.suffix.lower() == ".toml" else _from_lines(text, path)
    return [_job(entry, place, path.parent, defaults) for place, entry in entries]


def _from_lines(text: str, path: Path) -> Iterator[tuple[str, Any]]:
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        place = f"{path}, line {number}"
        try:
            yield place, json.loads(line)
        except (ValueError, RecursionError) as error:
            raise ConfigurationError(f"{place}: is not JSON: {error}.") from error


def _from_toml(text: str, path: Path) -> Iterator[tuple[str, Any]]:
    import tomllib

    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"{path}: is not TOML: {error}.") from error
    jobs = table.pop("jobs", [])
    if table or not isinstance(jobs, list):
        raise ConfigurationError(f"{path}: holds something other than [[jobs]].")
    for number, entry in enumerate(jobs, start=1):
        yield f"{path}, job {number}", entry


def _job(entry: Any, place: str, folder: Path, defaults: RequestOptions) -> Job:
    if not isinstance(entry, dict):
        raise ConfigurationError(f"{place}: a job is an object with {', '.join(_KINDS)}.")
    for key, value in entry.items():
        _require(key, value, place)
    files = {name: _place(entry[name], folder) for name in _FILES if entry.get(name) is not None}
    if not files:
        raise ConfigurationError(f"{place}: names no file; give video, audio or reference.")
    for name in files.values():
        require_input(name)
    options = RequestOptions(
        video_extension=entry.get("video_extension", defaults.video_extension),
        face_threshold=entry.get("face_threshold", defaults.face_threshold),
        callback_url=entry.get("callback_url", defaults.callback_url),
    )
    return Job.of(**files, options=options)


def _place(name: str, folder: Path) -> str:
    return name if is_address(name) else str(folder / name)


def _require(key: str, value: object, place: str) -> None:
    if key not in _KINDS:
        close = get_close_matches(key, _KINDS, n=1)
        meant = f"did you mean {close[0]!r}?" if close else f"known keys are {', '.join(_KINDS)}."
        raise ConfigurationError(f"{place}: the key {key!r} is unknown; {meant}")
    kind = _KINDS[key]
    fits = isinstance(value, kind) and (kind is bool or not isinstance(value, bool))
    if value is not None and not fits:
        names = {str: "text", bool: "true or false", int: "a whole number"}
        raise ConfigurationError(f"{place}: {key} is not {names[kind]}.")
