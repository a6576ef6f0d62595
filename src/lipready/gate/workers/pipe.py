"""What parent and child write to each other: facts and tasks as JSON, each behind its length."""

import json
import struct
from dataclasses import dataclass
from typing import BinaryIO, Literal, TypeVar

from lipready.facts.codec import from_plain, to_plain
from lipready.facts.file import FileFacts
from lipready.facts.pictures import FilePictures

LONGEST = 256 << 20
"""Bytes; the facts of two hours that show people all the time take a tenth."""

_LENGTH = struct.Struct("<Q")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class WorkerAnswer:
    """What a child writes: that it is ready, the facts of a file, or the text of an error that stops everything."""

    kind: Literal["ready", "facts", "error"]
    facts: FileFacts | None = None
    text: str = ""
    pictures: FilePictures | None = None


class Garbled(Exception):  # noqa: N818  (no error for anybody but the one who reads)
    """What came is not a message of the expected type."""


def send(stream: BinaryIO, message: object) -> None:
    """Write one message, a dataclass of facts, tasks and plain values.

    Raises OSError where nobody reads any more.
    """
    data = json.dumps(to_plain(message), allow_nan=False, separators=(",", ":")).encode("ascii")
    stream.write(_LENGTH.pack(len(data)) + data)
    stream.flush()


def receive(stream: BinaryIO, kind: type[T]) -> T:
    """Read one message of a type.

    Raises EOFError where the other side has gone, Garbled for anything else than such a message: a decoder that a file
    has taken over must not get further than its own process.
    """
    (length,) = _LENGTH.unpack(_read(stream, _LENGTH.size))
    if length > LONGEST:
        raise Garbled
    data = _read(stream, length)
    try:
        return from_plain(kind, json.loads(data))
    except (ValueError, RecursionError, MemoryError) as error:
        raise Garbled from error


def _read(stream: BinaryIO, size: int) -> bytes:
    data = stream.read(size)
    if data is None or len(data) < size:
        raise EOFError
    return data
