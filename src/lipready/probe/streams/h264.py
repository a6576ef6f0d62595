"""The sequence parameter set of an H.264 stream: what its decoder tells only after a picture (ITU-T H.264, 7.3.2.1)."""

from dataclasses import dataclass
from fractions import Fraction

_HIGH_PROFILES = {100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135}
_EXTENDED_RATIO = 255
# Table E-1, by aspect_ratio_idc.
_RATIOS = dict(enumerate((
    (1, 1), (12, 11), (10, 11), (16, 11), (40, 33), (24, 11), (20, 11), (32, 11), (80, 33), (18, 11), (15, 11),
    (64, 33), (160, 99), (4, 3), (3, 2), (2, 1),
), start=1))  # fmt: skip
_SEPARATE_PLANES = 3
_MOST = 255


@dataclass(frozen=True, slots=True)
class SequenceParameters:
    """`chroma` is chroma_format_idc (0 grey, 1 4:2:0, 2 4:2:2, 3 4:4:4); all as ITU-T H.264 and H.273 number them.

    `colours` are the primaries, the transfer function and the matrix, None where the set does not say.
    """

    chroma: int
    bit_depth: int
    colours: tuple[int, int, int] | None
    sample_aspect_ratio: Fraction | None


def read_sequence_parameters(record: bytes) -> SequenceParameters | None:
    """Read the first set of a decoder configuration record (ISO/IEC 14496-15, 5.3.3); None where there is none."""
    if len(record) < 9 or record[0] != 1 or not record[5] & 31:  # noqa: PLR2004  (up to the length of the first set)
        return None
    unit = record[8 : 8 + int.from_bytes(record[6:8], "big")].replace(b"\0\0\3", b"\0\0")
    if len(unit) < 5:  # noqa: PLR2004  (NAL header, profile, constraints, level, and something behind them)
        return None
    bits = _Bits(unit[4:])
    bits.unsigned()
    chroma, depth = _chroma_and_depth(bits) if unit[1] in _HIGH_PROFILES else (1, 8)
    _skip_to_usability(bits)
    ratio, colours = _usability(bits) if bits.read(1) else (None, None)
    return SequenceParameters(chroma, depth, colours, ratio)


def _chroma_and_depth(bits: "_Bits") -> tuple[int, int]:
    chroma = bits.unsigned()
    if chroma == _SEPARATE_PLANES:
        bits.read(1)
    depth = bits.unsigned() + 8
    bits.unsigned()
    bits.read(1)
    if bits.read(1):
        for index in range(12 if chroma == _SEPARATE_PLANES else 8):
            if bits.read(1):
                _skip_scaling_list(bits, 16 if index < 6 else 64)  # noqa: PLR2004  (six 4 x 4 lists, then 8 x 8)
    return chroma, depth


def _skip_scaling_list(bits: "_Bits", size: int) -> None:
    last = following = 8
    for _ in range(size):
        if following:
            following = (last + bits.signed()) % 256
        last = following or last


def _skip_to_usability(bits: "_Bits") -> None:
    """Skip from log2_max_frame_num_minus4 to frame_cropping."""
    bits.unsigned()
    order = bits.unsigned()
    if order == 0:
        bits.unsigned()
    elif order == 1:
        bits.read(1)
        bits.skip(2)
        bits.skip(min(bits.unsigned(), _MOST))
    bits.unsigned()
    bits.read(1)
    bits.skip(2)
    if not bits.read(1):
        bits.read(1)
    bits.read(1)
    if bits.read(1):
        bits.skip(4)


def _usability(bits: "_Bits") -> tuple[Fraction | None, tuple[int, int, int] | None]:
    """Return (sample aspect ratio, colours) of the video usability information (E.1.1)."""
    ratio = None
    if bits.read(1):
        kind = bits.read(8)
        width, height = (bits.read(16), bits.read(16)) if kind == _EXTENDED_RATIO else _RATIOS.get(kind, (0, 0))
        ratio = Fraction(width, height) if width and height else None
    if bits.read(1):
        bits.read(1)
    if not bits.read(1):
        return ratio, None
    bits.read(4)
    if not bits.read(1):
        return ratio, None
    return ratio, (bits.read(8), bits.read(8), bits.read(8))


class _Bits:
    """A reader of bits that yields zeros past the end."""

    def __init__(self, data: bytes) -> None:
        self._value = int.from_bytes(data, "big")
        self._left = len(data) * 8

    def read(self, count: int) -> int:
        """Read u(n): an unsigned number of `count` bits."""
        self._left -= count
        return (self._value >> self._left) & ((1 << count) - 1) if self._left >= 0 else 0

    def unsigned(self) -> int:
        """Read ue(v), 9.1."""
        zeros = 0
        while zeros < 32 and self._left > 0 and not self.read(1):  # noqa: PLR2004
            zeros += 1
        return (1 << zeros) - 1 + self.read(zeros)

    def skip(self, count: int) -> None:
        """Read `count` numbers of ue(v)."""
        for _ in range(count):
            self.unsigned()

    def signed(self) -> int:
        """Read se(v), 9.1.1."""
        code = self.unsigned()
        return (code + 1) // 2 if code % 2 else -(code // 2)
