"""The entry point of `lipready`."""

import gc
import sys
from collections.abc import Sequence

from lipready.cli.interrupt import catch_interrupts, end, say_interrupted
from lipready.cli.output.streams import open_streams


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command and exit with its status; see `lipready.cli.run`."""
    # Imports make tens of thousands of objects that stay: looking through them again and again is a tenth of start-up.
    gc.set_threshold(50_000)
    catch_interrupts()
    open_streams()
    try:
        # Imported here, so that Ctrl-C during start-up is as quiet as later.
        from lipready.cli.run import run

        status = run(list(sys.argv[1:] if arguments is None else arguments))
    except KeyboardInterrupt:
        status = say_interrupted()
    end(status)
