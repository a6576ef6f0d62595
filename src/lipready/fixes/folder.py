"""The output folder: temporary names, and names that appear only when a file is whole."""

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from lipready.errors import FixError, UsageError

SUFFIX = ".lipready.partial"


@dataclass(frozen=True, slots=True)
class Partial:
    """An output that is being written: its final path, and the temporary one beside it."""

    final: Path
    path: Path

    @classmethod
    def beside(cls, final: Path) -> "Partial":
        """Choose a temporary name that no other run has, and clear away what earlier runs have left of this output."""
        partial = cls(final, final.with_name(f"{final.name}.{os.urandom(4).hex()}{SUFFIX}"))
        _remove_leftovers(final)
        return partial

    def finish(self) -> None:
        """Make sure that the bytes are on the disk, and give the file its final name.

        Raises FixError where the file is not there, or cannot be renamed.
        """
        try:
            with self.path.open("rb+") as file:
                os.fsync(file.fileno())
            self.path.replace(self.final)
        except OSError as error:
            raise FixError(f"{self.final} cannot be written: {error.strerror or error}.") from error
        _sync_folder(self.final.parent)

    def discard(self) -> None:
        """Remove the temporary file, and whatever a two-pass run has written beside it."""
        for path in _starting_with(self.path.parent, self.path.name):
            with suppress(OSError):
                path.unlink()


def require_folder(path: Path) -> None:
    """Raise UsageError where something stands in the place of an output folder that is none."""
    if os.path.lexists(path) and not path.is_dir():
        raise UsageError(f"{path} is not a folder: choose another output folder.")


def make_folder(path: Path) -> None:
    """Create the output folder. Raises UsageError where a file has its name, FixError where it is impossible."""
    require_folder(path)
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FixError(f"The folder {path} cannot be created: {error.strerror or error}.") from error


def _remove_leftovers(final: Path) -> None:
    """Remove what a run that was killed has left. A file that is still being written loses its name, not its bytes."""
    for path in _starting_with(final.parent, f"{final.name}."):
        if SUFFIX in path.name:
            with suppress(OSError):
                path.unlink()


def _starting_with(folder: Path, start: str) -> list[Path]:
    try:
        return [path for path in folder.iterdir() if path.name.startswith(start)]
    except OSError:
        return []


def _sync_folder(folder: Path) -> None:
    """Make the new name last; where folders cannot be opened (Windows) the system does so by itself."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
