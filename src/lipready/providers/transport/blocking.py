"""Requests to the providers for threads: the transport of asyncio, in a thread of its own."""

from collections.abc import Awaitable, Callable, Iterable
from concurrent.futures import wait
from contextlib import ExitStack
from threading import Event, Lock
from types import TracebackType
from typing import TYPE_CHECKING, Self, TypeVar

from lipready.providers.transport.asynchronous import AsyncTransport
from lipready.providers.transport.threads import at_once
from lipready.providers.transport.wire import HttpRequest, HttpResponse, Save

if TYPE_CHECKING:
    import httpx2
    from anyio.from_thread import BlockingPortal

T = TypeVar("T")

_TICK = 0.5
"""Seconds: on Windows, Ctrl-C is heard between two waits only."""

_LAST_WORD = 5.0
"""Seconds that an interrupted exchange has to put down what it holds."""


class Transport:
    """Exchanges requests; as many threads as there are may share one. Arguments as for `AsyncTransport`.

    A blocking socket can only be told how long one read may take, and a server that sends a byte a second would hold it
    for ever; in an event loop the whole exchange has a deadline, the look-up of the name included. `progress` is called
    in that loop's thread.
    """

    def __init__(
        self, key: str = "", origins: Iterable[str] = (), *, transport: "httpx2.AsyncBaseTransport | None" = None
    ) -> None:
        """Make ready; nothing is sent. Raises UsageError for an impossible key, ConfigurationError for proxies."""
        self._inner = AsyncTransport(key=key, origins=origins, transport=transport, blocking=at_once)
        self._stack = ExitStack()
        self._lock = Lock()
        self._portal: BlockingPortal | None = None

    def send(self, request: HttpRequest) -> HttpResponse:
        """Exchange one request; see `AsyncTransport.send`."""
        return self._run(lambda: self._inner.send(request))

    def save(self, save: Save) -> HttpResponse:
        """Append the body of a GET to a file; see `AsyncTransport.save`."""
        return self._run(lambda: self._inner.save(save))

    def close(self) -> None:
        """End the thread. What is under way is given up."""
        with self._lock:
            portal, self._portal = self._portal, None
            if portal is not None:
                portal.call(self._inner.aclose)
                self._stack.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _run(self, exchange: Callable[[], Awaitable[T]]) -> T:
        ended = Event()

        async def run() -> T:
            try:
                return await exchange()
            finally:
                ended.set()

        future = self._started().start_task_soon(run)
        try:
            while not wait([future], timeout=_TICK).done:
                pass
        except BaseException:
            future.cancel()
            ended.wait(_LAST_WORD)
            raise
        return future.result()

    def _started(self) -> "BlockingPortal":
        from anyio.from_thread import start_blocking_portal

        with self._lock:
            if self._portal is None:
                self._portal = self._stack.enter_context(start_blocking_portal("asyncio", name="lipready-transport"))
            return self._portal
