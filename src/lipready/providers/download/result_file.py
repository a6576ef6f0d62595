"""Result videos: their place on disk, and the check of what was downloaded."""

import hashlib
import os
import shutil
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from math import isfinite
from pathlib import Path
from tempfile import NamedTemporaryFile

from lipready.atomic import publish, sync_file
from lipready.errors import DownloadError, ProbeError, UsageError
from lipready.facts.quantity import plural, seconds
from lipready.facts.unmeasured import Unmeasured
from lipready.facts.video import VideoFacts

TOLERANCE = Fraction(1, 2)
"""Seconds by which a result may differ from what was ordered.

Sound is padded to whole AAC frames (up to 0.05 s with the priming), the picture cut to whole frames (0.07 s at 15 fps),
models work in steps of a few frames, and the length that is billed is a rounded number. What has to be found is a
result video that was cut off, or another one.
"""

_BILLED_TOLERANCE = 1 + float(TOLERANCE)
"""Seconds; what is billed may be rounded up to whole ones."""

_EDGE = 160


def fault_of(path: str, expected_seconds: float | None, expected_size: str | None = None) -> str | None:
    """Return what is wrong with a result video, as a phrase that continues its name; None for one that is whole.

    Its first and its last frame are decoded. Without `expected_seconds` any length will do, and without `expected_size`
    ("1280*720") any size of the picture; models cut an odd pixel off.
    """
    from lipready.probe.source import examine

    facts = examine(path, "video", quick=False)
    if facts.problem is not None:
        return facts.problem
    if not isinstance(facts.media, VideoFacts) or isinstance(facts.media.duration, Unmeasured):
        return "does not say how long it is"
    if facts.media.truncated is True:
        return "is cut off"
    length = facts.media.duration.believed
    return _otherwise(facts.media, length, expected_seconds, expected_size) or _unplayable(path, facts.media, length)


def is_another(
    seconds: float | None, size: str | None, expected_seconds: float | None, expected_size: str | None
) -> bool:
    """Return whether a result video of which the provider says so much cannot be the one that was ordered."""
    if seconds is not None and expected_seconds is not None and abs(seconds - expected_seconds) > _BILLED_TOLERANCE:
        return True
    if size is None or expected_size is None:
        return False
    width, height = map(int, size.split("*"))
    return not _alike((width, height), expected_size)


def _otherwise(
    video: VideoFacts, length: Fraction, expected_seconds: float | None, expected_size: str | None
) -> str | None:
    """Return in what a result video differs from what was ordered."""
    if expected_size is not None and not _alike((video.width, video.height), expected_size):
        return f"is {video.width}*{video.height} pixels large, where {expected_size} were expected"
    if expected_seconds is None or not isfinite(expected_seconds):
        return None
    if abs(length - Fraction(expected_seconds)) > TOLERANCE:
        return (
            f"is {seconds(length)} long, where {seconds(expected_seconds)} {plural(expected_seconds, 'was')} expected"
        )
    return None


def _alike(size: tuple[int, int], expected: str) -> bool:
    return all(abs(one - int(other)) <= 1 for one, other in zip(size, expected.split("*"), strict=True))


def _unplayable(path: str, video: VideoFacts, length: Fraction) -> str | None:
    from lipready.probe.decoding.stretch import decode_moments

    frame = Fraction(0) if isinstance(video.frame_rate, Unmeasured) else 1 / video.frame_rate.nominal
    last = max(Fraction(0), length - frame)
    try:
        times = [shown.time for shown in decode_moments(path, video, (Fraction(0), last), _EDGE)]
    except ProbeError as error:
        return str(error)
    if not times or times[0] > TOLERANCE:
        return "does not begin with a picture that can be decoded"
    if times[-1] < last - TOLERANCE:
        return "does not end with a picture that can be decoded"
    return None


SUFFIX = ".lipready.partial"


def partial_name(task_id: str) -> str:
    """Name the file into which a task's result is fetched, so that every later process finds it."""
    return f".{hashlib.sha256(task_id.encode()).hexdigest()[:16]}{SUFFIX}"


def require_place(to: Path, most: int = 0) -> None:
    """Raise UsageError where a result of up to so many bytes cannot be written, or another file has its name."""
    ResultFile.at(to, "")
    try:
        free = shutil.disk_usage(to.parent).free
    except OSError:  # a file system that does not say
        return
    if most > free:
        raise UsageError(
            f"The result may have {most / 1e6:.1f} MB, and {free / 1e6:.1f} MB are free in {to.parent}: make room, or "
            "choose another place for it.",
            path=str(to),
        )


@dataclass(frozen=True, slots=True)
class ResultFile:
    """The result's final path, and the hidden partial file beside it."""

    final: Path
    partial: Path

    @classmethod
    def at(cls, to: Path, task: str) -> "ResultFile":
        """Choose the place, before anything is fetched. Raises UsageError where nothing can be written there."""
        try:
            with suppress(FileNotFoundError, NotADirectoryError):
                to.lstat()
        except (OSError, ValueError) as error:
            raise _not_writable(to, error) from error
        if to.is_dir():
            raise UsageError(f"{to} is a folder: name the file that the result is to be written to.", path=str(to))
        if not to.parent.is_dir():
            raise UsageError(
                f"The folder {to.parent} does not exist: create it, or choose another place for the result.",
                path=str(to),
            )
        if os.path.lexists(to):
            raise UsageError(f"{to} exists already: choose another name, or move it away.", path=str(to))
        try:  # rights do not tell for every user
            with NamedTemporaryFile(dir=to.parent, prefix=".", suffix=SUFFIX):
                pass
        except OSError as error:
            raise _not_writable(to, error) from error
        return cls(to, to.with_name(partial_name(task)))

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
        """Give the whole result video its name, in one step. Raises UsageError where another file has it by now."""
        try:
            publish(self.partial, self.final, overwrite=False, synced=True)
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
        number = 1
        while True:
            mark = ".suspect" if number == 1 else f".suspect-{number}"
            path = self.final.with_name(f"{self.final.stem}{mark}{self.final.suffix}")
            try:
                publish(self.partial, path, overwrite=False, synced=True)
            except FileExistsError:
                number += 1
            except OSError:  # then it stays where it is
                return self.partial
            else:
                return path


def _not_writable(path: Path, error: Exception) -> UsageError:
    reason = getattr(error, "strerror", None) or error
    return UsageError(f"{path} cannot be written ({reason}): choose another place for the result.", path=str(path))
