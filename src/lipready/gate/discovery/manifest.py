"""`lipready.jobs.toml`: which files of a repository belong together, and with which options."""

import os
import stat
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any

from lipready.config.settings import parse_toml
from lipready.config.tables import unknown_key
from lipready.config.unit import files_of
from lipready.errors import ConfigurationError, concerning
from lipready.facts.address import is_address
from lipready.job import Job, RequestOptions

_FILES = ("video", "audio", "reference")
_OPTIONS: dict[str, type] = {"video_extension": bool, "face_threshold": int, "callback_url": str}
_KINDS: dict[str, type] = {"name": str, **dict.fromkeys(_FILES, str), **_OPTIONS}
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
    table = parse_toml(text, path)
    jobs = table.pop("jobs", [])
    for key in table:
        raise ConfigurationError(f"{path}: holds something other than [[jobs]]: {unknown_key(key, ('jobs',))}")
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
    options = replace(defaults, **{key: raw[key] for key in _OPTIONS if key in raw})
    return ManifestEntry(place=place, name=raw.get("name"), files=files, options=options)


def _require(key: str, value: object, place: str) -> None:
    if key not in _KINDS:
        raise ConfigurationError(f"{place}: {unknown_key(key, _KINDS)}")
    kind = _KINDS[key]
    fits = isinstance(value, kind) and (kind is bool or not isinstance(value, bool))
    if value is not None and not fits:
        raise ConfigurationError(f"{place}: {key} is not {_NOUNS[kind]}.")
    if key != "name" or not isinstance(value, str):
        return
    if not value or value != value.strip() or len(value) > _LONGEST_NAME or not value.isprintable():
        raise ConfigurationError(
            f"{place}: the name {value[:40]!r} is not one line of at most {_LONGEST_NAME} printable characters."
        )


_LARGEST = 4 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedJob:
    """One job of a manifest. The paths of `job` are relative to the root, with slashes, and lie inside it.

    `name` is what the manifest calls it. `reached` are its files without links: what is listed here need not be checked
    for itself.
    """

    name: str | None
    job: Job
    manifest: str
    reached: frozenset[str]

    def files(self) -> tuple[str, ...]:
        """Return the paths of its files: video, audio track, reference image."""
        return tuple(path for _role, path in files_of(self.job))


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
        with concerning(path=str(root / manifest)):
            for raw_place, raw in entries_of_toml(_text(root, manifest), manifest):
                entry = read_entry(raw, raw_place, defaults or RequestOptions())
                if entry.name is not None and names.setdefault(entry.name, entry.place) != entry.place:
                    taken = names[entry.name]
                    raise ConfigurationError(
                        f"{entry.place}: the name {entry.name!r} is taken by {taken}; each job needs its own."
                    )
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
        reached=frozenset(reached | set(files.values())),
    )


def _place(root: Path, folder: PurePosixPath, name: str, where: str) -> str:
    if is_address(name):
        raise ConfigurationError(
            f"{where} is an address; the gate checks files of the repository, and `lipready.check(…)` addresses."
        )
    if not name or "\0" in name:
        raise ConfigurationError(f"{where} is no path.")
    lexical = Path(os.path.normpath(root / folder / name))
    if not lexical.is_relative_to(root) or not Path(os.path.realpath(lexical)).is_relative_to(root):
        raise ConfigurationError(f"{where}, {name!r}, leads out of {root}; name a file inside.")
    if os.path.isdir(lexical):  # noqa: PTH112 - raises for no name, other than Path.is_dir
        raise ConfigurationError(f"{where}, {name!r}, is a folder, not a media file.")
    return lexical.relative_to(root).as_posix()
