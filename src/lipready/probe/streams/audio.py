"""Measure one audio stream of an open container, and list them all."""

import time
from fractions import Fraction
from itertools import dropwhile
from typing import TYPE_CHECKING, Any, Protocol

from lipready.errors import ProbeError
from lipready.facts.audio import AudioFacts, AudioTrack
from lipready.facts.unmeasured import Unmeasured
from lipready.probe.containers.container import attempt
from lipready.probe.containers.matroska import Matroska
from lipready.probe.containers.movie import Movie
from lipready.probe.containers.truncation import is_truncated, read_wave
from lipready.probe.local_file import LocalFile
from lipready.probe.streams.choice import COUNTED_FRAMES, MediaSource, audio_stream, codec_name, is_cover, is_default
from lipready.probe.streams.packets import (
    MAX_SECONDS,
    Budget,
    PacketTimes,
    believe,
    container_duration,
    packet_duration,
    read_packet_times,
    stream_duration,
)
from lipready.probe.streams.time_line import CLOCKLESS, TimeLine, picture_start

if TYPE_CHECKING:
    from av.container import InputContainer


class SoundConsumer(Protocol):
    """Somebody who wants to hear an audio stream while its samples are counted."""

    def begin(self, codec: str, seconds: Fraction | None) -> None:
        """Hear FFmpeg's name of the decoder, and the length by the header."""

    def take(self, frame: Any, moved: int) -> None:
        """Take an `av.AudioFrame` after so many samples of silence; negative: without so many samples of its own."""

    def end(self, cut: Unmeasured | None) -> None:
        """Hear that this was all, or why the rest was not decoded."""


class SampleCount:
    """Decodes an audio stream, counts its samples, and hands them on.

    `seconds` is the exact length, None before the end, where nothing was decoded, or where it took too long (`late`).
    `line` counts holes in the timestamps as silence. `sample_rate` (Hz) and `channels` are those of the decoded
    sound, which a header may state differently. `broken_end` says that the last packet could not be decoded.
    """

    def __init__(
        self, container: "InputContainer", stream: Any, origin: Fraction | None, consumer: SoundConsumer | None
    ) -> None:
        """Count from `origin`, as of `TimeLine`."""
        self.line = TimeLine(origin, clock=container.format.name not in CLOCKLESS)
        self.sample_rate = self.channels = 0
        self.seconds: Fraction | None = None
        self.error: str | None = None
        self.broken_end = self.late = False
        self._container, self._stream, self._consumer = container, stream, consumer
        self._samples: dict[int, int] = {}
        self._deadline = time.monotonic() + MAX_SECONDS

    def read(self) -> PacketTimes:
        """Decode all packets, and return their times."""
        # One thread, so that memory stays flat and other work keeps its cores.
        self._stream.codec_context.thread_count = 1
        if self._consumer is not None:
            length = stream_duration(self._stream) or container_duration(self._container)
            self._consumer.begin(self._stream.codec_context.name, length)
        times = read_packet_times(self._container, self._stream, Budget(), self._decode)
        self._decode(None)
        if self._samples and not self.late:
            self.seconds = sum((Fraction(n, rate) for rate, n in self._samples.items()), Fraction(0))
        if self._consumer is not None:
            late = Unmeasured(f"decoding took longer than {MAX_SECONDS:.0f} seconds", transient=True)
            self._consumer.end(late if self.late else times.cut)
        return times

    def _decode(self, packet: Any) -> None:
        self.late = self.late or time.monotonic() > self._deadline
        if self.late:
            return
        frames, error = attempt(self._stream.codec_context.decode, packet)
        self.error = self.error or error
        self.broken_end = error is not None or (self.broken_end and packet is None)
        for frame in frames or ():
            if not frame.samples or not frame.sample_rate or not frame.layout.nb_channels:
                continue
            self.sample_rate, self.channels = frame.sample_rate, frame.layout.nb_channels
            moved = self.line.place(frame)
            self._samples[frame.sample_rate] = self._samples.get(frame.sample_rate, 0) + frame.samples + moved
            if self._consumer is not None:
                self._consumer.take(frame, moved)


_PADDING = 3456
"""Samples: an MP3 encoder pads by its delay and up to two frames of 1152."""
_LONGEST_TAG = 100
_MOMENT = Fraction(1, 20)
"""Seconds that nobody misses: less than the shortest sound of speech."""
QUICK = Budget(packets=200_000, bytes=64 << 20, seconds=5.0)
"""What may be read of a file whose header cannot be believed (MP3, ADTS) when nothing is decoded."""


def measure_audio(
    file: LocalFile,
    container: "InputContainer",
    header: Movie | Matroska | None,
    *,
    quick: bool,
    number: int | None = None,
    consumer: SoundConsumer | None = None,
) -> AudioFacts:
    """Measure the audio stream of a number, else the best one; unless `quick` every sample is decoded and counted.

    `consumer` hears what is decoded.

    A number that the file does not have is no error here: `AudioFacts.track` says which one was measured.

    Raises ProbeError where there is no audio stream, or nothing in it.
    """
    stream = audio_stream(container, number)
    if stream is None:
        raise ProbeError("holds no audio stream")
    source = MediaSource(file, container, stream, header)
    source.require_decodable("audio")
    origin = picture_start(file, container, placed=container.format.name in COUNTED_FRAMES)
    counted = None if quick else SampleCount(container, stream, origin, consumer)
    times = _packet_times(source, counted)
    decoded = counted if counted is not None and counted.sample_rate else stream.codec_context
    rate, channels = decoded.sample_rate, decoded.channels
    offset = _offset(source, times, counted, origin)
    wave = read_wave(file) if container.format.name == "wav" else None
    packets = None if times is None or times.cut is not None else packet_duration(times, None)
    tracks = tuple(_track(place, each) for place, each in enumerate(container.streams.audio, start=1))
    return AudioFacts(
        codec=source.codec,
        stream_index=stream.index,
        sample_rate=rate,
        channels=channels,
        duration=believe(
            container=container_duration(container),
            stream=_moved(_stated_length(source), offset),
            packets=_moved(packets, offset),
            samples=counted.seconds if counted else None,
            padding=Fraction(_PADDING, rate) if rate else Fraction(0),
        ),
        cover=any(is_cover(video) for video in container.streams.video),
        truncated=_ends_early(source, times, counted),
        size_wrong=wave is not None and wave.compare(file.size) in {"open", "over"},
        track=next(track.number for track in tracks if track.stream_index == stream.index),
        tracks=tracks,
        origin=origin,
        offset=offset,
        holes=None if counted is None else counted.line.holes,
    )


def _offset(
    source: MediaSource, times: PacketTimes | None, counted: SampleCount | None, origin: Fraction | None
) -> Fraction:
    """Return how long after the first frame of the picture the sound begins, in seconds."""
    if origin is None:
        return Fraction(0)
    if counted is not None and counted.line.offset is not None:
        return counted.line.offset
    if times is not None and times.pts:
        return times.pts[0] * times.base - origin
    start, base = source.stream.start_time, source.stream.time_base
    return Fraction(0) if start is None or not base else start * base - origin


def _stated_length(source: MediaSource) -> Fraction | None:
    """Read the length off the header; what the track holds says too little where an edit list has holes."""
    track, header = source.track, source.header
    if track is None or not isinstance(header, Movie) or not track.pieced or not header.timescale:
        return stream_duration(source.stream)
    played = dropwhile(lambda edit: edit.media_time < 0, track.edits)
    return Fraction(sum(edit.duration for edit in played), header.timescale)


def _moved(length: Fraction | None, offset: Fraction) -> Fraction | None:
    """Count a length from the picture's first frame."""
    return None if length is None else max(Fraction(0), length + offset)


def _track(number: int, stream: Any) -> AudioTrack:
    """Read off the headers what one audio stream is."""
    context = stream.codec_context
    tags = {str(name).lower(): value for name, value in stream.metadata.items()}
    return AudioTrack(
        number=number,
        stream_index=stream.index,
        codec=codec_name(stream),
        sample_rate=0 if context is None else context.sample_rate or 0,
        channels=0 if context is None else context.channels or 0,
        language=_tag(tags.get("language"), unknown="und"),
        title=_tag(tags.get("title") or tags.get("handler_name"), unknown="SoundHandler"),
        duration=stream_duration(stream),
        default=is_default(stream),
    )


def _tag(value: str | None, *, unknown: str) -> str | None:
    """Take the beginning of what a file says of a stream; None where it says nothing, or what writers put by habit."""
    text = (value or "").strip()[:_LONGEST_TAG]
    return text if text and text != unknown else None


def _ends_early(source: MediaSource, times: PacketTimes | None, counted: SampleCount | None) -> bool | Unmeasured:
    """Return whether sound is missing at the end: a damaged last packet counts where more than a moment went with it.

    Of a WAV the header decides, since its packets end at any byte. Nobody knows where time was too short, and then the
    other facts are worth no more either.
    """
    if (times is not None and times.cut is not None and times.cut.transient) or (counted is not None and counted.late):
        return Unmeasured("there was not enough time to read all of it", skipped=counted is None, transient=True)
    if counted is None or not counted.broken_end or source.container.format.name == "wav":
        return is_truncated(source, times)
    stated = stream_duration(source.stream)
    return counted.seconds is None or stated is None or stated - counted.seconds > _MOMENT


def _packet_times(source: MediaSource, counted: SampleCount | None) -> PacketTimes | None:
    """Read the packets, and let them be counted; None where the index of an MP4 says enough.

    Raises ProbeError where there is no sound in them.
    """
    empty, times = "holds no audio samples", None
    if counted is not None:
        times = counted.read()
        if not counted.seconds and not counted.late:
            raise ProbeError(empty if counted.error is None else f"cannot be decoded: {counted.error}")
    elif isinstance(source.header, Movie) and not source.header.fragmented:
        if not source.stream.duration:
            raise ProbeError(empty)
    else:
        times = read_packet_times(source.container, source.stream, QUICK)
        if not times.pts and times.cut is None:
            raise ProbeError(empty)
    return times
