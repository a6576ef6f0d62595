"""One download on its way: its redirects, where its bytes go, and how long we put up with a slow server."""

import time
from functools import partial
from typing import TYPE_CHECKING

from lipready.errors import AnswerError, NoAnswerError
from lipready.providers.download.partial_file import PartialWriter
from lipready.providers.download.ranges import PART, WHOLE, ByteRange, part_of, range_headers
from lipready.providers.transport.bounded import head, is_redirect, refuse_packed, where_to
from lipready.providers.transport.errors import CONNECT_SECONDS, Exchange
from lipready.providers.transport.outgoing import STALLED_SECONDS, plain_headers
from lipready.providers.transport.threads import Blocking
from lipready.providers.transport.wire import READ_SECONDS, HttpResponse, Save

if TYPE_CHECKING:
    import httpx2

MOST_HOPS = 5
BLOCK = 1 << 20
"""Bytes that are written at a time."""

SLOW_SECONDS, SLOW_BYTES = 60.0, 1 << 16
"""Who sends less than so much in so long is given up: at that pace no result video arrives while its link lives."""


class ResumableDownload:
    """A Save under way; `take` each answer to `request`, until one is the last."""

    def __init__(self, save: Save, blocking: Blocking) -> None:
        """Raise AnswerError for an address that is not http(s). `blocking` writes to the file."""
        self._save, self._blocking = save, blocking
        self._url = _link(save.url)
        self._hops = 0
        self.head_seconds = READ_SECONDS
        self.exchange = Exchange(self._url.host, self.head_seconds)

    def request(self) -> "httpx2.Request":
        """Make the request of this hop, which never carries a key."""
        import httpx2

        headers = {**plain_headers(), **range_headers(self._save.offset, self._save.unchanged)}
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
        pace, block, size = _Pace(self.exchange.host), bytearray(), part.start
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
                    await self._blocking(partial(file.write, full))
                    self._tell(size, part)
                pace.count(len(chunk))
        finally:
            file.write(block)
        self._tell(size, part)

    def _tell(self, size: int, part: ByteRange) -> None:
        whole = part.total or part.end
        if self._save.progress is not None and whole:
            self._save.progress(min(1.0, size / whole))

    def _follow(self, response: "httpx2.Response") -> None:
        """Go where an answer points. Plain http may lead to https, and never back."""
        import httpx2

        host, target = self.exchange.host, where_to(response)
        self._hops += 1
        if self._hops > MOST_HOPS:
            raise AnswerError(
                f"The link to the result video was passed on more than {MOST_HOPS} times, last by {host}."
            )
        try:
            url = _link(str(self._url.join(response.headers.get("location", ""))))
        except (AnswerError, httpx2.InvalidURL, ValueError):
            raise AnswerError(
                f"{host} passes the link to the result video on to {target}, which is not http(s)."
            ) from None
        if self._url.scheme == "https" and url.scheme != "https":
            raise AnswerError(f"{host} passes the link to the result video on to {target}, which is not encrypted.")
        self._url, self.exchange = url, Exchange(url.host, self.head_seconds)

    def _too_long(self) -> AnswerError:
        most = self._save.most / 1e6
        return AnswerError(
            f"The result video at {self.exchange.host} is longer than {most:.1f} MB: that cannot be the result."
        )


class _Pace:
    """Counts what arrives in a stretch of time."""

    def __init__(self, host: str) -> None:
        self._host, self._since, self._bytes = host, time.monotonic(), 0

    def count(self, count: int) -> None:
        """Raise NoAnswerError where too little has come for too long."""
        self._bytes += count
        now = time.monotonic()
        if now - self._since < SLOW_SECONDS:
            return
        if self._bytes < SLOW_BYTES:
            raise NoAnswerError(f"{self._host} sends the result video too slowly: check the connection, and try again.")
        self._since, self._bytes = now, 0


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
