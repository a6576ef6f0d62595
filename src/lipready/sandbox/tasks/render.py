"""A result video that plays: the video's picture with the audio track, as long as the documentation says."""

from collections.abc import Callable, Iterator
from fractions import Fraction
from os import fspath
from pathlib import Path
from typing import Any

from lipready.errors import FixError
from lipready.facts.audio import AudioFacts
from lipready.facts.file import FileFacts
from lipready.facts.job import JobFacts
from lipready.facts.unmeasured import Unmeasured
from lipready.facts.video import UNKNOWN_COLOUR, VideoFacts
from lipready.repair.recipe import Canvas, Encode, InputStream, Playback, Reshape
from lipready.repair.run import ffmpeg
from lipready.repair.run.ffmpeg import find_ffmpeg
from lipready.repair.run.source import compile_command, open_input, picture, seconds
from lipready.repair.video.command import play, ratio, reshape, retime
from lipready.repair.video.shape import FALLBACK, tidy
from lipready.sandbox.tasks.fetch import Inputs
from lipready.sandbox.tasks.moving_mouth import LONGEST, SOUND_RATE, RawPictures, move_mouth, voice_levels
from lipready.sandbox.tasks.task import ResultVideo

_SEEKABLE = frozenset({"mp4", "mov", "3gp", "mkv", "webm"})
_HIGHEST_RATE = 60
_RESULT = "the sandbox's result video"
_SOUND_BLOCK = 1 << 16


def render(
    inputs: Inputs,
    facts: JobFacts,
    output: Path,
    *,
    extension: bool,
    moving: bool = False,
    tell: Callable[[float], None],
) -> ResultVideo:
    """Write the result video. It lasts as long as the shorter input, or as the audio with `extension`; see `lasting`.

    With `moving` the mouth of the speaker (`facts.target`) moves with the audio track; else it does as in the video.
    `tell` receives the share that is done, and may end this by an exception. Raises FixError where ffmpeg fails or the
    facts do not tell a length, ComponentError where there is no ffmpeg.
    """
    video, sound = facts.video, facts.audio
    if video is None or sound is None or not isinstance(video.media, VideoFacts):
        raise FixError("There is no video, or no audio track.")
    if not isinstance(sound.media, AudioFacts):
        raise FixError("The audio track cannot be read.")
    shape = _shape(video.media)
    length = lasting(_length(video.media), _length(sound.media), extension=extension)
    shown, heard = _picture(video, video.media, inputs, shape, length), _sound(sound, sound.media, inputs, length)
    given = None
    if moving and facts.target is not None:
        raw = RawPictures(
            shape.canvas.width, shape.canvas.height, shape.rate, max(1, round(_length(video.media) * shape.rate))
        )
        given = move_mouth(_raw_pictures(shown, raw), raw, facts.target, voice_levels(_raw_sound(heard), shape.rate))
        shown = _given_pictures(raw, video.media)
    command = compile_command([shown, heard], fspath(output), _options(shape.rate))
    ffmpeg.run([find_ffmpeg().path, *command[1:]], what=_RESULT, length=length, tell=tell, given=given)
    return ResultVideo(output, float(length), shape.canvas.width, shape.canvas.height, float(shape.rate))


def render_foreign(output: Path) -> ResultVideo:
    """Write a result that nobody here asked for: a test picture with a tone. Raises as `render` does."""
    size, seconds_, rate = 672, Fraction(373, 100), 25
    picture_, tone = f"testsrc2=size={size}x{size}:rate={rate}", "sine=frequency=330:sample_rate=48000"
    inputs = ["-f", "lavfi", "-i", picture_, "-f", "lavfi", "-i", tone]
    coding = ["-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p", "-threads", "2", "-c:a", "aac"]
    ends = ["-t", seconds(seconds_), "-movflags", "+faststart", "-progress", "pipe:1", "-f", "mp4", fspath(output)]
    command = [find_ffmpeg().path, "-v", "error", "-nostdin", "-y", *inputs, *coding, *ends]
    ffmpeg.run(command, what="the sandbox's foreign result")
    return ResultVideo(output, float(seconds_), size, size, float(rate))


def lasting(video: Fraction, audio: Fraction, *, extension: bool) -> Fraction:
    """Return the length of a result: that of the shorter input, or the audio's with `extension`; all in seconds."""
    return audio if extension else min(video, audio)


def _shape(video: VideoFacts) -> Reshape:
    width, height = max(2, video.width // 2 * 2), max(2, video.height // 2 * 2)
    square = video.sample_aspect_ratio == 1
    cut = (width, height) != (video.width, video.height)
    rate = video.frame_rate
    return Reshape(
        canvas=Canvas(width, height, width, height),
        resize=("cut" if cut else "no") if square else "scale",
        rate=FALLBACK if isinstance(rate, Unmeasured) else min(tidy(rate.nominal), Fraction(_HIGHEST_RATE)),
        deinterlace=False,
        tone_map=None,
        rgb=False,
    )


def _picture(file: FileFacts, video: VideoFacts, inputs: Inputs, shape: Reshape, length: Fraction) -> Any:
    """Play the picture for as long as the result video lasts, forward and backward where it is too short."""
    source = _source(file, inputs.video, video.stream_index, video.start)
    frames, wanted = (max(1, round(each * shape.rate)) for each in (_length(video), length))
    if wanted > frames:
        playback = Playback(frames, wanted)
        recipe = Encode(source=source, reshape=shape, part=None, playback=playback, sound="none", budget=None)
        return play(recipe, playback)
    return reshape(retime(picture(source), shape.rate), shape).filter("trim", end_frame=wanted)


def _sound(file: FileFacts, audio: AudioFacts, inputs: Inputs, length: Fraction) -> Any:
    source = open_input(_source(file, inputs.audio, audio.stream_index, Fraction(0)))
    stream = source["a:0" if audio.stream_index is None else str(audio.stream_index)]
    # Tracks that are a little longer than measured are cut, shorter ones filled with silence: the length is billed.
    stream = stream.filter("asetpts", "PTS-STARTPTS").filter("apad", whole_dur=seconds(length))
    return stream.filter("atrim", end=seconds(length))


def _source(file: FileFacts, path: Path, stream: int | None, start: Fraction | Unmeasured) -> InputStream:
    name = "" if isinstance(file.format, Unmeasured) else file.format
    begin = Fraction(0) if isinstance(start, Unmeasured) else start
    return InputStream(path=fspath(path), format=name, stream=stream, start=begin, seekable=name in _SEEKABLE)


def _length(media: VideoFacts | AudioFacts) -> Fraction:
    if isinstance(media.duration, Unmeasured):
        raise FixError(f"A length is not known: {media.duration.reason}.")
    return media.duration.believed


def _raw_pictures(shown: Any, raw: RawPictures) -> Iterator[bytes]:
    narrow = shown.filter("scale", out_range="tv").filter("format", "yuv420p")
    return ffmpeg.blocks(_piped(narrow, f="rawvideo"), raw.bytes, what=_RESULT)


def _raw_sound(heard: Any) -> bytes:
    options = {"f": "s16le", "ac": 1, "ar": SOUND_RATE, "t": LONGEST}
    return b"".join(ffmpeg.blocks(_piped(heard, **options), _SOUND_BLOCK, what=_RESULT))


def _piped(stream: Any, **options: Any) -> list[str]:
    """Return the command of a graph that writes to its standard output, and no reports beside it."""
    command = compile_command([stream], "-", options)
    report = command.index("-progress")
    return [find_ffmpeg().path, *command[1:report], *command[report + 2 :]]


def _given_pictures(raw: RawPictures, video: VideoFacts) -> Any:
    """Read raw pictures from the standard input, and say again in which colours they are."""
    import ffmpeg as graph

    size = (raw.width, raw.height)
    form = {"f": "rawvideo", "pix_fmt": "yuv420p", "video_size": size, "framerate": ratio(raw.rate)}
    said = {"color_primaries": video.primaries, "color_trc": video.transfer, "colorspace": video.matrix}
    known = {name: value for name, value in said.items() if value != UNKNOWN_COLOUR}
    return graph.input("pipe:0", **form)["v:0"].filter("setparams", range="tv", **known)


def _options(rate: Fraction) -> dict[str, Any]:
    return {
        "f": "mp4",
        "movflags": "+faststart",
        "map_metadata": -1,
        "map_chapters": -1,
        "c:v": "libx264",
        "preset": "veryfast",
        "crf": 23,
        "pix_fmt": "yuv420p",
        "threads": 2,
        "fps_mode:v": "passthrough",
        "enc_time_base:v": ratio(1 / rate),
        "c:a": "aac",
        "b:a": 128_000,
        "ac": 2,
    }
