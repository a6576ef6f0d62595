"""Which part of a file an answer brings, as far as the server can be believed."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from lipready.errors import AnswerError
from lipready.providers.transport.bounded import declared_length

WHOLE, PART, NOTHING_LEFT = 200, 206, 416

_RANGE = re.compile(r"bytes\s+(\d{1,18})-(\d{1,18})/(\d{1,18}|\*)", re.IGNORECASE | re.ASCII)
_UNSATISFIED = re.compile(r"bytes\s+\*/(\d{1,18})", re.IGNORECASE | re.ASCII)


@dataclass(frozen=True, slots=True)
class ByteRange:
    """The bytes of an answer begin at `start` of the file; `end` is where they stop, `total` the size of the file.

    Both are None where the server does not say.
    """

    start: int
    end: int | None
    total: int | None


def range_headers(offset: int, unchanged: str | None) -> dict[str, str]:
    """Ask for what follows `offset`. A weak ETag cannot vouch for bytes, and is not sent."""
    if not offset:
        return {}
    headers = {"Range": f"bytes={offset}-"}
    if unchanged is not None and unchanged.startswith('"'):
        headers["If-Range"] = unchanged
    return headers


def part_of(status: int, headers: Mapping[str, str], *, offset: int, host: str) -> ByteRange:
    """Read a 200 or a 206 to a request for what follows `offset` (0: for everything).

    Raises AnswerError for a part that was not asked for, or that contradicts itself.
    """
    length = declared_length(headers)
    if status == WHOLE:
        return ByteRange(0, length, length)
    found = _RANGE.fullmatch(headers.get("content-range", "").strip())
    if not offset or found is None:
        raise AnswerError(f"{host} sent a part of the result video without saying which: try again later.")
    first, last = int(found[1]), int(found[2])
    total = None if found[3] == "*" else int(found[3])
    if first != offset:
        raise AnswerError(f"{host} sent the result video from byte {first} on, where byte {offset} was asked for.")
    if last < first or (total is not None and last >= total) or (length is not None and length != last + 1 - first):
        raise AnswerError(f"{host} contradicts itself about which part of the result video it sends.")
    return ByteRange(first, last + 1, total)


def size_left_over(headers: Mapping[str, str]) -> int | None:
    """Return the size of the file that a 416 names."""
    found = _UNSATISFIED.fullmatch(headers.get("content-range", "").strip())
    return None if found is None else int(found[1])
