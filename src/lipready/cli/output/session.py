"""What one run of the command line shares: its two streams, and how much it says."""

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO

from lipready.cli.output.streams import failure_of

if TYPE_CHECKING:
    import click
    from rich.progress import Progress, ProgressColumn

    from lipready.reports.page import Page

CLEAN = 0
FOUND = 1
TROUBLE = 2
NOTHING_CHECKED = 3


def of_verdict(verdict: str, fail_on: str) -> int:
    """Return FOUND where a verdict ("pass", "warn" or "fail") is at or above `fail_on` ("error" or "warning")."""
    failing = {"fail"} if fail_on == "error" else {"fail", "warn"}
    return FOUND if verdict in failing else CLEAN


_WIDEST = 120
_MARKS = "✗▲✓ℹ×–·…→≥"


class Session:
    """Writes results to stdout and everything else to stderr, above the progress bars that are shown.

    Where stdout can no longer be written to, work goes on: files are written, and a paid task is waited for.
    """

    def __init__(self) -> None:
        self.color = "auto"
        self.quiet = False
        self.verbose = False
        self._bars: Progress | None = None

    @property
    def watched(self) -> bool:
        """Whether somebody would see progress bars."""
        return not self.quiet and sys.stderr.isatty()

    @property
    def abandoned(self) -> bool:
        """Whether what is written to stdout arrives nowhere: its reader has gone, or the disk is full."""
        return failure_of(sys.stdout) is not None

    def page(self) -> "Page":
        """Describe stdout as a page."""
        import shutil

        from lipready.reports.page import Page

        out = sys.stdout
        columns = shutil.get_terminal_size((100, 24)).columns
        return Page(
            width=min(columns, _WIDEST),
            color=self.colored(out),
            unicode=_shows_marks(out),
            brief=self.quiet,
            verbose=self.verbose,
            # The console of Linux has colours, and writes the address of a link into the text.
            links=out.isatty() and self.colored(out) and os.environ.get("TERM") != "linux",
        )

    def colored(self, stream: TextIO) -> bool:
        """Return whether a stream wants colour: `--color`, then NO_COLOR, then whether it is a terminal."""
        if self.color != "auto":
            return self.color == "always"
        return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"

    def write(self, text: str) -> None:
        """Write to stdout."""
        from lipready.reports.page import with_options

        text = with_options(text)
        self._write_above_bars(sys.stdout, text)

    def complain(self, text: str) -> None:
        """Write lines to stderr, at once: whoever reads a log waits for them."""
        from lipready.reports.page import plain

        self._write_above_bars(sys.stderr, "\n".join(plain(line) for line in text.splitlines()) + "\n")

    @contextmanager
    def bars(self, *columns: "ProgressColumn") -> Iterator["Progress"]:
        """Show progress bars on stderr meanwhile; they vanish at the end, so that results stand alone."""
        from rich.console import Console
        from rich.progress import Progress

        console = Console(stderr=True, no_color=not self.colored(sys.stderr))
        # Redirected, what is written to stdout would come out on the console of the bars.
        bars = Progress(*columns, console=console, transient=True, redirect_stdout=False, redirect_stderr=False)
        with bars:
            self._bars = bars
            try:
                yield bars
            finally:
                self._bars = None

    def show(self, error: "click.ClickException") -> None:
        """Show a usage error the way click does, with the control characters of its arguments escaped."""
        import click

        if isinstance(error, click.exceptions.NoArgsIsHelpError):
            error.show()
            return
        if isinstance(error, click.UsageError) and error.ctx is not None:
            sys.stderr.write(f"{error.ctx.get_usage()}\nTry '{error.ctx.command_path} --help' for help.\n\n")
        self.complain(f"Error: {error.format_message()}")

    def close(self, status: int) -> int:
        """Write out what is left, and give the exit status: TROUBLE where stdout could not be written to.

        A reader that goes away (`| head`) has read all that it wanted: the status stays.
        """
        sys.stdout.flush()
        failure = failure_of(sys.stdout)
        if failure is None or isinstance(failure, ConnectionError):
            return status
        reason = "it is closed" if failure.errno == errno.EBADF else (failure.strerror or str(failure)).lower()
        self.complain(f"Error: The report could not be written to standard output: {reason}.")
        return TROUBLE

    def _write_above_bars(self, stream: TextIO, text: str) -> None:
        """Take the bars away while something is written to a terminal, which is the one that they are on."""
        bars = self._bars if stream.isatty() else None
        try:
            _show_bars(bars, shown=False)
            stream.write(text)
            stream.flush()
        finally:
            _show_bars(bars, shown=True)


def _show_bars(bars: "Progress | None", *, shown: bool) -> None:
    if bars is not None:
        for task in bars.task_ids:
            bars.update(task, visible=shown)
        bars.refresh()


def _shows_marks(stream: TextIO) -> bool:
    try:
        _MARKS.encode(stream.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True
