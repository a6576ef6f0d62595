"""Decoded frames of any sample format to blocks of samples that can be trusted."""

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    from numpy.typing import NDArray


FORMAT = "flt"
"""FFmpeg's name of interleaved 32-bit floats."""


def samples_of(frame: Any) -> "NDArray[np.float32]":
    """Give channels × samples of a frame in FORMAT."""
    import numpy as np

    return np.ascontiguousarray(frame.to_ndarray().reshape(-1, frame.layout.nb_channels).T)


def frame_of(block: "NDArray[np.float32]", layout: str, rate: int) -> Any:
    """Make a frame in FORMAT of channels × samples; `layout` is FFmpeg's name, `rate` in Hz."""
    import av
    import numpy as np

    frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(block.T).reshape(1, -1), format=FORMAT, layout=layout)
    frame.sample_rate = rate
    return frame


LOUDEST = 8.0
"""Times full scale (+18 dBFS): what a float file holds beyond is no sound."""
_RAILS = {"pcm_u8": 127 / 128, "pcm_s8": 127 / 128, "pcm_mulaw": 32124 / 32768, "pcm_alaw": 32256 / 32768}
"""The largest sample of codecs that cannot reach 0.999 of full scale (ITU-T G.711, tables 1 and 2)."""
_FULL_SCALE = 0.999
_LAYOUTS = ("", "mono", "stereo", "3.0", "quad", "5.0", "5.1", "6.1", "7.1")


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


class Blocks:
    """Collects frames to blocks of about a second: channels × samples (float32), full scale ±1.

    A stream that changes its form on the way is converted to that of its first frame. What is no number becomes 0, and
    nothing is beyond LOUDEST.
    """

    def __init__(self, sound: Sound) -> None:
        """Begin a track of this form."""
        self.sound = sound
        self.samples = 0
        self._form: tuple[str, str, int] | None = None
        self._converter: Any = None
        self._waiting: list[NDArray[np.float32]] = []
        self._held = 0
        self._skip = 0

    def add(self, frame: Any, *, skip: int = 0) -> "NDArray[np.float32] | None":
        """Take a frame without its first `skip` samples; gives a block when there is enough for one."""
        form = (frame.format.name, frame.layout.name, frame.sample_rate)
        if form != self._form:
            self._convert(None)
            self._form, self._converter = form, self._new_converter(form)
            self._skip = 0
        frame.pts = None
        self._skip += round(Fraction(skip * self.sound.rate, frame.sample_rate))
        self._convert(frame)
        return self._block() if self._held >= self.sound.rate else None

    def silence(self, samples: int) -> "NDArray[np.float32] | None":
        """Take so many samples of silence; gives a block when there is enough for one."""
        import numpy as np

        self._convert(None)
        self._form = None
        self._waiting.append(np.zeros((self.sound.channels, samples), np.float32))
        self._held += samples
        return self._block() if self._held >= self.sound.rate else None

    def flush(self) -> "NDArray[np.float32] | None":
        """Return what is left."""
        self._convert(None)
        return self._block() if self._held else None

    def _new_converter(self, form: tuple[str, str, int]) -> Any:
        import av

        # A layout without a name is not remixed: it only takes the name by which the others know it.
        unnamed = " " in form[1]
        layout = form[1] if unnamed and form[2] == self.sound.rate else self.sound.layout
        return av.AudioResampler(format=FORMAT, layout=layout, rate=self.sound.rate)

    def _convert(self, frame: Any) -> None:
        if self._converter is None:
            return
        for converted in self._converter.resample(frame):
            samples = samples_of(converted)
            left_out = min(self._skip, samples.shape[1])
            self._skip -= left_out
            samples = samples[:, left_out:]
            if len(samples) == self.sound.channels and samples.shape[1]:
                self._waiting.append(samples)
                self._held += samples.shape[1]

    def _block(self) -> "NDArray[np.float32]":
        import numpy as np

        block = np.concatenate(self._waiting, axis=1)
        self.samples += self._held
        self._waiting, self._held = [], 0
        block = np.nan_to_num(block, copy=False, nan=0.0, posinf=LOUDEST, neginf=-LOUDEST)
        return np.clip(block, -LOUDEST, LOUDEST, out=block)


class Resampler:
    """FFmpeg's resampler (libswresample) for blocks of channels × samples."""

    def __init__(self, sound: Sound, rate: int) -> None:
        """Begin a track of this form; `rate` in Hz is the new one."""
        import av

        self._sound = sound
        self._resampler = av.AudioResampler(format=FORMAT, layout=sound.layout, rate=rate)

    def feed(self, block: "NDArray[np.float32] | None") -> "Iterator[NDArray[np.float32]]":
        """Take a block, None at the end; gives what is ready."""
        frame = None if block is None else frame_of(block, self._sound.layout, self._sound.rate)
        for resampled in self._resampler.resample(frame):
            if resampled.samples:
                yield samples_of(resampled)
