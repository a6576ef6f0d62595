"""Transports over httpx2: for asyncio, and for threads."""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from concurrent.futures import wait
from contextlib import ExitStack, aclosing, asynccontextmanager
from functools import lru_cache
from threading import Event
from typing import TYPE_CHECKING, Self

from lipready.cancel import checkpoint
from lipready.errors import ConfigurationError
from lipready.log import logged, unlogged
from lipready.providers.download.saving import ResumableDownload
from lipready.providers.transport.incoming import Exchange, read_answer
from lipready.providers.transport.outgoing import Authority, origin_of, prepared
from lipready.providers.transport.wire import HttpRequest, HttpResponse, Save, T

if TYPE_CHECKING:
    import ssl

    import httpx2


# The HTTP library would log whole addresses with their signatures, and headers.
_LOGGERS = (
    "httpx2",
    "httpcore2.connection",
    "httpcore2.http11",
    "httpcore2.http2",
    "httpcore2.proxy",
    "httpcore2.socks",
)


class AsyncTransport:
    """Exchanges requests. Certificates are always verified; proxies and SSL_CERT_FILE are taken from the environment.

    `key` goes only to addresses of `origins` ("https://host:port/…"), with requests that are `authorized`. `transport`
    replaces the network. One serves as many tasks of an event loop as there are; files are read and written in threads.
    """

    def __init__(
        self,
        key: str = "",
        origins: Iterable[str] = (),
        *,
        transport: "httpx2.AsyncBaseTransport | None" = None,
    ) -> None:
        """Make ready; nothing is sent. Raises UsageError for an impossible key, ConfigurationError for proxies."""
        self._authority = Authority(key, origins)
        self.client = _client(transport)

    async def send(self, request: HttpRequest) -> HttpResponse:
        """Exchange one request.

        Raises NotSentError, NoAnswerError and AnswerError, UsageError where the file of a form cannot be read or
        changes, ValueError where an authorized request is not for one of the origins.
        """
        exchange = Exchange(origin_of(request.url)[1], request.seconds)
        with unlogged(*_LOGGERS), logged(request.method, request.url) as heard:
            async with _within(exchange, request.seconds):
                with prepared(request, self._authority, exchange) as sent:
                    async with aclosing(await self._answer(sent)) as response:
                        heard.status = response.status_code
                        answer = await read_answer(response, exchange.host)
                        heard.bytes = len(answer.body)
                        return answer

    async def save(self, save: Save) -> HttpResponse:
        """Append the body of a GET to a file; see `Save`. Raises DownloadError where that cannot be written."""
        saving = ResumableDownload(save)
        with unlogged(*_LOGGERS):
            while True:
                request = saving.request()
                with logged("GET", str(request.url)) as heard:
                    async with _within(saving.exchange, None):
                        async with asyncio.timeout(saving.exchange.seconds) as patience:
                            async with aclosing(await self._answer(request)) as response:
                                patience.reschedule(None)
                                heard.status = response.status_code
                                try:
                                    answer = await saving.take(response)
                                finally:
                                    heard.bytes = response.num_bytes_downloaded
                if answer is not None:
                    return answer

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.client.aclose()

    async def _answer(self, request: "httpx2.Request") -> "httpx2.Response":
        return await self.client.send(request, stream=True, follow_redirects=False)


@asynccontextmanager
async def _within(exchange: Exchange, seconds: float | None) -> AsyncIterator[None]:
    """Bound an exchange, and turn what goes wrong on the way into our errors, without anything of the request."""
    import httpx2

    try:
        async with asyncio.timeout(seconds):
            yield
    except (httpx2.HTTPError, httpx2.InvalidURL, httpx2.StreamError, OSError) as error:
        raise exchange.error(error) from None


def _client(transport: "httpx2.AsyncBaseTransport | None") -> "httpx2.AsyncClient":
    import httpx2

    limits = httpx2.Limits(max_connections=None, max_keepalive_connections=0)
    try:
        trusted = _trusted(os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR"))
        return httpx2.AsyncClient(transport=transport, verify=trusted, limits=limits, timeout=None)
    except (OSError, ValueError, ImportError, httpx2.InvalidURL):
        raise ConfigurationError(
            "The environment does not allow for a connection: see whether SSL_CERT_FILE and SSL_CERT_DIR name "
            "certificates, and HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY are addresses of http(s) proxies."
        ) from None


@lru_cache(maxsize=1)
def _trusted(_file: str | None, _folder: str | None) -> "ssl.SSLContext":
    """Read the certificates that are trusted, which takes 20 ms, once until the environment names others."""
    import httpx2

    return httpx2.create_ssl_context()


_TICK = 0.5
"""Seconds: on Windows, Ctrl-C is heard between two waits only."""

_LAST_WORD = 5.0
"""Seconds that an interrupted exchange has to put down what it holds."""


class Transport:
    """Exchanges requests; as many threads as there are may share one. Arguments as for `AsyncTransport`.

    A blocking socket can only be told how long one read may take; in an event loop the whole exchange has a deadline,
    the look-up of the name included. `progress` is called in a thread of that loop.
    """

    def __init__(
        self, key: str = "", origins: Iterable[str] = (), *, transport: "httpx2.AsyncBaseTransport | None" = None
    ) -> None:
        from anyio.from_thread import start_blocking_portal

        self._inner = AsyncTransport(key, origins, transport=transport)
        self._stack = ExitStack()
        self._portal = self._stack.enter_context(start_blocking_portal("asyncio", name="lipready-transport"))
        self._stack.callback(self._portal.call, self._inner.client.aclose)

    def send(self, request: HttpRequest) -> HttpResponse:
        """Exchange one request; see `AsyncTransport.send`."""
        return self._run(lambda: self._inner.send(request))

    def save(self, save: Save) -> HttpResponse:
        """Append the body of a GET to a file; see `AsyncTransport.save`."""
        return self._run(lambda: self._inner.save(save))

    def close(self) -> None:
        """End the thread. What is under way is given up."""
        self._stack.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _run(self, exchange: Callable[[], Awaitable[T]]) -> T:
        ended = Event()

        async def run() -> T:
            try:
                return await exchange()
            finally:
                ended.set()

        future = self._portal.start_task_soon(run)
        try:
            while not wait([future], timeout=_TICK).done:
                checkpoint()
        except BaseException:
            future.cancel()
            ended.wait(_LAST_WORD)
            raise
        return future.result()
