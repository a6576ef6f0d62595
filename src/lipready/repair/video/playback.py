"""A video played forward and backward in turn, in one ffmpeg process and bounded memory.

ffmpeg's `reverse` filter keeps every frame that it turns round. So a pass backward is cut into short segments, each an
input of its own that seeks to its begin, and the segments follow one another from the last to the first. A clip of few
frames is turned round once, and forward and backward together are repeated by `loop`. Measured at 1080p: 60 s played
to 100 s takes 20 inputs and 0.8 GB, where `reverse` on the whole would take 5.6 GB.
"""

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from lipready.repair.recipe import Encode, Playback
from lipready.repair.run.source import picture_part, seconds
from lipready.repair.video.filters import ratio, reshape, retime
from lipready.repair.video.span import Part

SEGMENT_BYTES = 192 * 1024 * 1024
"""Decoded frames that one segment may hold. Each input costs some 12 MB more: smaller segments need more inputs."""

LOOP_BYTES = 512 * 1024 * 1024
"""Decoded frames that a clip, forward and backward, may hold to be repeated from memory."""

_HALF = Fraction(1, 2)
_MICRO = Fraction(1, 1_000_000)


@dataclass(frozen=True, slots=True)
class Segment:
    """Neighbouring frames, counted at the output's rate from the first of the part that is played."""

    first: int
    count: int
    backward: bool


def segments(frames: int, wanted: int, largest: int) -> tuple[Segment, ...]:
    """Cut the playing order of `wanted` frames into passes; those backward into segments of at most `largest`."""
    order: list[Segment] = []
    backward = False
    while wanted > 0:
        count = min(frames, wanted)
        wanted -= count
        if backward:
            order += _backward(frames, count, largest)
        else:
            order.append(Segment(0, count, backward=False))
        backward = not backward
    return tuple(order)


def play(recipe: Encode, playback: Playback) -> Any:
    """Build the graph of a video that is played forward and backward; returns the stream."""
    import ffmpeg

    rate = recipe.reshape.rate
    if 2 * playback.frames <= _frames_in(LOOP_BYTES, recipe):
        stream = _looped(recipe, playback.frames, playback.wanted)
    else:
        order = segments(playback.frames, playback.wanted, _frames_in(SEGMENT_BYTES, recipe))
        parts = [_segment(recipe, segment, number) for number, segment in enumerate(order)]
        stream = ffmpeg.concat(*parts, v=1, a=0) if len(parts) > 1 else parts[0]
    stream = stream.filter("settb", ratio(1 / rate)).filter("setpts", "N")
    return stream.filter("trim", end_frame=playback.wanted)


def _frames_in(memory: int, recipe: Encode) -> int:
    """Count the frames of the output's size that fit; three bytes make two pixels."""
    canvas = recipe.reshape.canvas
    return max(1, 2 * memory // (3 * canvas.width * canvas.height))


def _backward(frames: int, count: int, largest: int) -> list[Segment]:
    order, end = [], frames
    while count > 0:
        size = min(largest, count)
        order.append(Segment(end - size, size, backward=True))
        end, count = end - size, count - size
    return order


def _segment(recipe: Encode, segment: Segment, number: int) -> Any:
    begin = max(Fraction(0), (segment.first - _HALF) / recipe.reshape.rate)
    stream = reshape(_open(recipe, begin, segment.count, number), recipe.reshape)
    return stream.filter("reverse") if segment.backward else stream


def _looped(recipe: Encode, frames: int, wanted: int) -> Any:
    import ffmpeg

    both = reshape(_open(recipe, Fraction(0), frames, 0), recipe.reshape).filter_multi_output("split")
    period = ffmpeg.concat(both.stream(0), both.stream(1).filter("reverse"), v=1, a=0)
    return period.filter("loop", loop=-(-wanted // (2 * frames)), size=2 * frames)


def _open(recipe: Encode, begin: Fraction, frames: int, number: int) -> Any:
    """Open the source at a time in seconds from the first frame of the part that is played, for so many frames.

    One decoding thread each: there are many inputs, frame threads keep frames, and the encoder is the slower part.
    """
    offset, rate = recipe.part.start if recipe.part else Fraction(0), recipe.reshape.rate
    # ffmpeg-python takes equal inputs for one; an offset of some microseconds, which is lost again, tells them apart.
    apart = {"itsoffset": seconds(number * _MICRO), "threads": 1}
    stream = picture_part(recipe.source, Part(offset + begin, frames / rate), **apart)
    return retime(stream, rate).filter("trim", end_frame=frames)
