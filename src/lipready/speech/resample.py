"""Another sample rate, block by block, without mixing channels."""

from typing import TYPE_CHECKING

from lipready.speech.blocks import Sound
from lipready.speech.interleaved import FORMAT, frame_of, samples_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    from numpy.typing import NDArray


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
