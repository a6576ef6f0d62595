"""What a whole run of the gate said, for as long as nothing that it depends on looks different."""

import json
import os
import stat
from contextlib import suppress
from itertools import accumulate, pairwise
from typing import Any, NamedTuple
from zlib import crc32

from lipready.gate.outlook import Outlook

SCHEMA = "lipready.gate-run/1"
FOLDER = "gate-runs"
LARGEST = 32 << 20
"""Bytes of one memo; what says more is not kept."""

MOST = 24
"""Memos that are kept; the oldest goes first."""

RACY = 2_000_000_000
"""Nanoseconds: the coarsest clock of a file system. What was written so recently may be written again unseen."""

_STATUSES = (0, 1)


class Memo(NamedTuple):  # dataclasses take a tenth of a replay to import
    """One run. `said` are pairs of "out" or "err" and a text, in order; `reports` pairs of a path and its content.

    `looks` is how the places of `outlook` looked when the run began, and when it had ended. `begun` is in seconds.
    `verbose` and `quiet` are as the run was asked to be.
    """

    begun: int
    status: int
    verbose: bool
    quiet: bool
    said: tuple[tuple[str, str], ...]
    reports: tuple[tuple[str, str], ...]
    outlook: Outlook
    looks: str

    def holds(self) -> bool:
        """Whether everything looks as it did."""
        return self.outlook.look().digest == self.looks


def read_memo(folder: str, name: str) -> Memo | None:
    """Read a memo from a cache folder; None where there is none, or anything about it is not as it was written."""
    try:
        content = _content(f"{folder}/{FOLDER}/{name}")
        check, _, body = content.partition(b"\n")
        if check != _check(name, body):
            return None
        head, _, texts = body.partition(b"\n")
        return _memo(json.loads(head), texts)
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return None


def write_memo(folder: str, name: str, memo: Memo) -> None:
    """Keep a memo, whole or not at all, and let go of the oldest; where that cannot be, nothing is kept."""
    body = _body(memo)
    if len(body) > LARGEST:
        return
    own = f"{folder}/{FOLDER}"
    partial = f"{own}/{name}.{os.getpid()}-{os.urandom(4).hex()}.part"
    with suppress(OSError):
        os.makedirs(own, mode=0o700, exist_ok=True)  # noqa: PTH103
        try:
            descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with open(descriptor, "wb") as file:  # noqa: PTH123 - a descriptor
                file.write(_check(name, body) + b"\n" + body)
            os.replace(partial, f"{own}/{name}")  # noqa: PTH105
        finally:
            with suppress(FileNotFoundError):
                os.unlink(partial)  # noqa: PTH108
        _drop_oldest(own, MOST)


def forget_memos(folder: str) -> None:
    """Throw all memos of a cache folder away. Raises OSError where one cannot be removed."""
    own = f"{folder}/{FOLDER}"
    if os.path.isdir(own) and not os.path.islink(own):  # noqa: PTH112, PTH114
        _drop_oldest(own, 0)


def _drop_oldest(own: str, most: int) -> None:
    with os.scandir(own) as entries:
        found = sorted((entry.stat(follow_symlinks=False).st_mtime_ns, entry.path) for entry in entries)
    for _, path in found[: max(0, len(found) - most)]:
        with suppress(FileNotFoundError):
            os.unlink(path)  # noqa: PTH108


def _content(path: str) -> bytes:
    # Neither a link nor a pipe is opened, and no more is read than was written.
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    with open(os.open(path, flags), "rb") as file:  # noqa: PTH123 - a descriptor
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode) or status.st_size > 2 * LARGEST:
            raise ValueError(path)
        return file.read()


def _check(name: str, body: bytes) -> bytes:
    return b"%08x" % crc32(body, crc32(name.encode()))


def _body(memo: Memo) -> bytes:
    """Write a line of JSON, and behind it the texts, which as JSON would take ten times as long to read."""
    texts = ["\0".join(memo.outlook.folders), "\0".join(memo.outlook.files)]
    texts += [text for _, text in (*memo.said, *memo.reports)]
    encoded = [text.encode("utf-8", "surrogatepass") for text in texts]
    head = {
        "schema": SCHEMA,
        "begun": memo.begun,
        "status": memo.status,
        "verbose": memo.verbose,
        "quiet": memo.quiet,
        "looks": memo.looks,
        "said": [stream for stream, _ in memo.said],
        "reports": [path for path, _ in memo.reports],
        "sizes": [len(text) for text in encoded],
    }
    return json.dumps(head).encode() + b"\n" + b"".join(encoded)


def _memo(head: dict[str, Any], content: bytes) -> Memo:
    """Take it apart; raises ValueError, TypeError or KeyError for what `write_memo` does not write."""
    if head.pop("schema") != SCHEMA:
        raise ValueError
    sizes, streams, paths = head.pop("sizes"), _texts(head.pop("said")), _texts(head.pop("reports"))
    folders, files, *texts = _parts(sizes, content)
    memo = Memo(
        **head,
        outlook=Outlook(tuple(folders.split("\0")), tuple(files.split("\0"))),
        said=tuple(zip(streams, texts[: len(streams)], strict=True)),
        reports=tuple(zip(paths, texts[len(streams) :], strict=True)),
    )
    numbers = type(memo.begun) is int and type(memo.status) is int and memo.status in _STATUSES
    flags = type(memo.verbose) is bool and type(memo.quiet) is bool
    if not (numbers and flags and set(streams) <= {"out", "err"} and isinstance(memo.looks, str)):
        raise ValueError
    return memo


def _parts(sizes: list[int], content: bytes) -> list[str]:
    if not all(type(size) is int and size >= 0 for size in sizes) or sum(sizes) != len(content):
        raise ValueError
    ends = list(accumulate(sizes, initial=0))
    return [content[start:end].decode("utf-8", "surrogatepass") for start, end in pairwise(ends)]


def _texts(values: object) -> tuple[str, ...]:
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise TypeError
    return tuple(values)
