"""PATH arguments: folders, files and globs, and what they cover."""

import itertools
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lipready.errors import ConfigurationError, UsageError, concerning
from lipready.gate.discovery.root import Tree
from lipready.probe.missing import nearest, require_file

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

OWN_FILE = ".lipreadyignore"
_LARGEST = 1 << 20


class IgnoreRules:
    """The ignore files of one name at the root and below it; deeper ones win, and of one file the last pattern.

    Other than for Git, a file can be taken in again although its folder is left out. Files above the root and links
    are not read. Raises ConfigurationError for a file that is too large or holds what is no pattern.
    """

    def __init__(self, root: Path, name: str = OWN_FILE) -> None:
        self._root, self._name = root, name
        self._specs: dict[str, GitIgnoreSpec | None] = {}

    def ignores(self, path: str) -> bool:
        """Return whether a file (relative to the root, with slashes) is left out; a folder ends in a slash."""
        for start, spec in self._above(path):
            told = spec.check_file(path[start:]).include
            if told is not None:
                return told
        return False

    def prunes(self, folder: str) -> bool:
        """Return whether everything in a folder is left out, so that nobody need look into it."""
        return self.ignores(f"{folder}/") and not any(
            pattern.include is False for _, spec in self._above(folder) for pattern in spec.patterns
        )

    def _above(self, path: str) -> "Iterator[tuple[int, GitIgnoreSpec]]":
        """Yield what counts for a path, the deepest first, each with where the paths that it means begin."""
        folder = path.rstrip("/")
        while folder:
            folder = folder.rpartition("/")[0]
            if folder not in self._specs:
                self._specs[folder] = read_patterns(self._root / folder / self._name)
            if spec := self._specs[folder]:
                yield len(folder) + 1 if folder else 0, spec


def read_patterns(path: Path) -> "GitIgnoreSpec | None":
    """Read one ignore file; None where there is none, where it is a link, and where it has no pattern."""
    # Other than the methods of Path, these raise for no name.
    if os.path.islink(path) or not os.path.isfile(path):  # noqa: PTH113, PTH114
        return None
    try:
        with path.open("rb") as file:
            data = file.read(_LARGEST + 1)
    except OSError as error:
        raise ConfigurationError(f"{path}: cannot be read ({error.strerror}).", path=str(path)) from error
    if len(data) > _LARGEST:
        raise ConfigurationError(f"{path}: is larger than {_LARGEST >> 20} MB; no list of patterns is.", path=str(path))
    from lipready.config.patterns import compile_patterns

    with concerning(path=str(path)):
        return compile_patterns(os.fsdecode(data).removeprefix("\ufeff").splitlines(), str(path)) or None


_WILD = frozenset("*?[")


@dataclass(frozen=True, slots=True)
class PathGlob:
    """A PATH argument as typed, what matches it, and the folder that all of it lies in ("" is the root)."""

    text: str
    spec: "GitIgnoreSpec"
    base: str


@dataclass(frozen=True, slots=True)
class Selection:
    """What was asked for, relative to the root with slashes; the folder "" is everything."""

    files: frozenset[str]
    folders: frozenset[str]
    globs: tuple[PathGlob, ...]

    def covers(self, path: str) -> bool:
        """Return whether a file is asked for, be it there or not."""
        return (
            path in self.files
            or any(_within(path, folder) for folder in self.folders)
            or any(glob.spec.match_file(path) for glob in self.globs)
        )

    def touches(self, folder: str) -> bool:
        """Return whether something inside a folder may be asked for."""
        return any(_within(folder, base) or _within(base, folder) for base in self.bases())

    def bases(self) -> tuple[str, ...]:
        """Return the folders in which everything but the named files lies, none inside another, sorted."""
        every = self.folders | {glob.base for glob in self.globs}
        return tuple(sorted(b for b in every if not any(b != other and _within(b, other) for other in every)))


def require_paths(tree: Tree) -> None:
    """Raise UsageError for a PATH argument that is neither there nor a glob, and for a pipe or a device."""
    for text, place in zip(tree.typed, tree.asked, strict=True):
        if os.path.lexists(place):
            # Neither a file nor a folder nor a link to nothing.
            if os.path.exists(place) and not os.path.isfile(place) and not os.path.isdir(place):  # noqa: PTH110, PTH112, PTH113
                require_file(text)
        elif _WILD.isdisjoint(text) and "\0" not in text:
            raise _missing(text, text)


def select(root: Path, patterns: Sequence[str]) -> Selection:
    """Read PATH arguments, relative to the (resolved) root or absolute; none at all is the whole root.

    What is there under that very name is that, else it is a glob: `*`, `?` and `[…]` within a name, `**` over any
    number of folders; a glob that matches a folder covers all in it. Raises UsageError for what is not there, and for
    what lies outside the root.
    """
    files, folders, globs = set[str](), set[str](), list[PathGlob]()
    for text in patterns or (".",):
        if "\0" in text:
            raise UsageError(f"{text!r}: is no path.", path=text)
        lexical = _relative(root, os.path.normpath(root / text), text)
        place = root / lexical
        if lexical and os.path.isdir(place):  # noqa: PTH112 - raises for no name, other than Path.is_dir
            folders.add(_relative(root, os.path.realpath(place), text))
        elif not lexical:
            folders.add("")
        elif os.path.lexists(place):
            parent = _relative(root, os.path.realpath(place.parent), text)
            files.add(f"{parent}/{place.name}" if parent else place.name)
        elif _WILD.isdisjoint(lexical):
            raise _missing(text, os.fspath(place))
        else:
            globs.append(_glob(lexical, text))
    return Selection(frozenset(files), frozenset(folders), tuple(globs))


def _missing(text: str, place: str) -> UsageError:
    close = nearest(place, folders=True)
    hint = "." if close is None else f"; did you mean {close}?"
    return UsageError(f"{text}: there is no such file or folder{hint}", path=text)


def _glob(lexical: str, text: str) -> PathGlob:
    from lipready.config.patterns import compile_patterns

    fixed = itertools.takewhile(_WILD.isdisjoint, lexical.split("/"))
    return PathGlob(text, compile_patterns([f"/{lexical}"], text), "/".join(fixed))


def _relative(root: Path, place: str, text: str) -> str:
    """Return an absolute path relative to the root, with slashes, "" for the root; UsageError where it lies outside."""
    path = Path(place)
    if not path.is_relative_to(root):
        raise UsageError(f"{text}: lies outside {root}; the gate checks what is inside.", path=text)
    return "" if path == root else path.relative_to(root).as_posix()


def _within(path: str, folder: str) -> bool:
    return not folder or path == folder or path.startswith(f"{folder}/")
