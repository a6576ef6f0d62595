"""Inputs that are bytes or file objects, as private temporary files for as long as they are measured or sent."""

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path, PurePath
from typing import IO, TYPE_CHECKING, Any, cast

from lipready.errors import ComponentError, LipreadyError, UsageError, concerning
from lipready.facts.file import FileFacts, Role, unread_file
from lipready.facts.quantity import counted
from lipready.facts.unmeasured import Unmeasured
from lipready.job import Input, Job, Source, is_placeholder, name_of, path_or_address, place_of
from lipready.probe.containers.signature import HEAD_BYTES, extension_of, recognise

if TYPE_CHECKING:
    from tempfile import TemporaryDirectory

LARGEST = 300 << 20
"""The most bytes that are read of an input where the profile names no limit."""

_CHUNK = 1 << 20
_PLAIN_SUFFIX = re.compile(r"\.[a-z0-9]{1,8}")
_TRUE_SUFFIXES = {"jpeg": "jpg"}


@dataclass(frozen=True, slots=True, repr=False)
class Spooled(Input):
    """An input that lies in a temporary file; `extension` is that of its name, None where it has none to be judged."""

    extension: str | None = None


@dataclass(frozen=True, slots=True)
class _TooLong:
    """How many bytes were counted of an input that is larger than the `most` that are taken."""

    bytes: int
    most: int


@contextmanager
def at_hand(job: Job, largest: Mapping[Role, int]) -> Iterator[tuple[Job, dict[Role, FileFacts]]]:
    """Yield a job whose inputs are all paths or addresses (as text, or as Input with one), whatever they were.

    Bytes and file objects lie in temporary files that nobody else may read, and that are gone when the context ends,
    whatever happens. `largest` is the most bytes that are taken; of what is larger the facts are yielded as well, which
    know its size and nothing else. A file object that is given in two roles is read once.

    Raises UsageError for a file object that cannot be read, or gives anything but bytes, and for what is larger than
    LARGEST where there is no limit; ComponentError where the temporary file cannot be written. What is raised inside
    the context calls the inputs by their names.
    """
    loose = {role: source for role, source in job.inputs() if place_of(source) is None}
    local: dict[str, Any] = {role: _as_text(source) for role, source in job.inputs() if role not in loose}
    if not loose:
        yield replace(job, **local), {}
        return
    unread: dict[Role, FileFacts] = {}
    with _private_folder() as folder:
        written: dict[int, Path | _TooLong] = {}
        for role, source in loose.items():
            content = _content(source)
            if id(content) not in written:
                sharing = [each for each in loose if _content(loose[each]) is content]
                most = max(largest.get(each, LARGEST) for each in sharing)
                with concerning(path=name_of(source)):
                    written[id(content)] = _spool(source, Path(folder) / f"{role}", most)
            found = written[id(content)]
            if isinstance(found, _TooLong):
                unread[role] = _unread(role, source, found, limited=role in largest)
                local[role] = Spooled(str(Path(folder) / "unread"), name_of(source), extension_by(source))
            else:
                local[role] = Spooled(str(found), name_of(source), extension_by(source))
        names = {str(each.source): str(each.name) for each in local.values() if isinstance(each, Spooled)}
        try:
            yield replace(job, **local), unread
        except LipreadyError as error:
            error.args = tuple(_renamed(each, names) for each in error.args)
            raise


def _private_folder() -> "TemporaryDirectory[str]":
    """Make a folder that nobody else may look into; it goes with its context."""
    from tempfile import TemporaryDirectory

    try:
        return TemporaryDirectory(prefix="lipready-", ignore_cleanup_errors=True)
    except OSError as error:
        raise _no_place("A temporary folder", error) from error


def _no_place(what: str, error: OSError) -> ComponentError:
    return ComponentError(
        f"{what} cannot be written ({error.strerror or error}): make room in the folder for temporary files, or name "
        "another one in TMPDIR."
    )


def require_spooled(unread: Mapping[Role, FileFacts]) -> None:
    """Raise UsageError where an input was larger than what is taken, and so is not there to be worked with."""
    for file in unread.values():
        reason = file.media.reason if isinstance(file.media, Unmeasured) else "is not there"
        raise UsageError(f"{file.path}: {reason}: hand over its path, which has no such bound.", path=file.path)


def _content(source: Source) -> object:
    return source.source if isinstance(source, Input) else source


def _as_text(source: Source) -> str | Input:
    place = path_or_address(source)
    return place if not isinstance(source, Input) or source.name is None else Input(place, name_of(source))


def extension_by(source: Source) -> str | None:
    """Return the extension that rule F003 judges; a file object's own name without one says nothing."""
    if isinstance(source, Spooled):
        return source.extension
    name = name_of(source)
    if place_of(source) is not None or (isinstance(source, Input) and source.name is not None):
        return extension_of(name)
    return None if is_placeholder(name) else extension_of(name) or None


def _spool(source: Source, path: Path, most: int) -> Path | _TooLong:
    """Write an input into a file whose name says what it is. Nothing is read beyond the byte that is too much."""
    name, chunks, count, head = name_of(source), _chunks(source, most + 1), 0, b""
    try:
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:  # noqa: PTH123
            for chunk in chunks:
                count += len(chunk)
                if count > most:
                    break
                head += bytes(chunk[: HEAD_BYTES - len(head)])
                file.write(chunk)
        if count > most:
            path.unlink()
            return _TooLong(_whole_size(source, count), most)
        suffix = PurePath(name).suffix.lower()
        if not _PLAIN_SUFFIX.fullmatch(suffix):
            known = recognise(head)
            kind = known.name if known.kind in {"image", "media"} else ""
            suffix = f".{_TRUE_SUFFIXES.get(kind, kind)}" if kind else ""
        return path.rename(path.with_name(f"{path.name}{suffix}"))
    except OSError as error:
        raise _no_place(f"A temporary file for {name}", error) from error


def _chunks(source: Source, most: int) -> Iterator[bytes | memoryview]:
    """Yield the bytes of an input, at most so many. Raises UsageError where a file object does not give bytes."""
    content = _content(source)
    if isinstance(content, bytes | bytearray | memoryview):
        view = memoryview(content)
        view = view.cast("B") if view.contiguous else memoryview(view.tobytes())
        yield from (view[start : start + _CHUNK] for start in range(0, min(len(view), most), _CHUNK))
        return
    name = name_of(source)
    while most > 0:
        try:
            chunk = cast("IO[bytes]", content).read(min(_CHUNK, most))
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or str(error) or type(error).__name__
            raise UsageError(f"{name}: the file object cannot be read: {why.rstrip('.')}.") from error
        if not isinstance(chunk, bytes | bytearray | memoryview):
            raise UsageError(f"{name}: {_wrong_chunk(chunk)}")
        if not chunk:
            return
        most -= len(chunk)
        yield memoryview(chunk).cast("B")


def _wrong_chunk(chunk: object) -> str:
    if isinstance(chunk, str):
        return "the file object gives text: open it in binary mode ('rb')."
    if chunk is None:
        return "the file object has nothing to read yet: hand over one that blocks until there is something."
    close = getattr(chunk, "close", None)
    if close is not None and hasattr(chunk, "send"):
        close()
        return "the file object's read() is a coroutine: hand over the file inside (`upload.file`), or its bytes."
    return f"the file object's read() gives {type(chunk).__name__} instead of bytes."


def _whole_size(source: Source, count: int) -> int:
    """Return the size of an input that is too large: exact where that can be told without reading, else at least."""
    content: Any = _content(source)
    if isinstance(content, bytes | bytearray | memoryview):
        return memoryview(content).nbytes
    with suppress(OSError, ValueError, AttributeError, TypeError):
        if content.seekable():
            return count - int(content.tell()) + int(content.seek(0, os.SEEK_END))
    return count


def _unread(role: Role, source: Source, found: _TooLong, *, limited: bool) -> FileFacts:
    """Make the facts of an input that is larger than what is taken.

    Raises UsageError where no rule has a limit by which its size would be found fault with.
    """
    most = counted(found.most, "byte")
    if not limited:
        raise UsageError(
            f"{name_of(source)}: has more than the {most} that are read of bytes and file objects where the profile "
            "names no limit: hand over its path.",
            path=name_of(source),
        )
    reason = Unmeasured(f"has more than the {most} that are taken of bytes and file objects, and was not read further")
    return unread_file(role, name_of(source), extension_by(source), found.bytes, reason)


def _renamed(text: object, names: Mapping[str, str]) -> object:
    """Put the names of inputs in the places of their temporary files."""
    if isinstance(text, str):
        for path, name in names.items():
            text = text.replace(path, name)
    return text
