"""The ffmpeg command that joins the results of a job that was cut."""

from dataclasses import dataclass
from fractions import Fraction
from math import ceil
from typing import Any

from lipready.repair.recipe import InputStream
from lipready.repair.run.source import compile_command, open_input, picture
from lipready.repair.video.command import CONTAINER, QUALITY, SOUND_BITS, encoder, ratio

SHORT = Fraction(1, 2)
"""Seconds that a result may be too short: its last picture stands so long. The same as the tolerance of O802."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinedPart:
    """A part of the whole, from `start` to `end` (seconds): the picture that came back, and the sound that was sent."""

    picture: InputStream
    sound: InputStream
    start: Fraction
    end: Fraction


@dataclass(frozen=True, slots=True, kw_only=True)
class Joint:
    """What is joined: frames a second, width and height in pixels, and samples a second of the whole."""

    pieces: tuple[JoinedPart, ...]
    rate: Fraction
    width: int
    height: int
    sample_rate: int

    @property
    def frames(self) -> int:
        """How many frames the whole has; the last one is shown at its end, for however short a time."""
        return ceil(self.pieces[-1].end * self.rate)

    @property
    def samples(self) -> int:
        """How many samples the whole has."""
        return round(self.pieces[-1].end * self.sample_rate)


def join_command(joint: Joint, output: str) -> tuple[str, ...]:
    """Write ffmpeg's arguments: one command.

    Each frame of the whole shows what its part shows at that moment, and the sound is that of the parts as they were
    sent, sample by sample: a result's own sound went through another encoder.
    """
    import ffmpeg

    shown = ffmpeg.concat(*(_picture(piece, joint) for piece in joint.pieces), v=1, a=0)
    shown = shown.filter("settb", ratio(1 / joint.rate)).filter("setpts", "N")
    heard = ffmpeg.concat(*(_sound(piece, joint) for piece in joint.pieces), v=0, a=1)
    options = {**CONTAINER, **encoder(joint.rate), "crf": QUALITY}
    options |= {"c:a": "aac", "b:a": SOUND_BITS, "ar": joint.sample_rate, "flags:a": "+bitexact"}
    return compile_command([shown, heard], output, options)


def _picture(piece: JoinedPart, joint: Joint) -> Any:
    first, after = ceil(piece.start * joint.rate), ceil(piece.end * joint.rate)
    stream = picture(piece.picture)
    # Where parts do not begin on a frame of the whole, its first frame shows them a little after their beginning.
    late = first / joint.rate - piece.start
    stream = stream.filter("setpts", f"PTS-STARTPTS-({ratio(late)})/TB" if late else "PTS-STARTPTS")
    stream = stream.filter("fps", fps=ratio(joint.rate), start_time=0)
    stream = stream.filter("scale", joint.width, joint.height, flags="lanczos+accurate_rnd+bitexact")
    stream = stream.filter("setsar", 1).filter("format", "yuv420p")
    stream = stream.filter("tpad", stop_mode="clone", stop=ceil(SHORT * joint.rate) + 1)
    return stream.filter("trim", end_frame=after - first)


def _sound(piece: JoinedPart, joint: Joint) -> Any:
    count = round(piece.end * joint.sample_rate) - round(piece.start * joint.sample_rate)
    track = "a:0" if piece.sound.stream is None else str(piece.sound.stream)
    stream = open_input(piece.sound)[track].filter("aresample", joint.sample_rate)
    stream = stream.filter("apad", whole_len=count).filter("atrim", end_sample=count)
    return stream.filter("asetpts", "N/SR/TB")
