"""What is to be done to one audio track, in numbers: the plan's words and ffmpeg's arguments are both made from it."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from lipready.repair.recipe import Input
from lipready.repair.video.span import Part

MP3_BITS = 192_000
"""The bit rate where the sound has to be written as MP3."""


@dataclass(frozen=True, slots=True)
class Side:
    """One channel of the output, made of a channel of the input.

    `offset` is how far that is off the middle, as a share of full scale (-1..1): it is taken away. `turned` says that
    its sign is turned over.
    """

    channel: int
    offset: Fraction = Fraction(0)
    turned: bool = False


@dataclass(frozen=True, slots=True)
class NoiseReduction:
    """A noise that is lowered: its level in dBFS, and the part of the input that holds nothing else."""

    level: Fraction
    sample: Part


@dataclass(frozen=True, slots=True, kw_only=True)
class Listen:
    """An audio track that is written as WAV or MP3.

    `sides` are the channels of the output where they are not simply those of the input, `noise_reduction` is the
    noise that is lowered, `gain` the one change of level, in dB, of all samples alike. `pad_to` is the length in
    seconds that silence fills it up to. `origin` is the time on the file's own clock that becomes zero
    (`AudioFacts.origin`).
    """

    source: Input
    codec: Literal["pcm_s16le", "libmp3lame"]
    sample_rate: int
    channels: int
    part: Part | None
    pad_to: Fraction | None
    sides: tuple[Side, ...] | None = None
    noise_reduction: NoiseReduction | None = None
    gain: Fraction | None = None
    origin: Fraction | None = None
