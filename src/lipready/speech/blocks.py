"""Decoded frames of any sample format to blocks of samples that can be trusted, and who hears them."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from lipready.facts.quantity import counted
from lipready.facts.unmeasured import Unmeasured

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MAX_LENGTH = 600
"""Seconds that are listened to: five times what the longest job takes; 16 kHz of eight channels are then 300 MB."""
MAX_CHANNELS = 8
FORMAT = "flt"
"""FFmpeg's name of interleaved 32-bit floats."""
LOUDEST = 8.0
"""Times full scale (+18 dBFS): what a float file holds beyond is no sound."""
_RAILS = {"pcm_u8": 127 / 128, "pcm_s8": 127 / 128, "pcm_mulaw": 32124 / 32768, "pcm_alaw": 32256 / 32768}
"""The largest sample of codecs that cannot reach 0.999 of full scale (ITU-T G.711, tables 1 and 2)."""
_FULL_SCALE = 0.999
_LAYOUTS = ("", "mono", "stereo", "3.0", "quad", "5.0", "5.1", "6.1", "7.1")


def too_long(seconds: Fraction) -> Unmeasured | None:
    """Return why a track of more than MAX_LENGTH seconds is not listened to; None where it is no longer."""
    reason = Unmeasured(f"it is longer than {MAX_LENGTH} seconds, which is all that is listened to")
    return reason if seconds > MAX_LENGTH else None


def samples_of(frame: Any) -> "NDArray[np.float32]":
    """Return channels × samples of a frame in FORMAT."""
    import numpy as np

    return np.ascontiguousarray(frame.to_ndarray().reshape(-1, frame.layout.nb_channels).T)


def frame_of(block: "NDArray[np.float32]", layout: str, rate: int) -> Any:
    """Make a frame in FORMAT of channels × samples; `layout` is FFmpeg's name, `rate` in Hz."""
    import av
    import numpy as np

    frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(block.T).reshape(1, -1), format=FORMAT, layout=layout)
    frame.sample_rate = rate
    return frame


def form_of(frame: Any) -> tuple[str, str, int]:
    """Return FFmpeg's names of the sample format and the layout of a frame, and its rate in Hz."""
    return frame.format.name, frame.layout.name, frame.sample_rate


@dataclass(frozen=True, slots=True)
class Sound:
    """The form of decoded sound: `rate` in Hz, FFmpeg's name of the `layout`, and the sample value that is clipped."""

    rate: int
    channels: int
    layout: str
    rail: float

    @classmethod
    def of(cls, frame: Any, codec: str) -> "Sound":
        """Read it off the first frame."""
        channels = frame.layout.nb_channels
        named = frame.layout.name and " " not in frame.layout.name
        layout = frame.layout.name if named or channels >= len(_LAYOUTS) else _LAYOUTS[channels]
        return cls(frame.sample_rate, channels, layout, _RAILS.get(codec, _FULL_SCALE))


class Listener:
    """Somebody who measures sound."""

    def hear(self, block: "NDArray[np.float32]") -> None:
        """Hear the next samples: channels × samples, full scale ±1, finite. They must not be changed."""
        raise NotImplementedError

    def finish(self) -> None:
        """Hear that the track is over."""


class Feeder:
    """Hands a track to listeners in blocks of about a second (a `SoundConsumer`).

    A stream that changes its form on the way is converted to that of its first frame. What is no number becomes 0, and
    nothing is beyond LOUDEST. `refusal` says why there is nothing to be heard, or why not all of it was: it is longer
    than MAX_LENGTH, or has more than MAX_CHANNELS channels. `progress` hears the share that is through (0..1).
    """

    def __init__(self, progress: Callable[[float], None] | None = None) -> None:
        self.refusal: Unmeasured | None = None
        self._progress = progress
        self._codec, self._seconds = "", Fraction(MAX_LENGTH)
        self._sound: Sound | None = None
        self._listeners: Sequence[Listener] = ()
        self._samples = self._held = self._skip = 0
        self._form: tuple[str, str, int] | None = None
        self._converter: _Converter | None = None
        self._waiting: list[NDArray[np.float32]] = []

    @property
    def length(self) -> Fraction:
        """What was handed on, in seconds."""
        return Fraction(self._samples, self._sound.rate) if self._sound else Fraction(0)

    def listeners(self, sound: Sound) -> Sequence[Listener]:
        """Return who hears the track, once its form is known."""
        raise NotImplementedError

    def begin(self, codec: str, seconds: Fraction | None) -> None:
        """Hear FFmpeg's name of the decoder, and the length by the header."""
        self._codec, self._seconds = codec, seconds or self._seconds

    def take(self, frame: Any, moved: int) -> None:
        """Take a frame after so many samples of silence; negative: without so many samples of its own."""
        if self.refusal is not None:
            return
        if self._sound is None:
            self._sound = Sound.of(frame, self._codec)
            if self._sound.channels > MAX_CHANNELS:
                channels = counted(self._sound.channels, "channel")
                self.refusal = Unmeasured(f"it has {channels}; up to {MAX_CHANNELS} are listened to")
                return
            self._listeners = self.listeners(self._sound)
        rate = self._sound.rate
        if moved > 0:
            self._wait(round(Fraction(moved * rate, frame.sample_rate)))
        form = form_of(frame)
        if form != self._form:
            self._convert(None)
            self._form, self._converter, self._skip = form, _new_converter(form, self._sound), 0
        frame.pts = None
        self._skip += round(Fraction(max(0, -moved) * rate, frame.sample_rate))
        self._convert(frame)
        self._hand_on(rate)

    def end(self, cut: Unmeasured | None) -> None:
        """Hear that this was all, or why the rest was not decoded."""
        if self.refusal is None and cut is None:
            self._convert(None)
            self._hand_on(1)
        if self.refusal is None:
            self.refusal = cut or (None if self._samples else Unmeasured("it holds no audio samples"))
        for listener in self._listeners:
            listener.finish()

    def _wait(self, samples: int) -> None:
        """Hand on silence, in blocks of a second at most."""
        import numpy as np

        if samples == 0 or self._sound is None:
            return
        self._convert(None)
        self._form = None
        for begin in range(0, samples, self._sound.rate):
            count = min(self._sound.rate, samples - begin)
            self._waiting.append(np.zeros((self._sound.channels, count), np.float32))
            self._held += count
            self._hand_on(self._sound.rate)

    def _convert(self, frame: Any) -> None:
        if self._converter is None or self._sound is None:
            return
        for converted in self._converter.convert(frame):
            samples = samples_of(converted)
            left_out = min(self._skip, samples.shape[1])
            self._skip -= left_out
            samples = samples[:, left_out:]
            if len(samples) == self._sound.channels and samples.shape[1]:
                self._waiting.append(samples)
                self._held += samples.shape[1]

    def _hand_on(self, least: int) -> None:
        """Let the listeners hear what waits, where it is at least so many samples."""
        import numpy as np

        if self._held < least or self._sound is None:
            return
        block = np.concatenate(self._waiting, axis=1)
        self._samples += self._held
        self._waiting, self._held = [], 0
        block = np.nan_to_num(block, copy=False, nan=0.0, posinf=LOUDEST, neginf=-LOUDEST)
        np.clip(block, -LOUDEST, LOUDEST, out=block)
        self.refusal = too_long(self.length)
        if self.refusal is not None:
            self._listeners = ()
        for listener in self._listeners:
            listener.hear(block)
        if self._progress is not None:
            self._progress(min(1.0, float(self.length / self._seconds)))


def _new_converter(form: tuple[str, str, int], sound: Sound) -> "_Converter":
    # A layout without a name is not remixed: it only takes the name by which the others know it.
    unnamed = " " in form[1]
    layout = form[1] if unnamed and form[2] == sound.rate else sound.layout
    return _Converter(layout, sound.rate)


def new_graph() -> Any:
    """Return an empty filter graph of FFmpeg that works in the thread which asks it.

    By itself it would begin a thread for each core, and none of them ends before Python's garbage collector comes by:
    a graph and its filters hold each other. So would `av.AudioResampler`, which makes a graph of its own.
    """
    import av

    graph = av.filter.Graph()
    graph.threads = 1
    return graph


class _Converter:
    """Brings frames of one form into FORMAT, a layout and a rate (FFmpeg's filter `aformat`)."""

    def __init__(self, layout: str, rate: int) -> None:
        self._layout, self._rate = layout, rate
        self._graph: Any = None

    def convert(self, frame: Any) -> Iterator[Any]:
        """Take a frame, None at the end; yields what is ready."""
        import av

        if frame is None and self._graph is None:
            return
        if frame is not None and form_of(frame) == (FORMAT, self._layout, self._rate):
            yield frame
            return
        if self._graph is None:
            self._graph = self._new_graph(frame)
        self._graph.push(frame)
        while True:
            try:
                converted = self._graph.pull()
            except (av.error.BlockingIOError, av.error.EOFError):
                return
            yield converted

    def _new_graph(self, frame: Any) -> Any:
        graph, (sample_format, layout, rate) = new_graph(), form_of(frame)
        given = {"sample_fmt": sample_format, "channel_layout": layout, "sample_rate": str(rate)}
        if frame.time_base is not None:
            given["time_base"] = str(frame.time_base)
        wanted = {"sample_fmts": FORMAT, "channel_layouts": self._layout, "sample_rates": str(self._rate)}
        source = graph.add("abuffer", **given)
        graph.link_nodes(source, graph.add("aformat", **wanted), graph.add("abuffersink")).configure()
        return graph


class Resampler:
    """FFmpeg's resampler (libswresample) for blocks of channels × samples."""

    def __init__(self, sound: Sound, rate: int) -> None:
        """Begin a track of this form; `rate` in Hz is the new one."""
        self._sound = sound
        self._converter = _Converter(sound.layout, rate)

    def feed(self, block: "NDArray[np.float32] | None") -> "Iterator[NDArray[np.float32]]":
        """Take a block, None at the end; gives what is ready."""
        frame = None if block is None else frame_of(block, self._sound.layout, self._sound.rate)
        for resampled in self._converter.convert(frame):
            if resampled.samples:
                yield samples_of(resampled)
