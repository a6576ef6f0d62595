"""ffmpeg's arguments for one video, from its recipe."""

from fractions import Fraction
from math import ceil
from typing import Any

from lipready.repair.recipe import Encode, Input, Remux, SizeBudget, Sound
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
from lipready.repair.video.filters import play, ratio, reshape, retime

QUALITY = 17
THREADS = 4
"""Fixed, since x264's output depends on it: the same input gives the same bytes on every machine."""

SOUND_BITS = 160_000
_BUFFER_SECONDS = 2
_AFTER_ZERO = "noise=drop=lt(pts+duration\\,1)"
"""Leaves out the packets that are over before zero."""

_NEVER_REACHED = Fraction(3, 2)
"""Bits for each pixel that x264 does not reach at this quality."""

Command = tuple[str, ...]


def remux_commands(recipe: Remux, output: str) -> tuple[Command, ...]:
    """Copy the packets of one video stream and one sound track into an MP4 file; one command."""
    how = {"fflags": "+genpts", **from_first_frame(recipe.source)}
    streams = [picture(recipe.source, **how)]
    # Timestamps are moved without touching a packet: the first frame exactly to zero, since the smallest distance from
    # it would become an edit list, and all of them back on the frame rate's own grid where it is known.
    grid = "" if recipe.grid is None else f"time_base={ratio(1 / recipe.grid)}:prescale=1:"
    options = {**_container(), **clock(recipe.source), "c:v": "copy"}
    options["bsf:v"] = f"setts={grid}pts=PTS-STARTPTS:dts=DTS-STARTPTS"
    if recipe.tag is not None:
        options["tag:v"] = recipe.tag
    if recipe.sound != "none":
        streams.append(_whole_sound(recipe.source, recipe.sound, how))
        options |= _sound(recipe.sound)
    return (compile_command(streams, output, options),)


def encode_commands(recipe: Encode, output: str) -> tuple[Command, ...]:
    """Encode a video as H.264 in MP4: one command, or two where the bytes must be met."""
    source, part, playback, how = recipe.source, recipe.part, recipe.playback, recipe.reshape
    from_zero = from_first_frame(source)
    if playback is not None:
        shown = play(recipe, playback)
    else:
        shown = picture_part(source, part) if part else picture(source, **from_zero)
        shown = reshape(retime(shown, how.rate), how)
    coding = _encoder(how.rate) | _rate_control(recipe)
    streams, options = [shown], _container() | coding
    if not playback and not (part and source.seekable):
        # A part that is sought begins at zero by itself.
        options |= clock(source)
    if recipe.sound != "none":
        if part is not None:
            streams.append(sound_part(source, part))
        else:
            streams.append(_whole_sound(source, recipe.sound, from_zero))
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


def _whole_sound(source: Input, sound: Sound, how: dict[str, Any]) -> Any:
    """Return the first sound track; copied packets from before the first frame are left out by `_sound`."""
    stream = open_input(source, **how)["a:0"]
    return on_time_line(stream, Fraction(0)) if sound == "encode" else stream


def _container() -> dict[str, Any]:
    return {
        "f": "mp4",
        "movflags": "+faststart",
        "map_metadata": -1,
        "map_chapters": -1,
        "fflags": "+bitexact",
    }


def _encoder(rate: Fraction) -> dict[str, Any]:
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
    """Constant quality, capped so that the file cannot outgrow its budget; or the average that two passes meet."""
    budget, canvas = recipe.budget, recipe.reshape.canvas
    if budget is None:
        return {"crf": QUALITY}
    if budget.two_pass:
        # Without a cap the average of a short clip can miss its mark by a factor of three.
        bits = _video_bits(budget, recipe.sound, budget.length)
        return {"b:v": bits, "maxrate": 3 * bits // 2, "bufsize": _BUFFER_SECONDS * bits}
    # A full buffer may come on top of the rate.
    bits = _video_bits(budget, recipe.sound, budget.length + _BUFFER_SECONDS)
    if bits >= _NEVER_REACHED * canvas.width * canvas.height * recipe.reshape.rate:
        return {"crf": QUALITY}
    return {"crf": QUALITY, "maxrate": bits, "bufsize": _BUFFER_SECONDS * bits}


def _video_bits(budget: SizeBudget, sound: Sound, length: Fraction) -> int:
    """Bits a second that remain for the picture, with 4 % for the container and for what the encoder misses."""
    spent = 0 if sound == "none" else 2 * SOUND_BITS
    return max(10_000, int(budget.bytes * 8 * Fraction(96, 100) / length) - spent)


def _sound(sound: Sound) -> dict[str, Any]:
    if sound == "copy":
        return {"c:a": "copy", "bsf:a": _AFTER_ZERO}
    return {"c:a": "aac", "b:a": SOUND_BITS, "ac": 2, "flags:a": "+bitexact"}
