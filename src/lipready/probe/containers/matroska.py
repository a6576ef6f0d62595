"""What a Matroska or WebM header says and the demuxer does not pass on (RFC 9559)."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from math import isfinite
from struct import unpack

from lipready.probe.local_file import LocalFile
from lipready.probe.streams.frame_rate import STANDARD, plainest_between

MAX_HEADER_BYTES = 4 << 20
_EBML, _DOC_TYPE, _SEGMENT, _TRACKS, _TRACK, _CLUSTER = 0x1A45DFA3, 0x4282, 0x18538067, 0x1654AE6B, 0xAE, 0x1F43B675
_TYPE, _DEFAULT_DURATION, _VIDEO, _PROJECTION, _ROLL = 0x83, 0x23E383, 0xE0, 0x7670, 0x7675
_VIDEO_TYPE = 1
_UNKNOWN_SIZE = -1
_SECOND = Fraction(10**9)
_LONGEST = 10**12
_SLACK = Fraction(1)
"""Nanoseconds: some writers round, some cut off."""
_STANDARD_SLACK = Fraction(100)
"""Nanoseconds by which writers miss a standard rate; 60.001 is 278 away from 60."""


@dataclass(frozen=True, slots=True)
class VideoTrack:
    """A video track: the declared rate, and the rotation in degrees counter-clockwise, -180..180."""

    rate: Fraction | None
    rotation: int


@dataclass(frozen=True, slots=True)
class Matroska:
    """`end` is where the file should end by its own size, None where it is a stream of unknown length."""

    doc_type: str
    end: int | None
    videos: tuple[VideoTrack, ...]


def read_matroska(file: LocalFile) -> Matroska | None:
    """Read the header; None where it is none."""
    head = file.read_at(0, 4096)
    elements = list(_elements(head))
    if len(elements) < 2 or elements[0][0] != _EBML or elements[1][0] != _SEGMENT:  # noqa: PLR2004
        return None
    _, start, end = elements[0]
    doc_type = _child(head[start:end], _DOC_TYPE)
    _, start, end = elements[1]
    return Matroska(
        doc_type=doc_type.rstrip(b"\0").decode("ascii", "replace"),
        end=None if end == _UNKNOWN_SIZE else end,
        videos=_videos(file, start),
    )


def _videos(file: LocalFile, start: int) -> tuple[VideoTrack, ...]:
    """Find the tracks, which stand before the clusters; whatever else comes first is skipped by its size."""
    at = start
    while at < min(file.size, start + MAX_HEADER_BYTES):
        found = next(_elements(file.read_at(at, 16)), None)
        if found is None or found[2] == _UNKNOWN_SIZE or found[0] == _CLUSTER:
            return ()
        kind, body, end = found[0], at + found[1], at + found[2]
        if kind == _TRACKS:
            data = file.read_at(body, min(end - body, MAX_HEADER_BYTES))
            tracks = (_track(data[a:b]) for kind, a, b in _elements(data) if kind == _TRACK)
            return tuple(track for track in tracks if track is not None)
        at = end
    return ()


def _track(data: bytes) -> VideoTrack | None:
    fields = {kind: data[start:end] for kind, start, end in _elements(data)}
    if int.from_bytes(fields.get(_TYPE, b""), "big") != _VIDEO_TYPE:
        return None
    roll = _child(_child(fields.get(_VIDEO, b""), _PROJECTION), _ROLL)
    return VideoTrack(_rate(int.from_bytes(fields.get(_DEFAULT_DURATION, b""), "big")), _rotation(roll))


def _child(data: bytes, wanted: int) -> bytes:
    """Return the payload of the first element of a kind; empty where there is none."""
    return next((data[start:end] for kind, start, end in _elements(data) if kind == wanted), b"")


def _rate(nanoseconds: int) -> Fraction | None:
    """Find the rate whose frame lasts that many nanoseconds: a standard one where it is close, else the plainest."""
    if not _STANDARD_SLACK < nanoseconds < _LONGEST:
        return None
    near, exact = (
        plainest_between(_SECOND / (nanoseconds + slack), _SECOND / (nanoseconds - slack))
        for slack in (_STANDARD_SLACK, _SLACK)
    )
    return near if near in STANDARD else exact


def _rotation(roll: bytes) -> int:
    if len(roll) not in {4, 8}:
        return 0
    degrees = unpack(">f" if len(roll) == 4 else ">d", roll)[0]  # noqa: PLR2004
    return round(degrees) if isfinite(degrees) and abs(degrees) <= 180 else 0  # noqa: PLR2004


def _elements(data: bytes) -> Iterator[tuple[int, int, int]]:
    """Yield (id, start, end) of each element; an end of -1 is an unknown size, and the end may lie past the data."""
    at = 0
    while at < len(data):
        kind, after = _vint(data, at, keep_marker=True)
        size, start = _vint(data, after, keep_marker=False)
        if kind < 0 or start > len(data):
            return
        unknown = size == (1 << 7 * (start - after)) - 1
        yield kind, start, _UNKNOWN_SIZE if unknown else start + size
        if unknown:
            return
        at = start + size


def _vint(data: bytes, at: int, *, keep_marker: bool) -> tuple[int, int]:
    """Read a variable-size integer and where it ends; (-1, end of data + 1) where it is not whole."""
    first = data[at] if at < len(data) else 0
    length = 9 - first.bit_length()
    if first == 0 or at + length > len(data):
        return -1, len(data) + 1
    value = int.from_bytes(data[at : at + length], "big")
    return (value if keep_marker else value & ((1 << 7 * length) - 1)), at + length
