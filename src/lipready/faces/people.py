"""Who is in a clip, or in a picture."""

from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

from lipready.errors import ProbeError
from lipready.faces.detection.picture import Face, faces_in_picture, quality_of_face, turn_of, upright
from lipready.faces.models.engine import chip_of, engine
from lipready.faces.tracking.identity import DIFFERENT, alike, distance
from lipready.faces.tracking.looks import Gaze
from lipready.faces.tracking.persons import Screen, people_of
from lipready.faces.tracking.runs import Run, Sighting, believable
from lipready.faces.tracking.tracks import tracks_of
from lipready.facts.people import Match, PeopleFacts
from lipready.facts.quantity import counted
from lipready.facts.unmeasured import Unmeasured
from lipready.probe.decoding.frames import Frame
from lipready.probe.streams.image import open_picture

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image


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
    apart, nearest = min((distance(wanted, descriptor), number) for number, descriptor in known)
    if apart >= DIFFERENT and len(known) < len(video.people):
        return Match("uncertain", nearest, apart)
    return Match(alike(apart), nearest, apart)


LONG_EDGE = 1920
"""Pixels: larger pictures are shrunk before faces are looked for."""

DEEP = ("I", "F")
"""Pillow's modes of more than eight bits a channel begin so."""


def open_still(path: str) -> "tuple[NDArray[np.uint8], Screen] | Unmeasured":
    """Decode a picture (the first frame of an animation) to RGB, upright by its EXIF orientation, at most 1920 long.

    Transparent parts become white. Unmeasured where it cannot be decoded or is too large to be safe.
    """
    import numpy as np
    from PIL import ImageOps

    try:
        with open_picture(path) as picture:
            longest = max(picture.size)
            if picture.format in {"JPEG", "MPO"}:
                picture.draft("RGB", (LONG_EDGE, LONG_EDGE))
            rgb = _rgb(ImageOps.exif_transpose(picture))
    except ProbeError as error:
        return Unmeasured(f"the picture {error}", transient=error.transient)
    rgb.thumbnail((LONG_EDGE, LONG_EDGE))
    return np.asarray(rgb), Screen(rgb.width, rgb.height, longest / max(rgb.size))


def _rgb(picture: "Image") -> "Image":
    """Eight bits a channel, on white where the picture is transparent."""
    from PIL import Image

    if picture.mode.startswith(DEEP):
        picture = _shallow(picture)
    if not picture.has_transparency_data:
        return picture.convert("RGB")
    layered = picture.convert("RGBA")
    white = Image.new("RGBA", layered.size, "white")
    white.alpha_composite(layered)
    return white.convert("RGB")


def _shallow(picture: "Image") -> "Image":
    """Grey of 16 or 32 bits stretched over eight: Pillow's own conversion cuts at 255."""
    import numpy as np
    from PIL import Image

    values = np.nan_to_num(np.asarray(picture, np.float64))
    low, high = float(values.min()), float(values.max())
    return Image.fromarray(((values - low) * (255.0 / max(high - low, 1e-9))).astype(np.uint8))


class PeopleWatcher:
    """Watches the sampled frames of one clip (a `FrameConsumer`) and then says who was there."""

    def __init__(self) -> None:
        """Begin before the first frame; no model is loaded yet."""
        self._gaze = Gaze()

    def see(self, frame: Frame) -> None:
        """Look for faces in one frame. Raises ComponentError where the models can neither be found nor fetched."""
        self._gaze.see(frame)

    def ahead(self, frame: Frame, _gap: Fraction | None) -> None:
        """Look at a frame in another thread, before `see` does.

        Raises ComponentError where the models can neither be found nor fetched.
        """
        self._gaze.ahead(frame)

    def facts(self, *, describe: bool = False) -> PeopleFacts | Unmeasured:
        """Everybody who was seen; Unmeasured where not one frame could be decoded.

        Faces are described where people have to be told apart, with `describe` all of them: for a reference image.
        """
        gaze = self._gaze
        if not gaze.samples:
            return Unmeasured("no frame of the video could be decoded")
        runs = believable(gaze.linker.runs, gaze.samples)
        tracks = tracks_of(runs, engine().describer.describe, everybody=describe)
        turned = gaze.sideways.turned([s.face for run in runs for s in run.sightings])
        return people_of(tracks, gaze.samples, gaze.screen, turned)


def people_in_image(path: str, *, describe: bool = True) -> PeopleFacts | Unmeasured:
    """Everybody in a picture (of an animation: in its first frame), upright by its EXIF orientation.

    With `describe` a face that is the only one is described, so that it can be found in a video.
    Unmeasured where the picture cannot be decoded or is too large to be safe.
    Raises ComponentError where the models can neither be found nor fetched.
    """
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
        run.add(sighting, chip_of(image, face.points) if face.points else None)
        runs.append(run)
    turned = None if upright(faces) else turn_of(image)
    tracks = tracks_of(runs, engine().describer.describe, everybody=describe and len(faces) == 1)
    return people_of(tracks, [Fraction(0)], screen, turned)


def _sighting(number: int, time: Fraction, image: "NDArray[np.uint8]", face: Face) -> Sighting:
    return Sighting(number, time, face, quality_of_face(image, face))
