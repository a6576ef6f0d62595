"""Which of the streams of a container is meant."""

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from lipready.errors import ProbeError
from lipready.probe.containers.matroska import Matroska, VideoTrack
from lipready.probe.containers.movie import ENCRYPTED, Movie, MovieTrack
from lipready.probe.local_file import LocalFile
from lipready.probe.streams.h264 import SequenceParameters, read_sequence_parameters

if TYPE_CHECKING:
    from av.container import InputContainer


@dataclass(frozen=True, slots=True)
class MediaSource:
    """The file, its container, the stream that is meant, and the header where we read that kind ourselves."""

    file: LocalFile
    container: "InputContainer"
    stream: Any
    header: Movie | Matroska | None

    def require_decodable(self, kind: str) -> None:
        """Raise ProbeError where the stream (of "video" or "audio") is encrypted, or in a codec that is not known."""
        if self.track is not None and self.track.encrypted:
            raise ProbeError(ENCRYPTED)
        if self.stream.codec_context is None:
            raise ProbeError(f"holds {kind} in a codec that is not known")

    @property
    def codec(self) -> str:
        """FFmpeg's name of the codec."""
        return codec_name(self.stream)

    @property
    def sequence_parameters(self) -> SequenceParameters | None:
        """What the header of an H.264 stream says; None for any other, and where it does not say it."""
        return read_sequence_parameters(self.stream.codec_context.extradata or b"") if self.codec == "h264" else None

    @property
    def track(self) -> MovieTrack | None:
        """The stream's track in an MP4 or QuickTime file."""
        return self.header.track(self.stream.id) if isinstance(self.header, Movie) else None

    @property
    def matroska_track(self) -> VideoTrack | None:
        """The stream's track in a Matroska file: both count the video tracks in the same order."""
        if not isinstance(self.header, Matroska):
            return None
        place = [s.index for s in self.container.streams.video if not is_cover(s)].index(self.stream.index)
        return self.header.videos[place] if place < len(self.header.videos) else None


FLOATING_CLOCKS = {"mpegts", "mpeg"}
"""Formats whose clock starts anywhere: only the distance to the file's own first timestamp means something there."""

COUNTED_FRAMES = {"avi"}
"""Formats that store no times: frames are shown one after another, at the places that they have in the file."""


def clock_start(container: "InputContainer") -> Fraction:
    """Return the time in seconds that is the file's zero."""
    floats = container.format.name in FLOATING_CLOCKS
    return Fraction(container.start_time or 0, 1_000_000) if floats else Fraction(0)


_PICTURE_CODECS = {"png", "mjpeg", "bmp", "tiff", "webp", "gif"}


def codec_name(stream: Any) -> str:
    """Return FFmpeg's name of the codec, whichever decoder serves it; "unknown" where there is none."""
    context = stream.codec_context
    return "unknown" if context is None else str(context.codec.canonical_name)


def is_cover(stream: Any) -> bool:
    """Return whether a video stream is a cover picture or a strip of thumbnails, which nobody plays."""
    from av.stream import Disposition

    stills = Disposition.attached_pic | Disposition.timed_thumbnails | Disposition.still_image
    return bool(stream.disposition & stills)


def best_video(container: "InputContainer") -> Any | None:
    """Pick the stream that a player shows: not a cover, with samples, marked as default, a video codec, the largest."""
    return max((s for s in container.streams.video if not is_cover(s)), key=_video_rank, default=None)


def best_audio(container: "InputContainer") -> Any | None:
    """Pick the stream that a player plays: one that can be decoded, marked as default, with the most channels."""
    return max(container.streams.audio, key=_audio_rank, default=None)


def audio_stream(container: "InputContainer", number: int | None) -> Any | None:
    """Return the audio stream of a number, counted from 1; the best one where none is named or there is none such."""
    streams = container.streams.audio
    return best_audio(container) if number is None or not 1 <= number <= len(streams) else streams[number - 1]


def is_default(stream: Any) -> bool:
    """Return whether the file marks a stream to be played."""
    from av.stream import Disposition

    return bool(stream.disposition & Disposition.default)


def _video_rank(stream: Any) -> tuple[bool, bool, bool, bool, int, int]:
    context = stream.codec_context
    area = 0 if context is None else context.width * context.height
    moves = codec_name(stream) not in _PICTURE_CODECS
    return context is not None, _has_samples(stream), moves, is_default(stream), area, -stream.index


def _audio_rank(stream: Any) -> tuple[bool, bool, bool, int, int, int]:
    context = stream.codec_context
    channels, rate = (0, 0) if context is None else (context.channels, context.sample_rate)
    return context is not None, _has_samples(stream), is_default(stream), channels, rate, -stream.index


def _has_samples(stream: Any) -> bool:
    """Return whether the stream is not known to be empty: an MP4 counts its samples, most other containers do not."""
    return not (stream.frames == 0 and stream.duration == 0)
