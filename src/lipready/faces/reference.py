"""Take a reference picture out of a clip: one person, from the front, head and shoulders."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from lipready.errors import FixError, ProbeError
from lipready.faces.choice import moments, try_looks
from lipready.faces.framing import Framing, head_and_shoulders
from lipready.faces.gates import Reading, Refusal, failed, headshot_readings, look_readings
from lipready.faces.headshot import Headshot
from lipready.faces.match import match_reference
from lipready.faces.people import people_in_pixels
from lipready.faces.persons import Screen
from lipready.facts.people import Box, Look, Match, PeopleFacts, Person
from lipready.facts.unmeasured import Unmeasured
from lipready.facts.video import VideoFacts

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LOOKED_AT_AGAIN = 8
"""So many cut-out pictures are tested, the best first, before the search ends."""

DISTINCT = Fraction(1, 5)
"""Seconds between two of them."""

NEARBY = Fraction(3, 5)
"""Seconds: a look of somebody else within them says where that face is."""

Judge = Callable[["ReferenceFrame"], str | None]


@dataclass(frozen=True, slots=True, eq=False)
class ReferenceFrame:
    """`image`: height × width × 3, RGB, uint8, upright. `time` in seconds from the first shown frame.

    `box` is where the picture was cut out, in displayed pixels of the video. `readings` says what every gate measured,
    `match` how near it is to that person's looks in the clip.
    """

    image: "NDArray[np.uint8]"
    time: Fraction
    box: Box
    readings: tuple[Reading, ...]
    match: Match


def find_reference(
    path: str, video: VideoFacts, people: PeopleFacts, person: int | None = None, *, judge: Judge | None = None
) -> ReferenceFrame:
    """Find the frame that shows one person best and cut head and shoulders out of it.

    `person` is an id of `people`; it may be left out where there is only one. The best looks are decoded again, pass
    the hard gates (`faces.gates`) or not, and are ranked (`faces.ranking`); the frames around the best one are tried
    too. The picture that is cut out is looked at again: it shows exactly one face, which is surely that person's.
    `judge` may refuse a picture in words, so that the next best is taken.

    Raises FixError where there is nobody, the person is not named, or no frame is good enough; the message says which
    gate failed and how close the best frame came.
    """
    chosen = chosen_person(path, people, person)
    trials = try_looks(path, video, chosen)
    refused = [refusal for refusal, _ in trials.refused]
    cut_out: list[Refusal] = []
    for number, shot in enumerate(moments(trials.best_first(), DISTINCT)):
        if number == LOOKED_AT_AGAIN:
            break
        found = _cut_out(path, video, people, chosen, shot)
        if isinstance(found, ReferenceFrame) and judge is not None:
            objection = judge(found)
            if objection is not None:
                found = Refusal(float(shot.time), (Reading("the rules", objection, "nothing found", 1.0),))
        if isinstance(found, ReferenceFrame):
            return found
        cut_out.append(found)
    raise FixError(_no_frame(path, chosen, cut_out or refused, len(refused) + len(cut_out)))


def chosen_person(path: str, people: PeopleFacts, person: int | None) -> Person:
    """Find the person to take. Raises FixError where there is nobody, no such number, or no choice among several."""
    if not people.people:
        raise FixError(f"{path} shows no face that a reference image could be taken from.")
    if person is None and len(people.people) > 1:
        raise FixError(f"{path} shows {people.how_many}; say with --person N which of them speaks.")
    chosen = people.person(people.people[0].id if person is None else person)
    if chosen is None:
        known = ", ".join(str(each.id) for each in people.people)
        raise FixError(f"There is no person {person} in {path}; known are: {known}.")
    return chosen


def _no_frame(path: str, person: Person, refusals: Sequence[Refusal], looked_at: int) -> str:
    closest = min(refusals, key=lambda each: each.distance)
    frames = f"of the {looked_at} that were looked at, the best one" if looked_at > 1 else "the only one"
    return (
        f"No frame of {path} shows person {person.id} well enough for a reference image: {frames}, {closest}. "
        "Hand in a picture of the speaker instead."
    )


def _cut_out(
    path: str, video: VideoFacts, people: PeopleFacts, person: Person, shot: Headshot
) -> ReferenceFrame | Refusal:
    """Decode a frame exactly, crop it, and look again; or say why it does not serve."""
    from lipready.probe.frames import decode_at

    others = _others(people, person, shot.time)
    framing = head_and_shoulders(shot.box, others, video.width, video.height)
    if framing is None:
        return _refusal(shot, "company", "another face is close beside it", "one face in the picture")
    try:
        frame = decode_at(path, video, shot.time)
    except ProbeError as error:
        return _refusal(shot, "decoding", str(error), "a whole frame")
    crop = _cut(frame.image, framing)
    alone = people_in_pixels(crop, Screen(crop.shape[1], crop.shape[0], 1.0), describe=True)
    if alone.count != 1 or not alone.people[0].looks:
        seen = f"{alone.count or 'no'} faces are seen when the picture is looked at alone"
        return _refusal(shot, "company", seen, "exactly one")
    closed = failed(look_readings(alone.people[0].looks[0]))
    if closed:
        return Refusal(float(shot.time), closed)
    match = match_reference(alone, people)
    if isinstance(match, Unmeasured) or match.alike != "same" or match.person != person.id:
        return _refusal(shot, "identity", _doubt(match), f"surely person {person.id}")
    one = Reading("company", "one face in the picture", "exactly one", 0.0)
    return ReferenceFrame(crop, frame.time, framing.box, (*headshot_readings(shot), one), match)


def _doubt(match: Match | Unmeasured) -> str:
    """Say why a picture may show somebody else: a profile or a blur is no likeness that a provider could go by."""
    if isinstance(match, Unmeasured):
        return f"it cannot be compared: {match.reason}"
    nearest = f"person {match.person}" if match.alike == "same" else f"nobody for sure ({match.alike})"
    return f"it looks like {nearest}, at a distance of {match.distance:.2f}"


def _refusal(shot: Headshot, gate: str, measured: str, allowed: str) -> Refusal:
    return Refusal(float(shot.time), (Reading(gate, measured, allowed, 1.0),))


def _others(people: PeopleFacts, person: Person, time: Fraction) -> list[Box]:
    """List the boxes of everybody else in the sample that is nearest to a time."""
    boxes = []
    for other in people.people:
        if other.id != person.id and other.looks:
            nearest: Look = min(other.looks, key=lambda look: abs(look.time - time))
            if abs(nearest.time - time) <= NEARBY:
                boxes.append(nearest.box)
    return boxes


def _cut(image: "NDArray[np.uint8]", framing: Framing) -> "NDArray[np.uint8]":
    import cv2
    import numpy as np

    box = framing.box
    crop = np.ascontiguousarray(image[box.top : box.top + box.height, box.left : box.left + box.width])
    if framing.size == (box.width, box.height):
        return crop
    return np.asarray(cv2.resize(crop, framing.size, interpolation=cv2.INTER_AREA))
