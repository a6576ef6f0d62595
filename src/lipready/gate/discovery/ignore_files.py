"""Ignore files in the manner of `.gitignore`, wherever they lie in a tree."""

import os
import re
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from lipready.errors import ConfigurationError

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
        """Whether a file (relative to the root, with slashes) is left out."""
        return self._verdict(path) is True

    def prunes(self, folder: str) -> bool:
        """Whether everything in a folder is left out, so that nobody need look into it."""
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
        """Give what counts in a folder, the deepest first."""
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
