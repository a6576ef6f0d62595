"""Link the looks of neighbouring samples into runs: one face, seen without a long break inside one shot."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING

from lipready.faces.detection.geometry import Area
from lipready.faces.detection.picture import Face
from lipready.faces.detection.quality import Quality
from lipready.faces.tracking.identity import Chip, best_of, usable_chip

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

LONGEST_BREAK = Fraction(8, 5)
"""Seconds for which a face may be lost (a hand, a turned head) before the next look begins a new run."""

LEAST_SPAN = Fraction(3, 10)
"""Seconds from the first to the last look of a run that counts: two looks at two a second, with some slack."""

LIKENESS = 0.65
"""Correlation of two aligned faces in neighbouring samples: below it, it may be somebody else's (a cut that keeps place
and background). Of 27 real clips nine in ten looks at one person agree better, nineteen in twenty at two people worse.
"""

MOST_CHIPS = 600
"""So many aligned faces (40 MB) are kept in a clip; where there are more, each stretch keeps its best one."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """One look: the number and the time of the sample, the face, and how well it is seen."""

    sample: int
    time: Fraction
    face: Face
    quality: Quality


@dataclass(slots=True, eq=False)
class Stretch:
    """A part of a run without a jump of appearance: the number of its first look, its best looks for a description.

    `likeness` is the correlation with the look before (-1..1).
    """

    begin: int = 0
    likeness: float = 1.0
    chips: list[Chip] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Run:
    """The looks at one face; `stretches` begin where it changed so much that it may be somebody else's."""

    shot: int
    sightings: list[Sighting] = field(default_factory=list)
    stretches: list[Stretch] = field(default_factory=lambda: [Stretch()])
    _appearance: "NDArray[np.float32] | None" = None

    @property
    def last(self) -> Sighting:
        """The latest look."""
        return self.sightings[-1]

    @property
    def span(self) -> Fraction:
        """Seconds from the first to the last look."""
        return self.last.time - self.sightings[0].time

    def add(self, sighting: Sighting, chip: "NDArray[np.uint8] | None" = None) -> None:
        """Append a look and its chip."""
        if chip is not None:
            self._compare(chip)
            usable = usable_chip(sighting.time, sighting.face, chip)
            if usable is not None:
                self.stretches[-1].chips = best_of(self.stretches[-1].chips, usable)
        self.sightings.append(sighting)

    def _compare(self, chip: "NDArray[np.uint8]") -> None:
        """Begin a new stretch where the face looks other than it did a moment ago."""
        before, self._appearance = self._appearance, _appearance(chip)
        likeness = 1.0 if before is None else float((before * self._appearance).sum())
        if likeness < LIKENESS:
            self.stretches.append(Stretch(len(self.sightings), likeness))


class Linker:
    """Collects the looks of a clip, sample by sample."""

    def __init__(self) -> None:
        """Begin without any run."""
        self._open: list[Run] = []
        self._closed: list[Run] = []

    @property
    def runs(self) -> list[Run]:
        """The runs so far, without those that ended and cannot become believable."""
        return [*self._closed, *self._open]

    def add(
        self, shot: int, sightings: Sequence[Sighting], chip: "Callable[[Face], NDArray[np.uint8]] | None" = None
    ) -> None:
        """Give each look of one sample to the run that it continues best, or begin a new one.

        `chip` aligns a face (identity.Chip).
        """
        if not sightings:
            return
        self._close(shot, sightings[0].time)
        going = list(self._open)
        near = [
            (_nearness(r.last.face.area, s.face.area), i, j)
            for i, r in enumerate(going)
            for j, s in enumerate(sightings)
        ]
        continued: dict[int, int] = {}
        for nearness, i, j in sorted(near, reverse=True):
            if nearness > 0 and i not in continued.values() and j not in continued:
                continued[j] = i
        for j, sighting in enumerate(sightings):
            if j in continued:
                run = going[continued[j]]
            else:
                run = Run(shot)
                self._open.append(run)
            run.add(sighting, None if chip is None else chip(sighting.face))
        self._thin()

    def _thin(self) -> None:
        """Keep the memory bounded, however many faces a clip shows."""
        stretches = [stretch for run in self.runs for stretch in run.stretches]
        if sum(len(stretch.chips) for stretch in stretches) > MOST_CHIPS:
            for stretch in stretches:
                del stretch.chips[1:]
            for stretch in stretches[: max(0, len(stretches) - MOST_CHIPS // 2)]:
                stretch.chips.clear()

    def _close(self, shot: int, time: Fraction) -> None:
        ended = [run for run in self._open if run.shot != shot or time - run.last.time > LONGEST_BREAK]
        self._open = [run for run in self._open if run not in ended]
        # What flickered once is dropped here: its pictures would fill the memory in a long clip.
        self._closed += [run for run in ended if run.span >= LEAST_SPAN or run.last.face.sure]


def believable(runs: Sequence[Run], samples: Sequence[Fraction]) -> list[Run]:
    """Keep the runs that show a face.

    What is seen twice must be strong once, or weak with a mesh that fits; what is seen once must be strong with a mesh
    that fits, and not missed right before and after. A clip of one sample is judged like a picture.
    """

    def kept(run: Run) -> bool:
        faces = [sighting.face for sighting in run.sightings]
        if len(samples) == 1 or (len(faces) > 1 and run.span >= LEAST_SPAN):
            return any(face.strong or face.fits for face in faces)
        return any(face.sure for face in faces) and _room(run, samples) >= LEAST_SPAN

    return [run for run in runs if kept(run)]


def _room(run: Run, samples: Sequence[Fraction]) -> Fraction:
    """Return for how many seconds, half of them before and half after, a face may have been there unseen."""
    first, last = run.sightings[0].sample, run.last.sample
    around = samples[max(0, first - 1) : last + 2]
    return (around[-1] - around[0] - run.span) / max(1, len(around) - (last - first + 1))


def _nearness(before: Area, now: Area) -> float:
    """How well a look continues another: overlap, or for small fast faces their distance; 0 where it does not."""
    if not 0.5 < before.size / max(now.size, 1e-6) < 2.0:  # noqa: PLR2004
        return 0.0
    across, down = (abs(a - b) for a, b in zip(before.centre, now.centre, strict=True))
    reach = 1.5 * (before.size + now.size) / 2
    return before.overlap(now) + max(0.0, 1.0 - max(across, down) / reach)


def _appearance(chip: "NDArray[np.uint8]") -> "NDArray[np.float32]":
    """Shrink an aligned face to 24 × 24 grey values of mean 0 and length 1."""
    import cv2
    import numpy as np

    grey = cv2.resize(cv2.cvtColor(chip, cv2.COLOR_RGB2GRAY), (24, 24), interpolation=cv2.INTER_AREA)
    values = np.asarray(grey, np.float32) - np.float32(grey.mean())
    return values / np.float32(max(float(np.linalg.norm(values)), 1e-6))
