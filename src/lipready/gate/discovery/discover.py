"""Which files of a tree are checked, as Git lists them or as its folders are walked."""

import os
import stat
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from lipready.config.unit import Notice
from lipready.errors import NothingCheckedError
from lipready.gate.discovery.kinds import is_source_code, kind_by_extension
from lipready.gate.discovery.root import FIXED, FIXING, Listing, list_work_tree
from lipready.gate.discovery.selection import OWN_FILE, IgnoreRules, Selection, select


class Links:
    """Look at each listed path once; nothing outside the root (resolved) is ever reached through what is kept."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._folders: dict[str, bool] = {"": True}

    def settle(self, paths: Iterable[str]) -> tuple[tuple[str, ...], tuple[Notice, ...]]:
        """Keep files, and links to files inside the root that are not kept anyway; sorted, with what is to be said.

        Several links to one file count once. A link that leads nowhere stays, so that the check reports it.
        """
        kept, links = set[str](), list[str]()
        for path in paths:
            mode = self._mode(path)
            if mode is None or stat.S_ISDIR(mode):
                continue
            if stat.S_ISLNK(mode):
                links.append(path)
            else:
                kept.add(path)
        notices = []
        reached = set(kept)
        for path in sorted(links):
            target = self._target(path)
            if target is None:
                notices.append(Notice(f"{path}: is a link that leads out of the tree; it is not followed."))
            elif target not in reached and not self._is_folder(target):
                reached.add(target)
                kept.add(path)
        return tuple(sorted(kept)), tuple(notices)

    def _mode(self, path: str) -> int | None:
        if not self._is_plain(path.rpartition("/")[0]):
            return None
        try:
            return os.lstat(f"{self._root}/{path}").st_mode
        except OSError:
            return None

    def _is_plain(self, folder: str) -> bool:
        """Whether a folder is reached without a link; Git lists what it tracks below one that was a folder once."""
        unknown = []
        while folder not in self._folders:
            unknown.append(folder)
            folder = folder.rpartition("/")[0]
        plain = self._folders[folder]
        for below in reversed(unknown):
            plain = plain and self._is_folder(below) and not os.path.islink(f"{self._root}/{below}")  # noqa: PTH114
            self._folders[below] = plain
        return plain

    def _is_folder(self, path: str) -> bool:
        # Other than Path.is_dir, this raises for no name.
        return os.path.isdir(f"{self._root}/{path}")  # noqa: PTH112

    def _target(self, path: str) -> str | None:
        target = Path(os.path.realpath(self._root / path))
        return target.relative_to(self._root).as_posix() if target.is_relative_to(self._root) else None


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
    """Find the media files that folders, files and globs cover; without any of them all of the root.

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
    mine = (path for path in listing.paths if _may_count(path) and not path.startswith(FIXING))
    names = [path for path in mine if selection.covers(path) and not rules.ignores(path)]
    if not any(map(_is_fixed, selection.bases())):
        names = [path for path in names if not _is_fixed(path)]
    kept, of_links = Links(root).settle(p for p in {*names, *selection.files} if not _is_manifest(p))
    paths = tuple(path for path in kept if path in selection.files or not is_source_code(root, path))
    manifests = {path for path in (*names, *selection.files) if _is_manifest(path)} | set(_above(selection))
    found = Found(
        paths=paths,
        manifests=tuple(sorted(path for path in manifests if os.path.lexists(root / path))),
        selection=selection,
        notices=(*_remarks(listing, selection), *_unmatched(selection, paths), *of_links),
    )
    if not found.paths and not found.manifests:
        raise NothingCheckedError(nothing_found(root, patterns))
    return found


def nothing_found(root: Path, patterns: Sequence[str]) -> str:
    """Return the error that says that there is nothing to check."""
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


def _may_count(path: str) -> bool:
    return kind_by_extension(path) is not None or _is_manifest(path)


def _is_fixed(path: str) -> bool:
    return f"{path}/".startswith(f"{FIXED}/")


def _is_manifest(path: str) -> bool:
    return path.rpartition("/")[2] == MANIFEST


def _above(selection: Selection) -> Iterator[str]:
    """Name the manifests that may stand above what was asked for, up to the root."""
    parents = {path.rpartition("/")[0] for path in selection.files}
    for start in parents | set(selection.bases()):
        folder = start
        while folder:
            yield f"{folder}/{MANIFEST}"
            folder = folder.rpartition("/")[0]
        yield MANIFEST


def _remarks(listing: Listing, selection: Selection) -> Iterator[Notice]:
    return (Notice(text) for folder, text in sorted(listing.remarks) if selection.touches(folder))


def _unmatched(selection: Selection, paths: Sequence[str]) -> Iterator[Notice]:
    for glob in selection.globs:
        if not any(glob.spec.match_file(path) for path in paths):
            yield Notice(f"{glob.text}: matches no file that is checked.")


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
