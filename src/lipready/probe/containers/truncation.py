"""Whether a file is shorter than its own header says."""

from array import array
from collections.abc import Iterator
from fractions import Fraction
from itertools import chain, islice, repeat, takewhile
from operator import add
from sys import byteorder

from lipready.facts.unmeasured import Unmeasured
from lipready.probe.containers.movie import Movie, MovieTrack, child, number
from lipready.probe.containers.wave import read_wave
from lipready.probe.streams.choice import MediaSource
from lipready.probe.streams.packets import MAX_PACKETS, PacketTimes

_RUN = 3
"""Words of an entry of the sample-to-chunk table."""
_MAX_WORK = 20_000_000
"""Edits times samples; beyond it the packets are read instead."""


def read_sample_times(movie: Movie, track: MovieTrack) -> PacketTimes | None:
    """Read the shown frames of a track, edit list applied; None where the table is missing, broken or too long."""
    times = _composition_times(track)
    if not times or not track.timescale or len(track.edits) * len(times) > _MAX_WORK:
        return None
    sync = child(track.table, b"stss")
    key_times = (
        times if sync is None else [times[n - 1] for n in _words(sync, 8, number(sync, 4)) if 0 < n <= len(times)]
    )
    shown: list[int] = []
    keys: list[int] = []
    for shift, begin, end in _windows(movie, track):
        shown += _played(times, shift, begin, end)
        keys += _played(key_times, shift, begin, end)
        if len(shown) > MAX_PACKETS:
            return None
    shown.sort()
    keys.sort()
    # A frame that the edit list cuts into is left out by FFmpeg, and the first whole one takes its place.
    late = max(0, shown[0] - round(_empty_length(movie, track) * track.timescale)) if track.edits and shown else 0
    return PacketTimes(
        base=Fraction(1, track.timescale),
        pts=[time - late for time in shown] if late else shown,
        keys=[time - late for time in keys] if late else keys,
        last_duration=_duration_of(track, times.index(max(times))),
        hidden=max(0, len(times) - len(shown)),
    )


def sample_count(track: MovieTrack) -> int:
    """How many samples the table says the track has."""
    sizes = child(track.table, b"stsz")
    if sizes is None:
        sizes = child(track.table, b"stz2")
    return 0 if sizes is None else number(sizes, 8)


def data_end(track: MovieTrack) -> int:
    """Where the last byte of the track's last chunk should stand in the file; 0 where the table does not say."""
    chunks = _chunk_offsets(track)
    sizes, runs = child(track.table, b"stsz"), child(track.table, b"stsc")
    if not chunks or sizes is None or runs is None:
        return 0
    furthest = max(chunks)
    first, count = _samples_of_chunk(runs, chunks.index(furthest), len(chunks), sample_count(track))
    fixed = number(sizes, 4)
    return furthest + (fixed * count if fixed else sum(_words(sizes, 12 + 4 * max(0, first), count)))


def _composition_times(track: MovieTrack) -> list[int]:
    runs = child(track.table, b"stts")
    pairs = _pairs(runs) if runs is not None else []
    total = sum(count for count, _ in pairs)
    if total > min(MAX_PACKETS, sample_count(track)):
        return []
    times: list[int] = []
    at = 0
    for count, delta in pairs:
        times += range(at, at + count * delta, delta) if delta else [at] * count
        at += count * delta
    offsets = _offsets(track, total)
    return list(map(add, times, offsets)) if offsets else times


def _duration_of(track: MovieTrack, sample: int) -> int | None:
    """Look the duration of a sample up in the runs of the time-to-sample table; None where it is not stored."""
    runs = child(track.table, b"stts")
    for count, delta in _pairs(runs) if runs is not None else ():
        sample -= count
        if sample < 0:
            return delta or None
    return None


def _offsets(track: MovieTrack, total: int) -> list[int]:
    """Composition offsets, one for each sample; empty where the table has none. Signed in both versions, as FFmpeg."""
    table = child(track.table, b"ctts")
    if table is None:
        return []
    words = _words(table, 8, number(table, 4) * 2, "i")
    counts, values = words[0::2], words[1::2]
    # All in C: a file with B-frames has about as many runs as frames.
    offsets = list(islice(chain.from_iterable(map(repeat, values, counts)), total))
    return offsets + [0] * (total - len(offsets))


def _played(times: list[int], shift: int, begin: int, end: int | None) -> list[int]:
    if end is None:
        return [time + shift for time in times if begin <= time]
    return [time + shift for time in times if begin <= time < end]


def _windows(movie: Movie, track: MovieTrack) -> Iterator[tuple[int, int, int | None]]:
    """Yield (shift, begin, end) of the composition times that the edit list shows, in ticks; end None is open."""
    if not track.edits:
        yield 0, -1 << 62, None
        return
    scale = Fraction(track.timescale, movie.timescale or 1)
    at = Fraction(0)
    for edit in track.edits:
        length = edit.duration * scale
        if edit.media_time >= 0:
            end = edit.media_time + round(length) if edit.duration else None
            yield round(at) - edit.media_time, edit.media_time, end
        at += length


def _empty_length(movie: Movie, track: MovieTrack) -> Fraction:
    """Seconds that the edit list waits before the first frame."""
    empty = takewhile(lambda edit: edit.media_time < 0, track.edits)
    return Fraction(sum(edit.duration for edit in empty), movie.timescale or 1)


def _chunk_offsets(track: MovieTrack) -> "array[int] | None":
    short = child(track.table, b"stco")
    if short is not None:
        return _words(short, 8, number(short, 4))
    long = child(track.table, b"co64")
    return None if long is None else _words(long, 8, number(long, 4), "Q")


def _samples_of_chunk(payload: memoryview, chunk: int, chunks: int, samples: int) -> tuple[int, int]:
    """Index of the first sample of a chunk, and how many it has (14496-12, 8.7.4; chunks count from 1)."""
    runs = _words(payload, 8, number(payload, 4) * 3)
    if chunk == chunks - 1 and len(runs) >= _RUN:
        count = runs[-_RUN + 1]
        return samples - count, count
    first = 0
    for at in range(0, len(runs) - _RUN + 1, _RUN):
        start, count = runs[at], runs[at + 1]
        following = runs[at + _RUN] if at + _RUN < len(runs) else None
        if following is None or chunk + 1 < following:
            return first + (chunk + 1 - start) * count, count
        first += (following - start) * count
    return first, 0


def _pairs(payload: memoryview) -> list[tuple[int, int]]:
    words = _words(payload, 8, number(payload, 4) * 2)
    return list(zip(words[0::2], words[1::2], strict=False))


def _words(payload: memoryview, at: int, count: int, code: str = "I") -> "array[int]":
    """Unsigned integers from offset `at` on, at most as many as there are."""
    words = array(code)
    size = words.itemsize
    count = max(0, min(count, (len(payload) - at) // size))
    words.frombytes(payload[at : at + count * size])
    if byteorder == "little":
        words.byteswap()
    return words


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
