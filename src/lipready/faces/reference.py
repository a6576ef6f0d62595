"""Take a reference picture out of a clip: one person, from the front, head and shoulders."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from lipready.errors import FixError, ProbeError
from lipready.faces.framing import Framing, head_and_shoulders
from lipready.faces.pose import Pose
from lipready.facts.people import Box, Look, PeopleFacts, Person
from lipready.facts.video import VideoFacts

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LEAST_FACE = 64
"""Pixels: the height of a face below which eyes and mouth are only guessed at."""

PREFERRED = Pose(yaw=10.0, pitch=15.0, roll=10.0)
ACCEPTED = Pose(yaw=20.0, pitch=20.0, roll=20.0)
LARGEST_ANGLE = 30.0
"""Degrees (section 6 of the design: Pose): preferred, accepted, and the bound beyond which a look is rejected."""

TRIED = 6
"""So many of the best looks are decoded again and compared by their sharpness."""

APART = Fraction(2, 5)
"""Seconds between two looks that are tried: neighbours show the same."""


@dataclass(frozen=True, slots=True, eq=False)
class ReferenceFrame:
    """`image`: height × width × 3, RGB, uint8, upright. `time` in seconds from the first shown frame.

    `box` is where the picture was cut out, in displayed pixels of the video.
    """

    image: "NDArray[np.uint8]"
    time: Fraction
    box: Box


@dataclass(frozen=True, slots=True, eq=False)
class _Trial:
    frame: ReferenceFrame
    merit: float


def find_reference(path: str, video: VideoFacts, people: PeopleFacts, person: int | None = None) -> ReferenceFrame:
    """Find the frame that shows one person best and cut head and shoulders out of it.

    `person` is an id of `people`; it may be left out where there is only one. The crop is looked at again and shows
    exactly one face.

    Raises FixError where there is nobody, the person is not named, or no frame is good enough; the message says which
    gate failed and how close the best frame came.
    """
    chosen = _choose(path, people, person)
    looks = _best_looks(chosen)
    refused: list[str] = []
    trials: list[_Trial] = []
    for look in looks:
        reason = _unfit(look, video)
        tried = _try(path, video, people, look) if reason is None else reason
        if isinstance(tried, str):
            refused.append(f"at {float(look.time):.2f} s {tried}")
        else:
            trials.append(tried)
    if not trials:
        raise FixError(
            f"No frame of {path} shows person {chosen.id} well enough for a reference image: the best one, "
            f"{refused[0]}; hand in a picture of the speaker instead."
        )
    return max(trials, key=lambda t: t.merit).frame


def _choose(path: str, people: PeopleFacts, person: int | None) -> Person:
    if not people.people:
        raise FixError(f"{path} shows no face that a reference image could be taken from.")
    if person is None and len(people.people) > 1:
        raise FixError(f"{path} shows {people.count} people; say with --person N which of them speaks.")
    wanted = people.people[0].id if person is None else person
    for candidate in people.people:
        if candidate.id == wanted:
            return candidate
    known = ", ".join(str(p.id) for p in people.people)
    raise FixError(f"There is no person {wanted} in {path}; known are: {known}.")


def _best_looks(person: Person) -> list[Look]:
    """Pick the looks that are worth decoding, the best first, none of them close to a better one."""
    picked: list[Look] = []
    for look in sorted(person.looks, key=_promise, reverse=True):
        if all(abs(look.time - other.time) >= APART for other in picked):
            picked.append(look)
        if len(picked) == TRIED:
            break
    return picked


def _promise(look: Look) -> float:
    """How good a reference a look promises to be: its size, less where the head is turned."""
    return look.box.height * _frontality(_pose(look)) * look.score


def _frontality(pose: Pose | None) -> float:
    if pose is None:
        return 0.1
    if _within(pose, PREFERRED):
        return 1.0
    if _within(pose, ACCEPTED):
        return 0.6
    return 0.3 if _largest_angle(pose) <= LARGEST_ANGLE else 0.05


def _within(pose: Pose, bound: Pose) -> bool:
    return abs(pose.yaw) <= bound.yaw and abs(pose.pitch) <= bound.pitch and abs(pose.roll) <= bound.roll


def _largest_angle(pose: Pose) -> float:
    return max(abs(pose.yaw), abs(pose.pitch), abs(pose.roll))


def _pose(look: Look) -> Pose | None:
    if look.yaw is None or look.pitch is None or look.roll is None:
        return None
    return Pose(look.yaw, look.pitch, look.roll)


def _unfit(look: Look, video: VideoFacts) -> str | None:
    """Which gate a look fails, and by how much; None where it passes all that can be told before decoding."""
    box, pose = look.box, _pose(look)
    if box.height < LEAST_FACE:
        return f"has a face {box.height} pixels high (at least {LEAST_FACE} are needed)"
    if pose is None:
        return "has a face whose direction could not be measured"
    if _largest_angle(pose) > LARGEST_ANGLE:
        return f"has a head turned by {_largest_angle(pose):.0f}° (at most {LARGEST_ANGLE:.0f}°)"
    if box.left <= 0 or box.top <= 0 or box.left + box.width >= video.width or box.top + box.height >= video.height:
        return "has a face that the edge of the picture cuts"
    return None


def _try(path: str, video: VideoFacts, people: PeopleFacts, look: Look) -> _Trial | str:
    """Decode a look exactly, crop it, and look again; or say why it does not serve."""
    from lipready.faces.sight import faces_in_picture
    from lipready.probe.frames import decode_at

    framing = head_and_shoulders(look.box, _others(people, look), video.width, video.height)
    if framing is None:
        return "has another face close beside it"
    try:
        frame = decode_at(path, video, look.time)
    except ProbeError as error:
        return str(error)
    crop = _cut(frame.image, framing)
    faces = faces_in_picture(crop)
    if len(faces) != 1:
        return f"shows {len(faces) or 'no'} faces when looked at alone"
    pose = faces[0].pose
    if _largest_angle(pose) > LARGEST_ANGLE:
        return f"has a head turned by {_largest_angle(pose):.0f}° (at most {LARGEST_ANGLE:.0f}°)"
    merit = _frontality(pose) * look.box.height * _sharpness(frame.image, look.box)
    return _Trial(ReferenceFrame(crop, frame.time, framing.box), merit)


def _others(people: PeopleFacts, look: Look) -> Sequence[Box]:
    """List the boxes of everybody else in the same frame."""
    together = (other for person in people.people for other in person.looks if other.time == look.time)
    return [other.box for other in together if other.box != look.box]


def _cut(image: "NDArray[np.uint8]", framing: Framing) -> "NDArray[np.uint8]":
    import cv2
    import numpy as np

    box = framing.box
    crop = np.ascontiguousarray(image[box.top : box.top + box.height, box.left : box.left + box.width])
    if framing.size == (box.width, box.height):
        return crop
    return np.asarray(cv2.resize(crop, framing.size, interpolation=cv2.INTER_AREA))


def _sharpness(image: "NDArray[np.uint8]", box: Box) -> float:
    """Measure the standard deviation of the Laplacian over a face that is brought to 128 × 128 pixels."""
    import cv2

    face = image[box.top : box.top + box.height, box.left : box.left + box.width]
    grey = cv2.cvtColor(cv2.resize(face, (128, 128), interpolation=cv2.INTER_AREA), cv2.COLOR_RGB2GRAY)
    return float(cv2.Laplacian(grey, cv2.CV_64F).std())
