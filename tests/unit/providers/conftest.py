"""Servers on loopback that answer byte by byte what a test wants, and both transports to ask them with."""

import asyncio
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from typing import Any

import pytest

from lipready.providers.transport.client import AsyncTransport, Transport
from lipready.providers.transport.wire import HttpRequest, HttpResponse, Save


class Peer:
    """One connection to a server, and the request that came over it; the names of `headers` are lower case."""

    def __init__(self, connection: socket.socket) -> None:
        self.socket = connection
        self._rest = b""
        head = self._read_head()
        first, *lines = head.decode("latin-1").split("\r\n")
        self.method, self.path, _ = first.split(" ")
        self.headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}

    def _read_head(self) -> bytes:
        data = b""
        while b"\r\n\r\n" not in data:
            more = self.socket.recv(65536)
            if not more:
                raise ConnectionError
            data += more
        head, _, self._rest = data.partition(b"\r\n\r\n")
        return head

    def read(self, most: int = 65536) -> bytes:
        """Read what comes of the body."""
        if self._rest:
            data, self._rest = self._rest, b""
            return data
        return self.socket.recv(most)

    def body(self) -> bytes:
        """Read the whole body."""
        data = b""
        while len(data) < int(self.headers.get("content-length", 0)):
            more = self.read()
            if not more:
                raise ConnectionError
            data += more
        return data

    def send(self, data: bytes) -> None:
        """Send raw bytes."""
        self.socket.sendall(data)

    def reply(self, status: int = 200, body: bytes = b"", **headers: str) -> None:
        """Send an answer; `content_type="…"` is a header. Without `content_length` the right one is sent."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        named.setdefault("content-length", str(len(body)))
        lines = [f"HTTP/1.1 {status} Whatever", *(f"{name}: {value}" for name, value in named.items() if value)]
        self.send("\r\n".join([*lines, "", ""]).encode() + body)

    def reset(self) -> None:
        """End the connection with a reset."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()


Handler = Callable[[Peer], Any]


@dataclass
class Server:
    """A server in threads. `peers` are the connections that sent a request, in their order."""

    url: str
    peers: list[Peer] = field(default_factory=list)


@pytest.fixture
def serve() -> Iterator[Callable[..., Server]]:
    """Start a server: `serve(handler, tls=context, host="localhost")`. `handler` is called with each `Peer`."""
    with ExitStack() as stack:
        yield lambda handler, tls=None, host="127.0.0.1": _start(stack, handler, tls, host)


def _start(stack: ExitStack, handler: Handler, tls: ssl.SSLContext | None, host: str) -> Server:
    listener = socket.create_server(("127.0.0.1", 0))
    server = Server(f"{'https' if tls else 'http'}://{host}:{listener.getsockname()[1]}")
    threads: list[threading.Thread] = []

    def serve_one(connection: socket.socket) -> None:
        with suppress(OSError, ConnectionError), connection:
            connection.settimeout(20)
            with tls.wrap_socket(connection, server_side=True) if tls else connection as stream:
                peer = Peer(stream)
                server.peers.append(peer)
                handler(peer)

    def accept() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threads.append(threading.Thread(target=serve_one, args=(connection,), daemon=True))
            threads[-1].start()

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()

    def stop() -> None:
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        for each in [thread, *threads]:
            each.join(20)

    stack.callback(stop)
    return server


class InAsyncio:
    """The transport of asyncio, as a test that knows no asyncio wants it."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        self._make = lambda: AsyncTransport(*arguments, **named)

    def send(self, request: HttpRequest) -> HttpResponse:
        return asyncio.run(self._once(lambda transport: transport.send(request)))

    def save(self, save: Save) -> HttpResponse:
        return asyncio.run(self._once(lambda transport: transport.save(save)))

    def close(self) -> None:
        pass

    async def _once(self, use: Callable[[AsyncTransport], Any]) -> HttpResponse:
        async with self._make() as transport:
            answer: HttpResponse = await use(transport)
            return answer


@pytest.fixture(params=[Transport, InAsyncio], ids=["threads", "asyncio"])
def transport(request: pytest.FixtureRequest) -> Iterator[Callable[..., Any]]:
    """Make a transport of either kind: `transport(key=…, origins=…)` has `send` and `save`."""
    with ExitStack() as stack:

        def make(*arguments: Any, **named: Any) -> Any:
            made = request.param(*arguments, **named)
            stack.callback(made.close)
            return made

        yield make


@pytest.fixture
def free_port() -> int:
    """Give a port at which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port
