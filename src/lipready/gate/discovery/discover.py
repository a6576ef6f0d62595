"""Which files of a tree are checked, as Git lists them or as its folders are walked."""

import os
import stat
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePosixPath

from lipready.config.unit import Notice
from lipready.errors import NothingCheckedError
from lipready.gate.discovery.kinds import is_source_code, kind_by_extension
from lipready.gate.discovery.root import FIXED, FIXING, Listing, list_work_tree
from lipready.gate.discovery.selection import OWN_FILE, IgnoreRules, Selection, select


def settle(root: Path, paths: Iterable[str]) -> tuple[tuple[str, ...], tuple[Notice, ...]]:
    """Return files, and links to files inside the root (resolved) that are not there anyway, sorted; and notices.

    Several links to one file count once. A link that leads nowhere stays, so that the check reports it. Nothing outside
    the root is ever reached through what is kept.
    """

    @cache
    def is_plain(folder: str) -> bool:
        """Whether a folder is reached without a link; Git lists what it tracks below one that was a folder once."""
        return os.path.realpath(root / folder) == str(root / folder)

    kept, links = set[str](), list[str]()
    for path in paths:
        try:
            mode = os.lstat(root / path).st_mode
        except OSError:
            continue
        if is_plain(path.rpartition("/")[0]) and not stat.S_ISDIR(mode):
            (links.append if stat.S_ISLNK(mode) else kept.add)(path)
    notices, reached = [], set(kept)
    for path in sorted(links):
        target = Path(os.path.realpath(root / path))
        if not target.is_relative_to(root):
            notices.append(Notice(f"{path}: is a link that leads out of the tree; it is not followed."))
        # Other than Path.is_dir, this raises for no name.
        elif (inside := target.relative_to(root).as_posix()) not in reached and not os.path.isdir(target):  # noqa: PTH112
            reached.add(inside)
            kept.add(path)
    return tuple(sorted(kept)), tuple(notices)


MANIFEST = "lipready.jobs.toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What is to be checked, relative to the root with slashes, sorted: files of media, and manifests that apply.

    `selection` is what was asked for: a manifest may list more than that.
    """

    paths: tuple[str, ...]
    manifests: tuple[str, ...]
    selection: Selection
    notices: tuple[Notice, ...] = ()


def discover(root: Path, patterns: Sequence[str] = ()) -> Found:
    """Return the media files that folders, files and globs cover; without any of them those of all the root.

    In a work tree Git says what is there (tracked, or neither tracked nor ignored, submodules included); elsewhere the
    folders are walked, and `.gitignore` respected. `.lipreadyignore` counts in both. Media is told by the extension;
    a file that is named itself is taken whatever it is called and whoever ignores it. Links are followed inside the
    root only, and never to folders. Names that are not UTF-8 come as `os.fsdecode` gives them.

    Raises NothingCheckedError where neither a file nor a manifest is found, UsageError for a pattern that is not there
    or lies outside the root, ConfigurationError for a broken ignore file.
    """
    root = root.resolve()
    selection = select(root, patterns)
    listing, rules = _list(root, selection), IgnoreRules(root, OWN_FILE)
    may_count = (path for path in listing.paths if kind_by_extension(path) or _is_manifest(path))
    mine = (path for path in may_count if not path.startswith(FIXING))
    names = [path for path in mine if selection.covers(path) and not rules.ignores(path)]
    if not any(map(_is_fixed, selection.bases())):
        names = [path for path in names if not _is_fixed(path)]
    kept, of_links = settle(root, (p for p in {*names, *selection.files} if not _is_manifest(p)))
    paths = tuple(path for path in kept if path in selection.files or not is_source_code(root, path))
    manifests = {path for path in (*names, *selection.files) if _is_manifest(path)} | set(_above(selection))
    found = Found(
        paths=paths,
        manifests=tuple(sorted(path for path in manifests if os.path.lexists(root / path))),
        selection=selection,
        notices=(*map(Notice, _remarks(listing, selection, paths)), *of_links),
    )
    if not found.paths and not found.manifests:
        raise NothingCheckedError(nothing_found(root, patterns))
    return found


def nothing_found(root: Path, patterns: Sequence[str]) -> str:
    """Return the sentence for a run in which there is nothing to check."""
    where = ", ".join(patterns) or str(root)
    return (
        f"{where}: there is no video, audio track or image to check; what .gitignore or {OWN_FILE} name is left out, "
        "unless the file itself is given."
    )


def _list(root: Path, selection: Selection) -> Listing:
    listing = Listing()
    bases = selection.bases()
    if not bases:
        return listing
    if not list_work_tree(root, listing):
        walk(root, bases, listing)
        return listing
    for base in bases:
        # A repository of its own that the outer one ignores, such as a second checkout of a CI job.
        if base and base not in listing.repositories and os.path.lexists(root / base / ".git"):
            list_work_tree(root, listing, base)
    return listing


def _is_fixed(path: str) -> bool:
    return f"{path}/".startswith(f"{FIXED}/")


def _is_manifest(path: str) -> bool:
    return path.rpartition("/")[2] == MANIFEST


def _above(selection: Selection) -> Iterator[str]:
    """Yield the manifests that may stand above what was asked for, up to the root."""
    for folder in {*selection.bases(), *(path.rpartition("/")[0] for path in selection.files)}:
        parts = PurePosixPath(folder).parts
        yield from ("/".join((*parts[:end], MANIFEST)) for end in range(len(parts) + 1))


def _remarks(listing: Listing, selection: Selection, paths: Sequence[str]) -> Iterator[str]:
    yield from (text for folder, text in sorted(listing.remarks) if selection.touches(folder))
    for glob in selection.globs:
        if not any(map(glob.spec.match_file, paths)):
            yield f"{glob.text}: matches no file that is checked."


def walk(root: Path, bases: Iterable[str], listing: Listing) -> None:
    """Add the files below folders of the root ("" is the root itself), following no link to a folder.

    `.git` is never entered. A folder that cannot be read is a remark.
    """
    rules = (IgnoreRules(root, ".gitignore"), IgnoreRules(root, OWN_FILE))
    pending = [base for base in bases if not (base and _pruned(base, rules))]
    while pending:
        folder = pending.pop()
        try:
            with os.scandir(root / folder) as entries:
                found = [(entry.name, entry.is_dir(follow_symlinks=False)) for entry in entries]
        except OSError as error:
            listing.remarks.append((folder, f"{folder or root}: cannot be read ({error.strerror})."))
            continue
        for name, is_folder in found:
            path = f"{folder}/{name}" if folder else name
            if is_folder:
                if name != ".git" and not any(rule.prunes(path) for rule in rules):
                    pending.append(path)
            elif not rules[0].ignores(path):
                listing.paths.add(path)


def _pruned(base: str, rules: Iterable[IgnoreRules]) -> bool:
    parts = base.split("/")
    return any(rule.prunes("/".join(parts[:end])) for rule in rules for end in range(1, len(parts) + 1))
