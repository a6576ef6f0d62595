"""One stream of an open file, with all that reads it."""

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from lipready.probe.containers.matroska import Matroska, VideoTrack
from lipready.probe.containers.movie import Movie, Track
from lipready.probe.local_file import LocalFile
from lipready.probe.streams.choice import FLOATING_CLOCKS, codec_name, is_cover

if TYPE_CHECKING:
    from av.container import InputContainer

_MICROSECONDS = 1_000_000


@dataclass(frozen=True, slots=True)
class MediaSource:
    """The file, its container, the stream that is meant, and the header where we read that kind ourselves."""

    file: LocalFile
    container: "InputContainer"
    stream: Any
    header: Movie | Matroska | None

    @property
    def codec(self) -> str:
        """FFmpeg's name of the codec."""
        return codec_name(self.stream)

    @property
    def track(self) -> Track | None:
        """The stream's track in an MP4 or QuickTime file."""
        return self.header.track(self.stream.id) if isinstance(self.header, Movie) else None

    @property
    def matroska_track(self) -> VideoTrack | None:
        """The stream's track in a Matroska file: both count the video tracks in the same order."""
        if not isinstance(self.header, Matroska):
            return None
        place = [s.index for s in self.container.streams.video if not is_cover(s)].index(self.stream.index)
        return self.header.videos[place] if place < len(self.header.videos) else None

    @property
    def clock_start(self) -> Fraction:
        """The time in seconds that is the file's zero."""
        if self.container.format.name not in FLOATING_CLOCKS or not self.container.start_time:
            return Fraction(0)
        return Fraction(self.container.start_time, _MICROSECONDS)
