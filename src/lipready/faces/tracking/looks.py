"""Look at the samples of a clip, as seldom as one can without missing anybody who stays for a second."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from lipready.faces.detection.detector import Candidate, around, crop_for_opinion, whole
from lipready.faces.detection.geometry import Area
from lipready.faces.detection.picture import Face, SidewaysWatch, faces_through, quality_of_face, tested, without_parts
from lipready.faces.models.engine import chip_of
from lipready.faces.tracking.persons import Screen
from lipready.faces.tracking.runs import Linker, Sighting
from lipready.faces.tracking.schedule import LOOK_EVERY, Attention
from lipready.probe.decoding.frames import Frame

MOST_FOLLOWED = 4
"""Faces that are looked for where they just were; in a larger group the other views do."""

SMALL = 0.12
"""Share of the long edge below which a face is small: 23 of the 192 pixels that show the whole picture."""


@dataclass(frozen=True, slots=True, eq=False)
class _Sample:
    """A sample that was looked at; `searched` says that it was through all views."""

    number: int
    frame: Frame
    shot: int
    searched: bool


class Gaze:
    """Looks at the samples and links what it sees.

    `samples` are the times of those that were looked at: about one a second where nothing changes. Where faces come or
    go between two looks, the sample between them is looked at afterwards.
    """

    def __init__(self, *, every_frame: bool = False) -> None:
        """Begin before the first sample; no model is loaded yet."""
        self.linker = Linker()
        self.samples: list[Fraction] = []
        self.screen = Screen(1, 1, 1.0)
        self.sideways = SidewaysWatch()
        self._attention = Attention(every_frame=every_frame)
        self._unsettled = False
        self._before: _Sample | None = None
        self._skipped: Frame | None = None
        self._every_frame = every_frame
        self._ahead: dict[Fraction, dict[Candidate, Face]] = {}

    def ahead(self, frame: Frame, gap: Fraction | None) -> None:
        """Do in another thread what needs no other frame: of one that will be looked at, test the candidates.

        Raises ComponentError where the models can neither be found nor fetched.
        """
        small = frame.small
        if self._every_frame or (gap is not None and gap >= LOOK_EVERY):
            self._ahead[frame.time] = tested(frame.image, whole(*frame.size), small)

    def see(self, frame: Frame) -> None:
        """Take the next sample. Raises ComponentError where the models can neither be found nor fetched."""
        self.screen = Screen(*frame.size, frame.scale)
        attention = self._attention
        request = attention.next_look(frame, self._known(), unsettled=self._unsettled)
        if request is None:
            self._skipped = frame
            return
        before = self._before if self._before is not None and self._before.shot == attention.shot else None
        skipped = self._skipped if before is not None else None
        known = self._known() if before is not None else ()
        faces = _faces(frame, request.views, known, near=request.near, found=self._ahead.pop(frame.time, None))
        if before is not None:
            self._unsettled = _differ(faces, known)
            if self._unsettled and skipped is not None:
                self._look_again(skipped, faces, known)
            elif not before.searched:
                self._look_back(before, faces, known)
        else:
            self._unsettled = bool(faces)
        self._before = self._link(frame, faces, searched=request.searched)
        self._skipped = None

    def _known(self) -> tuple[Area, ...]:
        return self.linker.areas(len(self.samples) - 1)

    def _look_again(self, frame: Frame, later: Sequence[Face], known: Sequence[Area]) -> None:
        """Look at the sample that was left out between two looks, also where the later one shows somebody new."""
        new = [face.area for face in later if not _near_any(face.area, known)]
        views = (whole(*frame.size), *around(new[:MOST_FOLLOWED], *frame.size))
        self._link(frame, _faces(frame, views, known), searched=False)

    def _look_back(self, before: _Sample, faces: Sequence[Face], known: Sequence[Area]) -> None:
        """Look for new faces in the look before: who stays a second is seen twice."""
        new = [face.area for face in faces if not _near_any(face.area, known)]
        if new:
            found = faces_through(before.frame.image, around(new[:MOST_FOLLOWED], *before.frame.size))
            self._add(before, [face for face in found if not _near_any(face.area, known)])

    def _link(self, frame: Frame, faces: Sequence[Face], *, searched: bool) -> _Sample:
        sample = _Sample(len(self.samples), frame, self._attention.shot, searched)
        self.samples.append(frame.time)
        self._add(sample, faces)
        self.sideways.see(sample.shot, frame.image, faces)
        return sample

    def _add(self, sample: _Sample, faces: Sequence[Face]) -> None:
        image = sample.frame.image
        self.linker.add(
            sample.shot,
            [Sighting(sample.number, sample.frame.time, face, quality_of_face(image, face)) for face in faces],
            crop=lambda face: crop_for_opinion(image, face.area),
            chip=lambda face: chip_of(image, face.points) if face.points else None,
        )


def _faces(
    frame: Frame,
    views: Sequence[Area],
    known: Sequence[Area],
    *,
    near: bool = False,
    found: Mapping[Candidate, Face] | None = None,
) -> tuple[Face, ...]:
    """Find the faces of a sample through some views, and known ones also near their last place.

    `found` are the tested candidates of the first view, the whole picture, where they are known already.
    """
    rest = views if found is None else views[1:]
    looked = (*rest, *_around_small(frame, known))
    faces = faces_through(frame.image, looked, near=near, small=frame.small, known=found)
    lost = [area for area in known if not _near_any(area, [face.area for face in faces])]
    if not lost:
        return faces
    return without_parts([*faces, *faces_through(frame.image, around(lost[:MOST_FOLLOWED], *frame.size))])


def _around_small(frame: Frame, known: Sequence[Area]) -> tuple[Area, ...]:
    """Frame the known faces that the whole picture shows too small for a good box."""
    small = [area for area in known if area.size < SMALL * max(frame.size)]
    return around(small[:MOST_FOLLOWED], *frame.size)


def _differ(faces: Sequence[Face], known: Sequence[Area]) -> bool:
    """Return whether somebody came or went since the last look."""
    now = [face.area for face in faces]
    return any(not _near_any(area, known) for area in now) or any(not _near_any(area, now) for area in known)


def _near_any(area: Area, others: Iterable[Area]) -> bool:
    return any(area.overlap(other) > 0 for other in others)
