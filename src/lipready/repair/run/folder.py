"""The output folder: temporary names, and names that appear only when a file is whole."""

import errno
import os
import shutil
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from lipready.atomic import publish
from lipready.errors import FixError, UsageError
from lipready.facts.plan import Kept

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
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
        _remove(final.parent, f"{final.name}.")
        return partial

    def finish(self, *, written: bool = True) -> None:
        """Make sure that the bytes are on the disk, and give the file its final name.

        What is not `written` but linked is on the disk already; it is not even opened, as it may be read-only.
        Raises FixError where the file is not there, or cannot be renamed.
        """
        try:
            publish(self.path, self.final, synced=not written)
        except OSError as error:
            raise unwritable(self.final, error) from error

    def discard(self) -> None:
        """Remove the temporary file, and whatever a two-pass run has written beside it."""
        _remove(self.path.parent, self.path.name)


def unwritable(path: Path, error: OSError) -> FixError:
    """Return what to raise where a file cannot be written."""
    return (
        no_room(path)
        if error.errno in _FULL
        else FixError(f"{path} cannot be written: {error.strerror or error}.", path=str(path))
    )


def no_room(path: Path) -> FixError:
    """Return what to raise where the disk is full on which a file was to be written."""
    return FixError(
        f"There is no room left for {path.name} in {path.parent}: make room, and try again.", path=str(path)
    )


def require_folder(path: Path) -> None:
    """Raise UsageError where something stands in the place of an output folder that is none."""
    if os.path.lexists(path) and not path.is_dir():
        raise UsageError(f"{path} is not a folder: choose another output folder.", path=str(path))


def way_into(folder: Path, source: str) -> Kept:
    """Return how a file that is already fine gets into an output folder, which need not be there yet.

    It stays where it is in that folder already, whether by its own name or by the one that it is a link to.
    """
    real, out = Path(os.path.realpath(source)), Path(os.path.realpath(folder))
    nearest = next(each for each in (out, *out.parents) if each.is_dir())
    try:
        if any(parent.samefile(out) for parent in (Path(source).parent, real.parent) if out == nearest):
            return "stay"
        return "link" if real.stat().st_dev == nearest.stat().st_dev else "copy"
    except OSError:
        return "copy"


def place(source: str, partial: Partial, way: Kept) -> Kept:
    """Put a file under its temporary name into the output folder, by a link where possible; return which way it was.

    Raises FixError where it can be copied neither.
    """
    if way == "link":
        with suppress(OSError):  # another file system, one without links, or somebody else's file
            os.link(os.path.realpath(source), partial.path)
            return "link"
    try:
        shutil.copyfile(source, partial.path)
    except OSError as error:
        if error.errno in _FULL:
            raise no_room(partial.final) from error
        raise FixError(f"{source} cannot be copied to {partial.final}: {error.strerror or error}.") from error
    return "copy"


def make_folder(path: Path) -> None:
    """Create the output folder. Raises UsageError where a file has its name, FixError where it is impossible."""
    require_folder(path)
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FixError(f"The folder {path} cannot be created: {error.strerror or error}.", path=str(path)) from error


def _remove(folder: Path, start: str) -> None:
    """Remove temporary files whose names begin so. What is still being written loses its name, not its bytes."""
    with suppress(OSError):
        for path in list(folder.iterdir()):
            if path.name.startswith(start) and SUFFIX in path.name:
                with suppress(OSError):
                    path.unlink()
