"""Where a result lies while it is fetched, and how it gets its name."""

import hashlib
import os
import shutil
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from tempfile import NamedTemporaryFile

from lipready.atomic import publish, sync_file
from lipready.errors import DownloadError, UsageError

SUFFIX = ".lipready.partial"


def partial_name(task_id: str) -> str:
    """Name the file into which a task's result is fetched, so that every later process finds it."""
    return f".{hashlib.sha256(task_id.encode()).hexdigest()[:16]}{SUFFIX}"


def require_place(to: Path, most: int = 0) -> None:
    """Require that a result of up to so many bytes can be written to a path.

    Raises UsageError where another file has the name, nothing can be written there, or the disk has no room for it.
    """
    ResultFile.at(to, partial_name(""), replace=False)
    try:
        free = shutil.disk_usage(to.parent).free
    except OSError:  # a file system that does not say
        return
    if most > free:
        raise UsageError(
            f"The result may have {most / 1e6:.1f} MB, and {free / 1e6:.1f} MB are free in {to.parent}: make room, or "
            "choose another place for it."
        )


@dataclass(frozen=True, slots=True)
class ResultFile:
    """The result's final path, and the hidden partial file beside it; `replace`: may another file be overwritten."""

    final: Path
    partial: Path
    replace: bool

    @classmethod
    def at(cls, to: Path, name: str, *, replace: bool) -> "ResultFile":
        """Choose the place, before anything is fetched. Raises UsageError where nothing can be written there."""
        if Path(name).name != name:
            raise ValueError(f"{name} is no name of a file")
        place = cls(to, to.with_name(name), replace)
        place.require_possible()
        if to.is_dir():
            raise UsageError(f"{to} is a folder: name the file that the result is to be written to.")
        if not to.parent.is_dir():
            raise UsageError(
                f"The folder {to.parent} does not exist: create it, or choose another place for the result."
            )
        place.require_free()
        place.require_writable()
        return place

    def require_possible(self) -> None:
        """Raise UsageError for a name that no file can have, or of which nobody here may know whether one has it."""
        try:
            with suppress(FileNotFoundError, NotADirectoryError):
                self.final.lstat()
        except (OSError, ValueError) as error:
            raise self._not_writable(error) from error

    def require_writable(self) -> None:
        """Raise UsageError where no file can be written there: tried out, since rights do not tell for every user."""
        try:
            with NamedTemporaryFile(dir=self.final.parent, prefix=".", suffix=SUFFIX):
                pass
        except OSError as error:
            raise self._not_writable(error) from error

    def _not_writable(self, error: Exception) -> UsageError:
        reason = getattr(error, "strerror", None) or error
        return UsageError(f"{self.final} cannot be written ({reason}): choose another place for the result.")

    def require_free(self) -> None:
        """Raise UsageError where another file has the name, and may not be replaced."""
        if os.path.lexists(self.final) and not self.replace:
            raise UsageError(f"{self.final} exists already: choose another name, or move it away.")

    def size(self) -> int:
        """Return how many bytes are there; 0 where there is no partial file."""
        try:
            return self.partial.stat().st_size
        except FileNotFoundError:
            return 0
        except OSError as error:
            raise DownloadError(f"{self.partial} cannot be read: {error.strerror or error}.") from error

    def begin_anew(self) -> None:
        """Remove the partial file."""
        try:
            self.partial.unlink(missing_ok=True)
        except OSError as error:
            raise DownloadError(f"{self.partial} cannot be removed: {error.strerror or error}.") from error

    def sweep(self) -> None:
        """Remove the partial file if nothing has come."""
        with suppress(OSError, DownloadError):
            if self.size() == 0:
                self.partial.unlink()

    def settle(self) -> None:
        """Make sure that the bytes are on the disk."""
        try:
            sync_file(self.partial)
        except OSError as error:
            raise DownloadError(f"{self.partial} cannot be written: {error.strerror or error}.") from error

    def finish(self) -> Path:
        """Rename the whole result video to its name, in one step.

        Raises UsageError where a file of that name has come into being meanwhile; the result video stays where it is.
        """
        try:
            publish(self.partial, self.final, overwrite=self.replace, synced=True)
        except FileExistsError:
            raise UsageError(
                f"{self.final} came into being while the result video was fetched: choose another name and resume, or "
                f"take the result video from {self.partial}, where it is whole."
            ) from None
        except OSError as error:
            raise DownloadError(
                f"{self.final} cannot be written ({error.strerror or error}); the result video is whole in "
                f"{self.partial}."
            ) from error
        return self.final

    def set_aside(self) -> Path:
        """Rename a result video that is not what was ordered to a name that says so, and that no other file has."""
        for number in count(1):
            mark = ".suspect" if number == 1 else f".suspect-{number}"
            path = self.final.with_name(f"{self.final.stem}{mark}{self.final.suffix}")
            try:
                publish(self.partial, path, overwrite=False, synced=True)
            except FileExistsError:
                continue
            except OSError:  # then it stays where it is
                return self.partial
            return path
        raise AssertionError("there is always another number")
