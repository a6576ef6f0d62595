"""How far the gate is: on a terminal, a bar with count, rate and estimate, and the latest thing that was found."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from lipready.cli.session import Session
from lipready.facts.finding import Finding

_LONGEST = 36


@dataclass(frozen=True, slots=True)
class Progress:
    """`told` is called with each file that is known, `found` with whatever is wrong."""

    told: Callable[[str], None]
    found: Callable[[Finding], None]


@contextmanager
def file_progress(session: Session, files: int) -> Iterator[Progress]:
    """Give what is to be told; the bar vanishes at the end, so that results stand alone."""
    if session.quiet or not sys.stderr.isatty():
        yield Progress(lambda _path: None, lambda _finding: None)
        return
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn

    columns = (BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[rate]}"), TimeRemainingColumn())
    with session.bars(*columns, TextColumn("{task.description}")) as bars:
        bar = bars.add_task("", total=files, rate="")

        def told(_path: str) -> None:
            bars.advance(bar)
            speed = bars.tasks[0].finished_speed or bars.tasks[0].speed
            bars.update(bar, rate="" if not speed else f"{speed:.1f}/s")

        yield Progress(told, lambda finding: bars.update(bar, description=_label(finding)))


def _label(finding: Finding) -> str:
    """Write a finding so that neither the terminal nor rich obeys its path."""
    from rich.markup import escape

    from lipready.reports.page import plain

    path = plain(finding.path or finding.role)
    short = path if len(path) <= _LONGEST else f"…{path[1 - _LONGEST :]}"
    return escape(f"{finding.rule} {short}")
