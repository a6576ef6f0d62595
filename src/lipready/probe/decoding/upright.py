"""Turn decoded pictures the way a player shows them."""

from dataclasses import dataclass, replace
from threading import local
from typing import TYPE_CHECKING, Any, Self

from lipready.facts.video import VideoFacts

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_BT709 = 1
_MATRICES = frozenset({0, _BT709, 2, 4, 5, 6, 7, 9})
"""What libswscale converts, as ITU-T H.273 numbers matrices; 2 says nothing."""
_NEAREST = {10: 9}
"""BT.2020 with constant luminance is coded much like without."""


@dataclass(frozen=True, slots=True)
class Upright:
    """How coded frames become shown frames: scaled to `width` × `height`, flipped, then turned.

    `width` and `height` are the size before turning, in square pixels. `turns` are quarter turns counter-clockwise.
    `scale` says how many displayed pixels a pixel of the result is wide.
    """

    width: int
    height: int
    flipped: bool
    turns: int
    scale: float

    @classmethod
    def of(cls, video: VideoFacts, long_edge: int | None = None) -> Self:
        """Read off the facts what has to be done; the result is at most `long_edge` pixels on its long edge."""
        # A display matrix with a flip is a vertical flip followed by the rotation that libavutil reads out of it.
        turns = round(video.rotation / 90) % 4
        width, height = (video.height, video.width) if turns % 2 else (video.width, video.height)
        whole = cls(width=width, height=height, flipped=video.mirrored, turns=turns, scale=1.0)
        return whole.within(long_edge) if long_edge else whole

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the result."""
        return (self.height, self.width) if self.turns % 2 else (self.width, self.height)

    def within(self, long_edge: int) -> Self:
        """Shrink the result to at most `long_edge` pixels on its long edge."""
        shrink = min(1.0, long_edge / max(self.width, self.height))
        width, height = (max(1, round(edge * shrink)) for edge in (self.width, self.height))
        return replace(self, width=width, height=height, scale=self.scale / shrink)

    def image(self, frame: Any, interpolation: str | None = None) -> "NDArray[np.uint8]":
        """Convert an `av.VideoFrame` to RGB, height × width × 3, as a player shows it.

        `interpolation` is one of libswscale's, None stands for bilinear. Its tables are kept from one frame of a thread
        to the next.
        """
        import av
        import numpy as np
        from av.video.reformatter import VideoReformatter

        if frame.colorspace not in _MATRICES:
            # libswscale refuses the others; for the look at a face the nearest one will do.
            frame.colorspace = _NEAREST.get(frame.colorspace, _BT709)
        reformatter = vars(_kept).setdefault(interpolation or "", VideoReformatter())
        # Scale in this thread: from version 17 on PyAV starts others for every frame.
        alone = {"threads": 1} if int(av.__version__.split(".")[0]) >= 17 else {}  # noqa: PLR2004
        picture = reformatter.reformat(frame, self.width, self.height, "rgb24", interpolation=interpolation, **alone)
        turned = picture.to_ndarray()[:: -1 if self.flipped else 1]
        return np.ascontiguousarray(np.rot90(turned, self.turns))


_kept = local()
"""The reformatter of each thread, by interpolation."""
