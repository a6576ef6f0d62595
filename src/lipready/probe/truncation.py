"""Whether a file is shorter than its own header says."""

from lipready.facts.unmeasured import Unmeasured
from lipready.probe.media_source import MediaSource
from lipready.probe.movie import Movie
from lipready.probe.packets import PacketTimes
from lipready.probe.sample_table import data_end

_MOST_CHUNKS = 100
_STREAMED = {0, 0xFFFFFFFF}
"""Sizes that a writer leaves in a RIFF header when it cannot go back to it."""


def is_truncated(source: MediaSource, times: PacketTimes | None) -> bool | Unmeasured:
    """Compare the size of the file with where its index, or its outermost element, ends.

    A format that does not say is whole where all of its packets were read and none was damaged.
    """
    # FFmpeg calls the last packet of a streamed WAV corrupt, since its size was never written.
    if times is not None and times.damaged and source.container.format.name != "wav":
        return True
    end = _declared_end(source)
    if end is not None:
        return end > source.file.size
    if times is not None and times.cut is None:
        return False
    return Unmeasured("its format does not say how long the file is, and not all of it was read", skipped=True)


def _declared_end(source: MediaSource) -> int | None:
    header = source.header
    if isinstance(header, Movie):
        return header.media_end if header.fragmented else max(map(data_end, header.tracks), default=0)
    if header is not None:
        return header.end
    head = source.file.read_at(0, 12)
    if head[:4] != b"RIFF":
        return None
    return _sound_end(source) if head[8:] == b"WAVE" else _end(8, head[4:8])


def _sound_end(source: MediaSource) -> int | None:
    """Where the samples of a WAV end; the size of the whole is often written wrong by a few bytes."""
    at = 12
    for _ in range(_MOST_CHUNKS):
        chunk = source.file.read_at(at, 8)
        if len(chunk) < 8 or chunk[:4] == b"data":  # noqa: PLR2004
            return _end(at + 8, chunk[4:])
        size = int.from_bytes(chunk[4:], "little")
        at += 8 + size + size % 2
    return None


def _end(begin: int, size: bytes) -> int | None:
    length = int.from_bytes(size, "little")
    return None if length in _STREAMED else begin + length
