"""What the header of a WAV says of its samples, and whether the file holds them."""

from dataclasses import dataclass
from typing import Literal

from lipready.probe.local_file import LocalFile

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
