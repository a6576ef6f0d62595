"""What the page of one job shows: the job, and where it was repaired, what it was before."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from lipready.reports.html.content import Album, JobView, PageEntry, ShotView, job_view
from lipready.reports.html.drawing import clock_of
from lipready.reports.html.figures import Shot

MOST_PAIRS = 3
"""Moments at which before and after stand side by side."""
_SAME_LENGTH = 0.2
"""By which share lengths may differ before a clip counts as cut: the last picture may lie a second before its end."""


@dataclass(frozen=True, slots=True)
class Pair:
    """The same moment before and after."""

    role: str
    before: ShotView
    after: ShotView


@dataclass(frozen=True, slots=True)
class ChangedFact:
    """A fact of a file that is not what it was."""

    role: str
    label: str
    before: str
    after: str


def job_content(entry: PageEntry, album: Album) -> dict[str, Any]:
    """Return what the template job.html is filled with."""
    before = None if entry.before is None else job_view(entry.before, album, "before-")
    job = job_view(entry, album)
    came = None if entry.came is None else job_view(entry.came, album)
    return {
        "title": f"{job.verdict}: {', '.join(_name(file.path) for file in job.files)}",
        "job": job,
        "before": before,
        "came_to": "" if came is None else came.counts,
        "came": () if came is None else tuple(file for file in came.files if file.role == "result"),
        "prepared": entry.prepared,
        "receipt": entry.receipt,
        "task": entry.task,
        "pairs": tuple(_pairs(entry, album)),
        "changes": () if before is None else tuple(changes(before, job)),
    }


def _pairs(entry: PageEntry, album: Album) -> Iterator[Pair]:
    """Set what was beside what is, at the same moments; where the length has changed, at the same share of it."""
    if entry.before is None:
        return
    for role, now in entry.figures.strips.items():
        then = entry.before.figures.strips.get(role, ())
        alike = len(then) == len(now) and all(a.picture.jpeg == b.picture.jpeg for a, b in zip(then, now, strict=True))
        if not then or not now or alike:
            continue
        for old, new in same_moments(then, now):
            moments = [f" at {clock_of(float(s.picture.time))}" if role == "video" else "" for s in (old, new)]
            yield Pair(role, album.add(old, f"Before{moments[0]}"), album.add(new, f"After{moments[1]}"))


def same_moments(then: Sequence[Shot], now: Sequence[Shot]) -> Iterator[tuple[Shot, Shot]]:
    """Find in each part of a clip the two pictures that lie nearest to each other."""
    ends = [float(shots[-1].picture.time) or 1.0 for shots in (then, now)]
    stretched = ends[1] / ends[0] if abs(ends[1] / ends[0] - 1) > _SAME_LENGTH else 1.0
    for part in range(MOST_PAIRS):
        first, last = (round(len(then) * edge / MOST_PAIRS) for edge in (part, part + 1))
        both = ((old, new) for old in then[first:last] for new in now)
        nearest = min(
            both, key=lambda p: abs(float(p[0].picture.time) * stretched - float(p[1].picture.time)), default=None
        )
        if nearest is not None:
            yield nearest


def changes(before: JobView, after: JobView) -> Iterator[ChangedFact]:
    """Yield each fact of a file that is not what it was."""
    was = {file.role: dict(file.facts) for file in before.files}
    for file in after.files:
        for label, value in file.facts:
            old = was.get(file.role, {}).get(label, "")
            if old != value and file.role in was:
                yield ChangedFact(file.role, label, old, value)


def _name(path: str) -> str:
    return path.replace("\\", "/").rstrip("/").rpartition("/")[2] or path
