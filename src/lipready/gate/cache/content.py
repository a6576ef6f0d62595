"""What a file holds, by name: as cheaply as can be, and always the same name for the same content."""

import hashlib
import io
import os
import stat
import subprocess
import time
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from lipready.errors import ProbeError
from lipready.facts.address import is_address
from lipready.facts.file import LfsPointer
from lipready.gate.cache.cache import FactsCache, Note, decoded, encoded
from lipready.gate.git import run_git
from lipready.probe.containers.signature import POINTER_BYTES, read_pointer
from lipready.probe.local_file import open_local

_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class Stamp:
    """What changes whenever somebody writes to a file: size in bytes, times in nanoseconds, number of the inode."""

    size: int
    modified: int
    changed: int
    inode: int


@dataclass(frozen=True, slots=True)
class Content:
    """One content: `key` is "sha256:…" of its bytes; of a Git LFS pointer (`pointer`) that of the file it stands for.

    `stamp` is how the file looked when it held this.
    """

    key: str
    stamp: Stamp
    pointer: LfsPointer | None = None


def stamp_of(path: str) -> Stamp | None:
    """Return how a file looks, without opening it; None where there is no regular one."""
    try:
        status = os.stat(path)  # noqa: PTH116 - of ten thousand files, whatever their names look like
    except (OSError, ValueError):
        return None
    return _stamp(status) if stat.S_ISREG(status.st_mode) else None


def hash_file(root: Path, path: str, git: str) -> tuple[Content, str] | None:
    """Read a file, and return its content and the id that git gives to these bytes; `git` is the hash that git uses.

    None where it cannot be read, lies outside of `root` by a link, or is written to at the same time.
    """
    place = os.path.join(root, path)  # noqa: PTH118
    try:
        real, top = os.path.realpath(place), os.path.realpath(root)
        if os.path.commonpath((real, top)) != top:
            return None
        if (empty := stamp_of(place)) is not None and empty.size == 0:
            # Not opened: to whoever measures, an empty file is a problem; its content is as good as any.
            return _hash(io.BytesIO(), empty, git)
        with open_local(place) as file:
            before = _stamp(os.fstat(file.fileno()))
            hashed = _hash(file, before, git)
            file.assert_unchanged()
            return hashed if _stamp(os.fstat(file.fileno())) == before else None
    except (ProbeError, OSError, ValueError):
        return None


def _hash(file: io.RawIOBase | io.BytesIO, stamp: Stamp, git: str) -> tuple[Content, str]:
    content, blob = hashlib.sha256(), hashlib.new(git, usedforsecurity=False)
    blob.update(b"blob %d\0" % stamp.size)
    first = b""
    while block := file.read(_BLOCK):
        first = first or block
        content.update(block)
        blob.update(block)
    pointer = read_pointer(first) if stamp.size < POINTER_BYTES else None
    name = content.hexdigest() if pointer is None else pointer.sha256
    return Content(f"sha256:{name}", stamp, pointer), blob.hexdigest()


def _stamp(status: os.stat_result) -> Stamp:
    return Stamp(status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)


_PATIENCE = 120.0
_FILES = frozenset({b"100644", b"100755"})
# Whatever makes a file of the work tree differ from its blob, but for line ends, which change its size.
_ATTRIBUTES = ("filter", "ident", "working-tree-encoding")
_LFS = "lfs "
_SHA256_DIGITS = 64


def unmodified_blobs(root: Path, paths: Iterable[str]) -> dict[str, str]:
    """Return the blob ids of files that git says are as they were added or checked out, relative to `root`.

    The id stands behind "lfs " where the file is what git-lfs put in the blob's place; any other file has the blob's
    bytes wherever it has the blob's size. Files that a filter of another kind may have changed are left out, and so is
    everything where there is no git or no repository.
    """
    wanted = {os.fsencode(path): path for path in paths}
    try:
        names = {path: blob for path, blob in _listed(root) if path in wanted}
        if names:
            for path in _ask_git(root, "diff-files", "--name-only", "--relative", "--ignore-submodules", "-z"):
                names.pop(path, None)
        if names:
            given = b"\0".join(names) + b"\0"
            answer = _ask_git(root, "check-attr", "-z", "--stdin", *_ATTRIBUTES, given=given)
            for path, attribute, value in zip(answer[::3], answer[1::3], answer[2::3], strict=True):
                if (attribute, value) == (b"filter", b"lfs"):
                    names[path] = f"{_LFS}{names[path]}"
                elif value not in {b"unspecified", b"unset"}:
                    names.pop(path, None)
    except (OSError, subprocess.SubprocessError, ValueError):
        return {}
    return {wanted[path]: name for path, name in names.items()}


def _listed(root: Path) -> Iterator[tuple[bytes, str]]:
    """Yield files of the index; those that git was told not to look at (small letters, S) are left out."""
    for entry in _ask_git(root, "ls-files", "-s", "-v", "-z"):
        head, _tab, path = entry.partition(b"\t")
        tag, mode, blob, stage = head.split(b" ")
        if tag == b"H" and mode in _FILES and stage == b"0":
            yield path, blob.decode()


def _ask_git(root: Path, *arguments: str, given: bytes = b"") -> list[bytes]:
    run = run_git(root, *arguments, given=given, timeout=_PATIENCE)
    run.check_returncode()
    return run.stdout.split(b"\0")[:-1]


_RACY = 2_000_000_000
"""Nanoseconds: the coarsest clock of a file system. What was written so recently may be written again unseen."""


class Contents:
    """Names the contents of files under `root`, by what is cheapest to know.

    First how the file looks (size, times, inode), then the blob id of an unmodified file in git, both remembered in the
    cache; then its bytes. `hashed` counts the files that had to be read.
    """

    def __init__(self, root: Path, cache: FactsCache) -> None:
        self._root = root
        self._real = os.path.realpath(root)
        self._cache = cache
        self.hashed = 0

    def of(self, paths: Iterable[str]) -> dict[str, Content]:
        """Return contents by path, as relative to the root with slashes.

        Addresses, paths that lead out of the root, and whatever is no regular file that can be read are left out.
        """
        begun = time.time_ns()
        stamps = {path: stamp for path in paths if _stays_inside(path) and (stamp := self._stamp(path)) is not None}
        recalled = self._recalled("place", {path: self._place(path) for path in stamps})
        found = {path: content for path, content in recalled.items() if content.stamp == stamps[path]}
        rest = [path for path in stamps if path not in found]
        blobs = unmodified_blobs(self._root, rest) if rest else {}
        # So small, it may be the pointer itself.
        blobs = {p: blob for p, blob in blobs.items() if blob[:4] != _LFS or stamps[p].size >= POINTER_BYTES}
        for path, content in self._recalled("blob", blobs).items():
            # Looked at once more: git has looked later than we did.
            if content.stamp.size == stamps[path].size and self._stamp(path) == stamps[path]:
                found[path] = replace(content, stamp=stamps[path])
        by_blob = {}
        for path, (content, blob) in self._read([path for path in rest if path not in found], blobs.values()):
            found[path] = content
            # That these bytes have this name is true whatever git makes of the file later.
            by_blob[blob] = content
            if path in blobs and content.stamp == stamps[path] and not _is_racy(content.stamp, begun):
                by_blob[blobs[path]] = content
        lasting = [path for path in rest if path in found and not _is_racy(found[path].stamp, begun)]
        self._remember("place", {self._place(path): found[path] for path in lasting})
        self._remember("blob", by_blob)
        return {path: found[path] for path in stamps if path in found}

    def unchanged(self, path: str, content: Content) -> bool:
        """Return whether a file still looks as it did when it held this: to be asked before its facts are kept."""
        return self._stamp(path) == content.stamp

    def _stamp(self, path: str) -> Stamp | None:
        return stamp_of(f"{self._real}/{path}")

    def _place(self, path: str) -> str:
        return f"{self._real}\0{path}"

    def _read(self, paths: list[str], blobs: Iterable[str]) -> Iterator[tuple[str, tuple[Content, str]]]:
        self.hashed += len(paths)
        git = "sha256" if any(len(blob.removeprefix(_LFS)) == _SHA256_DIGITS for blob in blobs) else "sha1"
        with ThreadPoolExecutor(min(8, os.cpu_count() or 1)) as threads:
            for path, hashed in zip(paths, threads.map(lambda p: hash_file(self._root, p, git), paths), strict=True):
                if hashed is not None:
                    yield path, hashed

    def _recalled(self, kind: Note, names: Mapping[str, str]) -> dict[str, Content]:
        """Return what is remembered, by path, under the name that each path has."""
        rows = self._cache.recall(kind, names.values())
        contents = {name: decoded(Content, row) for name, row in rows.items()}
        return {path: content for path, name in names.items() if (content := contents.get(name)) is not None}

    def _remember(self, kind: Note, contents: Mapping[str, Content]) -> None:
        self._cache.remember(kind, {name: encoded(content) for name, content in contents.items()})


def _stays_inside(path: str) -> bool:
    if not path or "\0" in path or is_address(path) or os.path.isabs(path) or os.path.splitdrive(path)[0]:  # noqa: PTH117
        return False
    return ".." not in path.replace(os.sep, "/").split("/")


def _is_racy(stamp: Stamp, now: int) -> bool:
    """Return whether a file was written so recently that it could be written again without looking different."""
    return stamp.changed > now - _RACY or abs(now - stamp.modified) < _RACY
