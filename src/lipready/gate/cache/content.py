"""What a file holds, by name: as cheaply as can be, and always the same name for the same content."""

import hashlib
import io
import os
import re
import stat
import subprocess
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from lipready.errors import ProbeError
from lipready.facts.address import is_address
from lipready.facts.file import LfsPointer
from lipready.gate.cache.cache import FactsCache
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
class Hashed:
    """One file that was read whole: its content, the id that git gives to these bytes, and when they were there."""

    content: str
    pointer: LfsPointer | None
    blob: str
    stamp: Stamp


def stamp_of(path: str) -> Stamp | None:
    """Look at a file without opening it; None where there is no regular one."""
    try:
        status = os.stat(path)  # noqa: PTH116 - of ten thousand files, whatever their names look like
    except (OSError, ValueError):
        return None
    return _stamp(status) if stat.S_ISREG(status.st_mode) else None


def hash_file(root: Path, path: str, *, git: str = "sha1") -> Hashed | None:
    """Read a file; None where it cannot be read, lies outside of `root` by a link, or is written to at the same time.

    `git` is the hash by which the repository names its blobs.
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


def content_of(sha256: str) -> str:
    """Name a content."""
    return f"sha256:{sha256}"


def _hash(file: io.RawIOBase | io.BytesIO, stamp: Stamp, git: str) -> Hashed:
    content, blob = hashlib.sha256(), hashlib.new(git, usedforsecurity=False)
    blob.update(b"blob %d\0" % stamp.size)
    first = b""
    while block := file.read(_BLOCK):
        first = first or block
        content.update(block)
        blob.update(block)
    pointer = read_pointer(first) if stamp.size < POINTER_BYTES else None
    name = content.hexdigest() if pointer is None else pointer.sha256
    return Hashed(content_of(name), pointer, blob.hexdigest(), stamp)


def _stamp(status: os.stat_result) -> Stamp:
    return Stamp(status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)


_PATIENCE = 120.0
_FILES = frozenset({b"100644", b"100755"})
_LFS = "lfs"
# Whatever makes a file of the work tree differ from its blob, but for line ends, which change its size.
_ATTRIBUTES = ("filter", "ident", "working-tree-encoding")
_UNCHANGED = frozenset({"unspecified", "unset"})
# The work tree belongs to somebody else: its settings start nothing, and what git compares is all that it could.
_SETTINGS = ("core.fsmonitor=false", "core.checkStat=default", "core.trustctime=true", "safe.bareRepository=explicit")
# A hook hands on where its repository is, which need not be the one that is asked for here.
_PLACES = (
    "GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_COMMON_DIR", "GIT_OBJECT_DIRECTORY",
    "GIT_NAMESPACE", "GIT_LITERAL_PATHSPECS", "GIT_GLOB_PATHSPECS", "GIT_ICASE_PATHSPECS",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Blob:
    """What the index holds for an unmodified file: the blob's id; with `lfs` it is a pointer to what git-lfs put there.

    Else the file has the blob's bytes wherever it has the blob's size.
    """

    id: str
    lfs: bool


def unmodified_blobs(root: Path, paths: Iterable[str]) -> dict[str, Blob]:
    """Return the blobs of files that git says are as they were added or checked out; the paths are relative to `root`.

    Files that a filter of another kind may have changed are left out, and so is everything where there is no git or no
    repository.
    """
    wanted = {os.fsencode(path): path for path in paths}
    try:
        listed = {path: blob for path, blob in _listed(root) if path in wanted}
        if listed:
            for path in _fields(_git(root, "diff-files", "--name-only", "--relative", "--ignore-submodules", "-z")):
                listed.pop(path, None)
        filters = _filters(root, tuple(listed)) if listed else {}
    except (OSError, subprocess.SubprocessError, ValueError):
        return {}
    return {
        wanted[path]: Blob(blob, lfs=filters[path] == _LFS)
        for path, blob in listed.items()
        if filters.get(path) in {"", _LFS}
    }


def pointers(root: Path, blobs: Iterable[str]) -> dict[str, LfsPointer]:
    """Read those of the blobs that are Git LFS pointers."""
    asked = "".join(f"{blob}\n" for blob in dict.fromkeys(blobs)).encode()
    try:
        # Asked for the size first: a blob that is none may be as large as a long video.
        sizes = _git(root, "cat-file", "--batch-check=%(objectname) %(objectsize)", given=asked).split(b"\n")
        small = [row.split()[0] for row in sizes if _is_small(row)]
        if not small:
            return {}
        return dict(_pointers_in(_git(root, "cat-file", "--batch", given=b"\n".join(small) + b"\n")))
    except (OSError, subprocess.SubprocessError, ValueError):
        return {}


def _is_small(row: bytes) -> bool:
    _name, _space, size = row.partition(b" ")
    return size.isdigit() and int(size) < POINTER_BYTES


def _pointers_in(answer: bytes) -> Iterator[tuple[str, LfsPointer]]:
    """Take `git cat-file --batch` apart: a line of id, type and size, then the content and a line feed."""
    at = 0
    while at < len(answer):
        end = answer.index(b"\n", at)
        name, _kind, size = answer[at:end].split()
        content = answer[end + 1 : end + 1 + int(size)]
        pointer = read_pointer(content)
        if pointer is not None:
            yield name.decode(), pointer
        at = end + 2 + int(size)


def _listed(root: Path) -> Iterator[tuple[bytes, str]]:
    """List files of the index; those that git was told not to look at (small letters, S) are left out."""
    for entry in _fields(_git(root, "ls-files", "-s", "-v", "-z")):
        head, _tab, path = entry.partition(b"\t")
        tag, mode, blob, stage = head.split(b" ")
        if tag == b"H" and mode in _FILES and stage == b"0":
            yield path, blob.decode()


def _filters(root: Path, paths: Sequence[bytes]) -> dict[bytes, str]:
    """Tell by path which filter a file went through: "" for none, its name, or "other"."""
    answer = _fields(_git(root, "check-attr", "-z", "--stdin", *_ATTRIBUTES, given=b"\0".join(paths) + b"\0"))
    found = dict.fromkeys(paths, "")
    for path, attribute, value in zip(answer[::3], answer[1::3], answer[2::3], strict=True):
        if value.decode("utf-8", "replace") not in _UNCHANGED:
            alone = attribute == b"filter" and value == _LFS.encode() and found[path] == ""
            found[path] = _LFS if alone else "other"
    return found


def _fields(answer: bytes) -> list[bytes]:
    return answer.split(b"\0")[:-1]


def _git(root: Path, *arguments: str, given: bytes = b"") -> bytes:
    surroundings = {name: value for name, value in os.environ.items() if name not in _PLACES}
    surroundings |= {"GIT_OPTIONAL_LOCKS": "0", "GIT_NO_LAZY_FETCH": "1", "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
    settings = [word for setting in _SETTINGS for word in ("-c", setting)]
    run = subprocess.run(
        ["git", "-C", os.fspath(root), *settings, *arguments],  # noqa: S607 - the user's own git
        input=given,
        capture_output=True,
        env=surroundings,
        timeout=_PATIENCE,
        check=True,
    )
    return run.stdout


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
        """Return whether a file still looks as it did when it held this: to be asked before its facts are kept."""
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
    """Return whether a file was written so recently that it could be written again without looking different."""
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
