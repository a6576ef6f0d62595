"""One run of the command line: from arguments to an exit status."""

import os
import platform
import re
import tempfile
import traceback
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path

import click
from click.shell_completion import CompletionItem

from lipready import __version__
from lipready.cli.interrupt import interrupted, say_interrupted
from lipready.cli.output.session import NOTHING_CHECKED, TROUBLE, Session
from lipready.errors import LipreadyError, NothingCheckedError

_URL_PASSWORD = re.compile(r"(?<=://)[^\s/?#@]*@")
_URL_QUERY = re.compile(r"(https?://[^\s?#]*)[?#]\S*", re.IGNORECASE)


def explain_crash(error: BaseException, arguments: Sequence[str], *, verbose: bool) -> str:
    """Return one sentence; the traceback goes to a log file, and below the sentence where `verbose`."""
    details = _harmless("".join(traceback.format_exception(error)))
    first = (str(error).splitlines() or [""])[0]
    what = f"{type(error).__name__}: {_harmless(first)}" if first else type(error).__name__
    written = _write_log(details, arguments)
    where = f"; the traceback is in {written}" if written else "; repeat with -v to see the traceback"
    sentence = f"Error: lipready stopped at an internal error ({what}){where}"
    return f"{sentence}\n\n{details}" if verbose else sentence


def _harmless(text: str) -> str:
    """Take out the query of an address, which may be a signature, and what stands before an @: a password."""
    return _URL_PASSWORD.sub("", _URL_QUERY.sub(r"\1?…", text))


def _write_log(details: str, arguments: Sequence[str]) -> Path | None:
    from lipready.providers.journal.state import state_folder

    now = datetime.now(UTC)
    command = " ".join(("lipready", *arguments))
    system = f"lipready {__version__}, Python {platform.python_version()}, {platform.platform()}"
    text = _harmless(f"{now.isoformat()}\n{system}\n{command}\n\n{details}")
    name = f"crash-{now:%Y%m%d-%H%M%S}-{os.getpid()}.log"
    for folder in (state_folder() / "log", Path(tempfile.gettempdir())):
        try:
            folder.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text, encoding="utf-8", errors="backslashreplace")
        except OSError:
            continue
        return folder / name
    return None


_COMMANDS = {
    "check": "Check the files of one job against what a provider accepts.",
    "prepare": "Repair the files of one job into a new folder.",
    "submit": "Submit a job, once, wait for it and download the result video.",
    "verify": "Compare a result video with the files that it was made of.",
    "tasks": "List what was submitted, resume it, cancel it or forget it.",
    "listen": "Receive callbacks of EvoLink, and download what they speak of.",
    "gate": "Check every asset of a repository; only what changed costs time.",
    "report": "Merge the reports of several machines.",
    "cache": "Look at what the gate remembers, or clear it.",
    "people": "Say who is seen in a video, when, where and how well.",
    "reference": "Pick the frame that becomes the reference image.",
    "rules": "List the rules.",
    "explain": "Explain one rule, and its limits at each provider.",
    "profiles": "List the providers' profiles, or one of them with its limits.",
    "sandbox": "Run a server that behaves as the providers document, for trying.",
    "doctor": "Look at this machine: libraries, ffmpeg, face weights.",
    "completion": "Print the script that lets a shell complete commands and rules.",
}


_TOGETHER = {"verify": "check", "reference": "people", "explain": "rules", "profiles": "rules"}
"""The module of a command that does not have one of its own name."""


class LazyGroup(click.Group):
    """A group whose commands live in `lipready.cli.commands`, each as what it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the commands in the order of use, not of the alphabet."""
        del ctx
        return list(_COMMANDS)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem[str]]:
        """Offer the commands from the table: none of them is imported for that."""
        named = [CompletionItem(name, help=told) for name, told in _COMMANDS.items() if name.startswith(incomplete)]
        return [*named, *click.Command.shell_complete(self, ctx, incomplete)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one command."""
        del ctx
        if cmd_name not in _COMMANDS:
            return None
        module = import_module(f"lipready.cli.commands.{_TOGETHER.get(cmd_name, cmd_name)}")
        command: click.Command = getattr(module, cmd_name)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Suggest what may have been meant by a command that does not exist."""
        name = args[0]
        if name not in _COMMANDS and not name.startswith("-"):
            from difflib import get_close_matches

            close = get_close_matches(name, _COMMANDS, n=1)
            meant = f" Did you mean {close[0]!r}?" if close else ""
            ctx.fail(f"There is no command {name!r}.{meant}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands from the table: help imports none of them."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, "-V", "--version", message="lipready %(version)s")
def command_line() -> None:
    """Check, repair and submit the inputs of hosted lip-sync models, and download the results."""


def run(arguments: Sequence[str]) -> int:
    """Run a command and return its exit status; every failure becomes one sentence on stderr."""
    if "_LIPREADY_COMPLETE" in os.environ:
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
        session.complain(explain_crash(error, arguments, verbose=session.verbose))
        status = TROUBLE
    return session.close(status)


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
