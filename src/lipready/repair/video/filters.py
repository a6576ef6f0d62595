"""The filters that every frame of a video goes through, as an ffmpeg-python graph."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from lipready.repair.recipe import Cutout, Encode, Playback, Reshape, WideGamut
from lipready.repair.run.source import picture_part, seconds
from lipready.repair.video.span import Part

# Bit-exact scaling gives the same bytes on every processor.
_SCALER = "lanczos+accurate_rnd+full_chroma_int+bitexact"
_HDR_PEAK_NITS = 203
"""Reference white of HDR video, ITU-R BT.2408: what becomes white on an SDR screen."""

_PLANAR = "|".join(f"yuv{chroma}p{depth}" for depth in ("", "10le", "12le") for chroma in ("420", "422", "444"))
"""What zscale reads, and where red, green and blue, or grey alone, are already brightness and colour."""

_CURVES = frozenset({"bt470m", "bt470bg", "smpte240m", "linear", "log100", "log316", "iec61966-2-1"})
"""Transfer functions other than BT.709's (whose are many, by other names) that zscale knows."""

_MATRICES = frozenset({"bt709", "fcc", "bt470bg", "smpte170m", "smpte240m", "ycgco", "bt2020nc", "bt2020c"})


def reshape(stream: Any, how: Reshape) -> Any:
    """Add the filters to a video stream; the result has a constant rate, square pixels and 8-bit 4:2:0."""
    if how.wide_gamut is not None and not how.rgb:
        # Scaling leaves the matrix alone, but refuses frames whose matrix it does not know; `_narrow` names it again.
        stream = stream.filter("setparams", colorspace="bt709")
    if how.deinterlace:
        # One frame from each frame: the rate stays as it is.
        stream = stream.filter("bwdif", mode="send_frame", parity="auto", deint="all")
    if how.cutout is not None:
        stream = _cut_out(stream, how.cutout)
    stream = _resize(stream, how)
    if how.tone_map is not None:
        stream = _tone_map(stream, how.tone_map)
    if how.wide_gamut is not None:
        stream = _narrow(stream, _coded(how.wide_gamut, how))
    stream = stream.filter("format", "yuv420p")
    if how.canvas.padded:
        stream = stream.filter("pad", how.canvas.width, how.canvas.height, "(ow-iw)/2", "(oh-ih)/2", "black")
    return stream.filter("setsar", 1)


def retime(stream: Any, rate: Fraction) -> Any:
    """Put a stream on a constant frame rate that begins at zero."""
    return stream.filter("setpts", "PTS-STARTPTS").filter("fps", fps=ratio(rate))


def ratio(value: Fraction) -> str:
    """Write an exact number as ffmpeg reads it."""
    return f"{value.numerator}/{value.denominator}"


def _cut_out(stream: Any, cutout: Cutout) -> Any:
    """Crop in the pixels that the frames have here: turned upright by ffmpeg, but not made square yet."""
    box = cutout.box
    if cutout.square_pixels:
        return stream.filter("crop", box.width, box.height, box.left, box.top)
    wide = [f"iw*{value}/{cutout.width}" for value in (box.width, box.left)]
    high = [f"ih*{value}/{cutout.height}" for value in (box.height, box.top)]
    return stream.filter("crop", wide[0], high[0], wide[1], high[1])


def _resize(stream: Any, how: Reshape) -> Any:
    inner = (how.canvas.inner_width, how.canvas.inner_height)
    colours = {"out_color_matrix": "bt709", "out_range": "tv"} if how.rgb else {}
    if how.resize == "scale":
        return stream.filter("scale", *inner, flags=_SCALER, **colours)
    if colours:
        stream = stream.filter("scale", flags=_SCALER, **colours)
    return stream.filter("crop", *inner, 0, 0) if how.resize == "cut" else stream


def _tone_map(stream: Any, transfer: str) -> Any:
    """Map PQ or HLG to BT.709, in linear light.

    The input is declared as what HDR video is, since half of it is tagged in part only and zscale then refuses it.
    """
    stream = stream.filter("setparams", color_primaries="bt2020", color_trc=transfer, colorspace="bt2020nc")
    stream = stream.filter("zscale", transfer="linear", npl=_HDR_PEAK_NITS).filter("format", "gbrpf32le")
    stream = stream.filter("zscale", primaries="bt709").filter("tonemap", tonemap="mobius", desat=0)
    return stream.filter("zscale", transfer="bt709", matrix="bt709", range="tv")


def _coded(gamut: WideGamut, how: Reshape) -> WideGamut:
    """Return how the samples are coded once they are resized, with the usual where the file does not say it.

    The matrix that comes out of RGB is BT.709's. Primaries of plain video under BT.2020's matrix stay what they are.
    """
    primaries = "bt709" if gamut.primaries == "unknown" else gamut.primaries
    usual = "bt2020nc" if primaries == "bt2020" else "bt709"
    matrix = gamut.matrix if gamut.matrix in _MATRICES and not how.rgb else "bt709" if how.rgb else usual
    return WideGamut(primaries, gamut.transfer if gamut.transfer in _CURVES else "bt709", matrix)


def _narrow(stream: Any, gamut: WideGamut) -> Any:
    """Convert SDR in other primaries or another matrix to BT.709, in linear light; what BT.709 lacks is clipped.

    The curve of sRGB is kept, as everywhere in SDR: readers take it for BT.709's, and its greys would become paler.
    """
    declared = {"color_primaries": gamut.primaries, "color_trc": gamut.transfer, "colorspace": gamut.matrix}
    curve = gamut.transfer if gamut.transfer == "iec61966-2-1" else "bt709"
    stream = stream.filter("format", _PLANAR).filter("setparams", **declared)
    stream = stream.filter("zscale", primaries="bt709", transfer=curve, matrix="bt709", range="tv")
    return stream.filter("setparams", color_trc="bt709")


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
