"""What has to be unchanged for a run of the gate to come out as the one before."""

import os
import stat
from collections.abc import Iterable, Iterator, Sequence
from hashlib import blake2b
from typing import NamedTuple

from lipready.gate.kinds import kind_by_extension

MOST_FOLDERS = 20_000
MOST_FILES = 100_000
_READ = frozenset({"lipready.jobs.toml", ".lipreadyignore", ".gitignore", ".gitattributes"})
_OF_GIT = ("HEAD", "index", "config", "config.worktree", "info/exclude", "info/attributes", "info/sparse-checkout")
_CONFIGURATIONS = ("lipready.toml", "pyproject.toml")
_PATIENCE = 20.0


class UnsureError(Exception):
    """It can not be told by looks whether such a run would come out the same."""


class Look(NamedTuple):
    """How places look: a digest over all of them, and the latest change of any, in nanoseconds."""

    digest: str
    newest: int


class Outlook(NamedTuple):
    """Places that a run depends on, absolute: folders (whose times tell of new and removed names), and files."""

    folders: tuple[str, ...]
    files: tuple[str, ...]

    def look(self) -> Look:
        """Look at every place; one that is not there counts as that."""
        numbers: list[int] = []
        newest = 0
        for place in (*self.folders, *self.files):
            try:
                status = os.stat(place)  # noqa: PTH116 - ten thousand of them, each time
            except (OSError, ValueError):
                numbers += (-1, -1, -1, -1, -1)
                continue
            modified, changed, mode = status.st_mtime_ns, status.st_ctime_ns, status.st_mode
            # The size of a folder may differ from one system to the next without a change.
            numbers += (mode, 0 if stat.S_ISDIR(mode) else status.st_size, modified, changed, status.st_ino)
            newest = max(newest, modified, changed)
        return Look(blake2b(repr(numbers).encode(), digest_size=16).hexdigest(), newest)


def outlook_of(root: str, folder: str, asked: Sequence[str], read: Iterable[str]) -> Outlook:
    """Name the places on which a run over `root`, whose configuration is sought from `folder` upward, depends.

    `asked` are its PATH arguments, absolute as they were given; `read` further files that it reads. Files of media
    count whether or not they are ignored. Raises UnsureError where links, other repositories or too many folders stand
    in the way.
    """
    tree = _Tree()
    tree.walk(root)
    read = (os.path.abspath(each) for each in read)  # noqa: PTH100
    files = [*tree.files, *_of_git(root), *_possible_tops(folder), *_possible_configurations(folder), *read]
    for path in asked:
        place = os.path.normpath(path)
        if os.path.realpath(place) != place:
            raise UnsureError
        files.append(place)
    return Outlook(tuple(sorted(tree.folders)), tuple(sorted(set(files))))


class _Tree:
    def __init__(self) -> None:
        self.folders: list[str] = []
        self.files: list[str] = []

    def walk(self, root: str) -> None:
        pending = [root]
        while pending:
            folder = pending.pop()
            self.folders.append(folder)
            try:
                with os.scandir(folder) as entries:
                    for entry in entries:
                        self._take(entry, pending, top=folder == root)
            except OSError as error:
                raise UnsureError from error
            if len(self.folders) + len(pending) > MOST_FOLDERS or len(self.files) > MOST_FILES:
                raise UnsureError

    def _take(self, entry: os.DirEntry[str], pending: list[str], *, top: bool) -> None:
        if entry.name == ".git":
            # A work tree of another repository, or a submodule: more than one place tells what is in it.
            if not (top and entry.is_dir(follow_symlinks=False)):
                raise UnsureError
        elif entry.is_dir(follow_symlinks=False):
            pending.append(entry.path)
        elif entry.name in _READ or kind_by_extension(entry.name) is not None:
            # What a link leads to may change without the link; what else is no file is nothing to wait for.
            if not entry.is_file(follow_symlinks=False):
                raise UnsureError
            self.files.append(entry.path)


def _possible_configurations(folder: str) -> Iterator[str]:
    for place in _upward(folder):
        yield from (os.path.join(place, name) for name in _CONFIGURATIONS)  # noqa: PTH118


def _possible_tops(folder: str) -> Iterator[str]:
    """Name what would make a folder above the root of the run."""
    for place in _upward(folder):
        if os.path.lexists(f"{place}/.git"):
            return
        yield os.path.join(place, ".git")  # noqa: PTH118


def _upward(folder: str) -> Iterator[str]:
    yield folder
    while (above := os.path.dirname(folder)) != folder:  # noqa: PTH120
        folder = above
        yield folder


def _of_git(root: str) -> Iterator[str]:
    """Name what decides which files git ignores: its index, its settings, and lists that they name."""
    if not os.path.lexists(f"{root}/.git"):
        return
    yield from (f"{root}/.git/{name}" for name in _OF_GIT)
    home = os.path.expanduser("~")  # noqa: PTH111
    own = os.environ.get("XDG_CONFIG_HOME") or f"{home}/.config"
    yield from (f"{home}/.gitconfig", f"{own}/git/config", f"{own}/git/ignore", f"{own}/git/attributes")
    yield from ("/etc/gitconfig", *filter(None, map(os.environ.get, ("GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM"))))
    fields = _settings(root).split("\0")
    for origin, setting in zip(fields[::2], fields[1::2], strict=False):
        key, _, value = setting.partition("\n")
        # Which of them count may depend on the branch and on much else.
        if key.startswith(("include.", "includeif.")):
            raise UnsureError
        if origin.startswith("file:"):
            yield os.path.join(root, origin.removeprefix("file:"))  # noqa: PTH118
        if key == "core.excludesfile" and value:
            place = os.path.expanduser(value)  # noqa: PTH111
            if not os.path.isabs(place):  # noqa: PTH117
                raise UnsureError
            yield place


def _settings(root: str) -> str:
    # Not needed to look whether anything has changed, which is to be fast.
    import subprocess

    from lipready.gate.work_tree import OF_A_HOOK

    command = ["git", "-C", root, "config", "--list", "--show-origin", "-z"]
    environment = {name: value for name, value in os.environ.items() if name not in OF_A_HOOK}
    try:
        run = subprocess.run(command, env=environment, capture_output=True, timeout=_PATIENCE, check=True)
    except (OSError, subprocess.SubprocessError) as error:
        raise UnsureError from error
    return os.fsdecode(run.stdout)
