"""Samples to FFmpeg's frames and back, always interleaved.

PyAV counts the planes of a planar frame by looking for a null pointer, and with eight channels there is none: it reads
past the end of the frame's table.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
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
