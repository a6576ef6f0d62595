"""PATH arguments: folders, files and globs, and what they cover."""

import os
import re
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from lipready.errors import ConfigurationError, UsageError
from lipready.gate.discovery.root import Tree
from lipready.probe.missing import nearest, require_file

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

    _Levels = tuple[tuple[int, GitIgnoreSpec], ...]
    """Patterns, each with where the paths that they mean begin."""

OWN_FILE = ".lipreadyignore"
_LARGEST = 1 << 20
_STAR = re.compile(r"\*+")
_MOST_STARS = 4
_MOST_DEEP = 3


class IgnoreRules:
    """The ignore files of one name at the root and below it; deeper ones win, and of one file the last pattern.

    Other than for Git, a file can be taken in again although its folder is left out. Files above the root and links
    are not read. Raises ConfigurationError for a file that is too large or holds what is no pattern.
    """

    def __init__(self, root: Path, name: str = OWN_FILE) -> None:
        self._root, self._name = root, name
        self._levels: dict[str, _Levels] = {}

    def ignores(self, path: str) -> bool:
        """Return whether a file (relative to the root, with slashes) is left out."""
        return self._verdict(path) is True

    def prunes(self, folder: str) -> bool:
        """Return whether everything in a folder is left out, so that nobody need look into it."""
        return self._verdict(f"{folder}/") is True and not any(
            pattern.include is False for _, spec in self._above(_parent(folder)) for pattern in spec.patterns
        )

    def _verdict(self, path: str) -> bool | None:
        for start, spec in self._above(_parent(path.rstrip("/"))):
            told = spec.check_file(path[start:]).include
            if told is not None:
                return told
        return None

    def _above(self, folder: str) -> "_Levels":
        """Return what counts in a folder, the deepest first."""
        unknown = []
        while folder not in self._levels:
            unknown.append(folder)
            if not folder:
                break
            folder = _parent(folder)
        levels = self._levels.get(folder, ())
        for below in reversed(unknown):
            spec = read_patterns(self._root / below / self._name)
            if spec is not None:
                levels = ((len(below) + 1 if below else 0, spec), *levels)
            self._levels[below] = levels
        return levels


def _parent(path: str) -> str:
    return path.rpartition("/")[0]


def read_patterns(path: Path) -> "GitIgnoreSpec | None":
    """Read one ignore file; None where there is none, where it is a link, and where it has no pattern."""
    # Other than the methods of Path, these raise for no name.
    if os.path.islink(path) or not os.path.isfile(path):  # noqa: PTH113, PTH114
        return None
    try:
        with path.open("rb") as file:
            data = file.read(_LARGEST + 1)
    except OSError as error:
        raise ConfigurationError(f"{path}: cannot be read ({error.strerror}).") from error
    if len(data) > _LARGEST:
        raise ConfigurationError(f"{path}: is larger than {_LARGEST >> 20} MB; no list of patterns is.")
    lines = os.fsdecode(data).removeprefix("\ufeff").splitlines()
    patterns = [_pattern(line, f"{path}, line {number}") for number, line in enumerate(lines, start=1)]
    known = [pattern for pattern in patterns if pattern]
    return compile_patterns(known, str(path)) if known else None


def compile_patterns(lines: list[str], place: str) -> "GitIgnoreSpec":
    """Compile patterns as those of `.gitignore`; raises ConfigurationError with `place` where one is none."""
    from pathspec import GitIgnoreSpec

    try:
        # The other back ends know neither names that are not UTF-8 nor the same syntax.
        return GitIgnoreSpec.from_lines(lines, backend="simple")
    except (ValueError, re.error) as error:
        raise ConfigurationError(f"{place}: holds what is no pattern: {error}.") from error


def _pattern(line: str, place: str) -> str | None:
    if not line.strip() or line.startswith("#"):
        return None
    require_tame(line, place)
    return line


def require_tame(pattern: str, place: str) -> None:
    """Refuse a pattern with so many stars that matching it would not end in this life."""
    wild = max(len(_STAR.findall(part)) for part in pattern.split("/"))
    deep = sum(part == "**" for part in PurePosixPath(pattern).parts)
    if wild > _MOST_STARS or deep > _MOST_DEEP:
        raise ConfigurationError(
            f"{place}: the pattern {pattern[:60]!r} has more than {_MOST_STARS} stars in one name, "
            f"or more than {_MOST_DEEP} times **."
        )


_WILD = frozenset("*?[")


@dataclass(frozen=True, slots=True)
class IgnorePattern:
    """A pattern as typed, what matches it, and the folder that all of it lies in ("" is the root)."""

    text: str
    spec: "GitIgnoreSpec"
    base: str


@dataclass(frozen=True, slots=True)
class Selection:
    """What was asked for, relative to the root with slashes; the folder "" is everything."""

    files: frozenset[str]
    folders: frozenset[str]
    globs: tuple[IgnorePattern, ...]

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
            if _is_special(place):
                require_file(text)
        elif _WILD.isdisjoint(text) and "\0" not in text:
            raise _missing(text, text)


def select(root: Path, patterns: Sequence[str]) -> Selection:
    """Read PATH arguments, relative to the (resolved) root or absolute; none at all is the whole root.

    What is there under that very name is that, else it is a glob: `*`, `?` and `[…]` within a name, `**` over any
    number of folders; a glob that matches a folder covers all in it. Raises UsageError for what is not there, and for
    what lies outside the root.
    """
    files, folders, globs = set[str](), set[str](), list[IgnorePattern]()
    for text in patterns or (".",):
        lexical = _inside(root, text)
        place = root / lexical
        if lexical and os.path.isdir(place):  # noqa: PTH112 - raises for no name, other than Path.is_dir
            folders.add(_real(root, place, text))
        elif not lexical:
            folders.add("")
        elif os.path.lexists(place):
            parent = _real(root, place.parent, text)
            files.add(f"{parent}/{place.name}" if parent else place.name)
        elif _WILD.isdisjoint(lexical):
            raise _missing(text, os.fspath(place))
        else:
            globs.append(_glob(lexical, text))
    return Selection(frozenset(files), frozenset(folders), tuple(globs))


def _is_special(place: str) -> bool:
    """Return whether this is neither a file nor a folder nor a link to nothing."""
    try:
        mode = os.stat(place).st_mode  # noqa: PTH116
    except OSError:
        return False
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))


def _missing(text: str, place: str) -> UsageError:
    close = nearest(place, folders=True)
    return UsageError(f"{text}: there is no such file or folder{'.' if close is None else f'; did you mean {close}?'}")


def _glob(lexical: str, text: str) -> IgnorePattern:
    require_tame(lexical, text)
    fixed = lexical.split("/")
    wild = next(number for number, part in enumerate(fixed) if not _WILD.isdisjoint(part))
    return IgnorePattern(text, compile_patterns([f"/{lexical}"], text), "/".join(fixed[:wild]))


def _inside(root: Path, text: str) -> str:
    if "\0" in text:
        raise UsageError(f"{text!r}: is no path.")
    return relative_to_root(root, os.path.normpath(root / text), text)


def _real(root: Path, place: Path, text: str) -> str:
    return relative_to_root(root, os.path.realpath(place), text)


def relative_to_root(root: Path, place: str, text: str) -> str:
    """Return an absolute path relative to the root, with slashes, "" for the root; UsageError where it lies outside."""
    path = Path(place)
    if not path.is_relative_to(root):
        raise UsageError(f"{text}: lies outside {root}; the gate checks what is inside.")
    return "" if path == root else path.relative_to(root).as_posix()


def _within(path: str, folder: str) -> bool:
    return not folder or path == folder or path.startswith(f"{folder}/")
