"""Who is in the picture."""

from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in displayed pixels: left, top, width, height."""

    left: int
    top: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Look:
    """One face in one frame: `time` in seconds from the first frame, `score` 0..1 of the detector.

    `yaw`, `pitch` and `roll` in degrees are None where no pose was measured.
    """

    time: Fraction
    box: Box
    score: float
    yaw: float | None = None
    pitch: float | None = None
    roll: float | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """One person: `first` and `last` appearance in seconds, `share` of the samples that show the face (0..1).

    `largest_face` is the height in pixels of the largest box, `frontal_share` the share of the looks that are
    frontal (0..1), `looks` every look in order of time.
    """

    id: int
    first: Fraction
    last: Fraction
    share: float
    largest_face: int
    frontal_share: float
    looks: tuple[Look, ...]


@dataclass(frozen=True, slots=True)
class PeopleFacts:
    """Everybody who was seen in the sampled frames; a picture is a clip of one frame.

    `count` is the number of people, `most_in_one_frame` the largest number of faces in one frame, `face_share` the
    share of samples that show any face. `default_person` is the id of the one whom the provider picks without a
    reference image (the largest face in the first frame that has one), None where there is no face. `samples` are the
    sampled times in seconds from the first frame.
    """

    count: int
    most_in_one_frame: int
    face_share: float
    people: tuple[Person, ...]
    default_person: int | None
    samples: tuple[Fraction, ...]
