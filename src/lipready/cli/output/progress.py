"""Progress bars: on stderr, and only where stderr is a terminal."""

import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import TYPE_CHECKING

from lipready.cli.output.session import Session

if TYPE_CHECKING:
    from rich.progress import Progress as Bars
    from rich.progress import TaskID

_LONGEST_LABEL = 40
_OTHER_LINES = 3
"""Lines of the terminal that a table leaves free: its first row, and what stands above and below it."""

Progress = Callable[[str, float], None]


@contextmanager
def progress_bars(session: Session) -> Iterator[Progress | None]:
    """Return a function that is called with what is worked on and the share that is done (0..1).

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
    """Return a function that is called with what is waited for; a line shows it with the time that has passed.

    Gives None where nobody would see it.
    """
    if session.quiet or not sys.stderr.isatty():
        yield None
        return
    from rich.progress import SpinnerColumn, TextColumn, TimeElapsedColumn

    with session.bars(SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn()) as bars:
        line = bars.add_task("")
        yield lambda what: bars.update(line, description=_label(what))


class JobTable:
    """A table with a row for each job that is at work (its state, the share that is done), and one for all of them.

    Of more jobs than the terminal has lines, those that came first are shown.
    """

    def __init__(self, bars: "Bars", count: int) -> None:
        self._bars, self._count, self._ended = bars, count, 0
        self._rows: dict[str, TaskID] = {}
        self._all = bars.add_task("all jobs", total=count, state=self._so_far(), percent="")

    def show(self, name: str, state: str, share: float | None = None) -> None:
        """Show the state of a job, and the share (0..1) of it that is done, where that is known."""
        if name not in self._rows:
            if len(self._rows) >= shutil.get_terminal_size().lines - _OTHER_LINES:
                return
            self._rows[name] = self._bars.add_task(_short(name), state="", percent="")
        percent = "" if share is None else f"{share:.0%}"
        # rich stops the clock of a row that has come to its total: none ever does.
        total = None if share is None else 1.001
        self._bars.update(self._rows[name], state=_short(state), percent=percent, total=total, completed=share or 0.0)

    def end(self, name: str) -> None:
        """Take the row of a job away, and count it."""
        self._ended += 1
        if name in self._rows:
            self._bars.remove_task(self._rows.pop(name))
        self._bars.update(self._all, completed=self._ended, state=self._so_far())

    def _so_far(self) -> str:
        return f"{self._ended:,} of {self._count:,}"


@contextmanager
def job_table(session: Session, count: int) -> Iterator[JobTable | None]:
    """Return a table of so many jobs; None where nobody would see it. It vanishes at the end."""
    if session.quiet or not sys.stderr.isatty():
        yield None
        return
    from rich.progress import BarColumn, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("{task.description}"),
        TextColumn("{task.fields[state]}"),
        BarColumn(),
        TextColumn("{task.fields[percent]:>4}"),
        TimeElapsedColumn(),
    )
    with session.bars(*columns) as bars:
        yield JobTable(bars, count)


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


def _short(text: str) -> str:
    """Write a name or a state so that neither the terminal nor rich obeys it; of a long one, the beginning."""
    from rich.markup import escape

    from lipready.reports.page import plain

    text = plain(text)
    return escape(text if len(text) <= _LONGEST_LABEL else f"{text[: _LONGEST_LABEL - 1]}…")
