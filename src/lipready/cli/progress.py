"""Progress bars: on stderr, and only where stderr is a terminal."""

import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import TYPE_CHECKING

from lipready.cli.session import Session

if TYPE_CHECKING:
    from rich.progress import Progress as Bars
    from rich.progress import TaskID

_LONGEST_LABEL = 40

Progress = Callable[[str, float], None]


@contextmanager
def progress_bars(session: Session) -> Iterator[Progress | None]:
    """Give a function that is called with what is worked on and the share that is done (0..1).

    Gives None where nobody would see it. The bars come with the first stage that takes a while, and vanish at the
    end, so that results stand alone.
    """
    if session.quiet or not sys.stderr.isatty():
        yield None
        return
    with ExitStack() as stack:
        shown: list[tuple[Bars, dict[str, TaskID]]] = []

        def show(what: str, share: float) -> None:
            if not shown and not 0 < share < 1:
                return
            if not shown:
                shown.append((stack.enter_context(_bars(session)), {}))
            bars, tasks = shown[0]
            if what not in tasks:
                tasks[what] = bars.add_task(_label(what), total=1.0)
            bars.update(tasks[what], completed=share)

        yield show


@contextmanager
def waiting_line(session: Session) -> Iterator[Callable[[str], None] | None]:
    """Give a function that is called with what is waited for; a line shows it with the time that has passed.

    Gives None where nobody would see it.
    """
    if session.quiet or not sys.stderr.isatty():
        yield None
        return
    from rich.progress import SpinnerColumn, TextColumn, TimeElapsedColumn

    with session.bars(SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn()) as bars:
        line = bars.add_task("")
        yield lambda what: bars.update(line, description=_label(what))


def _bars(session: Session) -> "AbstractContextManager[Bars]":
    from rich.progress import BarColumn, TextColumn, TimeRemainingColumn

    percent = TextColumn("{task.percentage:>3.0f}%")
    return session.bars(TextColumn("{task.description}"), BarColumn(), percent, TimeRemainingColumn())


def _label(what: str) -> str:
    """Write what is worked on so that neither the terminal nor rich obeys it; of a long path, the end."""
    from rich.markup import escape

    from lipready.reports.page import plain

    stage, _, path = plain(what).partition(" ")
    longest = _LONGEST_LABEL - len(stage) - 1
    return escape(f"{stage} {path if len(path) <= longest else f'…{path[1 - longest :]}'}".rstrip())
