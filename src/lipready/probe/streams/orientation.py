"""From coded pixels to what a player shows: pixel aspect, rotation, mirroring."""

from fractions import Fraction

from lipready.probe.containers.movie import is_mirrored, rotation_of
from lipready.probe.streams.first_frame import FirstFrame
from lipready.probe.streams.h264 import read_sequence_parameters
from lipready.probe.streams.media_source import MediaSource

_QUARTER_TURN, _HALF_TURN = 90, 180
_EXTREME = 1000
"""A pixel that is this much wider than high is a broken header."""


def sample_aspect_ratio(source: MediaSource) -> Fraction:
    """Width of a pixel to its height; 1 where the file does not say or says nonsense."""
    ratio = source.stream.sample_aspect_ratio
    if not ratio and source.codec == "h264":
        found = read_sequence_parameters(source.stream.codec_context.extradata or b"")
        ratio = found.sample_aspect_ratio if found else None
    usable = ratio and Fraction(1, _EXTREME) <= ratio <= _EXTREME
    return Fraction(ratio) if usable else Fraction(1)


def orientation(source: MediaSource, first: FirstFrame | None) -> tuple[int, bool]:
    """(rotation, mirrored): the container's own matrix, else that of the first picture, else Matroska's projection."""
    if source.track is not None:
        return source.track.rotation, source.track.mirrored
    if first is not None and first.matrix is not None:
        return rotation_of(first.matrix), is_mirrored(first.matrix)
    described = source.matroska_track
    return (described.rotation, False) if described else (0, False)


def displayed_size(width: int, height: int, ratio: Fraction, rotation: int) -> tuple[int, int]:
    """Square pixels by stretching the width (halves are rounded up), then turned."""
    stretched = max(1, (2 * width * ratio.numerator + ratio.denominator) // (2 * ratio.denominator))
    return (height, stretched) if abs(rotation) % _HALF_TURN == _QUARTER_TURN else (stretched, height)
