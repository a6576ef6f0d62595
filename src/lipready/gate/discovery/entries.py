"""One job as it is written in a list: its keys, their types, and what is said of others."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from lipready.errors import ConfigurationError
from lipready.job import RequestOptions

_FILES = ("video", "audio", "reference")
_KINDS: dict[str, type] = {
    "name": str,
    **dict.fromkeys(_FILES, str),
    "video_extension": bool,
    "face_threshold": int,
    "callback_url": str,
}
_NOUNS = {str: "text", bool: "true or false", int: "a whole number"}
_LONGEST_NAME = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One job of a list: where it stands (for messages), its name, its files by role as written, its options."""

    place: str
    name: str | None
    files: Mapping[str, str]
    options: RequestOptions


def entries_of_toml(text: str, path: str) -> Iterator[tuple[str, Any]]:
    """Yield place and raw value of each job of a TOML list; `path` is for messages.

    Raises ConfigurationError for what is no TOML, and for anything beside `[[jobs]]`.
    """
    import tomllib

    try:
        table = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise ConfigurationError(f"{path}: is not TOML: {error}.") from error
    jobs = table.pop("jobs", [])
    for key in table:
        raise ConfigurationError(f"{path}: holds something other than [[jobs]]: {_unknown(key, ('jobs',))}")
    if not isinstance(jobs, list):
        raise ConfigurationError(f"{path}: jobs is not a list; write [[jobs]] above each job.")
    for number, entry in enumerate(jobs, start=1):
        yield f"{path}, job {number}", entry


def read_entry(raw: Any, place: str, defaults: RequestOptions) -> Entry:
    """Read one job; `defaults` are the options that it does not name itself.

    Raises ConfigurationError for a key that is unknown, a value of the wrong type, and a job without a file.
    """
    if not isinstance(raw, dict):
        raise ConfigurationError(f"{place}: a job is an object with {', '.join(_KINDS)}.")
    for key, value in raw.items():
        _require(key, value, place)
    files = {name: raw[name] for name in _FILES if raw.get(name) is not None}
    if not files:
        raise ConfigurationError(f"{place}: names no file; give video, audio or reference.")
    options = RequestOptions(
        video_extension=raw.get("video_extension", defaults.video_extension),
        face_threshold=raw.get("face_threshold", defaults.face_threshold),
        callback_url=raw.get("callback_url", defaults.callback_url),
    )
    return Entry(place=place, name=raw.get("name"), files=files, options=options)


def _require(key: str, value: object, place: str) -> None:
    if key not in _KINDS:
        raise ConfigurationError(f"{place}: {_unknown(key, _KINDS)}")
    kind = _KINDS[key]
    fits = isinstance(value, kind) and (kind is bool or not isinstance(value, bool))
    if value is not None and not fits:
        raise ConfigurationError(f"{place}: {key} is not {_NOUNS[kind]}.")
    if key == "name" and isinstance(value, str) and not _is_name(value):
        raise ConfigurationError(
            f"{place}: the name {value[:40]!r} is not one line of at most {_LONGEST_NAME} printable characters."
        )


def _unknown(key: str, known: Iterable[str]) -> str:
    known = tuple(known)
    close = get_close_matches(key, known, n=1)
    meant = f"did you mean {close[0]!r}?" if close else f"known keys are {', '.join(known)}."
    return f"the key {key!r} is unknown; {meant}"


def _is_name(text: str) -> bool:
    return bool(text.strip()) and text == text.strip() and len(text) <= _LONGEST_NAME and text.isprintable()
