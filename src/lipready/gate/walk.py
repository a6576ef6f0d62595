"""The files of a tree that no Git knows, without those that ignore files leave out."""

import os
from collections.abc import Iterable
from pathlib import Path

from lipready.gate.ignore import OWN_FILE, IgnoreRules
from lipready.gate.work_tree import Listing


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
