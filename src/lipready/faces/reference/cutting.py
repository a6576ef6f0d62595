"""Cut head and shoulders out of one frame, and look at the picture again as whoever gets it will."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from lipready.errors import ProbeError
from lipready.faces.detection.geometry import Area
from lipready.faces.people import match_reference, people_in_pixels
from lipready.faces.reference.gates import Bounds, GateReading, Refusal, failed, headshot_readings, look_readings
from lipready.faces.reference.headshot import FOLLOWED, Headshot
from lipready.faces.tracking.persons import Screen
from lipready.facts.people import Box, Match, PeopleFacts, Person
from lipready.facts.quantity import counted, plural
from lipready.facts.unmeasured import Unmeasured
from lipready.facts.video import VideoFacts

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

ABOVE, BELOW, BESIDE = 0.8, 1.4, 0.9
"""How far the crop reaches beyond the face's box, in heights and widths of the box."""

LEAST_BESIDE = 0.1
"""A crop that another face pushes closer than this to the face is none."""

ROOM = 2.0
"""Widths of the face's box: a crop that is wider than high, since the frame cuts hair or shoulders, is narrowed to a
square, but not below this. What lies farther to the sides shows nothing of the person."""

LONGEST_RATIO = 1.9
"""Long edge to short edge; the providers accept 2 (DashScope's VideoRetalk page, reference image)."""

LONGEST_EDGE = 2048
"""Pixels; the providers accept 4096, and a face needs far less."""


@dataclass(frozen=True, slots=True)
class Framing:
    """The part of the picture that is cut out, in its pixels, and the (width, height) to which it is shrunk."""

    box: Box
    size: tuple[int, int]


@dataclass(slots=True)
class _Edges:
    left: int
    top: int
    right: int
    bottom: int


def head_and_shoulders(face: Box, others: Sequence[Box], width: int, height: int) -> Framing | None:
    """Frame one face in a picture of `width` × `height` pixels so that no other face is seen.

    The result's aspect ratio and edges are accepted as a reference image. None where another face is too close.
    """
    edges = _Edges(
        left=max(0, round(face.left - BESIDE * face.width)),
        top=max(0, round(face.top - ABOVE * face.height)),
        right=min(width, round(face.left + (1 + BESIDE) * face.width)),
        bottom=min(height, round(face.top + (1 + BELOW) * face.height)),
    )
    for other in others:
        if not _keep_out(edges, face, other):
            return None
    _keep_ratio(edges, face)
    box = Box(edges.left, edges.top, edges.right - edges.left, edges.bottom - edges.top)
    shrink = min(1.0, LONGEST_EDGE / max(box.width, box.height))
    return Framing(box, (max(1, round(box.width * shrink)), max(1, round(box.height * shrink))))


def _keep_out(edges: _Edges, face: Box, other: Box) -> bool:
    """Move the edge at which somebody else reaches in; False where that would come too close to the face itself."""
    right, bottom = other.left + other.width, other.top + other.height
    margin = round(LEAST_BESIDE * face.width)
    # The hair of the other one is beyond its box, and the shoulders are as far as half way.
    reach = round(0.15 * other.width)
    if right + reach <= face.left - margin:
        if _beside(edges, other):
            edges.left = max(edges.left, right + reach, min((right + face.left) // 2, face.left - margin))
    elif other.left - reach >= face.left + face.width + margin:
        if _beside(edges, other):
            half = (face.left + face.width + other.left) // 2
            edges.right = min(edges.right, other.left - reach, max(half, face.left + face.width + margin))
    elif right <= edges.left or other.left >= edges.right or bottom <= edges.top or other.top >= edges.bottom:
        return True
    elif bottom + reach <= face.top - margin:
        edges.top = max(edges.top, bottom + reach)
    elif other.top - reach >= face.top + face.height + margin:
        edges.bottom = min(edges.bottom, other.top - reach)
    else:
        return False
    return True


def _beside(edges: _Edges, other: Box) -> bool:
    """Return whether somebody's head and shoulders stand at the height of the crop."""
    top, bottom = other.top - ABOVE * other.height, other.top + (1 + BELOW) * other.height
    return top < edges.bottom and bottom > edges.top


def _keep_ratio(edges: _Edges, face: Box) -> None:
    """Shorten the long edge, around the face: the width to a square, the height to a ratio that is accepted."""
    wide, high = edges.right - edges.left, edges.bottom - edges.top
    widest = min(max(float(high), ROOM * face.width), LONGEST_RATIO * high)
    if wide > widest:
        edges.left, edges.right = _shortened(edges.left, edges.right, face.left + face.width // 2, widest)
    elif high > LONGEST_RATIO * wide:
        edges.top, edges.bottom = _shortened(edges.top, edges.bottom, face.top + face.height // 2, LONGEST_RATIO * wide)


def _shortened(low: int, high: int, middle: int, length: float) -> tuple[int, int]:
    start = min(max(round(middle - length / 2), low), high - int(length))
    return start, start + int(length)


NEARBY = Fraction(3, 5)
"""Seconds: a look of somebody else within them says where that face is."""


@dataclass(frozen=True, slots=True)
class Subject:
    """Whose picture is taken, of which clip, and the bounds that it has to keep."""

    path: str
    video: VideoFacts
    people: PeopleFacts
    person: Person
    bounds: Bounds


@dataclass(frozen=True, slots=True, eq=False)
class ReferenceFrame:
    """`image`: height × width × 3, RGB, uint8, upright. `time` in seconds from the first shown frame.

    `box` is where the picture was cut out, in displayed pixels of the video; it may be shrunk, never enlarged, which
    would add no detail. `readings` says what every gate measured, `match` how near it is to that person's looks in the
    clip.
    """

    image: "NDArray[np.uint8]"
    time: Fraction
    box: Box
    readings: tuple[GateReading, ...]
    match: Match


def cut_out(subject: Subject, shot: Headshot) -> ReferenceFrame | Refusal:
    """Decode a frame exactly, crop it, and look again; or say why it does not serve."""
    from lipready.probe.decoding.frames import decode_at

    try:
        frame = decode_at(subject.path, subject.video, shot.time)
    except ProbeError as error:
        return _refusal(shot, "decoding", str(error), "a whole frame")
    cropped = _alone(subject, shot, frame.image)
    if isinstance(cropped, Refusal):
        return cropped
    framing, crop, seen = cropped
    closed = failed(look_readings(seen.people[0].looks[0], subject.bounds))
    if closed:
        return Refusal(shot.time, closed)
    match = match_reference(seen, subject.people)
    if isinstance(match, Unmeasured):
        return _refusal(shot, "likeness", match.reason, "one that can be compared")
    if match.alike != "same" or match.person != subject.person.id:
        nearest = f"person {match.person}" if match.alike == "same" else f"nobody for sure ({match.alike})"
        doubt = f"it looks like {nearest}, at a distance of {match.distance:.2f}"
        return _refusal(shot, "likeness", doubt, f"surely person {subject.person.id}")
    one = GateReading("company", "one face in the picture", "exactly one", 0.0)
    readings = (*headshot_readings(shot, subject.bounds), one)
    return ReferenceFrame(crop, frame.time, framing.box, readings, match)


def _alone(
    subject: Subject, shot: Headshot, image: "NDArray[np.uint8]"
) -> "tuple[Framing, NDArray[np.uint8], PeopleFacts] | Refusal":
    """Crop a frame so that one face is seen in it; a face that no sample showed is kept out by a second crop."""
    others, count = _others(subject, shot.time), 0
    for _ in range(2):
        framing = head_and_shoulders(shot.box, others, image.shape[1], image.shape[0])
        if framing is None:
            return _refusal(shot, "company", "another face is close beside it", "one face in the picture")
        crop = _cut(image, framing)
        seen = people_in_pixels(crop, Screen(crop.shape[1], crop.shape[0], 1.0), describe=True)
        if seen.count == 1 and seen.people[0].looks:
            return framing, crop, seen
        count, strangers = seen.count, _strangers(seen, framing, shot)
        if not strangers:
            break
        others += strangers
    found = "no face is seen" if not count else f"{counted(count, 'face')} {plural(count, 'is')} seen"
    return _refusal(shot, "company", f"{found} when the picture is looked at alone", "exactly one")


def _strangers(seen: PeopleFacts, framing: Framing, shot: Headshot) -> Sequence[Box]:
    """List the faces of a crop that are not the wanted one, in pixels of the frame."""
    scale = framing.box.width / framing.size[0]
    own = Area(shot.box.left, shot.box.top, shot.box.width, shot.box.height)
    places = [
        Area(
            framing.box.left + look.box.left * scale,
            framing.box.top + look.box.top * scale,
            look.box.width * scale,
            look.box.height * scale,
        )
        for person in seen.people
        for look in person.looks
    ]
    return [Box(*map(round, (p.left, p.top, p.width, p.height))) for p in places if p.overlap(own) < FOLLOWED]


def _others(subject: Subject, time: Fraction) -> list[Box]:
    """List the boxes of everybody else in the sample that is nearest to a time."""
    boxes = []
    for other in subject.people.people:
        if other.id != subject.person.id and other.looks:
            nearest = min(other.looks, key=lambda look: abs(look.time - time))
            if abs(nearest.time - time) <= NEARBY:
                boxes.append(nearest.box)
    return boxes


def _refusal(shot: Headshot, gate: str, measured: str, allowed: str) -> Refusal:
    return Refusal(shot.time, (GateReading(gate, measured, allowed, 1.0),))


def _cut(image: "NDArray[np.uint8]", framing: Framing) -> "NDArray[np.uint8]":
    import cv2
    import numpy as np

    box = framing.box
    crop = np.ascontiguousarray(image[box.top : box.top + box.height, box.left : box.left + box.width])
    if framing.size == (box.width, box.height):
        return crop
    return np.asarray(cv2.resize(crop, framing.size, interpolation=cv2.INTER_AREA))
