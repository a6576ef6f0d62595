"""What an audio file says and holds."""

from dataclasses import dataclass

from lipready.facts.unmeasured import Unmeasured
from lipready.facts.video import Duration


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioFacts:
    """The best audio stream of a file. `sample_rate` in Hz, `cover` says that the file carries a picture.

    `stream_index` is the stream's place in the container, None where unknown.
    """

    codec: str
    sample_rate: int
    channels: int
    duration: Duration | Unmeasured
    cover: bool
    truncated: bool | Unmeasured
    stream_index: int | None = None
