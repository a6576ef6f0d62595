"""What is known of a result video, and how it compares with what was sent."""

from dataclasses import dataclass
from fractions import Fraction

from lipready.facts.file import FileFacts
from lipready.facts.speech import Span
from lipready.facts.unmeasured import Unmeasured


@dataclass(frozen=True, slots=True)
class SoundMatch:
    """How the sound of a result lies against the audio track that was sent, where both fit best.

    `alike` is the correlation (0..1) of both waves, without their low tones, and `level` that of their loudness over
    time, which a new encoding, or noise reduction, hardly changes. `shift` is by how many seconds the result's sound
    comes too late (negative: too early); `compared` are the seconds that lie side by side.
    """

    alike: float
    level: float
    shift: Fraction
    compared: Fraction


@dataclass(frozen=True, slots=True)
class PictureMatch:
    """What decodes of the picture of a result: `frames`, and packets or frames that are `damaged`.

    `black` and `frozen` are the stretches in which it is black or stands still, and what it was made of is not.
    """

    frames: int
    damaged: int
    black: tuple[Span, ...]
    frozen: tuple[Span, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultFacts:
    """The result video: the `file` itself, and how its sound and its picture compare with what was sent."""

    file: FileFacts
    sound: SoundMatch | Unmeasured
    picture: PictureMatch | Unmeasured
