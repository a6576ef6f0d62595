"""A share of the work for each machine of a CI matrix."""

import re
from collections.abc import Iterable, Iterator
from hashlib import sha256

from lipready.config.unit import Unit
from lipready.errors import UsageError

MOST = 10_000
_SHARD = re.compile(r"([0-9]{1,9})/([0-9]{1,9})")


def parse_shard(text: str) -> tuple[int, int]:
    """Read "2/4": the second of four shards, counted from 1.

    Raises UsageError where it is none.
    """
    match = _SHARD.fullmatch(text.strip())
    number, count = (int(match[1]), int(match[2])) if match else (0, 0)
    if not 1 <= number <= count <= MOST:
        raise UsageError(f"{text!r} names no shard: write 2/4 for the second of four (at most {MOST}).")
    return number, count


def shard(units: Iterable[Unit], number: int, count: int) -> Iterator[Unit]:
    """Keep the units that fall to shard `number` (1 … `count`), in their order.

    A unit falls to the same shard on every machine, whatever the others are, by its name alone.
    """
    return (unit for unit in units if _place(unit.name, count) == number - 1)


def _place(name: str, count: int) -> int:
    digest = sha256(name.encode("utf-8", "surrogateescape")).digest()
    return int.from_bytes(digest[:8], "big") % count
