"""Resumable download of a URL into a partial file."""

import errno
import os
import re
import shutil
import stat
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial, reduce
from operator import or_
from pathlib import Path
from typing import TYPE_CHECKING, Self

from lipready.cancel import in_thread
from lipready.errors import AnswerError, DownloadError, NoAnswerError
from lipready.net.exchange import MOST_REDIRECTS, is_downgrade, is_redirect
from lipready.providers.transport.incoming import (
    CONNECT_SECONDS,
    Exchange,
    declared_length,
    head,
    refuse_packed,
    where_to,
)
from lipready.providers.transport.outgoing import PLAIN_HEADERS, STALLED_SECONDS
from lipready.providers.transport.wire import READ_SECONDS, HttpResponse, Save

if TYPE_CHECKING:
    import httpx2


WHOLE, PART, NOTHING_LEFT = 200, 206, 416

_RANGE = re.compile(r"bytes\s+(\d{1,18})-(\d{1,18})/(\d{1,18}|\*)", re.IGNORECASE | re.ASCII)
_UNSATISFIED = re.compile(r"bytes\s+\*/(\d{1,18})", re.IGNORECASE | re.ASCII)


@dataclass(frozen=True, slots=True)
class ByteRange:
    """Where the bytes of an answer begin and end in the file, and its size; None for what the server does not say."""

    start: int
    end: int | None
    total: int | None


def range_headers(offset: int, unchanged: str | None) -> dict[str, str]:
    """Ask for what follows `offset`. A weak ETag cannot vouch for bytes, and is not sent."""
    if not offset:
        return {}
    headers = {"Range": f"bytes={offset}-"}
    if unchanged is not None and unchanged.startswith('"'):
        headers["If-Range"] = unchanged
    return headers


def part_of(status: int, headers: Mapping[str, str], *, offset: int, host: str) -> ByteRange:
    """Read a 200 or a 206 to a request for what follows `offset`. Raises AnswerError for any other part."""
    length = declared_length(headers)
    if status == WHOLE:
        return ByteRange(0, length, length)
    found = _RANGE.fullmatch(headers.get("content-range", "").strip())
    if not offset or found is None:
        raise AnswerError(f"{host} sent a part of the result video without saying which: try again later.")
    first, last = int(found[1]), int(found[2])
    total = None if found[3] == "*" else int(found[3])
    if first != offset:
        raise AnswerError(f"{host} sent the result video from byte {first} on, where byte {offset} was asked for.")
    if last < first or (total is not None and last >= total) or (length is not None and length != last + 1 - first):
        raise AnswerError(f"{host} contradicts itself about which part of the result video it sends.")
    return ByteRange(first, last + 1, total)


def size_left_over(headers: Mapping[str, str]) -> int | None:
    """Return the size of the file that a 416 names."""
    found = _UNSATISFIED.fullmatch(headers.get("content-range", "").strip())
    return None if found is None else int(found[1])


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

    def __exit__(self, *_: object) -> None:
        try:
            self._file.close()
        except OSError as failure:
            raise self._error(failure) from failure

    def _error(self, error: OSError) -> DownloadError:
        if error.errno in _FULL:
            folder = Path(self._path).parent
            return DownloadError(f"There is no room left for the result video in {folder}: make room, and resume.")
        return DownloadError(f"{self._path} cannot be written: {error.strerror or error}.")


BLOCK = 1 << 20
"""Bytes that are written at a time."""

SLOW_SECONDS, SLOW_BYTES = 60.0, 1 << 16
"""Who sends less than so much in so long is given up: at that pace no result video arrives while its link lives."""


class ResumableDownload:
    """A Save under way; `take` each answer to `request`, until one is the last."""

    def __init__(self, save: Save) -> None:
        """Raise AnswerError for an address that is not http(s)."""
        self._save = save
        self._url = _link(save.url)
        self._hops = 0
        self.exchange = Exchange(self._url.host, READ_SECONDS)

    def request(self) -> "httpx2.Request":
        """Make the request of this hop, which never carries a key."""
        import httpx2

        headers = {**PLAIN_HEADERS, **range_headers(self._save.offset, self._save.unchanged)}
        timeouts = {"connect": CONNECT_SECONDS, "pool": None, "write": READ_SECONDS, "read": STALLED_SECONDS}
        extensions = {"timeout": timeouts, "trace": self.exchange.trace}
        return httpx2.Request("GET", self._url, headers=headers, extensions=extensions)

    async def take(self, response: "httpx2.Response") -> HttpResponse | None:
        """Write the body of an answer to the file; None where the answer points somewhere else."""
        if is_redirect(response.status_code):
            self._follow(response)
            return None
        host, status, headers = self.exchange.host, response.status_code, head(response)
        answer = HttpResponse(status, headers, b"")
        if status not in (WHOLE, PART):
            return answer
        refuse_packed(headers, host)
        part = part_of(status, headers, offset=self._save.offset, host=host)
        if max(part.end or 0, part.total or 0) > self._save.most:
            raise self._too_long()
        if self._save.begun is not None:
            self._save.begun(answer)
        with PartialWriter(self._save.path, part.start) as file:
            if part.end is not None:
                file.require_room(part.end - part.start)
            await self._write(response, file, part)
        return answer

    async def _write(self, response: "httpx2.Response", file: PartialWriter, part: ByteRange) -> None:
        block, size, since, then = bytearray(), part.start, time.monotonic(), part.start
        try:
            async for chunk in response.aiter_bytes():
                size += len(chunk)
                if size > self._save.most:
                    block.clear()
                    file.cut(part.start)
                    raise self._too_long()
                block += chunk
                if len(block) >= BLOCK:
                    full, block = block, bytearray()
                    await in_thread(partial(file.write, full), always=True)
                    self._tell(size, part)
                if time.monotonic() - since >= SLOW_SECONDS:
                    if size - then < SLOW_BYTES:
                        raise NoAnswerError(
                            f"{self.exchange.host} sends the result video too slowly: check the connection, and try "
                            "again."
                        )
                    since, then = time.monotonic(), size
        finally:
            file.write(block)
        self._tell(size, part)

    def _tell(self, size: int, part: ByteRange) -> None:
        whole = part.total or part.end
        if self._save.progress is not None and whole:
            self._save.progress(min(1.0, size / whole))

    def _follow(self, response: "httpx2.Response") -> None:
        """Follow a redirect, unless it leads from https to http."""
        import httpx2

        host, target = self.exchange.host, where_to(response)
        self._hops += 1
        if self._hops > MOST_REDIRECTS:
            raise AnswerError(
                f"The link to the result video was passed on more than {MOST_REDIRECTS} times, last by {host}."
            )
        try:
            url = _link(str(self._url.join(response.headers.get("location", ""))))
        except (AnswerError, httpx2.InvalidURL, ValueError):
            raise AnswerError(
                f"{host} passes the link to the result video on to {target}, which is not http(s)."
            ) from None
        if is_downgrade(self._url.scheme, url.scheme):
            raise AnswerError(f"{host} passes the link to the result video on to {target}, which is not encrypted.")
        self._url, self.exchange = url, Exchange(url.host, self.exchange.seconds)

    def _too_long(self) -> AnswerError:
        most = self._save.most / 1e6
        return AnswerError(
            f"The result video at {self.exchange.host} is longer than {most:.1f} MB: that cannot be the result."
        )


def _link(url: str) -> "httpx2.URL":
    import httpx2

    try:
        link = httpx2.URL(url)
    except (httpx2.InvalidURL, TypeError, ValueError):
        raise AnswerError("The link to the result video is malformed.") from None
    if link.scheme not in ("http", "https") or not link.host:
        raise AnswerError(
            f"The link to the result video begins with {link.scheme[:20]}: only http and https are fetched."
        )
    return link
