"""How far each person's mouth is open in a short stretch of a video, frame by frame."""

from bisect import bisect
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import takewhile
from math import cos, dist, radians, sin
from typing import TYPE_CHECKING

from lipready.faces.detection.geometry import Area, Point
from lipready.faces.detection.landmarks import FIRST_MARGIN, INNER_LIPS, MARGIN, OUTER_EYES, Mesh
from lipready.faces.detection.picture import FITS
from lipready.faces.models.engine import engine
from lipready.facts.people import Look, Person
from lipready.facts.video import VideoFacts
from lipready.probe.decoding.decoder import open_decoder
from lipready.probe.decoding.frames import Frame
from lipready.probe.decoding.upright import Upright

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LONG_EDGE = 960
"""Pixels of the frames in which mouths are measured; a smaller face than the mesh's own 192 px is rare in front."""

SAME_PLACE = 0.4
"""Intersection over union of a face in one frame and the next: a jump is a cut, or another face."""

TWICE = 0.5
"""Two meshes that overlap by more have slid onto one face."""

Openings = Mapping[int, Sequence[tuple[Fraction, float]]]
"""By person: time in seconds from the first shown frame, and the opening as a share of the distance of the eyes."""


def opening_of(mesh: Mesh) -> float:
    """Return the distance of the inner lips over that of the outer corners of the eyes."""
    upper, lower = mesh.points[list(INNER_LIPS)].tolist()
    left, right = mesh.points[list(OUTER_EYES)].tolist()
    return dist(upper, lower) / max(dist(left, right), 1e-6)


def openings_of(
    path: str, video: VideoFacts, people: Sequence[Person], stretch: tuple[Fraction, Fraction], rate: int
) -> Openings:
    """Follow the faces of some people through a stretch (seconds), in at most about `rate` frames a second.

    The people's looks say whose face is where; between two looks a face is followed by its mesh, and let go where it
    jumps, no longer fits or meets another. Raises ProbeError where the file cannot be opened as video.
    """
    openings: dict[int, list[tuple[Fraction, float]]] = {person.id: [] for person in people}
    for frame, meshes in follow(frames_of(path, video, stretch, rate), people):
        for number, mesh in meshes.items():
            openings[number].append((frame.time, opening_of(mesh)))
    return openings


def follow(frames: Iterable[Frame], people: Sequence[Person]) -> Iterator[tuple[Frame, Mapping[int, Mesh]]]:
    """Yield each frame with the meshes of those people, by their ids, whose faces are followed in it.

    The frames' times are those of the people's looks, and need not rise: a video may be played backward.
    """
    followed = {person.id: _Followed(person.looks) for person in people}
    for frame in frames:
        found = {number: each.find(frame) for number, each in followed.items()}
        meshes = {number: mesh for number, mesh in found.items() if mesh is not None}
        # Of two that have slid onto one face, neither is sure to be the one.
        alone = {
            number: mesh
            for number, mesh in meshes.items()
            if all(mesh.area.overlap(other.area) <= TWICE for other in meshes.values() if other is not mesh)
        }
        for number, each in followed.items():
            each.mesh = alone.get(number)
        yield frame, alone


def frames_of(path: str, video: VideoFacts, stretch: tuple[Fraction, Fraction], rate: int) -> Iterator[Frame]:
    """Yield at most about `rate` frames a second of a stretch (seconds), shrunk to LONG_EDGE pixels."""
    begin, end = stretch
    upright, due = Upright.of(video, LONG_EDGE), begin
    with open_decoder(path, video) as decoder:
        for count, shown in enumerate(takewhile(lambda shown: shown.time <= end, decoder.shown(begin))):
            if shown.time >= due:
                # A frame that comes a little late does not move those after it.
                due = max(due + Fraction(1, rate), shown.time + Fraction(1, 2 * rate))
                yield Frame(shown.time, upright.image(shown.frame), count, upright.scale)


@dataclass(slots=True)
class _Followed:
    """One face: the looks that say where it is, and the mesh of the last frame, None where it was lost."""

    looks: Sequence[Look]
    mesh: Mesh | None = None
    anchor: Look | None = None

    def find(self, frame: Frame) -> Mesh | None:
        """Fit the mesh where the face was in the frame before, or where the latest look has it."""
        past = bisect(self.looks, frame.time, key=lambda look: look.time)
        look = self.looks[past - 1] if past else None
        if look is not None and look is not self.anchor:
            self.anchor = look
            return _fitted(frame.image, *_seen(look, frame.scale))
        if self.mesh is None:
            return None
        place = self.mesh.area
        mesh = _fitted(frame.image, *_around(self.mesh))
        return mesh if mesh is not None and mesh.area.overlap(place) >= SAME_PLACE else None


def _fitted(image: "NDArray[np.uint8]", area: Area, eyes: tuple[Point, Point]) -> Mesh | None:
    mesh = engine().mesher.mesh(image, area, eyes)
    return mesh if mesh.flag >= FITS else None


def _seen(look: Look, scale: float) -> tuple[Area, tuple[Point, Point]]:
    """Return the place of a look in a frame whose pixels are `scale` displayed ones, and a line along its eyes."""
    box, roll = look.box, radians(look.roll or 0.0)
    area = Area(box.left / scale, box.top / scale, box.width / scale, box.height / scale)
    return area, (area.centre, (area.centre[0] + cos(roll), area.centre[1] + sin(roll)))


def _around(mesh: Mesh) -> tuple[Area, tuple[Point, Point]]:
    """Return the area with which the network's first crop is already the right one."""
    area = Area.square(mesh.area.centre, mesh.area.size * MARGIN / FIRST_MARGIN)
    left, right = mesh.points[list(OUTER_EYES), :2].tolist()
    return area, ((left[0], left[1]), (right[0], right[1]))
