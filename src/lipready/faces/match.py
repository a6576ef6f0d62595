"""Whether the person of a reference image is in the video."""

from dataclasses import replace

from lipready.faces.tracking.identity import DIFFERENT, alike, distance
from lipready.facts.people import Match, PeopleFacts
from lipready.facts.quantity import counted
from lipready.facts.unmeasured import Unmeasured


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
