"""Which tree a run is over, and where it begins."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from lipready.errors import UsageError

FIXED = "lipready-fixed"
"""The folder of repaired files, in the root; they are checked where their sources are."""

FIXING = ".lipready-fix-"
"""How the folder in the root begins in which a file is being repaired; a run that was killed leaves it behind."""


class Tree(NamedTuple):
    """What a run is over: `typed` are its PATH arguments as they were given, `asked` the same as absolute paths.

    Everything is relative to `root`; the configuration is the nearest one from `folder` upward.
    """

    root: Path
    folder: Path
    typed: tuple[str, ...]
    asked: tuple[str, ...]


def top_of(folder: Path) -> Path:
    """Return the top of the work tree that a folder lies in, or the folder itself where it lies in none."""
    folder = folder.resolve()
    return next((place for place in (folder, *folder.parents) if _is_top(place)), folder)


def tree_of(here: Path, paths: Sequence[str]) -> Tree:
    """Find the tree that PATH arguments name, given in the folder `here`; none at all is that folder.

    What lies in the work tree of `here` belongs to it; so does what lies below `here` where neither is in a work tree.
    Everything else is checked as if the run had begun in the folder that is named.

    Raises UsageError for paths in several trees, of which none holds the others.
    """
    here, top = here.resolve(), top_of(here)
    typed = tuple(paths) or (".",)
    roots, folders, asked = zip(*(_place(here, top, path) for path in typed), strict=True)
    root = min(roots, key=lambda place: len(place.parts))
    for path, other in zip(typed, roots, strict=True):
        if not other.is_relative_to(root):
            first = typed[roots.index(root)]
            raise UsageError(
                f"{first} and {path} lie in two trees ({root} and {other}), and a run is over one: say "
                "`lipready gate` for each."
            )
    return Tree(root, Path(os.path.commonpath(folders)), typed, asked)


def _place(here: Path, top: Path, path: str) -> tuple[Path, Path, str]:
    """Return the root, the folder in which a run over a path begins, and the path as an absolute one."""
    lexical = Path(os.path.normpath(here / path))
    real, rest = _split(lexical)
    # A link that leads out of the tree is refused later on, and a name that no system knows is not there.
    if lexical.is_relative_to(top) and (real is None or not real.is_relative_to(top)):
        return top, here, str(lexical)
    if real is None:
        return lexical.parent, lexical.parent, str(lexical)
    own = top_of(real)
    if real.is_relative_to(top) and (_is_top(top) or not _is_top(own)):
        return top, here, str(lexical if lexical.is_relative_to(top) else real / rest)
    return own, real, str(real / rest)


def _split(path: Path) -> tuple[Path | None, Path]:
    """Split a path behind the last folder that is there, all links of it resolved; None where there is none."""
    fixed = path
    while not os.path.isdir(fixed):  # noqa: PTH112 - raises for no name, other than Path.is_dir
        if fixed == fixed.parent:
            return None, path
        fixed = fixed.parent
    return Path(os.path.realpath(fixed)), path.relative_to(fixed)


def _is_top(folder: Path) -> bool:
    return os.path.lexists(folder / ".git")
