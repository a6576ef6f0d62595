"""Who is in the picture."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from math import isfinite
from typing import Literal

from lipready.facts.quantity import counted
from lipready.facts.unmeasured import Unmeasured

Alike = Literal["same", "different", "uncertain"]
Position = Literal["left", "centre", "right"]
Quality = Literal["yaw", "pitch", "roll", "eye_distance", "sharpness", "light"]

_LEAST = Fraction(1, 1000)
"""Seconds for which a sample at the very end stands, so that no sample is worth nothing."""
COVERED = 0.5
"""From this reading on something covers a mouth; see `faces.detection.mouth_cover`, which was measured against it."""

_UNDESCRIBED = Unmeasured("no face was large and sharp enough to be described")


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
    `sharpness` is the variance of the Laplacian over the face at a fixed size, `light` the mean luma of the face
    (0..1), `cut` says that the edge of the frame cuts the face, `mouth_cover` (0..1) is how surely something covers the
    mouth; None where it was not measured.
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
    mouth_cover: float | None = None

    @property
    def covered(self) -> bool | None:
        """Whether something covers the mouth; None where that cannot be told."""
        return None if self.mouth_cover is None else self.mouth_cover >= COVERED


@dataclass(frozen=True, slots=True)
class Person:
    """One person: `first` and `last` appearance in seconds, `share` of the sampled time that shows the face (0..1).

    `largest_face` is the height in pixels of the largest box, `frontal_share` the share of the person's time that
    shows the face from the front (0..1), `looks` every look in order of time. `spans` are the stretches (begin, end)
    in seconds in which the face is seen. `descriptor` is dlib's 128 numbers, the mean of the best looks, or why there
    is none. `covered_spans` are the stretches in which something covers the mouth, `covered_share` their share of the
    time for which that can be told (0..1), None where it never can.
    """

    id: int
    first: Fraction
    last: Fraction
    share: float
    largest_face: int
    frontal_share: float
    looks: tuple[Look, ...]
    spans: tuple[tuple[Fraction, Fraction], ...] = ()
    descriptor: tuple[float, ...] | Unmeasured = _UNDESCRIBED
    covered_share: float | None = None
    covered_spans: tuple[tuple[Fraction, Fraction], ...] = ()

    def until(self, end: Fraction) -> "Person":
        """Return the same person, with no time after `end` (seconds)."""
        return replace(
            self,
            first=min(self.first, end),
            last=min(self.last, end),
            looks=tuple(replace(look, time=min(look.time, end)) for look in self.looks),
            spans=tuple((min(start, end), min(stop, end)) for start, stop in self.spans),
            covered_spans=tuple((min(start, end), min(stop, end)) for start, stop in self.covered_spans),
        )

    def position(self, width: int) -> Position | None:
        """Return in which third of a picture of `width` displayed pixels the face usually is; None without a look."""
        from statistics import fmean

        if width <= 0 or not self.looks:
            return None
        middle = fmean(look.box.left + look.box.width / 2 for look in self.looks) / width
        return "left" if middle < 1 / 3 else ("right" if middle > 2 / 3 else "centre")

    @property
    def face_height(self) -> float | None:
        """The median height of the face in displayed pixels; None without a look."""
        from statistics import median

        return median(look.box.height for look in self.looks) if self.looks else None

    def typical(self, quality: Quality) -> float | None:
        """Return the median of one quality over the looks in which it was measured; None where it never was."""
        from statistics import median

        values = [value for look in self.looks if (value := getattr(look, quality)) is not None and isfinite(value)]
        return median(values) if values else None


@dataclass(frozen=True, slots=True)
class PeopleFacts:
    """Everybody who was seen in the sampled frames; a picture is a clip of one frame.

    `count` is the number of people, `most_in_one_frame` the largest number of faces in one frame, `face_share` the
    share of the sampled time that shows any face. Where the descriptors do not decide whether two tracks are one
    person, the truth lies between `count_low` and `count_high` (both equal to `count` where it is certain); `at_least`
    says that there are so many people that the count is a lower bound. `default_person` is the id of the one whom the
    provider picks without a reference image (the largest face in the first frame that has one), None where there is no
    face. `samples` are the sampled times in seconds from the first frame. `turned` says that the faces lie on their
    side: by how many degrees clockwise (90 or 270) the picture has to be turned for them to stand upright. With
    `count` 0 it says that a face is seen only so; None where the faces are upright or there are none. `speaks` is the
    id of the one whose mouth moves with the sound of the video itself, a suggestion and no more; Unmeasured where that
    does not stand clear, None where nobody asks: in a picture, without sound, and with fewer than two people in front.
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
    turned: int | None = None
    speaks: int | Unmeasured | None = None

    def until(self, end: Fraction) -> "PeopleFacts":
        """Return the same, with no time after `end`, the length of the clip in seconds.

        Frames may come out of a decoder with later times than the clip is long.
        """
        if all(time <= end for time in self.samples):
            return self
        samples, people = (min(time, end) for time in self.samples), (each.until(end) for each in self.people)
        return replace(self, people=tuple(people), samples=tuple(dict.fromkeys(samples)))

    @property
    def fewest(self) -> int:
        """The least number of people that there can be."""
        return self.count if self.count_low is None else self.count_low

    @property
    def most(self) -> int:
        """The largest number of people that the looks allow (there may be more where it says `at_least`)."""
        return max(self.count if self.count_high is None else self.count_high, self.fewest)

    @property
    def how_many(self) -> str:
        """`nobody`, `1 person`, `2 people`, `2 or 3 people`, `2 to 5 people`, `at least 6 people`."""
        low, high = self.fewest, self.most
        if high <= 0:
            return "nobody"
        if self.at_least:
            return f"at least {counted(low, 'person')}"
        if low == high:
            return counted(low, "person")
        return f"{low} {'or' if high == low + 1 else 'to'} {counted(high, 'person')}"

    @property
    def stands(self) -> Mapping[Fraction, Fraction]:
        """For how many seconds each sampled time stands: samples are not evenly spaced."""
        return self.standing(None)

    def standing(self, end: Fraction | None) -> Mapping[Fraction, Fraction]:
        """Return for how many seconds each sampled time stands; the clip ends at `end`, None where that is unknown."""
        return seconds_of({*self.samples, *(look.time for person in self.people for look in person.looks)}, end)

    def person(self, number: int | None) -> Person | None:
        """Return the person of that number; None where there is none."""
        return next((each for each in self.people if each.id == number), None)

    def target(self, chosen: int | None = None) -> Person | None:
        """Return the speaker: the chosen person, else the provider's pick, else whoever is seen longest."""
        longest = max(self.people, key=lambda each: each.share, default=None)
        return self.person(chosen) or self.person(self.default_person) or longest

    @property
    def suggestion(self) -> str:
        """`Person 2's mouth moves with the video's sound track.`; empty where nobody's is known to."""
        if not isinstance(self.speaks, int):
            return ""
        return f"Person {self.speaks}'s mouth moves with the video's sound track."

    @property
    def certain(self) -> bool:
        """Whether `count` is more than a guess between two numbers."""
        return self.count_low == self.count_high


def seconds_of(samples: Iterable[Fraction], end: Fraction | None = None) -> Mapping[Fraction, Fraction]:
    """Return for how many seconds each sample stands: until the next one, the last until `end`.

    A frame is shown until the next one comes, so that a clip weighs the same whether a held frame is stored once or
    many times. Without `end` the last sample stands as long as the one before it; a single one stands for one second.
    """
    times: Sequence[Fraction] = sorted(samples)
    gaps = [later - earlier for earlier, later in pairwise(times)]
    last = (gaps or [Fraction(1)])[-1] if end is None or not times else max(end - times[-1], _LEAST)
    return dict(zip(times, (*gaps, last), strict=False))


@dataclass(frozen=True, slots=True)
class Match:
    """How the one face of a reference image compares with the people of the video.

    `person` is the id of the nearest one, `distance` the Euclidean distance of the descriptors (dlib: the same person
    at most 0.5, different people at least 0.6; see section 6 of the design).
    """

    alike: Alike
    person: int
    distance: float


_APART = Fraction(1)
"""Seconds: stretches that are closer together are one: a face is missed for a moment, a value wavers at its bound."""


def merged(parts: Iterable[tuple[Fraction, Fraction]]) -> tuple[tuple[Fraction, Fraction], ...]:
    """Join stretches, in order, that are less than a second apart."""
    joined: list[tuple[Fraction, Fraction]] = []
    for start, end in parts:
        if joined and start - joined[-1][1] < _APART:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return tuple(joined)


def appearances(person: Person, people: PeopleFacts, end: Fraction | None) -> tuple[tuple[Fraction, Fraction], ...]:
    """List the stretches (begin, end) in seconds in which a person of the clip is seen; at least one, in order.

    `end` is the length of the clip, None where it is not known. Somebody whom the last sample shows is seen until then.
    """
    *earlier, (start, stop) = merged(sorted(person.spans) or [(person.first, person.last)])
    if end is not None and people.samples and stop >= max(people.samples):
        stop = max(stop, end)
    return (*earlier, (start, stop))


NEARLY = 81
"""Percent of the largest face's area from which another one may be the largest: boxes are noisy by a tenth each way."""


def picked(people: PeopleFacts) -> tuple[Person, ...]:
    """List who has the largest face in the first frame that has one; several where the faces are nearly equally large.

    The one whose box is the largest comes first. Empty where nobody is seen.
    """
    default = people.person(people.default_person)
    if default is None or not default.looks:
        return () if default is None else (default,)
    first = default.looks[0]
    rivals = (each for each in people.people if each.id != default.id and each.looks)
    return (default, *(each for each in rivals if _nearly_as_large(each.looks[0], first)))


@dataclass(frozen=True, slots=True)
class Front:
    """Which faces are in front: from a `share` of the picture's height on, turned by at most `yaw` degrees."""

    share: Fraction
    yaw: Fraction


def background(people: PeopleFacts, height: int, front: Front | None) -> tuple[Person, ...]:
    """List who is too small, in a picture of `height` displayed pixels, or too turned to be driven in every look.

    Whom the provider would pick is never in the background; nobody is where it is not known what is in front.
    """
    if front is None:
        return ()
    those = {person.id for person in picked(people)}

    def in_front(look: Look) -> bool:
        return look.box.height >= front.share * height and (look.yaw is None or abs(look.yaw) <= front.yaw)

    return tuple(
        each
        for each in people.people
        if each.id not in those and each.looks and not any(in_front(look) for look in each.looks)
    )


def headcount(people: PeopleFacts, behind: int) -> str:
    """`2 people`; with 3 `behind` `1 person; 3 more faces in the background, too small or turned to be driven`."""
    if not behind:
        return people.how_many
    front = replace(people, count_low=max(people.fewest - behind, 1), count_high=max(people.most - behind, 1))
    return f"{front.how_many}; {counted(behind, 'more face')} in the background, too small or turned to be driven"


def _nearly_as_large(look: Look, first: Look) -> bool:
    """Return whether a face in the same frame is about as large; exact, since areas are whole numbers."""
    return look.time == first.time and 100 * _area(look) >= NEARLY * _area(first)


def _area(look: Look) -> int:
    return look.box.width * look.box.height
