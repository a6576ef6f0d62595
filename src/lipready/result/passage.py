"""What a stretch of a video shows of the mouths in it, and several stretches together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from math import dist
from typing import TYPE_CHECKING

from lipready.faces.detection.landmarks import OUTER_EYES, Mesh
from lipready.faces.people import Seen, people_in_stretches
from lipready.facts.file import FileFacts
from lipready.facts.people import Look, PeopleFacts, Person
from lipready.facts.result import Opening
from lipready.facts.unmeasured import Unmeasured
from lipready.facts.video import VideoFacts
from lipready.mouth.opening import opening_of
from lipready.mouth.speaker import in_front

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Stretch = tuple[Fraction, Fraction]
"""Its begin and its end in seconds."""

Moment = Sequence[tuple[Fraction, "NDArray[np.uint8]"]]
"""A frame, and those right before and after it: times in seconds, and small pictures in RGB."""

HIDDEN = 0.5
"""Share of the looks at a mouth from which on something covers it."""


@dataclass(slots=True)
class Mouth:
    """One mouth: when and how far it is open, and the distance of the eyes in pixels."""

    openings: list[Opening] = field(default_factory=list)
    eyes: list[float] = field(default_factory=list)

    def take(self, time: Fraction, mesh: Mesh) -> None:
        """Keep what a frame shows of it."""
        left, right = mesh.points[list(OUTER_EYES), :2].tolist()
        self.openings.append((time, opening_of(mesh)))
        self.eyes.append(dist(left, right))


@dataclass(frozen=True, slots=True, eq=False)
class Passage:
    """What a stretch shows: who is seen, the mouths by the look that each is followed from, and small pictures."""

    seen: Seen
    mouths: Mapping[Look, Mouth]
    moments: Sequence[Moment]


@dataclass(frozen=True, slots=True)
class Watched:
    """What the stretches of a video of so many pixels' `width` show: who is seen, and by person's number the mouths."""

    people: PeopleFacts
    mouths: Mapping[int, Mouth]
    moments: Sequence[Moment]
    width: int


def joined(file: FileFacts, passages: Sequence[Passage | Unmeasured]) -> Watched | Unmeasured:
    """Return who is in the stretches of a video, which are in order of time, with the mouths of those in front."""
    those = [each for each in passages if not isinstance(each, Unmeasured)]
    if not those or not isinstance(file.media, VideoFacts):
        return next(each for each in passages if isinstance(each, Unmeasured))
    people = people_in_stretches([each.seen for each in those])
    mouths = {look: mouth for each in those for look, mouth in each.mouths.items()}
    front = {person.id: _joined(person.looks, mouths) for person in in_front(people, file.media) if not hidden(person)}
    return Watched(people, front, [moment for each in those for moment in each.moments], file.media.width)


def hidden(person: Person) -> bool:
    """Return whether something covers the mouth: what the mesh then says of it is no truth."""
    told = [look.covered for look in person.looks if look.covered is not None]
    return sum(told) > HIDDEN * len(told)


def _joined(looks: Sequence[Look], mouths: Mapping[Look, Mouth]) -> Mouth:
    parts = [mouths[look] for look in looks if look in mouths]
    frames = sorted(each for part in parts for each in zip(part.openings, part.eyes, strict=True))
    return Mouth([opening for opening, _ in frames], [eyes for _, eyes in frames])
