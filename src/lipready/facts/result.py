"""What is known of a result video, and how it compares with what was sent."""

from dataclasses import dataclass
from fractions import Fraction

from lipready.facts.file import FileFacts
from lipready.facts.people import Look
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


@dataclass(frozen=True, slots=True)
class Surroundings:
    """How a result's picture is like that of the video outside of all faces, where both show the same moment.

    `alike` is by how much contrast and structure agree (SSIM without its brightness, up to 1), `colour` by how much the
    mean of red, green or blue differs, as a share (0..1) of its range: medians over some moments.
    """

    alike: float
    colour: float


@dataclass(frozen=True, slots=True)
class MouthMovement:
    """How much one mouth moves: standard deviations of its opening from the mean of the second around each frame.

    They are over the distance of the eyes, and of a mouth that is wide open as much smaller as its measuring is worse.
    `spoken` is that in the result while somebody speaks, `silent` while nobody does; `before` and `silent_before` are
    those of the video at the same moments. None where there was too little to see.
    """

    spoken: float | None
    silent: float | None
    before: float | None
    silent_before: float | None


Opening = tuple[Fraction, float]
"""A time in seconds, and how far a mouth is open then, over the distance of the outer corners of the eyes."""


@dataclass(frozen=True, slots=True)
class MouthSeries:
    """What is drawn of the speaker's mouth: `now` in the result, `before` in the video at the same times.

    `speech` are the stretches in which somebody speaks in the result, `looks` say where the speaker's face is in it.
    """

    now: tuple[Opening, ...]
    before: tuple[Opening, ...]
    speech: tuple[Span, ...]
    looks: tuple[Look, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MouthMatch:
    """What the mouths of a result do in the stretches (seconds) in which most is spoken.

    `speaker` is the mouth that should move, `others` those of the other people in front. `eyes` is the median distance
    of the outer corners of the speaker's eyes in the pixels in which mouths are measured, `followed` for how many
    seconds of speech the mouth was followed. `lag` is by how many seconds the mouth comes later than the sound
    (negative: earlier), where that stands clear. `unchanged` says that it moves just as it did in the video, and `own`
    how alike (0..1) the video's own sound then is to what was sent, None where it has none. `apart` is how far the
    speaker's face is from the one in the video (see `Match`); `more` how many more people are seen than there.
    `series` is the speaker's mouth over time, for drawing; no report in JSON holds it.
    """

    stretches: tuple[Span, ...]
    speaker: MouthMovement
    others: tuple[MouthMovement, ...]
    eyes: float
    followed: Fraction
    lag: Fraction | Unmeasured
    unchanged: bool
    apart: float | Unmeasured
    more: int
    own: float | None = None
    series: MouthSeries | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultFacts:
    """The result video: the `file` itself, and how what it holds compares with what was sent."""

    file: FileFacts
    sound: SoundMatch | Unmeasured
    picture: PictureMatch | Unmeasured
    mouth: MouthMatch | Unmeasured
    surroundings: Surroundings | Unmeasured
