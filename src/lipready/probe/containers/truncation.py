"""Whether a file is shorter than its own header says, by an MP4's sample tables or a WAV's sizes."""

from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain, islice, repeat, takewhile
from operator import add
from sys import byteorder
from typing import Literal

from lipready.facts.unmeasured import Unmeasured
from lipready.probe.containers.movie import Movie, MovieTrack, child, number
from lipready.probe.local_file import LocalFile
from lipready.probe.streams.choice import MediaSource
from lipready.probe.streams.packets import MAX_PACKETS, PacketTimes

WaveSize = Literal["true", "open", "over", "short"]
"""Whether the size in the header is true, left open by a writer that could not go back to it, a little over, or far."""

_MOST_CHUNKS = 100
_CHUNK_HEAD = 8
_ORDERS: dict[bytes, Literal["little", "big"]] = {
    b"RIFF": "little",
    b"RF64": "little",
    b"BW64": "little",
    b"RIFX": "big",
}
_IN_DS64 = 0xFFFFFFFF
_BEFORE = 1 << 16
"""Writers subtract their header, or round down to whole blocks: so far below a size that means "unknown" they come."""
_AROUND_2_GIB = range((1 << 31) - _BEFORE, (1 << 31) + _BEFORE)
_BELOW_4_GIB = range((1 << 32) - _BEFORE, 1 << 32)
_MOMENTS = 20
"""A 20th of a second is shorter than any sound of speech: nobody misses it."""
_HEADER_BYTES = 128
"""Who takes the size of the whole file for that of its samples counts the header, too."""
_MOST_OVER = 1 << 16


@dataclass(frozen=True, slots=True)
class Wave:
    """The samples of a WAV: where they begin, how many bytes of them are `stated` (None: left open), and their rate."""

    begin: int
    stated: int | None
    byte_rate: int

    def compare(self, size: int) -> WaveSize:
        """Compare what is stated with a file of so many bytes."""
        if self.stated is None:
            return "open"
        over = self.begin + self.stated - size
        if over <= 0:
            return "true"
        return "over" if over <= max(_HEADER_BYTES, min(_MOST_OVER, self.byte_rate // _MOMENTS)) else "short"


def read_wave(file: LocalFile) -> Wave | None:
    """Read the header of a WAV, an RF64 or a BW64; None for any other file, and where no samples are announced.

    Of the sizes only that of the samples counts: the size of the whole is often written wrong by a few bytes.
    """
    head = file.read_at(0, 12)
    order = _ORDERS.get(head[:4])
    if order is None or head[8:] != b"WAVE":
        return None
    at, byte_rate, large = 12, 0, None
    for _ in range(_MOST_CHUNKS):
        chunk = file.read_at(at, _CHUNK_HEAD)
        if len(chunk) < _CHUNK_HEAD:
            return None
        size = int.from_bytes(chunk[4:], order)
        if chunk[:4] == b"data":
            return Wave(at + _CHUNK_HEAD, _stated(size, large), byte_rate)
        if chunk[:4] == b"fmt ":
            byte_rate = int.from_bytes(file.read_at(at + _CHUNK_HEAD + 8, 4), order)
        if chunk[:4] == b"ds64":
            large = int.from_bytes(file.read_at(at + _CHUNK_HEAD + 8, 8), order)
        at += _CHUNK_HEAD + size + size % 2
    return None


def _stated(size: int, large: int | None) -> int | None:
    """Return the size that the header means; a 64-bit one stands in a chunk of its own (EBU Tech 3306)."""
    if size == _IN_DS64 and large is not None:
        return None if not large or large >= 1 << 63 else large
    return None if not size or size in _AROUND_2_GIB or size in _BELOW_4_GIB else size


_RUN = 3
"""Words of an entry of the sample-to-chunk table."""
_MAX_WORK = 20_000_000
"""Edits times samples; beyond it the packets are read instead."""


def read_sample_times(movie: Movie, track: MovieTrack) -> PacketTimes | None:
    """Read the shown frames of a track, edit list applied; None where the table is missing, broken or too long."""
    times = _composition_times(track)
    if not times or not track.timescale or len(track.edits) * len(times) > _MAX_WORK:
        return None
    sync = _table(track, b"stss")
    key_times = times if sync is None else [times[n - 1] for n in sync if 0 < n <= len(times)]
    shown: list[int] = []
    keys: list[int] = []
    for shift, begin, end in _windows(movie, track):
        shown += [time + shift for time in times if begin <= time < end]
        keys += [time + shift for time in key_times if begin <= time < end]
        if len(shown) > MAX_PACKETS:
            return None
    shown.sort()
    keys.sort()
    # A frame that the edit list cuts into is left out by FFmpeg, and the first whole one takes its place.
    waits = sum(edit.duration for edit in takewhile(lambda edit: edit.media_time < 0, track.edits))
    first = round(Fraction(waits * track.timescale, movie.timescale or 1))
    late = max(0, shown[0] - first) if track.edits and shown else 0
    return PacketTimes(
        base=Fraction(1, track.timescale),
        pts=[time - late for time in shown] if late else shown,
        keys=[time - late for time in keys] if late else keys,
        last_duration=_duration_of(track, times.index(max(times))),
        hidden=max(0, len(times) - len(shown)),
    )


def sample_count(track: MovieTrack) -> int:
    """Return how many samples the table says the track has."""
    sizes = child(track.table, b"stsz")
    if sizes is None:
        sizes = child(track.table, b"stz2")
    return 0 if sizes is None else number(sizes, 8)


def data_end(track: MovieTrack) -> int:
    """Return where the last byte of the last chunk should stand in the file; 0 where the table does not say."""
    chunks = _table(track, b"stco")
    if chunks is None:
        chunks = _table(track, b"co64", code="Q")
    sizes, runs = child(track.table, b"stsz"), _table(track, b"stsc", _RUN)
    if not chunks or sizes is None or runs is None:
        return 0
    furthest = max(chunks)
    first, count = _samples_of_chunk(runs, chunks.index(furthest), len(chunks), sample_count(track))
    fixed = number(sizes, 4)
    return furthest + (fixed * count if fixed else sum(_words(sizes, 12 + 4 * max(0, first), count)))


def _composition_times(track: MovieTrack) -> list[int]:
    pairs = _time_runs(track)
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
    for count, delta in _time_runs(track):
        sample -= count
        if sample < 0:
            return delta or None
    return None


def _offsets(track: MovieTrack, total: int) -> list[int]:
    """Return a composition offset for each sample; empty where there are none. Signed in both versions, as FFmpeg."""
    words = _table(track, b"ctts", 2, "i")
    if words is None:
        return []
    counts, values = words[0::2], words[1::2]
    # All in C: a file with B-frames has about as many runs as frames.
    offsets = list(islice(chain.from_iterable(map(repeat, values, counts)), total))
    return offsets + [0] * (total - len(offsets))


def _windows(movie: Movie, track: MovieTrack) -> Iterator[tuple[int, int, int]]:
    """Yield (shift, begin, end) of the composition times that the edit list shows, in ticks."""
    if not track.edits:
        yield 0, -1 << 62, 1 << 62
        return
    scale = Fraction(track.timescale, movie.timescale or 1)
    at = Fraction(0)
    for edit in track.edits:
        length = edit.duration * scale
        if edit.media_time >= 0:
            end = edit.media_time + round(length) if edit.duration else 1 << 62
            yield round(at) - edit.media_time, edit.media_time, end
        at += length


def _samples_of_chunk(runs: "array[int]", chunk: int, chunks: int, samples: int) -> tuple[int, int]:
    """Return the index of a chunk's first sample, and how many it has (14496-12, 8.7.4; chunks count from 1)."""
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


def _time_runs(track: MovieTrack) -> list[tuple[int, int]]:
    words = _table(track, b"stts", 2) or array("I")
    return list(zip(words[0::2], words[1::2], strict=False))


def _table(track: MovieTrack, kind: bytes, width: int = 1, code: str = "I") -> "array[int] | None":
    """Return what stands in a table whose entries have `width` words; None where there is none."""
    payload = child(track.table, kind)
    return None if payload is None else _words(payload, 8, number(payload, 4) * width, code)


def _words(payload: memoryview, at: int, count: int, code: str = "I") -> "array[int]":
    """Return integers from offset `at` on, at most as many as there are."""
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
