"""Who is in a clip, or in a picture."""

from fractions import Fraction
from typing import TYPE_CHECKING

from lipready.faces.detection.picture import Face, faces_in_picture, quality_of_face
from lipready.faces.detection.sideways import turn_of, upright
from lipready.faces.models.descriptor import chip_of
from lipready.faces.models.engine import engine
from lipready.faces.tracking.looks import Gaze
from lipready.faces.tracking.persons import Screen, people_of
from lipready.faces.tracking.runs import Run, Sighting, believable
from lipready.faces.tracking.tracks import tracks_of
from lipready.facts.people import PeopleFacts
from lipready.facts.unmeasured import Unmeasured
from lipready.probe.decoding.frames import Frame

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class PeopleWatcher:
    """Watches the sampled frames of one clip (a `FrameConsumer`) and then says who was there."""

    def __init__(self, *, every_frame: bool = False) -> None:
        """Begin before the first frame; no model is loaded yet. With `every_frame` no frame is left out."""
        self._gaze = Gaze(every_frame=every_frame)

    def see(self, frame: Frame) -> None:
        """Look for faces in one frame. Raises ComponentError where the models can neither be found nor fetched."""
        self._gaze.see(frame)

    def ahead(self, frame: Frame, gap: Fraction | None) -> None:
        """Look at a frame in another thread, before `see` does; `gap` is the time since the sample before, if known.

        Raises ComponentError where the models can neither be found nor fetched.
        """
        self._gaze.ahead(frame, gap)

    def facts(self, *, describe: bool = False) -> PeopleFacts | Unmeasured:
        """Everybody who was seen; Unmeasured where not one frame could be decoded.

        Faces are described where people have to be told apart, with `describe` all of them: for a reference image.
        """
        gaze = self._gaze
        if not gaze.samples:
            return Unmeasured("no frame of the video could be decoded")
        models = engine()
        runs = believable(gaze.linker.runs, gaze.samples, models.second_opinion.score)
        tracks = tracks_of(runs, models.describer.describe, everybody=describe)
        turned = gaze.sideways.turned([s.face for run in runs for s in run.sightings])
        return people_of(tracks, gaze.samples, gaze.screen, turned)


def people_in_image(path: str, *, describe: bool = True) -> PeopleFacts | Unmeasured:
    """Everybody in a picture (of an animation: in its first frame), upright by its EXIF orientation.

    With `describe` a face that is the only one is described, so that it can be found in a video.
    Unmeasured where the picture cannot be decoded or is too large to be safe.
    Raises ComponentError where the models can neither be found nor fetched.
    """
    from lipready.faces.still import open_still

    still = open_still(path)
    if isinstance(still, Unmeasured):
        return still
    image, screen = still
    return people_in_pixels(image, screen, describe=describe)


def people_in_pixels(image: "NDArray[np.uint8]", screen: Screen, *, describe: bool = False) -> PeopleFacts:
    """Everybody in one RGB image that is already decoded."""
    faces = faces_in_picture(image)
    runs = []
    for face in faces:
        run = Run(0)
        sighting = _sighting(0, Fraction(0), image, face)
        run.add(sighting, lambda: image, chip_of(image, face.points) if face.points else None)
        runs.append(run)
    turned = None if upright(faces) else turn_of(image)
    tracks = tracks_of(runs, engine().describer.describe, everybody=describe and len(faces) == 1)
    return people_of(tracks, [Fraction(0)], screen, turned)


def _sighting(number: int, time: Fraction, image: "NDArray[np.uint8]", face: Face) -> Sighting:
    return Sighting(number, time, face, quality_of_face(image, face))
