"""By what a run of the gate is known again: everything that decides its outcome but the files that it looks at.

Imported at every start of the gate, so it imports next to nothing.
"""

import os
import sys
import time
from collections.abc import Iterator, Sequence
from hashlib import blake2b
from typing import NamedTuple

from lipready import __version__

# Differ from one terminal to the next, and decide nothing.
_OF_NO_ACCOUNT = frozenset({"_", "SHLVL", "OLDPWD", "PWD", "WINDOWID", "TERM_SESSION_ID", "SSH_CLIENT", "SSH_TTY"})


class RunKey(NamedTuple):
    """`name` is a digest; `newest` is when the package was changed last, in nanoseconds."""

    name: str
    newest: int


def run_key(root: str, arguments: Sequence[str]) -> RunKey:
    """Digest the root, the folder, all arguments, how stdout is, the environment, the day, and what is installed.

    Of the environment everything counts but what is known to decide nothing.
    """
    digest = blake2b(digest_size=16)
    sources = list(_sources(os.path.dirname(os.path.dirname(__file__))))  # noqa: PTH120
    surroundings = sorted(item for item in os.environ.items() if item[0] not in _OF_NO_ACCOUNT)
    today = time.localtime()[:3]
    parts = (
        *(__version__, sys.version, sys.executable, sys.path, [_time_of(place) for place in sys.path]),
        *(root, os.getcwd(), list(arguments), _rights(), today, *_stdout(), surroundings, sources),  # noqa: PTH109
    )
    for part in parts:
        written = repr(part).encode("utf-8", "backslashreplace")
        digest.update(b"%d:" % len(written) + written)
    return RunKey(digest.hexdigest(), max((changed for *_, changed, _ in sources), default=0))


def _rights() -> tuple[int, ...]:
    return (os.geteuid(), os.getegid()) if hasattr(os, "geteuid") else ()


def _stdout() -> tuple[object, ...]:
    out = sys.stdout
    try:
        size: object = tuple(os.get_terminal_size(sys.__stdout__.fileno()))  # type: ignore[union-attr]
    except (OSError, ValueError, AttributeError):
        size = None
    return out.encoding, out.isatty(), size


def _time_of(folder: str) -> int:
    """Whatever is installed or removed changes the folder in which it lies."""
    try:
        return os.stat(folder or ".").st_mtime_ns  # noqa: PTH116
    except (OSError, ValueError):
        return 0


def _sources(folder: str) -> Iterator[tuple[str, int, int, int, int]]:
    """Stat the files of the package: path, size, times of modification and change, inode."""
    with os.scandir(folder) as entries:
        found = sorted(entries, key=lambda entry: entry.name)
    for entry in found:
        if entry.is_dir():
            if entry.name != "__pycache__":
                yield from _sources(entry.path)
        else:
            status = entry.stat()
            yield entry.path, status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino
