"""ffmpeg's arguments for one video, from its recipe."""

from dataclasses import dataclass
from fractions import Fraction
from math import ceil
from typing import Any

from lipready.repair.recipe import Encode, InputStream, Part, Playback, Remux, Reshape, Sound, WideGamut
from lipready.repair.run.source import (
    clock,
    compile_command,
    from_first_frame,
    graph_name,
    on_time_line,
    open_input,
    picture,
    picture_part,
    seconds,
    sound_part,
)

QUALITY = 17
THREADS = 4
"""Fixed, since x264's output depends on it: the same input gives the same bytes on every machine."""

SOUND_BITS = 160_000
_BUFFER_SECONDS = 2
_AFTER_ZERO = "noise=drop=lt(pts+duration\\,1)"
"""Leaves out the packets that are over before zero."""

_NEVER_REACHED = Fraction(3, 2)
"""Bits for each pixel that x264 does not reach at this quality."""

CONTAINER = {"f": "mp4", "movflags": "+faststart", "map_metadata": -1, "map_chapters": -1, "fflags": "+bitexact"}
"""The options of an MP4 file."""


def remux_commands(recipe: Remux, output: str) -> tuple[tuple[str, ...], ...]:
    """Copy the packets of one video stream and one sound track into an MP4 file; one command."""
    how = {"fflags": "+genpts", **from_first_frame(recipe.source)}
    streams = [picture(recipe.source, **how)]
    # Timestamps are moved without touching a packet: the first frame exactly to zero, since the smallest distance from
    # it would become an edit list, and all of them back on the frame rate's own grid where it is known.
    grid = "" if recipe.grid is None else f"time_base={ratio(1 / recipe.grid)}:prescale=1:"
    options = {**CONTAINER, **clock(recipe.source), "c:v": "copy"}
    options["bsf:v"] = f"setts={grid}pts=PTS-STARTPTS:dts=DTS-STARTPTS"
    if recipe.tag is not None:
        options["tag:v"] = recipe.tag
    if recipe.sound != "none":
        streams.append(_whole_sound(recipe.source, recipe.sound, how))
        options |= _sound(recipe.sound)
    return (compile_command(streams, output, options),)


def encode_commands(recipe: Encode, output: str) -> tuple[tuple[str, ...], ...]:
    """Encode a video as H.264 in MP4: one command, or two where the bytes must be met."""
    source, part, playback, how = recipe.source, recipe.part, recipe.playback, recipe.reshape
    from_zero = from_first_frame(source)
    if playback is not None:
        shown = play(recipe, playback)
    else:
        shown = picture_part(source, part) if part else picture(source, **from_zero)
        shown = reshape(retime(shown, how.rate), how)
    coding = encoder(how.rate) | _rate_control(recipe)
    streams, options = [shown], {**CONTAINER, **coding}
    if not playback and not (part and source.seekable):
        # A part that is sought begins at zero by itself.
        options |= clock(source)
    if recipe.sound != "none":
        streams.append(sound_part(source, part) if part else _whole_sound(source, recipe.sound, from_zero))
        options |= _sound(recipe.sound)
        if recipe.budget is not None:
            # The sound ends with the picture: some players and providers take the longer one for the length.
            options["t"] = seconds(Fraction(ceil(recipe.budget.length * 1000), 1000))
    if recipe.budget is None or not recipe.budget.two_pass:
        return (compile_command(streams, output, options),)
    log = {"passlogfile": graph_name(f"{output}.pass")}
    return (
        compile_command([shown], "-", coding | log | {"pass": 1, "f": "null"}),
        compile_command(streams, output, options | log | {"pass": 2}),
    )


def _whole_sound(source: InputStream, sound: Sound, how: dict[str, Any]) -> Any:
    """Return the first sound track; copied packets from before the first frame are left out by `_sound`."""
    stream = open_input(source, **how)["a:0"]
    return on_time_line(stream, Fraction(0)) if sound == "encode" else stream


def encoder(rate: Fraction) -> dict[str, Any]:
    """Return the options by which a picture of a constant rate is encoded, but for its quality."""
    return {
        "c:v": "libx264",
        "preset": "fast",
        "profile:v": "high",
        "pix_fmt": "yuv420p",
        # A key frame every second at least, and wherever a check takes a sample: cheap to seek and to check again, at
        # the very moments that the check of the original saw.
        "g": max(1, int(rate)),
        "force_key_frames": f"expr:gt(t,n_forced/2-{ratio(1 / rate)})",
        "threads": THREADS,
        "flags:v": "+bitexact",
        "fps_mode:v": "passthrough",
    }


def _rate_control(recipe: Encode) -> dict[str, Any]:
    """Return constant quality, capped so that the file cannot outgrow its budget; or the average that two passes meet.

    Of the budget 4 % are for the container and for what the encoder misses.
    """
    budget, canvas = recipe.budget, recipe.reshape.canvas
    if budget is None:
        return {"crf": QUALITY}
    # In one pass a full buffer may come on top of the rate.
    length = budget.length if budget.two_pass else budget.length + _BUFFER_SECONDS
    sound = 0 if recipe.sound == "none" else 2 * SOUND_BITS
    bits = max(10_000, int(budget.bytes * 8 * Fraction(96, 100) / length) - sound)
    if budget.two_pass:
        # Without a cap the average of a short clip can miss its mark by a factor of three.
        return {"b:v": bits, "maxrate": 3 * bits // 2, "bufsize": _BUFFER_SECONDS * bits}
    if bits >= _NEVER_REACHED * canvas.width * canvas.height * recipe.reshape.rate:
        return {"crf": QUALITY}
    return {"crf": QUALITY, "maxrate": bits, "bufsize": _BUFFER_SECONDS * bits}


def _sound(sound: Sound) -> dict[str, Any]:
    if sound == "copy":
        return {"c:a": "copy", "bsf:a": _AFTER_ZERO}
    return {"c:a": "aac", "b:a": SOUND_BITS, "ac": 2, "flags:a": "+bitexact"}


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
        # In the pixels that the frames have here: turned upright by ffmpeg, but not made square yet.
        cutout, box = how.cutout, how.cutout.box
        place: list[int | str] = [box.width, box.height, box.left, box.top]
        if not cutout.square_pixels:
            sides = (("iw", cutout.width), ("ih", cutout.height)) * 2
            place = [f"{side}*{value}/{whole}" for value, (side, whole) in zip(place, sides, strict=True)]
        stream = stream.filter("crop", *place)
    stream = _resize(stream, how)
    if how.tone_map is not None:
        stream = _tone_map(stream, how.tone_map)
    if how.wide_gamut is not None:
        stream = _narrow(stream, how.wide_gamut, rgb=how.rgb)
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


def _narrow(stream: Any, gamut: WideGamut, *, rgb: bool) -> Any:
    """Convert SDR in other primaries or another matrix to BT.709, in linear light; what BT.709 lacks is clipped.

    What the file does not say is taken to be as usual. The matrix that comes out of RGB is BT.709's. Primaries of plain
    video under BT.2020's matrix stay what they are. The curve of sRGB is kept, as everywhere in SDR: readers take it
    for BT.709's, and its greys would become paler.
    """
    primaries = "bt709" if gamut.primaries == "unknown" else gamut.primaries
    curve = gamut.transfer if gamut.transfer in _CURVES else "bt709"
    matrix = "bt2020nc" if primaries == "bt2020" else "bt709"
    if rgb or gamut.matrix in _MATRICES:
        matrix = "bt709" if rgb else gamut.matrix
    stream = stream.filter("format", _PLANAR)
    stream = stream.filter("setparams", color_primaries=primaries, color_trc=curve, colorspace=matrix)
    kept = curve if curve == "iec61966-2-1" else "bt709"
    stream = stream.filter("zscale", primaries="bt709", transfer=kept, matrix="bt709", range="tv")
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
        if backward:
            ends = range(frames, frames - count, -largest)
            sizes = [min(largest, end - frames + count) for end in ends]
            order += [Segment(end - size, size, backward=True) for end, size in zip(ends, sizes, strict=True)]
        else:
            order.append(Segment(0, count, backward=False))
        wanted -= count
        backward = not backward
    return tuple(order)


def play(recipe: Encode, playback: Playback) -> Any:
    """Return the picture of a video that is played forward and backward, as a stream of an ffmpeg-python graph."""
    import ffmpeg

    rate, canvas, frames = recipe.reshape.rate, recipe.reshape.canvas, playback.frames
    frame_bytes = Fraction(3 * canvas.width * canvas.height, 2)
    if 2 * frames * frame_bytes <= LOOP_BYTES:
        both = _open(recipe, Segment(0, frames, backward=False), 0).filter_multi_output("split")
        stream = ffmpeg.concat(both.stream(0), both.stream(1).filter("reverse"), v=1, a=0)
        stream = stream.filter("loop", loop=-(-playback.wanted // (2 * frames)), size=2 * frames)
    else:
        order = segments(frames, playback.wanted, max(1, SEGMENT_BYTES // frame_bytes))
        parts = [_open(recipe, segment, number) for number, segment in enumerate(order)]
        stream = ffmpeg.concat(*parts, v=1, a=0) if len(parts) > 1 else parts[0]
    stream = stream.filter("settb", ratio(1 / rate)).filter("setpts", "N")
    return stream.filter("trim", end_frame=playback.wanted)


def _open(recipe: Encode, segment: Segment, number: int) -> Any:
    """Open the source for a segment of what is played.

    One decoding thread each: there are many inputs, frame threads keep frames, and the encoder is the slower part.
    """
    offset, rate = recipe.part.start if recipe.part else Fraction(0), recipe.reshape.rate
    begin = max(Fraction(0), (segment.first - _HALF) / rate)
    # ffmpeg-python takes equal inputs for one; an offset of some microseconds, which is lost again, tells them apart.
    apart = {"itsoffset": seconds(number * _MICRO), "threads": 1}
    stream = picture_part(recipe.source, Part(offset + begin, segment.count / rate), **apart)
    stream = reshape(retime(stream, rate).filter("trim", end_frame=segment.count), recipe.reshape)
    return stream.filter("reverse") if segment.backward else stream
