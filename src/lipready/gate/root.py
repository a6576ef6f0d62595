"""What paths are relative to."""

import os
from pathlib import Path

FIXED = "lipready-fixed"
"""The folder of repaired files, in the root; they are checked where their sources are."""


def top_of(folder: Path) -> Path:
    """Give the top of the work tree that a folder lies in, or the folder itself where it lies in none."""
    folder = folder.resolve()
    return next((place for place in (folder, *folder.parents) if os.path.lexists(place / ".git")), folder)
