"""What FFmpeg's writers cannot say: where the streams of an AVI begin, and where an edit list has holes."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from struct import pack, unpack_from

_STREAM_START = 28
"""Where dwStart stands behind the name of an AVI's stream type."""
_EMPTY = -1


def begin_streams(path: Path, starts: Sequence[int]) -> None:
    """Write at which of their own ticks the streams of an AVI begin."""
    data, place = bytearray(path.read_bytes()), 0
    for start in starts:
        place = data.index(b"strh", place) + 8
        data[place + _STREAM_START : place + _STREAM_START + 4] = pack("<I", start)
    path.write_bytes(data)


def edit_sound(path: Path, holes: Sequence[tuple[float, float]], length: float) -> None:
    """Let the sound of an MP4, whose index stands at its end, be silent in `holes` (seconds of what is played).

    What is stored has no holes: it goes on after each.
    """
    data = path.read_bytes()
    movie = next(place for kind, place, _ in _boxes(data, 0, len(data)) if kind == b"moov")
    ticks = unpack_from(">I", data, data.index(b"mvhd", movie) + 16)[0]
    path.write_bytes(data[:movie] + _edited(data[movie:], ticks, holes, length))


def _edited(box: bytes, ticks: int, holes: Sequence[tuple[float, float]], length: float) -> bytes:
    parts = []
    for kind, place, size in _boxes(box, 8, len(box)):
        whole = box[place : place + size]
        parts.append(_track(whole, ticks, holes, length) if kind == b"trak" and b"soun" in whole else whole)
    body = b"".join(parts)
    return pack(">I", 8 + len(body)) + box[4:8] + body


def _track(box: bytes, ticks: int, holes: Sequence[tuple[float, float]], length: float) -> bytes:
    """Put an edit list in the place of a track's own, which says only what is skipped at its beginning."""
    rate = unpack_from(">I", box, box.index(b"mdhd") + 16)[0]
    own = box.find(b"elst")
    media = max(0, unpack_from(">i", box, own + 16)[0]) / rate if own >= 0 else 0.0
    entries, at = [], 0.0
    for begin, end in (*holes, (length, length)):
        entries.append((round((begin - at) * ticks), round(media * rate)))
        media, at = media + begin - at, end
        if end > begin:
            entries.append((round((end - begin) * ticks), _EMPTY))
    listed = b"".join(pack(">IiI", span, start, 1 << 16) for span, start in entries)
    elst = pack(">I4sII", 16 + len(listed), b"elst", 0, len(entries)) + listed
    edts = pack(">I4s", 8 + len(elst), b"edts") + elst
    parts = []
    for kind, place, size in _boxes(box, 8, len(box)):
        if kind != b"edts":
            parts.append(box[place : place + size])
        if kind == b"tkhd":
            parts.append(edts)
    body = b"".join(parts)
    return pack(">I", 8 + len(body)) + box[4:8] + body


def _boxes(data: bytes, place: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    while place + 8 <= end:
        size, kind = unpack_from(">I4s", data, place)
        yield kind, place, size
        place += size
