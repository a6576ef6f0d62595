"""What git knows of the contents of a work tree without reading it."""

import os
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from lipready.facts.file import LfsPointer
from lipready.probe.containers.signature import POINTER_BYTES, read_pointer

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
    """Give the blobs of files that git says are as they were added or checked out; the paths are relative to `root`.

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
        # Asked for the size first: a blob that is none may be as large as a film.
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
