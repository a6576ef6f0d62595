"""Runs → tracks: one person each, described where that can decide something."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import pairwise
from math import dist
from typing import TYPE_CHECKING

from lipready.faces.tracking.identity import BEST, DIFFERENT, Chip, mean_of
from lipready.faces.tracking.runs import Run, Sighting

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Describe = Callable[[NDArray[np.uint8]], tuple[float, ...]]
    DescribeChip = Callable[[Chip], tuple[float, ...]]

MOST_DESCRIPTIONS = 100
"""So many faces of a clip are described (8 s); where there are more tracks, each gets fewer."""

MOST_JUMPS = 20
"""So many changes of appearance in one run are looked into, the greatest first."""


@dataclass(frozen=True, slots=True, eq=False)
class Track:
    """One person's looks in one shot, in order of time; `descriptor` where a usable look was described."""

    shot: int
    sightings: tuple[Sighting, ...]
    chips: tuple[Chip, ...] = ()
    descriptor: tuple[float, ...] | None = None

    @property
    def samples(self) -> frozenset[int]:
        """The numbers of the samples that show the face."""
        return frozenset(s.sample for s in self.sightings)


def tracks_of(runs: Sequence[Run], describe: "Describe", *, everybody: bool = False) -> list[Track]:
    """Make tracks of runs, in order of first appearance, the larger face first.

    A run in which the face suddenly looked like another one is cut there if the descriptions of both sides say that
    these are different people. Then every track is described that may be joined with another one; with `everybody`
    all are.
    """
    described = cache(lambda chip: describe(chip.pixels))  # No chip is described twice.
    tracks = [track for run in runs for track in _pieces(run, described)]
    tracks.sort(key=lambda t: (t.sightings[0].sample, -t.sightings[0].face.area.size, t.sightings[0].face.area.left))
    seen = [track.samples for track in tracks]
    wanted = [
        i for i, mine in enumerate(seen) if everybody or any(mine.isdisjoint(s) for j, s in enumerate(seen) if i != j)
    ]
    wanted = sorted(wanted, key=lambda i: -len(tracks[i].sightings))[:MOST_DESCRIPTIONS]
    each = max(1, min(BEST, MOST_DESCRIPTIONS // max(1, len(wanted))))
    for i in wanted:
        tracks[i] = _described(tracks[i], described, each)
    return tracks


def _described(track: Track, describe: "DescribeChip", most: int) -> Track:
    """Describe a track by the mean of its best looks, if one of them is usable."""
    if not track.chips:
        return track
    return replace(track, descriptor=mean_of([describe(chip) for chip in track.chips[:most]]))


def _pieces(run: Run, describe: "DescribeChip") -> list[Track]:
    """Cut a run where another person took the place of the first."""
    jumps = sorted(run.stretches[1:], key=lambda stretch: stretch.likeness)[:MOST_JUMPS]
    begins = [0, *sorted(stretch.begin for stretch in jumps)]
    pieces = []
    for begin, end in pairwise([*begins, len(run.sightings)]):
        chips = [chip for stretch in run.stretches if begin <= stretch.begin < end for chip in stretch.chips]
        pieces.append(Track(run.shot, tuple(run.sightings[begin:end]), _best(chips)))
    told = [i for i, piece in enumerate(pieces) if piece.chips]
    cuts = {i for before, i in pairwise(told) if _differ(pieces[before], pieces[i], describe)}
    whole = [pieces[0]]
    for i, piece in enumerate(pieces[1:], 1):
        if i in cuts:
            whole.append(piece)
        else:
            one = whole[-1]
            best = _best([*one.chips, *piece.chips])
            whole[-1] = replace(one, sightings=(*one.sightings, *piece.sightings), chips=best)
    return whole


def _differ(one: Track, other: Track, describe: "DescribeChip") -> bool:
    """Compare the best looks first: mostly it is the same person, moving."""
    for most in (1, BEST):
        first, second = (_described(track, describe, most).descriptor for track in (one, other))
        if first is None or second is None or dist(first, second) < DIFFERENT:
            return False
    return True


def _best(chips: Sequence[Chip]) -> tuple[Chip, ...]:
    return tuple(sorted(chips, key=lambda chip: (-chip.merit, chip.time))[:BEST])
