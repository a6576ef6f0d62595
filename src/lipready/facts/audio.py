"""What an audio file says and holds."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from lipready.facts.unmeasured import Unmeasured
from lipready.facts.video import Duration

UNHEARD_TRACK = Unmeasured("nobody listened to it", skipped=True)
Taken = Literal["default", "speech", "chosen"]
"""Why a track is taken: a player would play it, somebody speaks in it and not in that one, or the user named it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioTrack:
    """One of the audio streams of a file.

    `number` counts the audio streams from 1, `stream_index` all streams of the container from 0. `sample_rate` is in
    Hz, `duration` in seconds as the stream's header says it. `default` says that the file marks it to be played.
    `speaks` says whether speech is heard in it.
    """

    number: int
    stream_index: int
    codec: str
    sample_rate: int
    channels: int
    language: str | None
    title: str | None
    duration: Fraction | None
    default: bool
    speaks: bool | Unmeasured = UNHEARD_TRACK


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioFacts:
    """The audio stream of a file that is taken. `sample_rate` in Hz, `cover` says that the file carries a picture.

    `stream_index` is the stream's place in the container, None where unknown. `tracks` are all audio streams of the
    file, `track` is the number of the one that is taken, `taken` says why.
    `stream_index` is the stream's place in the container, None where unknown. `size_wrong` says that the header states
    a size that the file does not have although nothing is missing: a stream's, or one that is a few bytes over.

    What comes from one file keeps one time line: `origin` is the time in seconds, on the file's own clock, of the first
    frame of its picture, from which the sound is counted; None where it has no picture and the first sample counts.
    `offset` is how many seconds after `origin` the sound begins (negative: before), `holes` how many seconds of
    silence lie where the timestamps leave sound out, None where nothing was decoded.
    """

    codec: str
    sample_rate: int
    channels: int
    duration: Duration | Unmeasured
    cover: bool
    truncated: bool | Unmeasured
    stream_index: int | None = None
    track: int = 1
    taken: Taken = "default"
    tracks: tuple[AudioTrack, ...] = ()
    size_wrong: bool = False
    origin: Fraction | None = None
    offset: Fraction = Fraction(0)
    holes: Fraction | None = None
