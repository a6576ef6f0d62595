"""Who is in a clip, or in a picture."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from lipready.faces.attention import Attention
from lipready.faces.engine import engine
from lipready.faces.geometry import Area
from lipready.faces.persons import Screen, people_of
from lipready.faces.runs import Linker, Run, Sighting, believable
from lipready.faces.second_opinion import crop_for_opinion
from lipready.faces.sight import Face, faces_in_picture, faces_through, without_parts
from lipready.faces.views import around
from lipready.facts.people import PeopleFacts
from lipready.facts.unmeasured import Unmeasured
from lipready.probe.frames import Frame

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


MOST_FOLLOWED = 4
"""Faces that are looked for where they just were; in a larger group the other views do."""

SMALL = 0.12
"""Share of the long edge below which a face is small: 23 of the 192 pixels that show the whole picture."""


@dataclass(frozen=True, slots=True, eq=False)
class _Sample:
    number: int
    time: Fraction
    image: "NDArray[np.uint8]"
    shot: int
    searched: bool


class PeopleWatcher:
    """Watches the sampled frames of one clip (a `FrameConsumer`) and then says who was there."""

    def __init__(self) -> None:
        """Begin before the first frame; no model is loaded yet."""
        self._attention = Attention()
        self._linker = Linker()
        self._samples: list[Fraction] = []
        self._screen = Screen(1, 1, 1.0)
        self._before: _Sample | None = None

    def see(self, frame: Frame) -> None:
        """Look for faces in one frame. Raises ComponentError where the models can neither be found nor fetched."""
        image, attention = frame.image, self._attention
        self._screen = Screen(image.shape[1], image.shape[0], frame.scale)
        known = self._linker.areas(len(self._samples) - 1)
        views, near = attention.views(image, frame.time, known)
        sample = _Sample(len(self._samples), frame.time, image, attention.shot, attention.searched)
        self._samples.append(frame.time)
        same_shot = self._before if self._before is not None and self._before.shot == sample.shot else None
        closer = _around_small(image, known) if same_shot else ()
        faces = faces_through(image, (*views, *closer), near=near)
        if same_shot:
            faces = _with_followed(image, faces, known)
            self._look_back(same_shot, faces, known)
        self._link(sample, faces)
        self._before = sample

    def _look_back(self, before: _Sample, faces: Sequence[Face], known: Sequence[Area]) -> None:
        """Look for new faces in the sample before, where it was not searched: who stays a second is seen twice."""
        if before.searched:
            return
        new = [face.area for face in faces if not _near_any(face.area, known)]
        if new:
            views = around(new[:MOST_FOLLOWED], before.image.shape[1], before.image.shape[0])
            found = faces_through(before.image, views)
            self._link(before, [face for face in found if not _near_any(face.area, known)])

    def _link(self, sample: _Sample, faces: Sequence[Face]) -> None:
        sightings = [Sighting(sample.number, sample.time, face) for face in faces]
        self._linker.add(sample.shot, sightings, lambda face: crop_for_opinion(sample.image, face.area))

    def facts(self) -> PeopleFacts | Unmeasured:
        """Everybody who was seen; Unmeasured where not one frame could be decoded."""
        if not self._samples:
            return Unmeasured("no frame of the video could be decoded")
        opinion = engine().second_opinion.score
        return people_of(believable(self._linker.runs, self._samples, opinion), self._samples, self._screen)


def people_in_image(path: str) -> PeopleFacts | Unmeasured:
    """Everybody in a picture (of an animation: in its first frame), upright by its EXIF orientation.

    Unmeasured where the picture cannot be decoded or is too large to be safe.
    Raises ComponentError where the models can neither be found nor fetched.
    """
    from lipready.faces.still import open_still

    still = open_still(path)
    if isinstance(still, Unmeasured):
        return still
    image, screen = still
    return people_in_pixels(image, screen)


def people_in_pixels(image: "NDArray[np.uint8]", screen: Screen) -> PeopleFacts:
    """Everybody in one RGB image that is already decoded."""
    runs = [Run(0, [Sighting(0, Fraction(0), face)]) for face in faces_in_picture(image)]
    return people_of(runs, [Fraction(0)], screen)


def _around_small(image: "NDArray[np.uint8]", known: Sequence[Area]) -> tuple[Area, ...]:
    """Frame the known faces that the whole picture shows too small for a good box."""
    height, width = image.shape[:2]
    small = [area for area in known if area.size < SMALL * max(width, height)]
    return around(small[:MOST_FOLLOWED], width, height)


def _with_followed(image: "NDArray[np.uint8]", faces: tuple[Face, ...], known: Sequence[Area]) -> tuple[Face, ...]:
    """Add the known faces that were not found again, where a closer look finds them near their last place."""
    lost = [area for area in known if not _near_any(area, [face.area for face in faces])]
    if not lost:
        return faces
    views = around(lost[:MOST_FOLLOWED], image.shape[1], image.shape[0])
    return without_parts([*faces, *faces_through(image, views)])


def _near_any(area: Area, others: Iterable[Area]) -> bool:
    return any(area.overlap(other) > 0 for other in others)
