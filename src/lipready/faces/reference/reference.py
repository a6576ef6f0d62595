"""Take a reference picture out of a clip: one person, from the front, head and shoulders."""

from collections.abc import Callable, Sequence
from fractions import Fraction

from lipready.errors import FixError
from lipready.faces.reference.choice import moments, try_looks
from lipready.faces.reference.cutting import ReferenceFrame, Subject, cut_out
from lipready.faces.reference.gates import OWN, Bounds, GateReading, Refusal
from lipready.facts.people import Front, PeopleFacts, Person, background
from lipready.facts.video import VideoFacts

LOOKED_AT_AGAIN = 8
"""So many cut-out pictures are tested, the best first, before the search ends."""

DISTINCT = Fraction(1, 5)
"""Seconds between two of them."""

Judge = Callable[[ReferenceFrame], str | None]


def find_reference(
    path: str,
    video: VideoFacts,
    people: PeopleFacts,
    person: int | None = None,
    *,
    bounds: Bounds = OWN,
    front: Front | None = None,
    judge: Judge | None = None,
) -> ReferenceFrame:
    """Find the frame that shows one person best and cut head and shoulders out of it.

    `person` is an id of `people`; it may be left out where only one is in `front`. The best looks are decoded again,
    pass the hard gates (`gates`, at the `bounds` of the provider's rules) or not, and are ranked (`ranking`). The
    frames around the best ones are tried too. The picture that is cut out is looked at again: it shows exactly one
    face, surely that person's. `judge` may refuse a picture in words, so that the next best is taken.

    Raises FixError where there is nobody, the person is not named, or no frame is good enough; the message says which
    gate failed and how close the best frame came.
    """
    chosen = chosen_person(path, people, person, background(people, video.height, front))
    subject = Subject(path, video, people, chosen, bounds)
    trials = try_looks(path, video, chosen, bounds)
    refused: list[Refusal] = []
    for shot in list(moments(trials.best_first(), DISTINCT))[:LOOKED_AT_AGAIN]:
        found = cut_out(subject, shot)
        objection = judge(found) if judge is not None and isinstance(found, ReferenceFrame) else None
        if objection is not None:
            found = Refusal(shot.time, (GateReading("the rules", objection, "nothing found", 1.0),))
        if isinstance(found, ReferenceFrame):
            return found
        refused.append(found)
    raise FixError(_no_frame(path, chosen, refused or trials.refused, len(trials.refused) + len(refused)))


def chosen_person(path: str, people: PeopleFacts, person: int | None, behind: Sequence[Person]) -> Person:
    """Find the person to take. Raises FixError where there is none, or several not `behind` and none is named."""
    if people.turned is not None:
        raise FixError(
            f"The faces in {path} lie on their side: turn the video by {people.turned}° clockwise before a reference "
            "image is taken from it."
        )
    if not people.people:
        raise FixError(f"{path} shows no face that a reference image could be taken from.")
    before = [each for each in people.people if each not in behind] or people.people
    if person is None and len(before) > 1:
        raise FixError(f"{path} shows {people.how_many}; say by number which of them speaks.")
    chosen = people.person(before[0].id if person is None else person)
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
