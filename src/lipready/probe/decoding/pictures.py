"""Keep small pictures of the frames that are decoded and looked at anyway."""

from base64 import b64encode
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from fractions import Fraction
from typing import TYPE_CHECKING

from lipready.facts.file import Role
from lipready.facts.people import Box
from lipready.facts.pictures import FaceCut, FilePictures, Pictures, Snapshot

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Witness = Callable[["NDArray[np.uint8]", Fraction, float, Sequence[Box]], None]
"""Sees a frame that was looked at: RGB, its time, how many displayed pixels one of its is wide, and its faces."""

LONG_EDGE, SMALL_EDGE = 640, 320
"""Pixels on the long edge of what is kept."""
MOST, MOST_SMALL = 240, 32
"""Pictures of one file; where there are more, every other one is let go."""
FACE_SIDE = 120
MOST_FACES = 6
"""Faces of one frame that are cut out, the largest first."""
_SPACING = Fraction(2, 5)
"""Seconds from one picture to the next, at least."""
_QUALITY = 72
_MARGIN = 0.35
"""Of a face's box, on each side: the whole head."""


class PictureKeeper:
    """Keeps pictures of what it sees (a `Witness`), and of the faces unless they shall be `small`."""

    def __init__(self, *, small: bool = False) -> None:
        self._small, self._edge, self._most = small, SMALL_EDGE if small else LONG_EDGE, MOST_SMALL if small else MOST
        self._spacing = _SPACING
        self._frames: list[Snapshot] = []
        self._faces: list[FaceCut] = []

    def see(self, image: "NDArray[np.uint8]", time: Fraction, scale: float, boxes: Sequence[Box]) -> None:
        """Take the next frame."""
        if self._frames and time == self._frames[-1].time:
            self._frames.pop()  # it is looked at after all
        elif self._frames and time - self._frames[-1].time < self._spacing:
            return
        picture = _shrunk(image, self._edge)
        self._frames.append(Snapshot(time, jpeg_of(picture), picture.shape[1], picture.shape[0]))
        if not self._small:
            largest = sorted(boxes, key=lambda box: -box.width * box.height)[:MOST_FACES]
            self._faces += [FaceCut(time, box, jpeg_of(face_of(image, box, scale, FACE_SIDE))) for box in largest]
        if len(self._frames) > self._most:
            self._frames = self._frames[::2]
            self._spacing = max(self._spacing, self._frames[1].time - self._frames[0].time)
            kept = {frame.time for frame in self._frames}
            self._faces = [face for face in self._faces if face.time in kept]

    def pictures(self) -> FilePictures:
        """Return what was kept."""
        return FilePictures(tuple(self._frames), tuple(self._faces))


@contextmanager
def kept_in(pictures: Pictures | None, role: Role) -> Iterator[Witness | None]:
    """Return what sees the frames of a file, and hand over what it has kept; None where nobody wants pictures."""
    if pictures is None:
        yield None
        return
    keeper = PictureKeeper(small=pictures.small)
    yield keeper.see
    pictures.files[role] = keeper.pictures()


def jpeg_of(picture: "NDArray[np.uint8]") -> str:
    """Write an RGB picture as JPEG, in base64."""
    import cv2

    written, data = cv2.imencode(".jpg", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    return b64encode(data.tobytes()).decode("ascii") if written else ""


def _shrunk(image: "NDArray[np.uint8]", edge: int) -> "NDArray[np.uint8]":
    """Shrink a picture to `edge` pixels: by halves, which is many times faster, then the rest of the way."""
    import cv2
    import numpy as np

    picture = image
    while max(picture.shape[:2]) >= 2 * edge and min(picture.shape[:2]) > 1:
        picture = _halved(picture)
    height, width = picture.shape[:2]
    shrink = min(1.0, edge / max(height, width))
    size = (max(1, round(width * shrink)), max(1, round(height * shrink)))
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_LINEAR), np.uint8)


def face_of(image: "NDArray[np.uint8]", box: Box, scale: float, pixels: int) -> "NDArray[np.uint8]":
    """Cut a face out as a square of so many pixels; the edge is repeated where it reaches beyond the picture.

    `box` is in displayed pixels, of which one of the picture is `scale` wide.
    """
    import cv2
    import numpy as np

    side = max(box.width, box.height) * (1 + 2 * _MARGIN) / scale
    left, top = (box.left + box.width / 2) / scale - side / 2, (box.top + box.height / 2) / scale - side / 2
    x, y = max(0, int(left)), max(0, int(top))
    view, zoom = image[y : max(y + 1, int(top + side) + 2), x : max(x + 1, int(left + side) + 2)], pixels / side
    left, top = left - x, top - y
    while zoom < 1 / 2 and min(view.shape[:2]) > 1:  # a plain warp would skip pixels
        view, zoom, left, top = _halved(view), zoom * 2, left / 2, top / 2
    turn = np.array([[zoom, 0, -left * zoom], [0, zoom, -top * zoom]], np.float32)
    return np.asarray(cv2.warpAffine(view, turn, (pixels, pixels), borderMode=cv2.BORDER_REPLICATE), np.uint8)


def _halved(picture: "NDArray[np.uint8]") -> "NDArray[np.uint8]":
    import cv2
    import numpy as np

    even = picture[: picture.shape[0] & -2, : picture.shape[1] & -2]
    return np.asarray(cv2.resize(even, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA), np.uint8)
