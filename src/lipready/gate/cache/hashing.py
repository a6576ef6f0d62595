"""The bytes of one file, read once for all the names that its content has."""

import hashlib
import io
import os
import stat
from dataclasses import dataclass
from pathlib import Path

from lipready.errors import ProbeError
from lipready.facts.file import LfsPointer
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
