"""Measure the best video stream of an open container."""

from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from lipready.errors import ProbeError
from lipready.facts.unmeasured import Unmeasured
from lipready.facts.video import Duration, FrameRate, SoundTrack, VideoFacts
from lipready.probe.containers.container import MAX_PIXELS
from lipready.probe.containers.matroska import Matroska
from lipready.probe.containers.movie import Movie, is_mirrored, rotation_of
from lipready.probe.containers.truncation import is_truncated, read_sample_times
from lipready.probe.local_file import LocalFile
from lipready.probe.streams.choice import COUNTED_FRAMES, MediaSource, best_video, clock_start, codec_name
from lipready.probe.streams.coding import FirstFrameDecoder, colours, display_matrix, interlaced, pixel_format
from lipready.probe.streams.frame_rate import frame_rate
from lipready.probe.streams.packets import (
    Budget,
    PacketTimes,
    believe,
    container_duration,
    packet_duration,
    read_packet_times,
    stream_duration,
)

if TYPE_CHECKING:
    from av.audio.stream import AudioStream
    from av.container import InputContainer

_QUARTER_TURN, _HALF_TURN = 90, 180
_PROGRESSION = 3
"""Frames between which there are two distances."""

_EXTREME = 1000
"""A pixel that is this much wider than high is a broken header."""


def sample_aspect_ratio(source: MediaSource) -> Fraction:
    """Return the width of a pixel to its height; 1 where the file does not say or says nonsense."""
    ratio = source.stream.sample_aspect_ratio
    if not ratio and source.sequence_parameters is not None:
        ratio = source.sequence_parameters.sample_aspect_ratio
    usable = ratio and Fraction(1, _EXTREME) <= ratio <= _EXTREME
    return Fraction(ratio) if usable else Fraction(1)


def orientation(source: MediaSource, first: Any) -> tuple[int, bool]:
    """Return (rotation, mirrored) by the container, else by the first picture, else by the projection of Matroska."""
    matrix = None if first is None else display_matrix(first)
    matrix = source.track.matrix if source.track is not None else matrix
    if matrix is not None:
        return rotation_of(matrix), is_mirrored(matrix)
    described = source.matroska_track
    return (described.rotation, False) if described else (0, False)


def displayed_size(width: int, height: int, ratio: Fraction, rotation: int) -> tuple[int, int]:
    """Return the size in square pixels by stretching the width (halves are rounded up), then turned."""
    stretched = max(1, (2 * width * ratio.numerator + ratio.denominator) // (2 * ratio.denominator))
    return (height, stretched) if abs(rotation) % _HALF_TURN == _QUARTER_TURN else (stretched, height)


QUICK = Budget(packets=20_000, bytes=32 << 20, seconds=5.0)
"""What may be read of a file without an index (WebM, MPEG-TS) when only headers are wanted."""


def measure_video(
    file: LocalFile, container: "InputContainer", header: Movie | Matroska | None, *, quick: bool
) -> VideoFacts:
    """Measure everything that headers and packets tell, and the first picture unless `quick`.

    Raises ProbeError where there is no video stream, or none that can be decoded.
    """
    stream = best_video(container)
    if stream is None:
        raise ProbeError("holds no video stream")
    source = MediaSource(file, container, stream, header)
    source.require_decodable("video")
    context = stream.codec_context
    if context.width * context.height > MAX_PIXELS:
        raise ProbeError(
            f"claims frames of {context.width} × {context.height} pixels: more than the {MAX_PIXELS >> 20} million "
            "that are decoded safely"
        )
    times, first = (_indexed_times(source), None) if quick else _times_and_picture(source)
    return _facts(source, times, first, quick=quick)


def _indexed_times(source: MediaSource) -> PacketTimes:
    track = source.track
    if isinstance(source.header, Movie) and track is not None and not source.header.fragmented:
        times = read_sample_times(source.header, track)
        if times is not None:
            return times
    return read_packet_times(source.container, source.stream, QUICK)


def _times_and_picture(source: MediaSource) -> tuple[PacketTimes, Any]:
    decoder = FirstFrameDecoder(source.stream)
    times = read_packet_times(source.container, source.stream, Budget(), decoder.feed)
    decoder.feed(None)
    if decoder.frame is not None:
        return times, decoder.frame
    if not times.pts and not times.hidden:
        raise ProbeError("holds a video stream without any frame")
    raise ProbeError(f"cannot be decoded: {decoder.error or 'no picture comes out of its video stream'}")


def _facts(source: MediaSource, times: PacketTimes, first: Any, *, quick: bool) -> VideoFacts:
    context = source.stream.codec_context
    name, bit_depth, chroma = pixel_format(source, first)
    primaries, transfer, matrix = colours(source, first)
    sized = context if first is None else first
    coded_width, coded_height = sized.width, sized.height
    if coded_width < 1 or coded_height < 1:
        raise ProbeError("does not say how large its picture is")
    ratio = sample_aspect_ratio(source)
    rotation, mirrored = orientation(source, first)
    width, height = displayed_size(coded_width, coded_height, ratio, rotation)
    rate, frames, duration, start, key_frames = _timing(source, times)
    container = source.container
    return VideoFacts(
        codec=source.codec,
        profile=context.profile,
        pixel_format=name,
        bit_depth=bit_depth,
        chroma=chroma,
        coded_width=coded_width,
        coded_height=coded_height,
        width=width,
        height=height,
        rotation=rotation,
        mirrored=mirrored,
        sample_aspect_ratio=ratio,
        frame_rate=rate,
        frames=frames,
        duration=duration,
        start=start,
        key_frames=key_frames,
        edit_list=_has_edit_list(source, times),
        interlaced=interlaced(source, first),
        transfer=transfer,
        primaries=primaries,
        matrix=matrix,
        sound_tracks=tuple(_sound_track(source, stream) for stream in container.streams.audio),
        other_streams=len(container.streams) - 1 - len(container.streams.audio),
        truncated=is_truncated(source, times),
        faststart=source.header.faststart if isinstance(source.header, Movie) else None,
        stillness=Unmeasured("no frame was looked at yet", skipped=quick),
        stream_index=source.stream.index,
    )


_KeyFrames = tuple[Fraction, ...] | Unmeasured
_Timing = tuple[FrameRate | Unmeasured, int | Unmeasured, Duration | Unmeasured, Fraction | Unmeasured, _KeyFrames]


def _timing(source: MediaSource, times: PacketTimes) -> _Timing:
    """Return the frame rate, the number of frames, the length, the start, and the times of the key frames."""
    container, stream = container_duration(source.container), stream_duration(source.stream)
    if times.cut is not None or not times.pts:
        missing = Unmeasured("none of its frames has a time")
        if times.cut is not None:
            missing = replace(times.cut, skipped=True)
        return missing, missing, believe(container=container, stream=stream, packets=None), missing, missing
    times, described = _evenly_ended(source, times), source.matroska_track
    origin, header = times.pts[0], source.stream
    declared = (described.rate if described else None, header.base_rate, header.guessed_rate, header.average_rate)
    rate = frame_rate(times.pts, times.base, declared)
    length = believe(container=container, stream=stream, packets=packet_duration(times, rate))
    # Where no times are stored the first frame's place counts, since what FFmpeg says then is a guess.
    place = times.first_place if source.container.format.name in COUNTED_FRAMES else None
    start = (origin if place is None else place) * times.base - clock_start(source.container)
    return rate, len(times.pts), length, start, tuple((key - origin) * times.base for key in times.keys)


def _evenly_ended(source: MediaSource, times: PacketTimes) -> PacketTimes:
    """Let the last frame of an AVI with B-frames last as long as the one before it.

    An AVI numbers its frames as they are decoded. With B-frames, of which the first is shown after zero, the time at
    which one is shown is taken from the next packet, which the last one does not have.
    """
    shown = times.pts
    if source.container.format.name != "avi" or len(shown) < _PROGRESSION or shown[0] == 0:
        return times
    step = shown[-2] - shown[-3]
    if shown[-1] - shown[-2] >= step:
        return times
    return replace(times, pts=[*shown[:-1], shown[-2] + step], last_duration=step)


def _has_edit_list(source: MediaSource, times: PacketTimes) -> bool:
    """Return whether an edit list changes what is shown.

    One that only takes back the delay of B-frames, as nearly every encoder writes it, does not.
    """
    edits = source.track.edits if source.track else ()
    played = [edit for edit in edits if edit.media_time >= 0]
    return len(played) > 1 or len(played) < len(edits) or times.hidden > 0


def _sound_track(source: MediaSource, stream: "AudioStream") -> SoundTrack:
    context = stream.codec_context
    if context is None:
        return SoundTrack("unknown", 0, 0)
    track = source.header.track(stream.id) if isinstance(source.header, Movie) else None
    return SoundTrack(
        codec_name(stream), context.sample_rate, context.channels, pieced=track is not None and track.pieced
    )
