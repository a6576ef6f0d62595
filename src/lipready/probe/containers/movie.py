"""The movie header of MP4 and QuickTime files: what the demuxer knows and does not tell."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice, takewhile
from math import atan2, degrees

from lipready.probe.local_file import LocalFile

MAX_BOXES = 20_000
"""Top-level boxes; a fragmented file has two for each fragment."""
_SHORT_HEADER, _LONG_HEADER = 8, 16
ENCRYPTED = "is encrypted (DRM): it cannot be decoded without its key"


@dataclass(frozen=True, slots=True)
class FileBox:
    """A top-level box of a file: `start` of its payload, and `end` by its header, maybe past the file."""

    type: bytes
    start: int
    end: int


def file_boxes(file: LocalFile) -> list[FileBox]:
    """Walk the top-level boxes; stops at the first header that makes no sense, and after `MAX_BOXES`."""
    return list(islice(_boxes(lambda at: file.read_at(at, _LONG_HEADER), file.size), MAX_BOXES))


def children(payload: memoryview) -> Iterator[tuple[bytes, memoryview]]:
    """Yield type and payload of each box inside another; a box that claims more than there is ends the walk."""
    boxes = _boxes(lambda at: payload[at : at + _LONG_HEADER], len(payload))
    for box in takewhile(lambda box: box.end <= len(payload), boxes):
        yield box.type, payload[box.start : box.end]


def _boxes(header_at: Callable[[int], memoryview | bytes], limit: int) -> Iterator[FileBox]:
    at = 0
    while at + _SHORT_HEADER <= limit:
        header = header_at(at)
        size, start, kind = number(header, 0), at + _SHORT_HEADER, bytes(header[4:8])
        if size == 1:
            size, start = number(header, 8, 8), at + _LONG_HEADER
        elif size == 0:
            size = limit - at
        printable = all(0x20 <= letter < 0x7F or letter == 0xA9 for letter in kind)  # noqa: PLR2004  (or ©)
        if at + size < start or not printable:
            return
        yield FileBox(kind, start, at + size)
        at += size


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


MAX_HEADER_BYTES = 64 << 20
"""A movie header of this size indexes days of video."""
MAX_EDITS = 10_000

_FIXED = 1 << 16
_UNITY = (_FIXED, 0, 0, _FIXED)


@dataclass(frozen=True, slots=True)
class Edit:
    """One entry of an edit list: `duration` in ticks of the movie, `media_time` in ticks of the media, -1 for empty."""

    duration: int
    media_time: int


@dataclass(frozen=True, slots=True)
class MovieTrack:
    """One track: its id, handler (b"vide", b"soun", …), matrix (a, b, c, d in 1/65536), edits and media header.

    `timescale` counts ticks of a second, `table` is the payload of the sample table.
    """

    id: int
    handler: bytes
    matrix: tuple[int, int, int, int]
    edits: tuple[Edit, ...]
    timescale: int
    table: memoryview

    @property
    def encrypted(self) -> bool:
        """Whether its samples are protected (14496-12, 8.12: the sample entry is renamed to `encv` or `enca`)."""
        entries = child(self.table, b"stsd")
        return entries is not None and entries[12:16] in {b"encv", b"enca"}

    @property
    def pieced(self) -> bool:
        """Whether its edit list plays several pieces of it, with holes between them or without."""
        return sum(edit.media_time >= 0 for edit in self.edits) > 1


@dataclass(frozen=True, slots=True)
class Movie:
    """A movie header. `faststart`: it stands before the media data. `fragmented`: samples stand in fragments.

    `media_end` is where the media data should end by the boxes' own sizes.
    """

    timescale: int
    tracks: tuple[MovieTrack, ...]
    faststart: bool
    fragmented: bool
    media_end: int

    def track(self, track_id: int) -> MovieTrack | None:
        """Find the track with an id, which is the demuxer's stream id."""
        return next((track for track in self.tracks if track.id == track_id), None)


def read_movie(file: LocalFile) -> Movie | None:
    """Read the movie header; None where there is none, or one that cannot be read (it may be compressed)."""
    boxes = file_boxes(file)
    header = next((box for box in boxes if box.type == b"moov"), None)
    if header is None or header.end > file.size or header.end - header.start > MAX_HEADER_BYTES:
        return None
    payload = memoryview(file.read_at(header.start, header.end - header.start))
    movie_header = child(payload, b"mvhd")
    if movie_header is None:
        return None
    long = _is_long(movie_header)
    matrix = _matrix(movie_header, 48 if long else 36)
    media = [box for box in boxes if box.type in {b"mdat", b"moof"}]
    tracks = (_track(inner, matrix) for kind, inner in children(payload) if kind == b"trak")
    return Movie(
        timescale=number(movie_header, 20 if long else 12),
        tracks=tuple(track for track in tracks if track is not None),
        faststart=not media or header.start < media[0].start,
        fragmented=child(payload, b"mvex") is not None or any(box.type == b"moof" for box in boxes),
        media_end=max((box.end for box in media), default=0),
    )


def movie_header_end(file: LocalFile) -> int | None:
    """Return where the `moov` box ends by its own size, maybe past the end of the file; None where there is none."""
    return next((box.end for box in file_boxes(file) if box.type == b"moov"), None)


def rotation_of(matrix: tuple[int, int, int, int]) -> int:
    """Read the rotation off a display matrix (a, b, c, d) in degrees counter-clockwise, -180..180."""
    a, b, c, d = matrix
    across, down = (a * a + c * c) ** 0.5, (b * b + d * d) ** 0.5
    if across == 0 or down == 0:
        return 0
    return -round(degrees(atan2(b / down, a / across)))


def is_mirrored(matrix: tuple[int, int, int, int]) -> bool:
    """Return whether a display matrix (a, b, c, d) turns left into right: its determinant is negative."""
    a, b, c, d = matrix
    return a * d - b * c < 0


def _track(payload: memoryview, movie_matrix: tuple[int, int, int, int]) -> MovieTrack | None:
    track_header, media = child(payload, b"tkhd"), child(payload, b"mdia")
    media_header, table = child(media, b"mdhd"), child(media, b"minf", b"stbl")
    if track_header is None or media_header is None or table is None:
        return None
    handler = child(media, b"hdlr")
    long = _is_long(track_header)
    return MovieTrack(
        id=number(track_header, 20 if long else 12),
        handler=bytes(handler[8:12]) if handler is not None else b"",
        matrix=_product(_matrix(track_header, 52 if long else 40), movie_matrix),
        edits=_edits(child(payload, b"edts", b"elst")),
        timescale=number(media_header, 20 if _is_long(media_header) else 12),
        table=table,
    )


def _edits(payload: memoryview | None) -> tuple[Edit, ...]:
    if payload is None:
        return ()
    size = 8 if _is_long(payload) else 4
    count = min(number(payload, 4), (len(payload) - 8) // (2 * size + 4), MAX_EDITS)
    starts = range(8, 8 + count * (2 * size + 4), 2 * size + 4)
    return tuple(Edit(number(payload, at, size), number(payload, at + size, size, signed=True)) for at in starts)


def _is_long(box: memoryview) -> bool:
    """Return whether a box is of version 1, whose times have 64 bits."""
    return number(box, 0, 1) == 1


def _matrix(header: memoryview, at: int) -> tuple[int, int, int, int]:
    """Read the four numbers of a 3 × 3 matrix that turn and scale (14496-12, 8.3.2: a b u c d v x y w)."""
    a, b, c, d = (number(header, at + offset, signed=True) for offset in (0, 4, 12, 16))
    return _UNITY if a == b == c == d == 0 else (a, b, c, d)


def _product(track: tuple[int, int, int, int], movie: tuple[int, int, int, int]) -> tuple[int, int, int, int]:
    a, b, c, d = track
    e, f, g, h = movie
    return ((a * e + b * g) // _FIXED, (a * f + b * h) // _FIXED, (c * e + d * g) // _FIXED, (c * f + d * h) // _FIXED)
