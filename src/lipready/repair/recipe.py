"""What is to be done to one file, in numbers: the plan's words and ffmpeg's arguments are both made from it."""

from collections.abc import Container
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from lipready.errors import UsageError
from lipready.facts.file import FileFacts, Salvage
from lipready.facts.people import Box
from lipready.facts.quantity import number
from lipready.profiles.catalogue import UPLOAD_RULE
from lipready.profiles.limit import Profile, Range
from lipready.repair.choices import Choices, TrimSpan, Wanted


def aim(profile: Profile, rule: str) -> Range:
    """Return the range that a repair aims at: inside the strictest reading, with a margin; open without a limit."""
    limit = profile.limits.get(rule)
    return (limit and (limit.aim or limit.safe or limit.accept)) or Range()


def most_bytes(profile: Profile, rule: str) -> Fraction | None:
    """Return how large a repaired file may be: for the model, by `rule`, and for the upload; None without a limit."""
    bounds = (aim(profile, each).maximum for each in (rule, UPLOAD_RULE))
    return min((bound for bound in bounds if bound is not None), default=None)


def accepted(profile: Profile, rule: str) -> Range:
    """Return the range that no reading of the documentation refuses, which needs no repair."""
    limit = profile.limits.get(rule)
    return (limit and (limit.safe or limit.accept)) or Range()


def band(profile: Profile, rule: str, name: str, otherwise: Fraction) -> Fraction:
    """Return one further number of a limit."""
    limit = profile.limits.get(rule)
    return otherwise if limit is None else limit.bands.get(name, otherwise)


Sound = Literal["copy", "encode", "none"]
Resize = Literal["no", "cut", "scale"]


@dataclass(frozen=True, slots=True, kw_only=True)
class InputStream:
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
class RepairCase:
    """What the repair of one file depends on: what is known, what its findings ask for, what is accepted and chosen."""

    file: FileFacts
    wanted: Wanted
    profile: Profile
    choices: Choices

    @property
    def salvaged(self) -> Salvage | None:
        """What decodes of it, where that is wanted and anything is lost."""
        found = self.file.salvage
        wanted = self.choices.salvage and found is not None and (found.lost or self.wanted.has("salvage"))
        return found if wanted else None

    def input(self, stream: int | None, start: Fraction = Fraction(0), *, seekable: Container[str] = ()) -> InputStream:
        """Return the file as what ffmpeg reads; `seekable` are the containers in which it finds a frame exactly."""
        return InputStream(
            path=self.file.path,
            format=str(self.file.format),
            stream=stream,
            start=start,
            seekable=self.file.format in seekable,
            broken=self.salvaged is not None,
        )


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a file: seconds from its first frame or sample, and its length in seconds."""

    start: Fraction
    length: Fraction

    @property
    def end(self) -> Fraction:
        """Where it ends, in seconds."""
        return self.start + self.length


def chosen_part(span: TrimSpan, length: Fraction, path: str, flag: str) -> Part:
    """Cut the span that the user wants out of a file of `length` seconds.

    Raises UsageError where the span begins after the end of the file.
    """
    if span.start >= length:
        start, end = number(span.start, (length,), 3), number(length, (span.start,), 3)
        raise UsageError(f"{flag} starts at {start} s, but {path} ends at {end} s.")
    last = length if span.end is None else min(span.end, length)
    return Part(span.start, last - span.start)


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


@dataclass(frozen=True, slots=True)
class Canvas:
    """The output's size, and the size of the scaled picture inside it, in pixels; they differ where bars are added."""

    width: int
    height: int
    inner_width: int
    inner_height: int

    @property
    def padded(self) -> bool:
        """Whether black bars are added."""
        return (self.width, self.height) != (self.inner_width, self.inner_height)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reshape:
    """What happens to every frame of a video that is encoded again.

    `cutout` None keeps the whole picture; `canvas` is the size that comes out of what is kept, `resize` says whether
    the picture is resampled to it, or an odd last row or column is cut off. `tone_map` is the HDR transfer function
    that is mapped to BT.709, `wide_gamut` the colours that are converted to it, `rgb` says that they are stored so.
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

    source: InputStream
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

    source: InputStream
    grid: Fraction | None
    tag: str | None
    sound: Sound


@dataclass(frozen=True, slots=True)
class Side:
    """One channel of the output, made of a channel of the input.

    `offset` is how far that is off the middle, as a share of full scale (-1..1): it is taken away. `turned` says that
    its sign is turned over.
    """

    channel: int
    offset: Fraction
    turned: bool = False


@dataclass(frozen=True, slots=True)
class NoiseReduction:
    """A noise that is lowered: its level in dBFS, and the part of the input that holds nothing else."""

    level: Fraction
    sample: Part


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioRecipe:
    """An audio track that is written as WAV or MP3.

    `sides` are the channels of the output where they are not simply those of the input, `noise_reduction` is the
    noise that is lowered, `gain` the one change of level, in dB, of all samples alike. `pad_to` is the length in
    seconds that silence fills it up to. `origin` is the time on the file's own clock that becomes zero
    (`AudioFacts.origin`).
    """

    source: InputStream
    codec: Literal["pcm_s16le", "libmp3lame"]
    sample_rate: int
    channels: int
    part: Part | None
    pad_to: Fraction | None
    sides: tuple[Side, ...] | None
    noise_reduction: NoiseReduction | None
    gain: Fraction | None
    origin: Fraction | None

    @property
    def extension(self) -> str:
        """The name of the file format."""
        return "wav" if self.codec == "pcm_s16le" else "mp3"
