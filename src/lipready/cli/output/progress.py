"""Progress bars: on stderr, and only where stderr is a terminal."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from lipready.cli.output.session import Session
from lipready.facts.finding import Finding
from lipready.reports.page import plain

if TYPE_CHECKING:
    from rich.progress import Progress as Bars
    from rich.progress import TaskID

_LONGEST_LABEL = 40
_LONGEST_PATH = 36

Progress = Callable[[str, float], None]


@contextmanager
def progress_bars(session: Session) -> Iterator[Progress | None]:
    """Return a function that is called with what is worked on and the share that is done (0..1).

    Gives None where nobody would see it. The bars come with the first stage that takes a while, and vanish at the
    end, so that results stand alone.
    """
    if not session.watched:
        yield None
        return
    with ExitStack() as stack:
        bars: Bars | None = None
        tasks: dict[str, TaskID] = {}

        def show(what: str, share: float) -> None:
            nonlocal bars
            if bars is None:
                if not 0 < share < 1:
                    return
                from rich.progress import BarColumn, TextColumn, TimeRemainingColumn

                percent = TextColumn("{task.percentage:>3.0f}%")
                columns = (TextColumn("{task.description}"), BarColumn(), percent, TimeRemainingColumn())
                bars = stack.enter_context(session.bars(*columns))
            if what not in tasks:
                tasks[what] = bars.add_task(_label(what), total=1.0)
            bars.update(tasks[what], completed=share)

        yield show


@contextmanager
def waiting_line(session: Session) -> Iterator[Callable[[str], None]]:
    """Return a function that is called with what is waited for; a line shows it with the time that has passed."""
    if not session.watched:
        yield lambda _what: None
        return
    from rich.progress import SpinnerColumn, TextColumn, TimeElapsedColumn

    with session.bars(SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn()) as bars:
        line = bars.add_task("")
        yield lambda what: bars.update(line, description=_label(what))


@contextmanager
def file_progress(session: Session, files: int) -> Iterator[tuple[Callable[[str], None], Callable[[Finding], None]]]:
    """Return what is to be called with each file that is known, and with whatever is wrong."""
    if not session.watched:
        yield lambda _path: None, lambda _finding: None
        return
    from rich.markup import escape
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn

    columns = (BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[rate]}"), TimeRemainingColumn())
    with session.bars(*columns, TextColumn("{task.description}")) as bars:
        bar = bars.add_task("", total=files, rate="")

        def told(_path: str) -> None:
            bars.advance(bar)
            speed = bars.tasks[0].finished_speed or bars.tasks[0].speed
            bars.update(bar, rate="" if not speed else f"{speed:.1f}/s")

        def found(finding: Finding) -> None:
            path = _end_of(plain(finding.path or finding.role), _LONGEST_PATH)
            bars.update(bar, description=escape(f"{finding.rule} {path}"))

        yield told, found


class JobTable:
    """A table with a row for each job that is at work (its state, the share that is done), and one for all of them.

    Without `bars` nothing is shown; of more jobs than the terminal has lines, rich shows those that came first.
    """

    def __init__(self, bars: "Bars | None", count: int) -> None:
        self._bars, self._count, self._ended = bars, count, 0
        self._rows: dict[str, TaskID] = {}
        if bars is not None:
            self._all = bars.add_task("all jobs", total=count, state=self._so_far(), percent="")

    def show(self, name: str, state: str, share: float | None = None) -> None:
        """Show the state of a job, and the share (0..1) of it that is done, where that is known."""
        if self._bars is None:
            return
        if name not in self._rows:
            self._rows[name] = self._bars.add_task(_short(name), state="", percent="")
        percent = "" if share is None else f"{share:.0%}"
        # rich stops the clock of a row that has come to its total: none ever does.
        total = None if share is None else 1.001
        self._bars.update(self._rows[name], state=_short(state), percent=percent, total=total, completed=share or 0.0)

    def end(self, name: str) -> None:
        """Take the row of a job away, and count it."""
        if self._bars is None:
            return
        self._ended += 1
        if name in self._rows:
            self._bars.remove_task(self._rows.pop(name))
        self._bars.update(self._all, completed=self._ended, state=self._so_far())

    def _so_far(self) -> str:
        return f"{self._ended:,} of {self._count:,}"


@contextmanager
def job_table(session: Session, count: int) -> Iterator[JobTable]:
    """Return a table of so many jobs, which is shown where somebody would see it, and vanishes at the end."""
    if not session.watched:
        yield JobTable(None, count)
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


def _label(what: str) -> str:
    """Write what is worked on so that neither the terminal nor rich obeys it; of a long path, the end."""
    from rich.markup import escape

    verb, _, path = plain(what).partition(" ")
    return escape(f"{verb} {_end_of(path, _LONGEST_LABEL - len(verb) - 1)}".rstrip())


def _end_of(path: str, longest: int) -> str:
    return path if len(path) <= longest else f"…{path[1 - longest :]}"


def _short(text: str) -> str:
    """Write a name or a state so that neither the terminal nor rich obeys it; of a long one, the beginning."""
    from rich.markup import escape

    text = plain(text)
    return escape(text if len(text) <= _LONGEST_LABEL else f"{text[: _LONGEST_LABEL - 1]}…")
