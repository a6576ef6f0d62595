"""One run of the command line: from arguments to an exit status."""

import os
from collections.abc import Sequence

import click

from lipready.cli.group import command_line
from lipready.cli.interrupt import interrupted, say_interrupted
from lipready.cli.output.session import Session
from lipready.cli.output.status import NOTHING_CHECKED, TROUBLE
from lipready.errors import LipreadyError, NothingCheckedError

_COMPLETION = "_LIPREADY_COMPLETE"


def run(arguments: Sequence[str]) -> int:
    """Run a command and return its exit status; every failure becomes one sentence on stderr."""
    if _COMPLETION in os.environ:
        command_line.main(list(arguments), prog_name="lipready")
    session = Session()
    try:
        status = _invoke(list(arguments), session)
    except (KeyboardInterrupt, click.Abort):
        return say_interrupted()
    except NothingCheckedError as error:
        session.complain(f"Nothing was checked: {error}")
        status = NOTHING_CHECKED
    except LipreadyError as error:
        session.complain(f"Error: {error}")
        status = TROUBLE
    except Exception as error:  # noqa: BLE001 - the last line of defence: nobody should be shown a traceback
        if interrupted():  # such as a terminal that has gone, to which a bar says that it ends
            return say_interrupted()
        status = _report_crash(error, arguments, session)
    return session.close(status)


def _report_crash(error: Exception, arguments: Sequence[str], session: Session) -> int:
    from lipready.cli.output.crash import explain_crash

    session.complain(explain_crash(error, arguments, verbose=session.verbose))
    return TROUBLE


def _invoke(arguments: list[str], session: Session) -> int:
    """Call click without its `main`, which takes any EOFError for Ctrl-C and any broken pipe for a closed stdout."""
    try:
        with command_line.make_context("lipready", arguments, obj=session) as context:
            result = command_line.invoke(context)
            return result if isinstance(result, int) else 0
    except click.exceptions.Exit as leaving:
        return leaving.exit_code
    except click.ClickException as error:
        session.show(error)
        return TROUBLE
