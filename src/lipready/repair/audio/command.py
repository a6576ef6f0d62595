"""The ffmpeg command of an audio track."""

from fractions import Fraction
from math import log10
from typing import Any

from lipready.probe.streams.time_line import CLOCKLESS
from lipready.repair.audio.recipe import HIGHEST_LEVEL, MP3_BITS, REDUCTION
from lipready.repair.recipe import AudioRecipe, NoiseReduction, Side
from lipready.repair.run.source import compile_command, on_time_line, open_input, seconds

_LAYOUTS = {1: "mono", 2: "stereo"}
_HEARD_RATE = 16_000


def audio_commands(recipe: AudioRecipe, output: str) -> tuple[tuple[str, ...], ...]:
    """Write ffmpeg's arguments: one command.

    The sound is put on its time line first. Every change after that but the noise's is the same for all samples, and
    none moves one: they are counted, not timed.
    """
    source = open_input(recipe.source)
    stream = source["a:0" if recipe.source.stream is None else str(recipe.source.stream)]
    if recipe.source.format in CLOCKLESS:
        stream = stream.filter("asetpts", "PTS-STARTPTS")
    else:
        stream = on_time_line(stream, recipe.origin)
    if recipe.sides is not None:
        # Each channel of the output is computed from one of the input.
        layout = _LAYOUTS.get(len(recipe.sides), "same")
        stream = stream.filter("aeval", exprs="|".join(map(_expression, recipe.sides)), channel_layout=layout)
    if recipe.noise_reduction is not None:
        stream = _without_noise(stream, recipe.noise_reduction, recipe.sample_rate)
    if recipe.part is not None:
        stream = stream.filter("atrim", start=seconds(recipe.part.start), end=seconds(recipe.part.end))
        stream = stream.filter("asetpts", "PTS-STARTPTS")
    if recipe.gain is not None:
        stream = stream.filter("volume", volume=f"{float(recipe.gain):.2f}dB", precision="double")
    if recipe.pad_to is not None:
        stream = stream.filter("apad", whole_dur=seconds(recipe.pad_to))
    options: dict[str, Any] = {
        "c:a": recipe.codec,
        "ar": recipe.sample_rate,
        "ac": recipe.channels,
        "map_metadata": -1,
        "map_chapters": -1,
        "fflags": "+bitexact",
        "flags:a": "+bitexact",
        "f": recipe.extension,
        # ffmpeg would count from the file's first packet, and close long holes of a transport stream.
        "copyts": None,
    }
    if recipe.codec == "libmp3lame":
        options["b:a"] = MP3_BITS
    return (compile_command([stream], output, options),)


def _expression(side: Side) -> str:
    middle = f"val({side.channel}){float(-side.offset):+.6f}" if side.offset else f"val({side.channel})"
    return f"-({middle})" if side.turned else middle


def _without_noise(stream: Any, noise: NoiseReduction, rate: int) -> Any:
    """Lower a noise that is learnt first: the pause that holds it is played before all, and taken away again.

    Two things that afftdn does not say: it gives every sample back 2/80 s later (measured to the sample at 8 to 48 kHz
    with ffmpeg 9.0.2), so as much is added at the end and taken from the beginning; and it is told to learn between
    two frames, which are therefore made short. (anlmdn, the other filter for this, corrupted its memory and crashed.)
    """
    import ffmpeg

    late, frame = 2 * (rate // 80), rate // 100
    begin, length = round(noise.sample.start * rate), round(noise.sample.length * rate)
    both = stream.filter("aresample", rate).filter_multi_output("asplit")
    lesson = both[0].filter("atrim", start_sample=begin, end_sample=begin + length).filter("asetpts", "PTS-STARTPTS")
    learnt = Fraction(length, rate) - Fraction(1, 20)
    orders = f"0.05 afftdn sn start; {seconds(learnt)} afftdn sn stop"
    whole = ffmpeg.concat(lesson, both[1], v=0, a=1).filter("apad", pad_len=late)
    whole = whole.filter("asetnsamples", n=frame, p=0).filter("asendcmd", c=orders)
    # afftdn takes the level up to half of the sample rate, as if the noise were white; facts are about what speech
    # models hear, up to 8 kHz. Measured at 48 kHz: right for white noise, and of hum and of noise that falls by 3 or
    # 6 dB an octave 9 to 12 dB go, and less than 0.9 dB of the speech.
    level = min(float(noise.level) + 10 * log10(max(1.0, rate / _HEARD_RATE)), HIGHEST_LEVEL)
    whole = whole.filter("afftdn", nr=REDUCTION, nf=f"{level:.1f}")
    return whole.filter("atrim", start_sample=length + late).filter("asetpts", "PTS-STARTPTS")
