"""Who is in a clip, or in a picture."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import dist
from typing import TYPE_CHECKING

from lipready.faces.detection.picture import faces_in_picture, quality_of_face, turn_of, upright
from lipready.faces.models.engine import chip_of, engine
from lipready.faces.tracking.identity import DIFFERENT, alike
from lipready.faces.tracking.looks import Gaze
from lipready.faces.tracking.persons import Screen, people_of
from lipready.faces.tracking.runs import Linker, Sighting, believable
from lipready.faces.tracking.tracks import Track, tracks_of
from lipready.facts.people import Match, PeopleFacts
from lipready.facts.quantity import counted
from lipready.facts.unmeasured import Unmeasured
from lipready.probe.decoding.pictures import Witness
from lipready.probe.decoding.still import open_still

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def match_reference(reference: PeopleFacts, video: PeopleFacts) -> Match | Unmeasured:
    """Compare the one face of a reference image with everybody in the video, and name the nearest person.

    Unmeasured where the reference does not show one face, or where one side was never seen well enough.
    """
    if reference.count != 1:
        faces = counted(reference.count, "face") if reference.count else "no face"
        return Unmeasured(f"the reference image shows {faces} instead of one")
    wanted = reference.people[0].descriptor
    if isinstance(wanted, Unmeasured):
        return replace(wanted, reason=f"in the reference image {wanted.reason}")
    return match_descriptor(wanted, video)


def match_descriptor(wanted: tuple[float, ...], video: PeopleFacts) -> Match | Unmeasured:
    """Compare one descriptor with everybody in the video, and name the nearest person.

    "different" is only said where every person of the video could be described: else the one who could not be may be
    the one. Unmeasured where nobody could.
    """
    if not video.people:
        return Unmeasured("the video shows no face")
    known = [(p.id, p.descriptor) for p in video.people if not isinstance(p.descriptor, Unmeasured)]
    if not known:
        reasons = [p.descriptor for p in video.people if isinstance(p.descriptor, Unmeasured)]
        return replace(reasons[0], reason=f"in the video {reasons[0].reason}")
    apart, nearest = min((dist(wanted, descriptor), number) for number, descriptor in known)
    if apart >= DIFFERENT and len(known) < len(video.people):
        return Match("uncertain", nearest, apart)
    return Match(alike(apart), nearest, apart)


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """Who was seen in a clip, or in a stretch of it, and in which samples; `turned` as in PeopleFacts."""

    tracks: Sequence[Track]
    samples: Sequence[Fraction]
    screen: Screen
    turned: int | None


class PeopleWatcher(Gaze):
    """Watches the sampled frames of one clip (a `FrameConsumer`) and then says who was there."""

    def facts(self, *, describe: bool = False) -> PeopleFacts | Unmeasured:
        """Everybody who was seen; Unmeasured where not one frame could be decoded.

        Faces are described where people have to be told apart, with `describe` all of them: for a reference image.
        """
        seen = self.seen(describe=describe)
        return seen if isinstance(seen, Unmeasured) else people_of(seen.tracks, seen.samples, seen.screen, seen.turned)

    def seen(self, *, describe: bool = False) -> Seen | Unmeasured:
        """Return everybody, not yet joined with those of other stretches; `describe` is as for `facts`."""
        self._look_back()
        if not self.samples:
            return Unmeasured("no frame of the video could be decoded")
        runs = believable(self.linker.runs, self.samples)
        tracks = tracks_of(runs, engine().describer.describe, everybody=describe)
        turned = self.sideways.turned([s.face for run in runs for s in run.sightings])
        return Seen(tracks, tuple(self.samples), self.screen, turned)


def people_in_stretches(stretches: Sequence[Seen]) -> PeopleFacts:
    """Everybody in one or more stretches of a clip, which are in order of time and each begin a shot of their own."""
    tracks: list[Track] = []
    samples: list[Fraction] = []
    for seen in stretches:
        shots, before = 1 + max((track.shot for track in tracks), default=0), len(samples)
        for track in seen.tracks:
            sightings = tuple(replace(each, sample=before + each.sample) for each in track.sightings)
            tracks.append(replace(track, shot=shots + track.shot, sightings=sightings))
        samples.extend(seen.samples)
    return people_of(tracks, samples, stretches[0].screen, stretches[0].turned)


def people_in_image(path: str, *, describe: bool = True, witness: Witness | None = None) -> PeopleFacts | Unmeasured:
    """Everybody in a picture (of an animation: in its first frame), upright by its EXIF orientation.

    With `describe` a face that is the only one is described, so that it can be found in a video. `witness` sees the
    picture.
    Unmeasured where the picture cannot be decoded or is too large to be safe.
    Raises ComponentError where the models can neither be found nor fetched.
    """
    still = open_still(path)
    if isinstance(still, Unmeasured):
        return still
    image, scale = still
    seen = people_in_pixels(image, Screen(image.shape[1], image.shape[0], scale), describe=describe)
    if witness is not None:
        witness(image, Fraction(0), scale, [look.box for person in seen.people for look in person.looks])
    return seen


def people_in_pixels(image: "NDArray[np.uint8]", screen: Screen, *, describe: bool = False) -> PeopleFacts:
    """Everybody in one RGB image that is already decoded."""
    faces, linker = faces_in_picture(image), Linker()
    linker.add(
        0,
        [Sighting(0, Fraction(0), face, quality_of_face(image, face)) for face in faces],
        chip=lambda face: chip_of(image, face.points),
    )
    turned = None if upright(faces) else turn_of(image)
    tracks = tracks_of(linker.runs, engine().describer.describe, everybody=describe and len(faces) == 1)
    return people_of(tracks, [Fraction(0)], screen, turned)
