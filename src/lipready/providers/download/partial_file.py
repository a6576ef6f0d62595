"""The file that a download is written to."""

import errno
import os
import shutil
import stat
from functools import reduce
from operator import or_
from pathlib import Path
from types import TracebackType
from typing import Self

from lipready.errors import DownloadError

_WHERE_KNOWN = ("O_NOFOLLOW", "O_CLOEXEC", "O_BINARY")
_FLAGS = reduce(or_, (getattr(os, name, 0) for name in _WHERE_KNOWN), os.O_RDWR | os.O_CREAT)
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


class PartialWriter:
    """A file that is written from `start` on; what stood there before is cut off."""

    def __init__(self, path: str, start: int) -> None:
        """Open the file. Raises DownloadError where that is impossible, or fewer than `start` bytes are there."""
        self._path = path
        try:
            descriptor = os.open(path, _FLAGS, 0o666)
            self._file = os.fdopen(descriptor, "r+b", buffering=0)
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode) or status.st_size < start:
                self._file.close()
                raise DownloadError(
                    f"{path} was changed while the result video was being fetched: remove it, and try again."
                )
            self.cut(start)
        except OSError as error:
            raise self._error(error) from error

    def require_room(self, more: int) -> None:
        """Raise DownloadError where the disk has no room for so many bytes more."""
        try:
            free = shutil.disk_usage(Path(self._path).parent).free
        except OSError:  # a file system that does not say
            return
        if more > free:
            raise DownloadError(
                f"The result video needs {more / 1e6:.1f} MB more in {Path(self._path).parent}, where {free / 1e6:.1f} "
                "MB are free: make room, and resume."
            )

    def write(self, data: bytes | bytearray) -> None:
        """Write all of it. Raises DownloadError."""
        rest = memoryview(data)
        try:
            while rest:
                rest = rest[self._file.write(rest) :]
        except OSError as error:
            raise self._error(error) from error

    def cut(self, size: int) -> None:
        """Keep the first `size` bytes, and go on writing there. Raises DownloadError."""
        try:
            self._file.truncate(size)
            self._file.seek(size)
        except OSError as error:
            raise self._error(error) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._file.close()
        except OSError as failure:
            raise self._error(failure) from failure

    def _error(self, error: OSError) -> DownloadError:
        if error.errno in _FULL:
            folder = Path(self._path).parent
            return DownloadError(f"There is no room left for the result video in {folder}: make room, and resume.")
        return DownloadError(f"{self._path} cannot be written: {error.strerror or error}.")
