"""What parent and child say to each other: pickled messages, each behind its length."""

import io
import pickle
import struct
from typing import Any, BinaryIO

from lipready.facts.quantity import counted

LONGEST = 256 << 20
"""Bytes; the facts of two hours that show people all the time take a tenth."""

_LENGTH = struct.Struct("<Q")
_PLAIN = {("fractions", "Fraction"), ("builtins", "frozenset"), ("builtins", "set"), ("builtins", "complex")}
_OURS = ("lipready.facts.", "lipready.gate.workers.file_task")


class Garbled(Exception):  # noqa: N818  (no error for anybody but the one who reads)
    """What came is no message of ours."""


def send(stream: BinaryIO, message: object) -> None:
    """Write one message.

    Raises OSError where nobody reads any more.
    """
    data = pickle.dumps(message, pickle.HIGHEST_PROTOCOL)
    stream.write(_LENGTH.pack(len(data)) + data)
    stream.flush()


def receive(stream: BinaryIO) -> Any:
    """Read one message.

    Raises EOFError where the other side has gone, Garbled for anything but facts, tasks and plain values: a decoder
    that a file has taken over must not get further than its own process.
    """
    (length,) = _LENGTH.unpack(_read(stream, _LENGTH.size))
    if length > LONGEST:
        raise Garbled(f"a message of {counted(length, 'byte')}")
    data = _read(stream, length)
    try:
        return _Careful(io.BytesIO(data)).load()
    except Garbled:
        raise
    except Exception as error:
        raise Garbled(str(error)) from error


def _read(stream: BinaryIO, size: int) -> bytes:
    data = stream.read(size)
    if data is None or len(data) < size:
        raise EOFError
    return data


class _Careful(pickle.Unpickler):
    def find_class(self, module: str, name: str, /) -> Any:
        known = (module, name) in _PLAIN or (module.startswith(_OURS) and "." not in name)
        found = super().find_class(module, name) if known else None
        if not isinstance(found, type) or (module.startswith(_OURS) and not found.__module__.startswith(_OURS)):
            raise Garbled(f"a {module}.{name}")
        return found
