"""Which of the listed files are there, and which links among them lead to something of their own."""

import os
import stat
from collections.abc import Iterable
from pathlib import Path

from lipready.config.unit import Notice


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
