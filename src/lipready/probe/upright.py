"""Turn decoded pictures the way a player shows them."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from lipready.facts.video import VideoFacts

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


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

    def image(self, frame: Any) -> "NDArray[np.uint8]":
        """Convert an `av.VideoFrame` to RGB, height × width × 3, as a player shows it."""
        import numpy as np

        picture = frame.reformat(width=self.width, height=self.height, format="rgb24").to_ndarray()
        if self.flipped:
            picture = picture[::-1]
        return np.ascontiguousarray(np.rot90(picture, self.turns))
