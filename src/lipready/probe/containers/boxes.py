"""The box structure of MP4 and QuickTime files (ISO/IEC 14496-12, 4.2), read within bounds."""

from collections.abc import Iterator
from dataclasses import dataclass

from lipready.probe.local_file import LocalFile

MAX_BOXES = 20_000
"""Top-level boxes; a fragmented file has two for each fragment."""
_SHORT_HEADER, _LONG_HEADER = 8, 16


@dataclass(frozen=True, slots=True)
class FileBox:
    """A top-level box of a file: `start` of its payload, and `end` by its header, maybe past the file."""

    type: bytes
    start: int
    end: int


def file_boxes(file: LocalFile) -> list[FileBox]:
    """Walk the top-level boxes; stops at the first header that makes no sense, and after `MAX_BOXES`."""
    found: list[FileBox] = []
    at = 0
    while at + _SHORT_HEADER <= file.size and len(found) < MAX_BOXES:
        header = file.read_at(at, _LONG_HEADER)
        box = _header(header, at, file.size)
        if box is None:
            break
        found.append(box)
        at = box.end
    return found


def children(payload: memoryview) -> Iterator[tuple[bytes, memoryview]]:
    """Type and payload of each box inside another; a box that claims more than there is ends the walk."""
    at = 0
    while at + _SHORT_HEADER <= len(payload):
        box = _header(payload[at : at + _LONG_HEADER], at, len(payload))
        if box is None or box.end > len(payload):
            return
        yield box.type, payload[box.start : box.end]
        at = box.end


def child(payload: memoryview | None, *path: bytes) -> memoryview | None:
    """Find the payload of the first box at a path of types, None where there is none."""
    for step in path:
        if payload is None:
            return None
        payload = next((inner for kind, inner in children(payload) if kind == step), None)
    return payload


def number(data: memoryview | bytes, at: int, size: int = 4, *, signed: bool = False) -> int:
    """Read an integer of `size` bytes, big-endian; 0 where the data end before it."""
    return int.from_bytes(data[at : at + size], "big", signed=signed) if at + size <= len(data) else 0


def _header(header: memoryview | bytes, at: int, limit: int) -> FileBox | None:
    size, head = number(header, 0), _SHORT_HEADER
    kind = bytes(header[4:8])
    if not all(0x20 <= letter < 0x7F or letter == 0xA9 for letter in kind):  # noqa: PLR2004  (printable, or ©)
        return None
    if size == 1:
        size, head = number(header, 8, 8), _LONG_HEADER
    elif size == 0:
        size = limit - at
    return None if size < head else FileBox(kind, at + head, at + size)
