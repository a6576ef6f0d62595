"""Who is in the picture."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from lipready.facts.unmeasured import Unmeasured

Alike = Literal["same", "different", "uncertain"]


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

    `yaw`, `pitch` and `roll` in degrees are None where no pose was measured. `eye_distance` is in displayed pixels.
    `sharpness` is the variance of the Laplacian over the face at a fixed size, `light` the mean luma of the face (0..1),
    `cut` says that the edge of the frame cuts the face; None where it was not measured.
    """

    time: Fraction
    box: Box
    score: float
    yaw: float | None = None
    pitch: float | None = None
    roll: float | None = None
    eye_distance: float | None = None
    sharpness: float | None = None
    light: float | None = None
    cut: bool | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """One person: `first` and `last` appearance in seconds, `share` of the samples that show the face (0..1).

    `largest_face` is the height in pixels of the largest box, `frontal_share` the share of the looks that are
    frontal (0..1), `looks` every look in order of time. `spans` are the stretches (begin, end) in seconds in which the
    face is seen. `descriptor` is dlib's 128 numbers, the mean of the best looks, or why there is none.
    """

    id: int
    first: Fraction
    last: Fraction
    share: float
    largest_face: int
    frontal_share: float
    looks: tuple[Look, ...]
    spans: tuple[tuple[Fraction, Fraction], ...] = ()
    descriptor: tuple[float, ...] | Unmeasured = Unmeasured("no face was large and sharp enough to be described")


@dataclass(frozen=True, slots=True)
class PeopleFacts:
    """Everybody who was seen in the sampled frames; a picture is a clip of one frame.

    `count` is the number of people, `most_in_one_frame` the largest number of faces in one frame, `face_share` the
    share of samples that show any face. Where the descriptors do not decide whether two tracks are one person, the
    truth lies between `count_low` and `count_high` (both equal to `count` where it is certain); `at_least` says that
    there are so many people that the count is a lower bound. `default_person` is the id of the one whom the provider
    picks without a reference image (the largest face in the first frame that has one), None where there is no face.
    `samples` are the sampled times in seconds from the first frame.
    """

    count: int
    most_in_one_frame: int
    face_share: float
    people: tuple[Person, ...]
    default_person: int | None
    samples: tuple[Fraction, ...]
    count_low: int | None = None
    count_high: int | None = None
    at_least: bool = False

    @property
    def certain(self) -> bool:
        """Whether `count` is more than a guess between two numbers."""
        return self.count_low == self.count_high


@dataclass(frozen=True, slots=True)
class Match:
    """How the one face of a reference image compares with the people of the video.

    `person` is the id of the nearest one, `distance` the Euclidean distance of the descriptors (dlib: the same person
    at most 0.5, different people at least 0.6; see section 6 of the design).
    """

    alike: Alike
    person: int
    distance: float
