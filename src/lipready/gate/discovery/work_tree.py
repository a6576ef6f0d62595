"""What Git knows of a folder: files that are tracked, or neither tracked nor ignored."""

import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

# Neither a file watcher that the repository names, nor a bare repository that lies among its files, is ever used.
_COMMAND = (
    *("git", "-c", "core.fsmonitor=false", "-c", "safe.bareRepository=explicit"),
    *("ls-files", "-z", "-t", "--stage", "--cached", "--others", "--exclude-standard"),
)
# A hook that calls us names its own repository and index, which need not be those of the folder.
OF_A_HOOK = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_COMMON_DIR", "GIT_OBJECT_DIRECTORY")
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
    for name, is_repository in _entries(answer):
        path = f"{inside}/{name}" if inside else name
        if is_repository:
            _list_inner(root, listing, path)
        else:
            listing.paths.add(path)
    return True


def _list_inner(root: Path, listing: Listing, folder: str) -> None:
    place = root / folder
    if folder in listing.repositories or os.path.realpath(place) != str(place):
        return
    if not os.path.lexists(place / ".git"):
        listing.remarks.append((folder, f"{folder}: is a submodule that is not checked out; nothing in it is checked."))
    elif not list_work_tree(root, listing, folder):
        listing.remarks.append((folder, f"{folder}: is a repository that Git cannot list; nothing in it is checked."))


def _ask(folder: Path) -> bytes | str:
    """Give the list of Git, or why there is none: "" where the folder is simply no work tree."""
    environment = {key: value for key, value in os.environ.items() if key not in OF_A_HOOK}
    environment |= {"LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0"}
    try:
        run = subprocess.run(_COMMAND, cwd=folder, env=environment, capture_output=True, check=False)
    except OSError as error:
        has_git = any(os.path.lexists(place / ".git") for place in (folder, *folder.parents))
        return f"git: {error.strerror}" if has_git else ""
    if run.returncode == 0:
        return run.stdout
    said = run.stderr.decode(errors="replace").strip()
    if any(words in said for words in _NO_REPOSITORY):
        return ""
    return " ".join(said.split("\n")[0].split()) or f"git: status {run.returncode}"


def _entries(answer: bytes) -> Iterator[tuple[str, bool]]:
    """Yield each name, and whether it is a repository of its own: `H 100644 id 0<tab>name` or `? name`."""
    for line in os.fsdecode(answer).split("\0"):
        if not line:
            continue
        tag, rest = line[0], line[2:]
        if tag == "?":
            yield rest.rstrip("/"), rest.endswith("/")
        else:
            entry, _, name = rest.partition("\t")
            yield name, entry.startswith(_SUBMODULE)
