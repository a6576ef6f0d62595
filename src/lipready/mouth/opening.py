"""How far each person's mouth is open in a short stretch of a video, frame by frame."""

from bisect import bisect
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import takewhile
from math import cos, dist, radians, sin
from typing import TYPE_CHECKING, Generic, TypeVar

from lipready.faces.detection.geometry import Area, Point
from lipready.faces.detection.landmarks import FIRST_MARGIN, INNER_LIPS, MARGIN, OUTER_EYES, Mesh
from lipready.faces.detection.picture import FITS
from lipready.faces.models.engine import engine
from lipready.facts.people import Look, Person
from lipready.facts.result import Opening
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


def opening_of(mesh: Mesh) -> float:
    """Return the distance of the inner lips over that of the outer corners of the eyes."""
    upper, lower = mesh.points[list(INNER_LIPS)].tolist()
    left, right = mesh.points[list(OUTER_EYES)].tolist()
    return dist(upper, lower) / max(dist(left, right), 1e-6)


def openings_of(
    path: str, video: VideoFacts, people: Sequence[Person], stretch: tuple[Fraction, Fraction], rate: int
) -> Mapping[int, Sequence[Opening]]:
    """Follow the faces of some people through a stretch (seconds), in at most about `rate` frames a second.

    Returns each person's openings, by their ids, at times from the first shown frame on. The people's looks say whose
    face is where; between two looks a face is followed by its mesh, and let go where it jumps, no longer fits or meets
    another. Raises ProbeError where the file cannot be opened as video.
    """
    openings: dict[int, list[Opening]] = {person.id: [] for person in people}
    for frame, meshes in follow(frames_of(path, video, stretch, rate), people):
        for number, mesh in meshes.items():
            openings[number].append((frame.time, opening_of(mesh)))
    return openings


def follow(frames: Iterable[Frame], people: Sequence[Person]) -> Iterator[tuple[Frame, Mapping[int, Mesh]]]:
    """Yield each frame with the meshes of those people, by their ids, whose faces are followed in it.

    The frames' times are those of the people's looks, and need not rise: a video may be played backward.
    """
    follower, looks = Follower[int](), dict[int, Look]()
    for frame in frames:
        for person in people:
            past = bisect(person.looks, frame.time, key=lambda look: look.time)
            if past:
                looks[person.id] = person.looks[past - 1]
        yield frame, follower.see(frame, looks)


Key = TypeVar("Key", bound=Hashable)


class Follower(Generic[Key]):
    """Follows faces from frame to frame by their meshes."""

    def __init__(self) -> None:
        """Begin before the first frame."""
        self._followed: dict[Key, _Followed] = {}

    def see(self, frame: Frame, looks: Mapping[Key, Look]) -> Mapping[Key, Mesh]:
        """Return the meshes of those faces that are followed in a frame.

        `looks` are the latest of each face: where one is new, the mesh is fitted there.
        """
        self._followed = {key: self._followed.get(key) or _Followed() for key in looks}
        found = {key: self._followed[key].find(frame, look) for key, look in looks.items()}
        meshes = {key: mesh for key, mesh in found.items() if mesh is not None}
        # Of two that have slid onto one face, neither is sure to be the one.
        alone = {
            key: mesh
            for key, mesh in meshes.items()
            if all(mesh.area.overlap(other.area) <= TWICE for other in meshes.values() if other is not mesh)
        }
        for key, each in self._followed.items():
            each.mesh = alone.get(key)
        return alone


def frames_of(path: str, video: VideoFacts, stretch: tuple[Fraction, Fraction], rate: int) -> Iterator[Frame]:
    """Yield at most about `rate` frames a second of a stretch (seconds), shrunk to LONG_EDGE pixels."""
    begin, end = stretch
    upright, pace = Upright.of(video, LONG_EDGE), Pace(begin, rate)
    with open_decoder(path, video) as decoder:
        for count, shown in enumerate(takewhile(lambda shown: shown.time <= end, decoder.shown(begin))):
            if pace.takes(shown.time):
                yield Frame(shown.time, upright.image(shown.frame), count, upright.scale)


@dataclass(slots=True)
class Pace:
    """Picks frames, at most about `rate` a second; the next one is `due` at so many seconds."""

    due: Fraction
    rate: int

    def takes(self, time: Fraction) -> bool:
        """Return whether the frame at a time, later than those before, is wanted."""
        if time < self.due:
            return False
        # A frame that comes a little late does not move those after it.
        self.due = max(self.due + Fraction(1, self.rate), time + Fraction(1, 2 * self.rate))
        return True


@dataclass(slots=True)
class _Followed:
    """One face: the mesh of the last frame, None where it was lost, and the look from which on it is followed."""

    mesh: Mesh | None = None
    anchor: Look | None = None

    def find(self, frame: Frame, look: Look) -> Mesh | None:
        """Fit the mesh where the face was in the frame before, or where the latest look has it."""
        if look is not self.anchor:
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
