"""A file of the user, opened once and read within the size that it had at that moment."""

import errno
import hashlib
import io
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO

from lipready.cancel import checkpoint
from lipready.errors import CancelledError, ProbeError, concerning
from lipready.facts.file import Obstacle

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_KINDS = {
    stat.S_IFDIR: "is a folder, not a file",
    stat.S_IFIFO: "is a named pipe, not a file",
    stat.S_IFSOCK: "is a socket, not a file",
    stat.S_IFCHR: "is a device, not a file",
    stat.S_IFBLK: "is a device, not a file",
}
_FAILURES: dict[int, tuple[str, Obstacle]] = {
    errno.ENOENT: ("does not exist", "missing"),
    errno.ENOTDIR: ("does not exist: a part of its path is not a folder", "missing"),
    errno.EACCES: ("cannot be read: permission denied", "denied"),
    errno.EPERM: ("cannot be read: permission denied", "denied"),
    errno.ELOOP: ("cannot be read: its symbolic links lead in a circle", "dead link"),
    errno.ENAMETOOLONG: ("does not exist: its name is too long", "missing"),
}
# Without O_NONBLOCK the opening of a pipe that took the file's place after the stat would wait for ever.
_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)


class UnopenedError(ProbeError):
    """A file could not even be opened; `obstacle` is as of `Unopened`, None where the machine is at fault."""

    def __init__(self, message: str, obstacle: Obstacle | None) -> None:
        super().__init__(message, transient=True)
        self.obstacle: Obstacle | None = obstacle


class NoReaderError(ProbeError):
    """A picture is of a format that this installation has no reader for; nothing is known of its content."""

    def __init__(self, message: str) -> None:
        super().__init__(message, transient=True)


class LocalFile(io.FileIO):
    """A regular file, read-only, that ends where it ended when it was opened, however it grows.

    It has no name on purpose: what a demuxer cannot know it cannot follow.
    """

    def __init__(self, descriptor: int, size: int, modified: int) -> None:
        super().__init__(descriptor, "rb")
        del self.name
        self._modified = modified
        self._failure: OSError | None = None
        self._cancelled = False
        self.size = size

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        """Move; the end is where it was when the file was opened."""
        if whence == os.SEEK_END:
            return super().seek(max(0, self.size + offset))
        return super().seek(offset, whence)

    def readinto(self, buffer: "WriteableBuffer", /) -> int:
        """Fill a buffer as far as the file goes."""
        room = self.size - self.tell() if self._wanted() else 0
        if room <= 0:
            return 0
        with self._noting_failure():
            return super().readinto(memoryview(buffer).cast("B")[:room]) or 0

    def read(self, size: int | None = -1, /) -> bytes:
        """Read at most `size` bytes, or all that is left."""
        room = max(0, self.size - self.tell()) if self._wanted() else 0
        with self._noting_failure():
            return super().read(room if size is None or size < 0 else min(size, room)) or b""

    def readall(self) -> bytes:
        """Read all that is left."""
        return self.read()

    def read_at(self, offset: int, length: int) -> bytes:
        """Read the bytes from `offset` on, fewer than `length` at the end of the file."""
        self.seek(offset)
        return self.read(length)

    def assert_unchanged(self) -> None:
        """Raise ProbeError where somebody wrote to the file since it was opened."""
        now = os.fstat(self.fileno())
        if now.st_size > self.size:
            phrase = "grew while it was read: wait until it is written completely, then check again"
            raise ProbeError(phrase, transient=True)
        if now.st_size < self.size or now.st_mtime_ns != self._modified:
            phrase = "changed while it was read: wait until nothing writes to it, then check again"
            raise ProbeError(phrase, transient=True)

    def assert_read(self) -> None:
        """Raise ProbeError where the system failed to read, which a demuxer takes for the end of the file."""
        if self._failure is not None:
            raise read_error(self._failure) from self._failure

    def _wanted(self) -> bool:
        """Raise CancelledError where somebody cancels, once: of one call PyAV keeps one exception, and prints more."""
        if not self._cancelled:
            try:
                checkpoint()
            except CancelledError:
                self._cancelled = True
                raise
        return not self._cancelled

    @contextmanager
    def _noting_failure(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            self._failure = error
            raise


@contextmanager
def open_local(path: str) -> Iterator[LocalFile]:
    """Open a regular file, whatever its name looks like.

    Raises ProbeError, whose message continues the file's name, for whatever is not a readable, non-empty regular file;
    UnopenedError where it cannot even be opened; also at the end, where a read has failed and whoever read has made do
    with less.
    """
    with concerning(path=path), _opened(path) as file:
        yield file


@contextmanager
def _opened(path: str) -> Iterator[LocalFile]:
    try:
        _assert_regular(os.stat(path))  # noqa: PTH116  (a Path would lose names that are not normal, such as "a//b")
        descriptor = os.open(path, _FLAGS)
    except OSError as error:
        raise _unopened(path, error) from error
    except ValueError as error:
        raise UnopenedError("does not exist: its name holds a null character", "missing") from error
    status = os.fstat(descriptor)
    with LocalFile(descriptor, status.st_size, status.st_mtime_ns) as file:
        _assert_regular(status)
        if file.size == 0:
            raise ProbeError("is empty")
        try:
            yield file
        except OSError:
            file.assert_read()
            raise
        file.assert_read()


_BLOCK = 1 << 20


def hash_of(file: BinaryIO) -> str:
    """Return the sha256 of what is left to read of a file, in hex."""
    digest = hashlib.sha256()
    while block := file.read(_BLOCK):
        checkpoint()
        digest.update(block)
    return digest.hexdigest()


def read_error(error: OSError) -> ProbeError:
    """Return the error of a file that the system does not let us read; nothing of it is about the content."""
    unknown = f"cannot be read: {(error.strerror or str(error)).lower()}", None
    return ProbeError(_FAILURES.get(error.errno or 0, unknown)[0], transient=True)


def _unopened(path: str, error: OSError) -> UnopenedError:
    if error.errno == errno.ENOENT and os.path.islink(path):  # noqa: PTH114
        return UnopenedError(f"is a link to {os.readlink(path)}, which does not exist", "dead link")  # noqa: PTH115
    return UnopenedError(str(read_error(error)), _FAILURES.get(error.errno or 0, ("", None))[1])


def _assert_regular(status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise UnopenedError(_KINDS.get(stat.S_IFMT(status.st_mode), "is not a regular file"), "not a file")
