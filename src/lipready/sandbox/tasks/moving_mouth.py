"""A mouth that moves with an audio track: the lips of a picture are drawn apart by the level of the voice."""

from collections import deque
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, dist
from typing import TYPE_CHECKING

from lipready.faces.detection.landmarks import OUTER_EYES, Mesh
from lipready.facts.people import Person
from lipready.mouth.opening import follow
from lipready.mouth.speaker import HIGH, LOW
from lipready.probe.decoding.frames import Frame

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Plane = NDArray[np.uint8]
    Series = NDArray[np.float32]

SOUND_RATE = 16_000
"""Samples a second of the sound by which a mouth is moved."""

LONGEST = 120
"""Seconds in which the mouth moves at most, as long as both providers take; what follows is left as it is."""

WIDEST = 0.25
"""How far the mouth is open when it is loudest, over the distance of the outer corners of the eyes."""

LOUD, SILENT = 90, 0.002
"""The percentile of the level that counts as loud, and the level (1 is full scale) under which all is silence."""

UPPER_LIP = (78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308)
LOWER_LIP = (78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308)
"""Mesh points along the inner edges of the lips, from the left corner of a frontal mouth's picture to the right one."""

CHIN = 152
BELOW = 1.15
"""Over the distance from the lower lip to the chin: how far down the picture gives way."""

INSIDE = (34, 122, 138)
"""Brightness and colour (Y, U, V) between the lips."""


@dataclass(frozen=True, slots=True)
class RawPictures:
    """Frames as they come out of ffmpeg: yuv420p of `width` × `height`, at `rate`, of a video of `frames` frames.

    Where there are more, the video is played forward and backward in turn.
    """

    width: int
    height: int
    rate: Fraction
    frames: int

    @property
    def bytes(self) -> int:
        """The size of a frame."""
        return self.width * self.height * 3 // 2

    def moment(self, number: int) -> Fraction:
        """Return the time in the video of the frame that is shown as the number-th."""
        place = number % (2 * self.frames)
        return min(place, 2 * self.frames - 1 - place) / self.rate


def voice_levels(sound: bytes, rate: Fraction) -> "Series":
    """Return how loud a voice is during each frame, 0..1, from 16-bit samples (`SOUND_RATE`, one channel)."""
    import numpy as np

    samples = np.frombuffer(sound[: len(sound) // 2 * 2], "<i2") / 32768.0
    spectrum = np.fft.rfft(samples)
    hertz = np.fft.rfftfreq(max(len(samples), 1), 1 / SOUND_RATE)[: len(spectrum)]
    spectrum[(hertz < LOW) | (hertz > HIGH)] = 0
    heard = np.fft.irfft(spectrum, len(samples)) ** 2
    edges = [int(number / rate * SOUND_RATE) for number in range(ceil(len(samples) * rate / SOUND_RATE))]
    sums = np.add.reduceat(heard, edges)
    levels = np.sqrt(np.maximum(sums, 0) / np.diff([*edges, len(samples)]))
    loud = max(float(np.percentile(levels, LOUD)), SILENT)
    # The root lets soft syllables be seen, and a mouth does not jump from one frame to the next.
    return np.convolve(np.sqrt(np.clip(levels / loud, 0, 1)), (0.25, 0.5, 0.25), mode="same").astype(np.float32)


def move_mouth(pictures: Iterable[bytes], raw: RawPictures, person: Person, levels: "Series") -> Generator[bytes]:
    """Yield the frames with the mouth of a person open by the level of the voice, where the face can be followed.

    Nothing else in them is changed, and they are held one at a time.
    """
    import numpy as np

    waiting: deque[bytes] = deque()
    blocks = iter(pictures)

    def frames() -> Iterator[Frame]:
        for number, block in zip(range(int(LONGEST * raw.rate)), blocks, strict=False):
            waiting.append(block)
            yield Frame(raw.moment(number), _rgb(block, raw), number, 1.0)

    for frame, meshes in follow(frames(), [person]):
        block, mesh = waiting.popleft(), meshes.get(person.id)
        level = float(levels[frame.index]) if frame.index < len(levels) else 0.0
        if mesh is None:
            yield block
        else:
            whole = np.frombuffer(bytearray(block), np.uint8)
            _open_mouth(_planes(whole, raw), mesh, WIDEST * level)
            yield whole.tobytes()
    yield from blocks


def _rgb(block: bytes, raw: RawPictures) -> "Plane":
    import cv2
    import numpy as np

    picture = np.frombuffer(block, np.uint8).reshape(raw.height * 3 // 2, raw.width)
    shown: Plane = cv2.cvtColor(picture, cv2.COLOR_YUV2RGB_I420)
    return shown


def _planes(whole: "Plane", raw: RawPictures) -> "tuple[Plane, Plane, Plane]":
    """Return brightness and both colours as parts of the frame itself, which can be written to."""
    width, height = raw.width, raw.height
    bright, blue, red = whole[: width * height], *whole[width * height :].reshape(2, -1)
    half = (height // 2, width // 2)
    return bright.reshape(height, width), blue.reshape(half), red.reshape(half)


def _open_mouth(planes: "tuple[Plane, Plane, Plane]", mesh: Mesh, opening: float) -> None:
    """Move the lower lip, and less and less of what is below it, so that the mouth is open by `opening`."""
    import cv2
    import numpy as np

    lips = _Lips(mesh)
    height, width = planes[0].shape
    left, top, right, bottom = lips.box
    left, top = max(0, left) // 2 * 2, max(0, top) // 2 * 2
    right, bottom = min(width, right + 2) // 2 * 2, min(height, bottom + 2) // 2 * 2
    if right - left < 4 or bottom - top < 4:  # noqa: PLR2004 - nothing of the mouth is in the picture
        return
    rows, columns = np.mgrid[top:bottom, left:right].astype(np.float32)
    up, between = lips.drawn(columns, rows, opening)
    source = (np.stack((columns, rows)) - up * lips.down[:, None, None]).astype(np.float32)
    for plane, value, step in zip(planes, INSIDE, (1, 2, 2), strict=True):
        column, row = np.ascontiguousarray(source[:, ::step, ::step] / step)
        moved = cv2.remap(plane, column, row, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        dark = between[::step, ::step]
        part = plane[top // step : bottom // step, left // step : right // step]
        part[:] = np.rint(moved * (1 - dark) + value * dark).astype(np.uint8)


class _Lips:
    """Where the lips of a mesh are, along (`right`) and across (`down`) the line of the eyes."""

    def __init__(self, mesh: Mesh) -> None:
        import numpy as np

        points = mesh.points[:, :2].astype(np.float64)
        left, right = points[list(OUTER_EYES)]
        self.eyes = max(dist(left, right), 1.0)
        self.right = (right - left) / self.eyes
        self.down = np.array((-self.right[1], self.right[0]))
        axes = np.stack((self.right, self.down), axis=1)
        self.upper, self.lower = (points[list(line)] @ axes for line in (UPPER_LIP, LOWER_LIP))
        self.reach = max(BELOW * float((points[CHIN] @ axes)[1] - self.lower[5, 1]), 1.0)
        corners = [
            axes @ (across, along)
            for across in (self.upper[0, 0], self.upper[-1, 0])
            for along in (self.upper[:, 1].min(), self.lower[:, 1].max() + self.reach + WIDEST * self.eyes)
        ]
        low, high = np.min(corners, axis=0), np.max(corners, axis=0)
        self.box = (int(low[0]) - 1, int(low[1]) - 1, int(high[0]) + 2, int(high[1]) + 2)

    def drawn(self, columns: "Series", rows: "Series", opening: float) -> "tuple[Series, Series]":
        """Return how far up the picture each pixel comes from, and how much of it (0..1) is the inside of the mouth."""
        import numpy as np

        across = columns * self.right[0] + rows * self.right[1]
        along = columns * self.down[0] + rows * self.down[1]
        upper, lower = (np.interp(across, line[:, 0], line[:, 1]) for line in (self.upper, self.lower))
        first, last = self.upper[0, 0], self.upper[-1, 0]
        place = (2 * across - first - last) / max(last - first, 1.0)
        gap = np.maximum(lower - upper, 0)
        wanted = opening * self.eyes * np.sqrt(np.clip(1 - place**2, 0, None))
        # Outside the corners of the mouth nothing moves.
        wanted = np.where(np.abs(place) < 1, wanted, gap)
        below = along - upper
        inside = (below > 0) & (below < wanted)
        falling = np.cos(np.clip((below - wanted) / self.reach, 0, 1) * np.pi / 2) ** 2
        up = (wanted - gap) * falling
        up = np.where(inside, below * (1 - gap / np.maximum(wanted, 1e-6)), np.where(below <= 0, 0, up))
        edge = np.clip(np.minimum(below, wanted - below), 0, 1)
        between = edge * np.clip(1 - gap / np.maximum(wanted, 1e-6), 0, 1)
        return up.astype(np.float32), between.astype(np.float32)
