"""Clips whose frames carry their number in the picture, so that lost and repeated frames can be counted."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import numpy as np

_SIDE, _BITS = 160, 16
_CELL = _SIDE // 4
_LEVELS = (40, 215)


@dataclass(frozen=True, slots=True)
class Counted:
    """What became of numbered frames: how many are missing, and how often the frame before is shown once more."""

    lost: int
    repeated: int
    latest: Fraction
    """The largest distance, in seconds, between a frame's time before and after, both from the first frame on."""


def write_counted(path: Path, ticks: Sequence[int], base: Fraction) -> Path:
    """Write frames 0, 1, 2 … at the times `ticks` of `base` seconds."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=30)
        stream.width = stream.height = _SIDE
        stream.pix_fmt = "yuv420p"
        stream.time_base = stream.codec_context.time_base = base
        stream.codec_context.options = {"preset": "ultrafast", "qp": "20", "bf": "0"}
        for number, tick in enumerate(ticks):
            frame = av.VideoFrame.from_ndarray(_picture(number), format="gray8").reformat(format="yuv420p")
            frame.pts, frame.time_base = tick, base
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def read_counted(path: Path) -> list[tuple[int, Fraction]]:
    """Return the number and the time, in seconds, of every frame that is shown."""
    with av.open(str(path)) as container:
        return [(_number(f.to_ndarray(format="gray8")), f.pts * f.time_base) for f in container.decode(video=0)]


def compare(before: Sequence[tuple[int, Fraction]], after: Sequence[tuple[int, Fraction]]) -> Counted:
    """Count what the frames of one clip lost and repeat in another."""
    origin = {number: time - before[0][1] for number, time in before}
    first: dict[int, Fraction] = {}
    for number, time in after:
        first.setdefault(number, time - after[0][1])
    return Counted(
        lost=len(origin.keys() - first.keys()),
        repeated=sum(one == other for (one, _), (other, _) in pairwise(after)),
        latest=max(abs(time - origin[number]) for number, time in first.items()),
    )


def _picture(number: int) -> "np.ndarray[tuple[int, ...], np.dtype[np.uint8]]":
    bits = [_LEVELS[number >> bit & 1] for bit in range(_BITS)]
    return np.kron(np.array(bits, np.uint8).reshape(4, 4), np.ones((_CELL, _CELL), np.uint8))


def _number(picture: "np.ndarray[tuple[int, ...], np.dtype[np.uint8]]") -> int:
    height, width = picture.shape
    cells = [
        picture[(2 * row + 1) * height // 8, (2 * column + 1) * width // 8] for row in range(4) for column in range(4)
    ]
    return sum(1 << bit for bit, level in enumerate(cells) if level > sum(_LEVELS) // 2)
