"""What stands between the network and the server: it counts, logs, and lets go wrong what was asked for."""

import asyncio
import logging
import socket
import struct
from email.utils import formatdate
from time import monotonic, strftime
from typing import TYPE_CHECKING, NamedTuple

from lipready.sandbox.api.answers import no_quota, refusal
from lipready.sandbox.faults.fault import Fault, RequestStep, request_step_of, shown
from lipready.sandbox.store import Clock

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.responses import Response
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from lipready.sandbox.world import World

Client = tuple[str, int]
_HARD = struct.pack("ii", 1, 0)


class Connections:
    """The open connections, by the address of the client. Belongs to the server's thread."""

    def __init__(self) -> None:
        self._open: dict[Client, asyncio.Transport] = {}

    def opened(self, client: Client | None, transport: "asyncio.Transport") -> None:
        """Remember a connection."""
        if client is not None:
            self._open[client] = transport

    def closed(self, client: Client | None) -> None:
        """Forget a connection."""
        if client is not None:
            self._open.pop(client, None)

    def reset(self, client: Client) -> None:
        """Break a connection off at once, so that the other side receives of a reset, and of nothing else."""
        transport = self._open.get(client)
        if transport is None:
            return
        connection = transport.get_extra_info("socket")
        if connection is not None:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _HARD)
        transport.abort()

    def hang_up(self, client: Client) -> None:
        """Close a connection when what was written has been sent."""
        transport = self._open.get(client)
        if transport is not None:
            transport.close()

    def close_all(self) -> None:
        """Break off whatever is open: the server goes."""
        for transport in list(self._open.values()):
            transport.abort()


def protocol_of(connections: Connections) -> "type[asyncio.Protocol]":
    """Make the protocol that uvicorn speaks."""
    import asyncio

    from uvicorn.protocols.http.h11_impl import H11Protocol

    silent = logging.getLogger(__name__)
    silent.setLevel(logging.CRITICAL + 1)

    class TrackedProtocol(H11Protocol):
        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            # A connection that is broken off on purpose is no error that anybody should read of.
            self.logger = silent
            super().connection_made(transport)
            connections.opened(self.client, transport)

        def connection_lost(self, exc: Exception | None) -> None:
            connections.closed(self.client)
            super().connection_lost(exc)

    return TrackedProtocol


EXPIRED = "lipready.expired"
"""The key of the ASGI scope that tells the policy's handler to sign in the past."""

BESIDE = "lipready.beside"
"""The key of the ASGI scope under which a handler finds the faults that it has to obey itself, by kind."""

_BRACKETS = 10_000
_HUGE_CHUNK = 1 << 16
_PAGE = (
    "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n"
    "<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
)


class FaultInjector:
    """An ASGI application around the server's own."""

    def __init__(self, app: "ASGIApp", world: "World", connections: "Connections") -> None:
        self._app, self._world, self._connections = app, world, connections

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        """Serve one request."""
        if scope["type"] != "http":
            return
        place, clock = request_step_of(scope["method"], scope["path"]), self._world.clock
        self._world.count(place.step)
        if place.step == "submit":
            self._note_post(scope)
        fault, beside = self._world.faults.take(place.step), self._world.faults.take_beside(place.step, clock.now())
        scope[BESIDE] = beside
        begin, noted = monotonic(), _Noted(send, clock)
        try:
            await self._serve(_Intercepted(scope, receive, noted), place, fault)
        except Exception as error:  # noqa: BLE001 - a sandbox that fails says so as its provider would
            self._world.log(f"the sandbox failed: {type(error).__name__} ({str(error)[:200]})")
            if noted.status is None:
                await refusal(place.responder, 500)(scope, receive, noted)
        status = "no answer" if noted.status is None else str(noted.status)
        kinds = [*([fault.kind] if fault else ()), *beside]
        said = f"  fault: {', '.join(kinds)}" if kinds else ""
        took = f"{monotonic() - begin:.3f} s"
        self._world.log(f"{strftime('%H:%M:%S')}  {scope['method']:4} {shown(scope['path'])}  {status}  {took}{said}")

    def _note_post(self, scope: "Scope") -> None:
        """Remember when an account last posted a paid request, also where nothing comes of it."""
        given = next((value for name, value in scope["headers"] if name == b"authorization"), b"")
        account = self._world.account_of(given.decode("latin-1"))
        if account is not None:
            account.posted = self._world.clock.now()

    async def _serve(self, exchange: "_Intercepted", place: RequestStep, fault: Fault | None) -> None:
        kind = fault.kind if fault else ""
        if fault is None or kind in {"delay", "expired"}:
            await self._late(exchange, fault)
        elif kind == "reset-before":
            await self._reset(exchange)
        elif kind in {"reset-after", "lost"}:
            await self._app(exchange.scope, exchange.receive, _swallow)
            await self._reset(exchange)
        elif kind == "500-after":
            await self._app(exchange.scope, exchange.receive, _swallow)
            await refusal(place.responder, 500)(exchange.scope, exchange.receive, exchange.send)
        elif kind in {"truncated", "half", "slow", "broken"}:
            await self._throttled(exchange, fault)
        else:
            # The whole request is read first, since a client that is still sending may never see the answer.
            await _drain(exchange.receive)
            await (_huge(exchange) if kind == "huge" else _instead(place, fault)(*exchange))

    async def _late(self, exchange: "_Intercepted", fault: Fault | None) -> None:
        if fault is not None and fault.kind == "delay":
            await asyncio.sleep(fault.number)
        if fault is not None and fault.kind == "expired":
            exchange.scope[EXPIRED] = True
        await self._app(*exchange)

    async def _throttled(self, exchange: "_Intercepted", fault: Fault) -> None:
        limited = _Throttled(exchange.send, fault)
        await self._app(exchange.scope, exchange.receive, limited)
        if limited.broken:
            self._connections.hang_up(exchange.scope["client"])
            await _gone(exchange.receive)

    async def _reset(self, exchange: "_Intercepted") -> None:
        self._connections.reset(exchange.scope["client"])
        await _gone(exchange.receive)


class _Intercepted(NamedTuple):
    """The three things that an ASGI application is called with."""

    scope: "Scope"
    receive: "Receive"
    send: "Send"


class _Noted:
    """Passes messages on with the sandbox's own date, and remembers the status."""

    def __init__(self, send: "Send", clock: Clock) -> None:
        self._send, self._clock = send, clock
        self.status: int | None = None

    async def __call__(self, message: "Message") -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            date = formatdate(self._clock.now(), usegmt=True).encode()
            message = {**message, "headers": [*message.get("headers", ()), (b"date", date)]}
        await self._send(message)


_STEPS_A_SECOND = 10


class _Throttled:
    """Stands in for ASGI's `send`, and lets only so much of the body through, or only so fast.

    `broken` says afterwards that the answer was left unfinished, and the connection is to be closed.
    """

    def __init__(self, send: "Send", fault: Fault) -> None:
        self._send, self._fault = send, fault
        self._left: int | None = None
        self.broken = False

    async def __call__(self, message: "Message") -> None:
        """Take one message of the true answer."""
        if message["type"] == "http.response.start":
            await self._send(self._begin(message))
        elif not self.broken:
            await self._pass(bytes(message.get("body", b"")), more=bool(message.get("more_body")))

    def _begin(self, message: "Message") -> "Message":
        headers = [(bytes(name), bytes(value)) for name, value in message.get("headers", [])]
        length = next((int(value) for name, value in headers if name.lower() == b"content-length"), 0)
        headers = [(name, value) for name, value in headers if name.lower() != b"content-length"]
        if self._fault.kind == "broken":
            self._left = int(self._fault.number)
        elif self._fault.kind in {"half", "truncated"}:
            self._left = length // 2
        if self._fault.kind == "half":
            length //= 2
        elif self._fault.kind == "truncated":
            # An empty answer has no half: it is announced as longer than it is.
            length = max(length, 1)
        return {**message, "headers": [*headers, (b"content-length", str(length).encode())]}

    async def _pass(self, body: bytes, *, more: bool) -> None:
        if self._left is not None:
            self.broken = self._ends(body, more=more)
            body = body[: self._left]
            self._left -= len(body)
        if self._fault.kind == "slow":
            await self._slowly(body, more=more)
        else:
            await self._send({"type": "http.response.body", "body": body, "more_body": more or self.broken})

    def _ends(self, body: bytes, *, more: bool) -> bool:
        """Return whether the answer breaks off here. One that is to be cut in half does so even where it is empty."""
        over = len(body) > (self._left or 0)
        return (self._fault.kind == "broken" and over) or (self._fault.kind == "truncated" and (over or not more))

    async def _slowly(self, body: bytes, *, more: bool) -> None:
        size = max(1, int(self._fault.number / _STEPS_A_SECOND))
        for begin in range(0, len(body), size):
            await self._send({"type": "http.response.body", "body": body[begin : begin + size], "more_body": True})
            await asyncio.sleep(size / self._fault.number)
        if not more:
            await self._send({"type": "http.response.body", "body": b"", "more_body": False})


def _instead(place: RequestStep, fault: Fault) -> "Response":
    """Make the answer that stands in for the true one, of which nothing is done."""
    from starlette.responses import HTMLResponse, Response

    made: dict[str, Callable[[], Response]] = {
        "429": lambda: refusal(place.responder, 429),
        "429-after": lambda: refusal(place.responder, 429, {"retry-after": f"{fault.number:g}"}),
        "500": lambda: refusal(place.responder, 500),
        "503": lambda: refusal(place.responder, 503),
        "quota": lambda: no_quota(place.responder),
        "nested": lambda: Response(
            '{"output":' + "[" * _BRACKETS + "]" * _BRACKETS + "}", media_type="application/json"
        ),
        "html": lambda: HTMLResponse(_PAGE, 502),
        "redirect": lambda: Response(status_code=307, headers={"location": fault.value}),
    }
    return made[fault.kind]()


async def _huge(exchange: _Intercepted) -> None:
    """Answer without an end, until the client has had enough."""
    gone = asyncio.create_task(_gone(exchange.receive))
    headers = [(b"content-type", b"application/json")]
    await exchange.send({"type": "http.response.start", "status": 200, "headers": headers})
    body = b'{"request_id": "'
    while not gone.done():
        await exchange.send({"type": "http.response.body", "body": body, "more_body": True})
        body = b"0" * _HUGE_CHUNK
        await asyncio.sleep(0)


async def _swallow(message: "Message") -> None:
    del message


async def _drain(receive: "Receive") -> None:
    while (message := await receive())["type"] == "http.request" and message.get("more_body"):
        pass


async def _gone(receive: "Receive") -> None:
    """Wait for the end of a connection."""
    while (await receive())["type"] != "http.disconnect":
        pass
