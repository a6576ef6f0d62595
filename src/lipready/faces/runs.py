"""Link the looks of neighbouring samples into runs: one face, seen without a long break inside one shot."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import partial
from typing import TYPE_CHECKING

from lipready.faces.geometry import Area
from lipready.faces.second_opinion import PASS
from lipready.faces.sight import Face

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

LONGEST_BREAK = Fraction(8, 5)
"""Seconds for which a face may be lost (a hand, a turned head) before the next look begins a new run."""

LEAST_SPAN = Fraction(3, 10)
"""Seconds from the first to the last look of a run that counts: two looks at two a second, with some slack."""

SPARSE = Fraction(3, 4)
"""Seconds between samples from which a person who is seen for 1.0 s may well be looked at only once."""

BEST = 3
"""So many of a run's best looks are kept for the second opinion."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """One look: the number and the time of the sample, and the face."""

    sample: int
    time: Fraction
    face: Face


@dataclass(slots=True, eq=False)
class Run:
    """The looks at one face; `crops` are its best looks for the second opinion, best first, with their rank."""

    shot: int
    sightings: list[Sighting] = field(default_factory=list)
    crops: "list[tuple[float, NDArray[np.uint8]]]" = field(default_factory=list)

    @property
    def last(self) -> Sighting:
        """The latest look."""
        return self.sightings[-1]

    @property
    def span(self) -> Fraction:
        """Seconds from the first to the last look."""
        return self.last.time - self.sightings[0].time

    @property
    def sure(self) -> bool:
        """Whether one of the looks is sure."""
        return any(s.face.sure for s in self.sightings)

    def add(self, sighting: Sighting, crop: "Callable[[], NDArray[np.uint8]]") -> None:
        """Append a look; `crop` is called only where it is among the best."""
        self.sightings.append(sighting)
        rank = sighting.face.rank
        if len(self.crops) < BEST or rank > self.crops[-1][0]:
            self.crops = sorted([*self.crops, (rank, crop())], key=lambda c: -c[0])[:BEST]


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

    def areas(self, sample: int) -> tuple[Area, ...]:
        """Where faces were in a sample, the largest first."""
        areas = (r.last.face.area for r in self._open if r.last.sample == sample)
        return tuple(sorted(areas, key=lambda a: -a.size))

    def add(self, shot: int, sightings: Sequence[Sighting], crop: "Callable[[Face], NDArray[np.uint8]]") -> None:
        """Give each look of one sample to the run that it continues best, or begin a new one."""
        if not sightings:
            return
        self._close(shot, sightings[0].time)
        # The sample before may be looked at again; a run has one look a sample.
        going = [run for run in self._open if run.last.sample < sightings[0].sample]
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
            run.add(sighting, partial(crop, sighting.face))

    def _close(self, shot: int, time: Fraction) -> None:
        ended = [run for run in self._open if run.shot != shot or time - run.last.time > LONGEST_BREAK]
        self._open = [run for run in self._open if run not in ended]
        # What flickered once is dropped here: its pictures would fill the memory in a long clip.
        self._closed += [run for run in ended if run.sure or run.span >= LEAST_SPAN]


def believable(
    runs: Sequence[Run], samples: Sequence[Fraction], opinion: "Callable[[NDArray[np.uint8]], float]"
) -> list[Run]:
    """Keep the runs that show a face: seen more than once, and sure, or confirmed by the second opinion.

    In a clip of one sample, and where samples are sparse, a face that is seen once must satisfy every test.
    """
    sparse = len(samples) < 2 or (samples[-1] - samples[0]) / (len(samples) - 1) >= SPARSE  # noqa: PLR2004
    length = samples[-1] - samples[0] if samples else Fraction(0)
    least = min(LEAST_SPAN, length / 2)
    return [run for run in runs if _believable(run, least, opinion, sparse=sparse, single=len(samples) == 1)]


def _believable(
    run: Run, least: Fraction, opinion: "Callable[[NDArray[np.uint8]], float]", *, sparse: bool, single: bool
) -> bool:
    confirmed = (opinion(crop) >= PASS for _, crop in run.crops)
    if len(run.sightings) > 1 and run.span >= least:
        return run.sure or any(confirmed)
    return (single or (sparse and run.sure)) and any(confirmed)


def _nearness(before: Area, now: Area) -> float:
    """How well a look continues another: overlap, or for small fast faces their distance; 0 where it does not."""
    if not 0.5 < before.size / max(now.size, 1e-6) < 2.0:  # noqa: PLR2004
        return 0.0
    across, down = (abs(a - b) for a, b in zip(before.centre, now.centre, strict=True))
    reach = 1.5 * (before.size + now.size) / 2
    return before.overlap(now) + max(0.0, 1.0 - max(across, down) / reach)
