"""The state folder: the journal, locks, logs."""

import os
from pathlib import Path

from lipready.errors import JournalError


def state_folder() -> Path:
    """Return the folder of the journal and the logs: LIPREADY_STATE_DIR, else the user's state folder."""
    chosen = os.environ.get("LIPREADY_STATE_DIR")
    if chosen:
        return Path(chosen)
    from platformdirs import user_state_path

    return user_state_path("lipready", appauthor=False)


def make_private(folder: Path) -> Path:
    """Create a folder that only the user may look into, and return it. Raises JournalError where that is impossible.

    One that is there already keeps its mode: it may be a folder that the user shares with others on purpose.
    """
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        folder.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise JournalError(
            f"The folder {folder} cannot be created ({error.strerror or error}), and nothing is submitted without a "
            "journal: make room for it, or name another folder with LIPREADY_STATE_DIR.",
            path=str(folder),
        ) from error
    return folder
