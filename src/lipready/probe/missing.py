"""What is said of a file that is named and cannot be opened, and which name may have been meant."""

import os
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice

from lipready.errors import ProbeError, UsageError
from lipready.facts.file import Unopened
from lipready.probe.local_file import UnopenedError, open_local

_MOST = 20_000
"""Names of a folder that are compared."""

_LONGEST = 255
_FEW = 5
_ALIKE = 0.6


def require_file(path: str) -> None:
    """Raise UsageError for a path under which no file can be opened; what an open one holds is not asked."""
    try:
        with open_local(path):
            return
    except UnopenedError as error:
        unopened = unopened_of(error, path)
        if unopened is not None:
            raise UsageError(unopened.sentence(path or "''", str(error)), path=path) from None
    except ProbeError:
        return  # it is empty, which is for the check to say


def unopened_of(error: UnopenedError, path: str) -> Unopened | None:
    """Return why a file could not be opened; None where the machine is at fault."""
    if error.obstacle is None:
        return None
    return Unopened(error.obstacle, nearest(path) if error.obstacle == "missing" else None)


def unreadable(path: str | os.PathLike[str], error: Exception) -> str:
    """Return the sentence for a text that could not be read: that there is no such file, or the words of the system."""
    if isinstance(error, FileNotFoundError):
        return Unopened("missing", nearest(os.fspath(path))).sentence(os.fspath(path), "does not exist")
    return f"{path}: cannot be read ({getattr(error, 'strerror', None) or error})."


def nearest(path: str, *, folders: bool = False) -> str | None:
    """Return the path that is there and most like one that is not; None where nothing is much like it.

    Only the first name on the way that is missing is looked for, in the folder where it should be. With `folders` the
    path may be that of a folder, too.
    """
    base, rest = path.rstrip(os.sep), list[str]()
    while True:
        base, name = os.path.split(base)
        if not name or "\0" in name or len(name) > _LONGEST:
            return None
        if os.path.isdir(base or "."):  # noqa: PTH112 - raises for no name
            break
        rest.insert(0, name)
    found = _most_alike(name, sorted(_names(base, files=not rest, folders=folders or bool(rest))))
    if found is None:
        return None
    meant = os.path.join(base, found, *rest)  # noqa: PTH118 - as it was written, such as "./clip.mp4"
    return meant if not rest or os.path.lexists(meant) else None


def _names(folder: str, *, files: bool, folders: bool) -> Iterator[str]:
    with suppress(OSError), os.scandir(folder or ".") as entries:
        for entry in islice(entries, _MOST):
            with suppress(OSError):
                if (folders and entry.is_dir()) or (files and entry.is_file()):
                    yield entry.name


def _most_alike(name: str, names: list[str]) -> str | None:
    """Choose by the whole name, where it is not the extension alone that is alike."""
    from difflib import SequenceMatcher, get_close_matches

    lower = {each.lower(): each for each in reversed(names)}
    for close in get_close_matches(name.lower(), lower, n=_FEW, cutoff=_ALIKE):
        stem, other = (os.path.splitext(each)[0] for each in (name.lower(), close))  # noqa: PTH122
        if SequenceMatcher(None, stem, other).ratio() >= _ALIKE:
            return lower[close]
    return None
