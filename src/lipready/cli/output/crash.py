"""What happens when lipready itself is wrong."""

import os
import platform
import re
import tempfile
import traceback
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from lipready import __version__
from lipready.providers.journal.state import state_folder

_URL_PASSWORD = re.compile(r"(?<=://)[^\s/?#@]*@")
_URL_QUERY = re.compile(r"(https?://[^\s?#]*)[?#]\S*", re.IGNORECASE)


def explain_crash(error: BaseException, arguments: Sequence[str], *, verbose: bool) -> str:
    """One sentence for the terminal; the traceback goes to a log file, and below the sentence where `verbose`."""
    details = _harmless("".join(traceback.format_exception(error)))
    first = (str(error).splitlines() or [""])[0]
    what = f"{type(error).__name__}: {_harmless(first)}" if first else type(error).__name__
    written = _write_log(details, arguments)
    where = f"; the traceback is in {written}" if written else "; repeat with -v to see the traceback"
    sentence = f"Error: lipready stopped at a fault of its own ({what}){where}"
    return f"{sentence}\n\n{details}" if verbose else sentence


def _harmless(text: str) -> str:
    """Take out the query of an address, which may be a signature, and what stands before an @: a password."""
    return _URL_PASSWORD.sub("", _URL_QUERY.sub(r"\1?…", text))


def _write_log(details: str, arguments: Sequence[str]) -> Path | None:
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
