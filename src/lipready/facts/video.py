"""What a video file says and shows."""

from dataclasses import dataclass
from fractions import Fraction

from lipready.facts.unmeasured import Unmeasured

HDR_TRANSFERS = frozenset({"smpte2084", "arib-std-b67"})
UNKNOWN_COLOUR = "unknown"
WIDE_GAMUTS = {"bt2020": "BT.2020", "smpte431": "DCI-P3", "smpte432": "Display P3"}
"""Primaries that hold colours which BT.709 does not, by FFmpeg's names, and what people call them."""

_WIDE_MATRICES = frozenset({"bt2020nc", "bt2020c"})
_WIDE_TRANSFERS = frozenset({"bt2020-10", "bt2020-12"})


@dataclass(frozen=True, slots=True)
class Resampled:
    """How many frames a constant `rate` would lose, and how often it would show the frame before once more."""

    rate: Fraction
    lost: int
    repeated: int


@dataclass(frozen=True, slots=True)
class FrameRate:
    """Frames per second, from the packets' presentation timestamps; exact.

    `nominal` is the declared rate where every timestamp agrees with it to within one tick of the time base, else
    (frames - 1) / (last timestamp - first timestamp). `lowest` and `highest` are the reciprocals of the longest and
    the shortest distance between neighbouring frames (equal to `nominal` at a constant rate). Of a variable rate,
    `grid` is the lowest constant rate that has a place for every frame at its time, None where there is none, and
    `resampled` what usual rates would lose and repeat.
    """

    nominal: Fraction
    lowest: Fraction
    highest: Fraction
    variable: bool
    grid: Fraction | None = None
    resampled: tuple[Resampled, ...] = ()


@dataclass(frozen=True, slots=True)
class Duration:
    """One length, in seconds, read in three ways; None where the file does not say.

    `believed` is the reading that the rules judge and `source` names it: "packets", "stream", "container" or
    "samples" (audio that was decoded and counted).
    """

    container: Fraction | None
    stream: Fraction | None
    packets: Fraction | None
    believed: Fraction
    source: str

    def readings(self) -> tuple[Fraction, ...]:
        """Every known reading, `believed` first."""
        return (self.believed, *(r for r in (self.container, self.stream, self.packets) if r is not None))


@dataclass(frozen=True, slots=True)
class SoundTrack:
    """One audio stream inside a video file. `pieced` says that an edit list plays several pieces of it."""

    codec: str
    sample_rate: int
    channels: int
    pieced: bool = False


@dataclass(frozen=True, slots=True)
class Stillness:
    """Shares (0..1) of the time that is black, and in which no sampled frame differs from the one before."""

    black: float
    frozen: float


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoFacts:
    """The best video stream of a file.

    `width` and `height` are what a player shows: rotation and pixel aspect applied. `rotation` is in degrees as
    ffprobe prints it, counter-clockwise, -180..180, 0 where the file has no display matrix; `mirrored` says that the
    matrix also flips. `start` is the presentation time of the first frame in seconds. `key_frames` are presentation
    times in seconds from the first frame. `stream_index` is the stream's place in the container, None where unknown.
    `transfer`, `primaries` and `matrix` are FFmpeg's names of what ITU-T H.273 numbers, "unknown" where none is said.
    """

    codec: str
    profile: str | None
    pixel_format: str | Unmeasured
    bit_depth: int | Unmeasured
    chroma: str | Unmeasured
    coded_width: int
    coded_height: int
    width: int
    height: int
    rotation: int
    mirrored: bool
    sample_aspect_ratio: Fraction
    frame_rate: FrameRate | Unmeasured
    frames: int | Unmeasured
    duration: Duration | Unmeasured
    start: Fraction | Unmeasured
    edit_list: bool
    key_frames: tuple[Fraction, ...] | Unmeasured
    interlaced: bool | Unmeasured
    transfer: str
    sound_tracks: tuple[SoundTrack, ...]
    other_streams: int
    truncated: bool | Unmeasured
    faststart: bool | None
    stillness: Stillness | Unmeasured
    stream_index: int | None = None
    primaries: str = UNKNOWN_COLOUR
    matrix: str = UNKNOWN_COLOUR

    @property
    def hdr(self) -> bool:
        """Whether the transfer function is PQ or HLG."""
        return self.transfer in HDR_TRANSFERS

    @property
    def gamut(self) -> str:
        """The primaries; where none are said, BT.2020's where its matrix is, or its transfer function alone."""
        if self.primaries != UNKNOWN_COLOUR:
            return self.primaries
        if self.matrix == UNKNOWN_COLOUR:
            return "bt2020" if self.transfer in _WIDE_TRANSFERS else UNKNOWN_COLOUR
        return "bt2020" if self.matrix in _WIDE_MATRICES else UNKNOWN_COLOUR

    @property
    def wide_gamut(self) -> bool:
        """Whether it is SDR whose red, green and blue, or whose matrix, are not those of plain video."""
        return not self.hdr and (self.gamut in WIDE_GAMUTS or self.matrix in _WIDE_MATRICES)
