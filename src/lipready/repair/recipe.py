"""What is to be done to one file, in numbers: the plan's words and ffmpeg's arguments are both made from it."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from lipready.facts.people import Box
from lipready.profiles.catalogue import UPLOAD_RULE
from lipready.profiles.limit import Limit, Profile, Range
from lipready.repair.video.size import Canvas
from lipready.repair.video.span import Part

ANY = Range()


def aim(profile: Profile, rule: str) -> Range:
    """Return the range that a repair aims at: inside the strictest reading, with a margin; open without a limit."""
    limit = profile.limits.get(rule)
    return ANY if limit is None else _first(limit.aim, limit.safe, limit.accept)


def most_bytes(profile: Profile, rule: str) -> Fraction | None:
    """Return how large a repaired file may be: for the model, by `rule`, and for the upload; None without a limit."""
    bounds = (aim(profile, each).maximum for each in (rule, UPLOAD_RULE))
    return min((bound for bound in bounds if bound is not None), default=None)


def accepted(profile: Profile, rule: str) -> Range:
    """Return the range that no reading of the documentation refuses, which needs no repair."""
    limit = profile.limits.get(rule)
    return ANY if limit is None else _first(limit.safe, limit.accept)


def band(profile: Profile, rule: str, name: str, otherwise: Fraction) -> Fraction:
    """Return one further number of a limit."""
    limit: Limit | None = profile.limits.get(rule)
    return otherwise if limit is None else limit.bands.get(name, otherwise)


def _first(*ranges: Range | None) -> Range:
    return next((r for r in ranges if r is not None), ANY)


Sound = Literal["copy", "encode", "none"]
Resize = Literal["no", "cut", "scale"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """The stream of a file that is read.

    `stream` is its index (None: the first that is no cover picture), `start` the time in seconds of its first frame on
    the file's own clock. `seekable` says that the container has an index by which ffmpeg finds a frame exactly.
    `broken` says that what does not decode is left out.
    """

    path: str
    format: str
    stream: int | None
    start: Fraction
    seekable: bool
    broken: bool = False


@dataclass(frozen=True, slots=True)
class SizeBudget:
    """The bytes that an output may have, and its length in seconds. `two_pass` says that it must come close to them."""

    bytes: int
    length: Fraction
    two_pass: bool


@dataclass(frozen=True, slots=True)
class Cutout:
    """The part of the picture that is kept: `box` in pixels of the shown picture of `width` × `height`."""

    box: Box
    width: int
    height: int
    square_pixels: bool


@dataclass(frozen=True, slots=True)
class WideGamut:
    """The colours of SDR video that are not plain video's, by FFmpeg's names; "unknown" where the file says none."""

    primaries: str
    transfer: str
    matrix: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reshape:
    """What happens to every frame of a video that is encoded again.

    `cutout` None keeps the whole picture; `canvas` is the size that comes out of what is kept.
    `tone_map` is the HDR transfer function that is mapped to BT.709, `wide_gamut` the colours that are converted to it,
    `rgb` says that the colours are stored as such,
    `resize` whether the picture is resampled to `canvas`, or an odd last row or column is cut off.
    """

    canvas: Canvas
    resize: Resize
    rate: Fraction
    deinterlace: bool
    tone_map: str | None
    rgb: bool
    cutout: Cutout | None = None
    wide_gamut: WideGamut | None = None


@dataclass(frozen=True, slots=True)
class Playback:
    """A video played forward and backward in turn: its frames at the output's rate, and how many are wanted."""

    frames: int
    wanted: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Encode:
    """A video that is encoded again; `part` None is the whole of it."""

    source: Input
    reshape: Reshape
    part: Part | None
    playback: Playback | None
    sound: Sound
    budget: SizeBudget | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Remux:
    """A video whose packets are copied as they are, from the first frame on, which is put at zero.

    `grid` is the constant frame rate that rounded timestamps are put back on, `tag` the sample entry that players
    expect.
    """

    source: Input
    grid: Fraction | None
    tag: str | None
    sound: Sound
