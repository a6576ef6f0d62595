"""How ffmpeg is given a file of the user, who may be an enemy."""

import os
from fractions import Fraction
from math import floor
from typing import Any

from lipready.errors import FixError
from lipready.probe.streams.choice import FLOATING_CLOCKS
from lipready.probe.streams.time_line import BACKWARD, FORWARD, JITTER
from lipready.repair.recipe import InputStream, Part

PROGRAM = ("ffmpeg", "-nostdin", "-hide_banner", "-v", "error", "-progress", "pipe:1")
"""How every command begins. The runner puts the path of the binary in the first place."""

_ALIASES = {"mp4": "mov", "3gp": "mov", "m4a": "mov", "mkv": "matroska", "webm": "matroska"}
_VIDEO = ("mov", "matroska", "avi", "mpegts", "mpeg", "flv", "gif", "asf", "mxf", "dv", "ivf", "h264", "hevc")
_AUDIO = ("ogg", "wav", "w64", "mp3", "aac", "flac", "aiff", "caf", "amr", "ac3", "eac3", "au")
_DEMUXERS = frozenset((*_VIDEO, *_AUDIO))
"""Demuxers that read one file and never name another: no playlist, script or session description is among them."""

_MAX_PIXELS = 1 << 26
_ENCODED = "\0"
LEAD = Fraction(1, 1000)


def open_input(source: InputStream, **options: Any) -> Any:
    """Open a file of a known format in an ffmpeg-python graph.

    The demuxer is forced, so that the file's own content cannot choose another one, and the lists of protocols and
    demuxers keep what it opens in turn to local media. QuickTime's references to other files stay closed by default.

    Raises FixError for a format that no demuxer is listed for.
    """
    import ffmpeg

    demuxer = _ALIASES.get(source.format, source.format)
    if demuxer not in _DEMUXERS:
        raise FixError(f"{source.path} cannot be repaired: there is no reader for the format {source.format}.")
    safe = {"f": demuxer, "protocol_whitelist": "file", "format_whitelist": demuxer, "max_pixels": _MAX_PIXELS}
    if source.broken:
        # Neither a packet that was cut off, nor what a decoder makes up for the missing part of a picture.
        # One thread: ffmpeg 9 does not come to an end of damaged H.264 with several.
        safe |= {"fflags": "+discardcorrupt", "err_detect": "explode", "max_error_rate": 1, "threads": 1}
    # The "file:" makes a name such as "http://x" or "-" a file, whatever it looks like.
    return ffmpeg.input(f"file:{graph_name(source.path)}", **(safe | options))


def picture(source: InputStream, **options: Any) -> Any:
    """Open a video and return its picture: the stream of the given index, else the first that is no cover."""
    stream = open_input(source, **options)
    return stream["V:0" if source.stream is None else str(source.stream)]


def _sought(source: InputStream, part: Part) -> dict[str, Any]:
    """Return the options of a part of an input, a hair early: rounding must not lose its first frame."""
    return {"seek_timestamp": 1, "ss": seconds(source.start + part.start - LEAD), "t": seconds(part.length)}


def from_first_frame(source: InputStream) -> dict[str, Any]:
    """Return the options of an input whose first frame is to be at zero, sound and picture as far apart as they were.

    Nothing is sought, which is exact in every container. `clock` has the other half of it.
    """
    return {"itsoffset": seconds(-source.start)} if source.start else {}


def picture_part(source: InputStream, part: Part, **options: Any) -> Any:
    """Return a part of the picture, exact to the frame.

    Where the container cannot be searched exactly, everything before the part is decoded and thrown away.
    """
    if source.seekable:
        return picture(source, **_sought(source, part), **options)
    shown = picture(source, **options).filter("setpts", "PTS-STARTPTS")
    return shown.filter("trim", start=seconds(max(part.start - LEAD, Fraction(0))), end=seconds(part.end - LEAD))


def on_time_line(stream: Any, origin: Fraction | None) -> Any:
    """Return sound from `origin` of its clock on (None: its first sample), with silence where timestamps have a hole.

    Sound before the origin is left out. The numbers are those of `time_line`: a clock that is set anew on the way
    does not count.
    """
    begin = "STARTPTS" if origin is None else f"({seconds(origin)})/TB"
    leap = f"lt(PTS,PREV_INPTS-{float(BACKWARD)}/TB)+gt(PTS,PREV_INPTS+{float(FORWARD)}/TB)"
    steady = f"st(0,ld(0)+if({leap},PREV_INPTS+NB_SAMPLES/SR/TB-PTS,0))*0+PTS+ld(0)-{begin}"
    stream = stream.filter("asetpts", steady)
    stream = stream.filter("aresample", **{"async": 1, "first_pts": 0, "min_hard_comp": float(JITTER)})
    return stream.filter("asetpts", "N/SR/TB")


def clock(source: InputStream) -> dict[str, Any]:
    """Return the options of an output that leave the timestamps of its input as `InputStream.start` counts them."""
    return {"copyts": None} | ({"start_at_zero": None} if source.format in FLOATING_CLOCKS else {})


def sound_part(source: InputStream, part: Part) -> Any:
    """Return the same part of the first sound track; an input that is not searched needs the options of `clock`."""
    if source.seekable:
        return on_time_line(open_input(source, **_sought(source, part))["a:0"], LEAD)
    sound = on_time_line(open_input(source)["a:0"], source.start)
    sound = sound.filter("atrim", start=seconds(part.start), end=seconds(part.end))
    return sound.filter("asetpts", "PTS-STARTPTS")


def compile_command(streams: list[Any], output: str, options: dict[str, Any]) -> tuple[str, ...]:
    """Write the argument list of a graph; the output "-" is thrown away."""
    import ffmpeg

    url = output if output == "-" else f"file:{graph_name(output)}"
    node = ffmpeg.output(*streams, url, **options)
    return tuple(map(_true_name, ffmpeg.compile(node, cmd=list(PROGRAM), overwrite_output=True)))


def graph_name(path: str) -> str:
    """Return what stands for a path in a graph: ffmpeg-python fails on a name that is not UTF-8.

    Such a path is written in hexadecimal digits behind a null character, which no path holds, until the graph is
    compiled.
    """
    try:
        path.encode()
    except UnicodeEncodeError:
        return _ENCODED + os.fsencode(path).hex()
    return path


def _true_name(argument: str) -> str:
    before, encoded, name = argument.partition(_ENCODED)
    return before + os.fsdecode(bytes.fromhex(name)) if encoded else argument


def seconds(value: Fraction) -> str:
    """Write an exact time for ffmpeg in microseconds, its own resolution; rounded down."""
    micro = floor(value * 1_000_000)
    sign = "-" if micro < 0 else ""
    return f"{sign}{abs(micro) // 1_000_000}.{abs(micro) % 1_000_000:06d}"
