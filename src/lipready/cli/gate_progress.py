"""How far the gate is: on a terminal, a bar with count, rate and estimate."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from lipready.cli.session import Session


@contextmanager
def file_progress(session: Session, files: int) -> Iterator[Callable[[str], None]]:
    """Give a function that is called with each file that is known."""
    if session.quiet or not sys.stderr.isatty():
        yield lambda _path: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True, no_color=not session.colored(sys.stderr))
    rate = TextColumn("{task.fields[rate]}")
    columns = (TextColumn("files"), BarColumn(), MofNCompleteColumn(), rate, TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as bars:
        bar = bars.add_task("", total=files, rate="")

        def told(_path: str) -> None:
            bars.advance(bar)
            speed = bars.tasks[0].finished_speed or bars.tasks[0].speed
            bars.update(bar, rate="" if not speed else f"{speed:.1f}/s")

        yield told
