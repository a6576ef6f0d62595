"""The face that is judged: that of the speaker."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import isfinite

from lipready.facts.file import FileFacts
from lipready.facts.finding import Where
from lipready.facts.job import JobFacts
from lipready.facts.people import Look, PeopleFacts, Person, merged
from lipready.facts.unmeasured import Unmeasured
from lipready.facts.video import VideoFacts
from lipready.rules.rule import about
from lipready.rules.wording import Stretch, name_of, stretches

Bands = Mapping[str, Fraction]


@dataclass(frozen=True, slots=True)
class Target:
    """The speaker, and the video that shows the person."""

    file: FileFacts
    seen: PeopleFacts
    person: Person

    @property
    def video(self) -> VideoFacts | None:
        """The video's own facts; None where there are none."""
        return self.file.media if isinstance(self.file.media, VideoFacts) else None

    @property
    def end(self) -> Fraction | None:
        """The length of the video in seconds; None where it is not known."""
        length = None if self.video is None else self.video.duration
        return None if length is None or isinstance(length, Unmeasured) else length.believed

    @property
    def face(self) -> str:
        """What to call the face in a sentence: "the face", or whose it is where there are several people."""
        return "the face" if self.seen.most <= 1 else f"the face of person {self.person.id}"

    @property
    def sentence(self) -> str:
        """The beginning of a sentence about the face: "In clip.mp4 the face"."""
        return f"In {name_of(self.file)} {self.face}"

    @property
    def stands(self) -> Mapping[Fraction, Fraction]:
        """For how many seconds of the clip each sampled time stands."""
        return self.seen.standing(self.end)

    def seconds(self, looks: Iterable[Look]) -> Fraction:
        """Return for how many seconds of the clip some looks stand."""
        stands = self.stands
        return sum((stands[look.time] for look in looks), Fraction(0))

    def share(self, looks: Iterable[Look], of: Iterable[Look]) -> Fraction:
        """Return the share of the time for which some looks stand that others (some of them) stand for."""
        whole = self.seconds(of)
        return self.seconds(looks) / whole if whole else Fraction(0)

    def median(self, readings: Sequence[tuple[Fraction, Look]]) -> Fraction:
        """Return the lower median of what some looks read, each counted for as long as it stands."""
        stands = self.stands
        whole, reached = sum(stands[look.time] for _, look in readings), Fraction(0)
        for value, look in sorted(readings, key=lambda reading: reading[0]):
            reached += stands[look.time]
            if 2 * reached >= whole:
                return value
        raise ValueError("there are no readings")

    def when(self, looks: Collection[Look]) -> tuple[Stretch, ...]:
        """Return the stretches, in seconds, that some of the looks stand for."""
        return merged(stretches({look.time for look in looks}, self.seen.samples, self.end))


def _find(facts: JobFacts) -> tuple[Target] | Unmeasured | None:
    file, person = facts.video, facts.target
    if file is None:
        return None
    if isinstance(file.people, Unmeasured):
        return file.people
    if person is None or not person.looks:
        return Unmeasured("no face was found in the video")
    return (Target(file, file.people, person),)


# Turns a function of (target, limit) into a rule; where nobody is seen there is nothing to judge (see P301).
of_target = about(_find)


def place(parts: tuple[Stretch, ...], look: Look) -> Where:
    """Return where a finding is: the first stretch, with the box of a look."""
    return Where(parts[0][0], parts[0][1], look.box) if parts else Where(look.time, None, look.box)


def exact(value: float | None) -> Fraction | None:
    """Return a measured number as it is, without rounding; None where it was not measured, or is no number."""
    return None if value is None or not isfinite(value) else Fraction(value)


def written(value: float | None) -> Fraction | None:
    """Take a measured number as it is written: 0.12 is twelve hundredths, not the binary fraction next to it."""
    return None if value is None or not isfinite(value) else Fraction(repr(value))
