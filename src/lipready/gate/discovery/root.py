"""Which tree a run is over, and where it begins."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from lipready.errors import UsageError
from lipready.gate.git import run_git

_NO_REPOSITORY = ("not a git repository", "must be run in a work tree", "cannot use bare repository")
_SUBMODULE = "160000"


@dataclass(slots=True)
class Listing:
    """Files of a tree, relative to its root with slashes; some may be gone, and some be links.

    `repositories` are the folders of the work trees inside the root that were listed too, `remarks` pairs of a folder
    and what is to be said of it.
    """

    paths: set[str] = field(default_factory=set)
    repositories: set[str] = field(default_factory=set)
    remarks: list[tuple[str, str]] = field(default_factory=list)


def list_work_tree(root: Path, listing: Listing, inside: str = "") -> bool:
    """Add the files of the work tree in which `root / inside` lies, as far as they lie below that folder.

    Submodules that are checked out, and other work trees inside, are listed as well. Returns False where there is no
    work tree or Git cannot be asked; what hinders it is then a remark.
    """
    answer = _ask(root / inside)
    if isinstance(answer, str):
        if answer:
            listing.remarks.append((inside, f"Git could not be asked ({answer}); folders were walked instead."))
        return False
    listing.repositories.add(inside)
    for line in os.fsdecode(answer).split("\0")[:-1]:
        # `? name`, with a slash behind a repository of its own, or `H 100644 id 0<tab>name`.
        entry, _, name = ("", "", line[2:].rstrip("/")) if line[0] == "?" else line[2:].partition("\t")
        path = f"{inside}/{name}" if inside else name
        if entry.startswith(_SUBMODULE) or (line[0] == "?" and line[-1] == "/"):
            _list_inner(root, listing, path)
        else:
            listing.paths.add(path)
    return True


def _list_inner(root: Path, listing: Listing, folder: str) -> None:
    place = root / folder
    if folder in listing.repositories or os.path.realpath(place) != str(place):
        return
    if not _is_top(place):
        listing.remarks.append((folder, f"{folder}: is a submodule that is not checked out; nothing in it is checked."))
    elif not list_work_tree(root, listing, folder):
        listing.remarks.append((folder, f"{folder}: is a repository that Git cannot list; nothing in it is checked."))


def _ask(folder: Path) -> bytes | str:
    """Return the list of Git, or why there is none: "" where the folder is simply no work tree."""
    try:
        run = run_git(folder, "ls-files", "-z", "-t", "--stage", "--cached", "--others", "--exclude-standard")
    except OSError as error:
        return f"git: {error.strerror}" if any(map(_is_top, (folder, *folder.parents))) else ""
    if run.returncode == 0:
        return run.stdout
    said = run.stderr.decode(errors="replace").strip()
    if any(words in said for words in _NO_REPOSITORY):
        return ""
    return " ".join(said.split("\n")[0].split()) or f"git: status {run.returncode}"


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
    """Return the tree that PATH arguments name, given in the folder `here`; none at all is that folder.

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
                "`lipready.gate(…)` for each."
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
