"""Whether a file is shorter than its own header says."""

from lipready.facts.unmeasured import Unmeasured
from lipready.probe.containers.movie import Movie
from lipready.probe.containers.sample_table import data_end
from lipready.probe.containers.wave import read_wave
from lipready.probe.streams.media_source import MediaSource
from lipready.probe.streams.packets import PacketTimes

_STREAMED = {0, 0xFFFFFFFF}
"""Sizes that a writer leaves in a RIFF header when it cannot go back to it."""


def is_truncated(source: MediaSource, times: PacketTimes | None) -> bool | Unmeasured:
    """Compare the size of the file with where its index, or its outermost element, ends.

    A format that does not say is whole where all of its packets were read and none was damaged.
    """
    # FFmpeg calls the last packet of a streamed WAV corrupt, since its size was never written.
    wave = read_wave(source.file) if source.container.format.name == "wav" else None
    if wave is not None:
        return wave.compare(source.file.size) == "short"
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
    head = source.file.read_at(0, 8)
    size = int.from_bytes(head[4:], "little")
    return 8 + size if head[:4] == b"RIFF" and size not in _STREAMED and source.container.format.name != "wav" else None
