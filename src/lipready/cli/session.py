"""What one run of the command line shares: its two streams, and how much it says."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    import click

    from lipready.reports.page import Page

_WIDEST = 120
_MARKS = "✗▲✓ℹ×–·…→≥"


class Session:
    """Writes results to stdout and everything else to stderr; survives a reader that goes away.

    `listener` is told of what is written: "out" or "err", and the text.
    """

    def __init__(self) -> None:
        self.color = "auto"
        self.quiet = False
        self.verbose = False
        self.abandoned = False
        self.listener: Callable[[str, str], None] | None = None

    def page(self) -> "Page":
        """Describe stdout as a page."""
        import shutil

        from lipready.reports.page import Page

        out = sys.stdout
        columns = shutil.get_terminal_size((100, 24)).columns
        return Page(
            width=min(columns, _WIDEST),
            color=self.colored(out),
            unicode=_takes_marks(out),
            brief=self.quiet,
            verbose=self.verbose,
        )

    def colored(self, stream: TextIO) -> bool:
        """Whether a stream wants colour: `--color`, then NO_COLOR, then whether it is a terminal."""
        if self.color != "auto":
            return self.color == "always"
        return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"

    def write(self, text: str) -> None:
        """Write to stdout; once its reader has gone (`| head`), in silence to nowhere."""
        if self.listener is not None:
            self.listener("out", text)
        with self._may_be_abandoned():
            sys.stdout.write(text)
            sys.stdout.flush()

    def complain(self, text: str) -> None:
        """Write lines to stderr."""
        from lipready.reports.page import plain

        if self.listener is not None:
            self.listener("err", text)
        lines = "\n".join(plain(line) for line in text.splitlines())
        with suppress(BrokenPipeError):
            sys.stderr.write(lines + "\n")

    def show(self, error: "click.ClickException") -> None:
        """Show a usage error the way click does, with the control characters of its arguments escaped."""
        import click

        if isinstance(error, click.exceptions.NoArgsIsHelpError):
            error.show()
            return
        if isinstance(error, click.UsageError) and error.ctx is not None:
            sys.stderr.write(f"{error.ctx.get_usage()}\nTry '{error.ctx.command_path} --help' for help.\n\n")
        self.complain(f"Error: {error.format_message()}")

    def close(self) -> None:
        """Flush stdout, so that the interpreter finds nothing to complain about at its end."""
        with self._may_be_abandoned():
            sys.stdout.flush()

    def reader_has_gone(self) -> bool:
        """Ask the system whether the other end of stdout is closed."""
        import select

        if self.abandoned or not hasattr(select, "poll"):  # Windows
            return self.abandoned
        poll = select.poll()
        poll.register(sys.stdout.fileno(), 0)
        return any(events & (select.POLLERR | select.POLLHUP) for _descriptor, events in poll.poll(0))

    @contextmanager
    def _may_be_abandoned(self) -> Iterator[None]:
        try:
            yield
        except BrokenPipeError:
            self.abandoned = True
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, sys.stdout.fileno())
            os.close(nowhere)


def _takes_marks(stream: TextIO) -> bool:
    try:
        _MARKS.encode(stream.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True
