"""Turn decoded pictures the way a player shows them."""

from dataclasses import dataclass, replace
from functools import cache, partial
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
        longest = max(width, height, 1)
        shrink = min(1.0, long_edge / longest) if long_edge else 1.0
        return cls(
            width=max(1, round(width * shrink)),
            height=max(1, round(height * shrink)),
            flipped=video.mirrored,
            turns=turns,
            scale=1.0 / shrink,
        )

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the result."""
        return (self.height, self.width) if self.turns % 2 else (self.width, self.height)

    def within(self, long_edge: int) -> "Upright":
        """Shrink the result to at most `long_edge` pixels on its long edge."""
        shrink = min(1.0, long_edge / max(self.width, self.height))
        width, height = (max(1, round(edge * shrink)) for edge in (self.width, self.height))
        return replace(self, width=width, height=height, scale=self.scale / shrink)

    def shrinks(self, frame: Any) -> bool:
        """Return whether the result is smaller than an `av.VideoFrame`."""
        return bool(frame.width * frame.height > self.width * self.height)

    def image(self, frame: Any, reformatter: Any = None, interpolation: str | None = None) -> "NDArray[np.uint8]":
        """Convert an `av.VideoFrame` to RGB, height × width × 3, as a player shows it.

        A `reformatter` (`av.video.reformatter.VideoReformatter`) keeps libswscale's tables from one frame to the next;
        `interpolation` is one of libswscale's, None stands for bilinear.
        """
        import numpy as np

        if frame.colorspace not in _MATRICES:
            # libswscale refuses the others; for the look at a face the nearest one will do.
            frame.colorspace = _NEAREST.get(frame.colorspace, _BT709)
        convert = frame.reformat if reformatter is None else partial(reformatter.reformat, frame)
        picture = convert(self.width, self.height, "rgb24", interpolation=interpolation, **_alone()).to_ndarray()
        if self.flipped:
            picture = picture[::-1]
        return np.ascontiguousarray(np.rot90(picture, self.turns))


class Conversions:
    """Makes the pictures of one video's frames; may be shared by threads."""

    def __init__(self, upright: Upright, small_edge: int) -> None:
        """Make full pictures as `upright` says, and small ones of `small_edge` pixels on their long edge."""
        self.upright = upright
        self._small = upright.within(small_edge)
        self._local = local()

    def image(self, frame: Any) -> "NDArray[np.uint8]":
        """Convert an `av.VideoFrame` to RGB."""
        return self.upright.image(frame, self._reformatter("full"))

    def small(self, frame: Any) -> "NDArray[np.uint8]":
        """Convert an `av.VideoFrame` to a small RGB picture, each pixel the mean of what it covers."""
        return self._small.image(frame, self._reformatter("small"), "AREA")

    def _reformatter(self, name: str) -> Any:
        from av.video.reformatter import VideoReformatter

        if not hasattr(self._local, name):
            setattr(self._local, name, VideoReformatter())
        return getattr(self._local, name)


@cache
def _alone() -> dict[str, int]:
    """Scale in the calling thread: from version 17 on PyAV starts others for every frame."""
    import av

    return {"threads": 1} if int(av.__version__.split(".")[0]) >= 17 else {}  # noqa: PLR2004
