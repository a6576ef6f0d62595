"""What a file holds, by name: as cheaply as can be, and always the same name for the same content."""

import os
import re
import time
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from lipready.facts.address import is_address
from lipready.facts.file import LfsPointer
from lipready.gate.cache.cache import FactsCache
from lipready.gate.cache.git_blobs import Blob, pointers, unmodified_blobs
from lipready.gate.cache.hashing import Hashed, Stamp, content_of, hash_file, stamp_of
from lipready.probe.containers.signature import POINTER_BYTES

_RACY = 2_000_000_000
"""Nanoseconds: the coarsest clock of a file system. What was written so recently may be written again unseen."""

_ROW = re.compile(rb"(\d{1,20}) (-?\d{1,30}) (-?\d{1,30}) (\d{1,40}) ([0-9a-f]{64}) (\d{1,18}|-)")
_SHA256_DIGITS = 64


@dataclass(frozen=True, slots=True)
class Content:
    """One content: `key` is "sha256:…" of its bytes; of a Git LFS pointer (`pointer`) that of the file it stands for.

    `stamp` is how the file looked when it held this.
    """

    key: str
    stamp: Stamp
    pointer: LfsPointer | None = None


class Contents:
    """Names the contents of files under `root`, by what is cheapest to know.

    First how the file looks (size, times, inode), remembered in the cache; then the blob id of an unmodified file in
    git, or the object id of its Git LFS pointer; then its bytes. `hashed` counts the files that had to be read.
    """

    def __init__(self, root: Path, cache: FactsCache | None, *, threads: int | None = None) -> None:
        self._root = root
        self._real = os.path.realpath(root)
        self._cache = cache
        self._threads = threads or min(8, os.cpu_count() or 1)
        self.hashed = 0

    def of(self, paths: Iterable[str]) -> dict[str, Content]:
        """Name contents by path, as relative to the root with slashes.

        Addresses, paths that lead out of the root, and whatever is no regular file that can be read are left out.
        """
        begun = time.time_ns()
        stamps = {path: stamp for path in paths if _stays_inside(path) and (stamp := self._stamp(path)) is not None}
        found = self._by_place(stamps)
        rest = {path: stamp for path, stamp in stamps.items() if path not in found}
        if rest and self._cache is not None:
            known, digest = self._by_git(rest)
        else:
            known, digest = {}, "sha1"
        hashed = self._by_bytes([path for path in rest if path not in known], digest)
        found |= known | {path: Content(each.content, each.stamp, each.pointer) for path, each in hashed.items()}
        self._remember({path: content for path, content in found.items() if path in rest}, hashed, begun)
        return {path: found[path] for path in stamps if path in found}

    def unchanged(self, path: str, content: Content) -> bool:
        """Whether a file still looks as it did when it held this: to be asked before its facts are kept."""
        return self._stamp(path) == content.stamp

    def _stamp(self, path: str) -> Stamp | None:
        return stamp_of(f"{self._real}/{path}")

    def _by_place(self, stamps: Mapping[str, Stamp]) -> dict[str, Content]:
        if self._cache is None:
            return {}
        places = {self._place(path): path for path in stamps}
        found = {}
        for place, row in self._cache.recall("place", places).items():
            path = places[place]
            # Not taken apart where the file looks different anyway.
            content = _content(row, stamps[path]) if row.startswith(_looks(stamps[path])) else None
            if content is not None:
                found[path] = content
        return found

    def _by_git(self, stamps: Mapping[str, Stamp]) -> tuple[dict[str, Content], str]:
        """Name what git knows, and say by which hash it does."""
        blobs = unmodified_blobs(self._root, stamps)
        digest = "sha256" if any(len(blob.id) == _SHA256_DIGITS for blob in blobs.values()) else "sha1"
        names = self._names_of(blobs.values())
        found = {}
        for path, blob in blobs.items():
            known = names.get(blob)
            # So small, it may be the pointer itself. Looked at once more: git has looked later than we did.
            if blob.lfs and stamps[path].size < POINTER_BYTES:
                continue
            if known is not None and known.stamp.size == stamps[path].size and self._stamp(path) == stamps[path]:
                found[path] = Content(known.key, stamps[path], known.pointer)
        return found, digest

    def _names_of(self, blobs: Iterable[Blob]) -> dict[Blob, Content]:
        """Name what unmodified files of these blobs hold; of the stamps only the size means something."""
        cache = self._cache
        if cache is None:
            return {}
        known = {_blob_name(blob): blob for blob in blobs}
        rows = cache.recall("blob", known)
        names = {known[name]: content for name, row in rows.items() if (content := _content(row)) is not None}
        missing = [blob.id for blob in known.values() if blob.lfs and blob not in names]
        read = pointers(self._root, missing) if missing else {}
        new = {
            Blob(name, lfs=True): Content(content_of(pointer.sha256), Stamp(pointer.bytes, 0, 0, 0))
            for name, pointer in read.items()
        }
        cache.remember("blob", {_blob_name(blob): _row(content) for blob, content in new.items()})
        return names | new

    def _by_bytes(self, paths: list[str], digest: str) -> dict[str, Hashed]:
        if not paths:
            return {}
        self.hashed += len(paths)
        with ThreadPoolExecutor(self._threads) as threads:
            read = threads.map(lambda path: hash_file(self._root, path, git=digest), paths)
            return {path: hashed for path, hashed in zip(paths, read, strict=True) if hashed is not None}

    def _remember(self, contents: Mapping[str, Content], hashed: Mapping[str, Hashed], begun: int) -> None:
        if self._cache is None:
            return
        lasting = {path: content for path, content in contents.items() if not _is_racy(content.stamp, begun)}
        self._cache.remember("place", {self._place(path): _row(content) for path, content in lasting.items()})
        # That these bytes have this name is true whatever git makes of the file later.
        names = {_blob_name(Blob(each.blob, lfs=False)): contents[path] for path, each in hashed.items()}
        self._cache.remember("blob", {name: _row(content) for name, content in names.items()})

    def _place(self, path: str) -> str:
        return f"{self._real}\0{path}"


def _stays_inside(path: str) -> bool:
    if not path or "\0" in path or is_address(path) or os.path.isabs(path) or os.path.splitdrive(path)[0]:  # noqa: PTH117
        return False
    return ".." not in path.replace(os.sep, "/").split("/")


def _is_racy(stamp: Stamp, now: int) -> bool:
    """Whether a file was written so recently that it could be written again without looking different."""
    return stamp.changed > now - _RACY or abs(now - stamp.modified) < _RACY


def _blob_name(blob: Blob) -> str:
    return f"lfs {blob.id}" if blob.lfs else blob.id


def _looks(stamp: Stamp) -> bytes:
    return b"%d %d %d %d " % (stamp.size, stamp.modified, stamp.changed, stamp.inode)


def _row(content: Content) -> bytes:
    standing = b"-" if content.pointer is None else b"%d" % content.pointer.bytes
    return _looks(content.stamp) + content.key.removeprefix("sha256:").encode() + b" " + standing


def _content(row: bytes, stamp: Stamp | None = None) -> Content | None:
    """Read a row; None where it is none. `stamp` is the one in it, where that is known already."""
    match = _ROW.fullmatch(row)
    if match is None:
        return None
    *numbers, name, standing = match.groups()
    pointer = None if standing == b"-" else LfsPointer(name.decode(), int(standing))
    return Content(content_of(name.decode()), stamp or Stamp(*map(int, numbers)), pointer)
