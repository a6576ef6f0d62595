"""`lipready.jobs.toml`: which files of a repository belong together, and with which options."""

import os
import stat
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path, PurePosixPath
from typing import Any

from lipready.errors import ConfigurationError
from lipready.facts.address import is_address
from lipready.job import Job, RequestOptions

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
class ManifestEntry:
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


def read_entry(raw: Any, place: str, defaults: RequestOptions) -> ManifestEntry:
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
    return ManifestEntry(place=place, name=raw.get("name"), files=files, options=options)


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


_LARGEST = 4 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedJob:
    """One job of a manifest. The paths of `job` are relative to the root, with slashes, and lie inside it.

    `name` is what the manifest calls it. `place` says where it stands, for messages. `reached` are its files without
    links: what is listed here need not be checked for itself.
    """

    name: str | None
    job: Job
    manifest: str
    place: str
    reached: frozenset[str]

    def files(self) -> tuple[str, ...]:
        """Return the paths of its files: video, audio track, reference image."""
        return tuple(path for path in (self.job.video, self.job.audio, self.job.reference) if path is not None)


def read_manifests(
    root: Path, manifests: Iterable[str], defaults: RequestOptions | None = None
) -> tuple[ListedJob, ...]:
    """Read manifests (relative to the root), in the order of their names and of what they list.

    A file that is missing stays in its job, so that the check reports it. `defaults` are the options that a job does
    not name itself. Raises ConfigurationError for a manifest that cannot be read, what is wrong inside (with its
    place), a file outside the root, and a name that is used twice.
    """
    root = root.resolve()
    jobs: list[ListedJob] = []
    names: dict[str, str] = {}
    for manifest in sorted(manifests):
        for raw_place, raw in entries_of_toml(_text(root, manifest), manifest):
            entry = read_entry(raw, raw_place, defaults or RequestOptions())
            if entry.name is not None and entry.name in names:
                raise ConfigurationError(
                    f"{entry.place}: the name {entry.name!r} is taken by {names[entry.name]}; each job needs its own."
                )
            if entry.name is not None:
                names[entry.name] = entry.place
            jobs.append(_listed(root, manifest, entry))
    return tuple(jobs)


def _text(root: Path, manifest: str) -> str:
    path = root / manifest
    try:
        if not Path(os.path.realpath(path)).is_relative_to(root):
            raise ConfigurationError(f"{manifest}: is a link that leads out of {root}; it is not followed.")
        if not stat.S_ISREG(path.stat().st_mode):
            raise ConfigurationError(f"{manifest}: is no file, and so no list of jobs.")
        with path.open("rb") as file:
            data = file.read(_LARGEST + 1)
        if len(data) > _LARGEST:
            raise ConfigurationError(f"{manifest}: is larger than {_LARGEST >> 20} MB; split it over several folders.")
        return data.decode()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{manifest}: the list of jobs cannot be read ({error}).") from error


def _listed(root: Path, manifest: str, entry: ManifestEntry) -> ListedJob:
    folder = PurePosixPath(manifest).parent
    files = {role: _place(root, folder, name, f"{entry.place}: {role}") for role, name in entry.files.items()}
    reached = {Path(os.path.realpath(root / path)).relative_to(root).as_posix() for path in files.values()}
    return ListedJob(
        name=entry.name,
        job=Job.of(**files, options=entry.options),
        manifest=manifest,
        place=entry.place,
        reached=frozenset(reached | set(files.values())),
    )


def _place(root: Path, folder: PurePosixPath, name: str, where: str) -> str:
    if is_address(name):
        raise ConfigurationError(
            f"{where} is an address; the gate checks files of the repository, and `lipready check --jobs` addresses."
        )
    if not name or "\0" in name:
        raise ConfigurationError(f"{where} is no path.")
    lexical = Path(os.path.normpath(root / folder / name))
    if not lexical.is_relative_to(root) or not Path(os.path.realpath(lexical)).is_relative_to(root):
        raise ConfigurationError(f"{where}, {name!r}, leads out of {root}; name a file inside.")
    if os.path.isdir(lexical):  # noqa: PTH112 - raises for no name, other than Path.is_dir
        raise ConfigurationError(f"{where}, {name!r}, is a folder, not a media file.")
    return lexical.relative_to(root).as_posix()
