"""The ASGI application around the server's own: it counts, logs and injects faults."""

import asyncio
import logging
import socket
import struct
from email.utils import formatdate
from time import monotonic, strftime
from typing import Any

from starlette.datastructures import Headers
from starlette.responses import HTMLResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from lipready.sandbox.api.answers import error_of, refusal
from lipready.sandbox.faults.fault import Fault, Responder, responder_of, shown, step_of
from lipready.sandbox.world import World

_silent = logging.getLogger(__name__)
_silent.setLevel(logging.CRITICAL + 1)


class QuietProtocol(H11Protocol):
    """The protocol that uvicorn speaks: a connection that is broken off on purpose is not logged as an error."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin a connection."""
        self.logger = _silent
        super().connection_made(transport)


BESIDE = "lipready.beside"
"""The key of the ASGI scope under which a handler finds the faults that it has to obey itself, by kind."""

_HARD = struct.pack("ii", 1, 0)
_STEPS_A_SECOND = 10
_BRACKETS = 10_000
_HUGE_CHUNK = 1 << 16
_PAGE = (
    "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n"
    "<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
)


class FaultInjector:
    """An ASGI application around the server's own; `connections` are those that uvicorn keeps of the server."""

    def __init__(self, app: ASGIApp, world: World) -> None:
        self.connections: set[Any] = set()
        self._app, self._world = app, world

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            return
        world, method, path = self._world, scope["method"], scope["path"]
        step, responder = step_of(method, path), responder_of(method, path)
        world.requests[step] += 1
        account = world.account_of(Headers(scope=scope).get("authorization", "")) if step == "submit" else None
        if account is not None:
            account.posted = world.clock.now()
        fault, beside = world.faults.take(step), world.faults.take_beside(step, world.clock.now())
        scope[BESIDE] = beside
        begin, status = monotonic(), None

        async def noted(message: Message) -> None:
            """Pass a message on with the sandbox's own date, and remember the status."""
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                date = formatdate(world.clock.now(), usegmt=True).encode()
                message = {**message, "headers": [*message.get("headers", ()), (b"date", date)]}
            await send(message)

        try:
            if fault is None:
                await self._app(scope, receive, noted)
            else:
                await self._fail(scope, receive, noted, fault, responder)
        except Exception as error:  # noqa: BLE001 - a sandbox that fails says so as its provider would
            world.log(f"the sandbox failed: {type(error).__name__} ({str(error)[:200]})")
            if status is None:
                await error_of(responder, refusal("500", responder))(scope, receive, noted)
        kinds = dict.fromkeys([*([fault.kind] if fault else ()), *beside])
        said = f"  fault: {', '.join(kinds)}" if kinds else ""
        answered = "no answer" if status is None else status
        took = f"{monotonic() - begin:.3f} s"
        world.log(f"{strftime('%H:%M:%S')}  {method:4} {shown(path)}  {answered}  {took}{said}")

    async def _fail(self, scope: Scope, receive: Receive, send: Send, fault: Fault, responder: Responder) -> None:
        kind = fault.kind
        if kind == "expired":
            scope[BESIDE][kind] = fault
            await self._app(scope, receive, send)
        elif kind == "reset-before":
            await self._end(scope, receive, hard=True)
        elif kind in {"delay", "reset-after", "lost", "500-after", "truncated", "half", "slow", "broken"}:
            messages: list[Message] = []

            async def keep(message: Message) -> None:
                messages.append(message)

            await self._app(scope, receive, keep)
            if kind == "500-after":
                await error_of(responder, refusal("500", responder))(scope, receive, send)
            elif kind in {"reset-after", "lost"}:
                await self._end(scope, receive, hard=True)
            elif await _send_limited(send, messages, fault):
                await self._end(scope, receive, hard=False)
        else:
            # The whole request is read first, since a client that is still sending may never see the answer.
            while (message := await receive())["type"] == "http.request" and message.get("more_body"):
                pass
            await (_send_huge(receive, send) if kind == "huge" else _instead(fault, responder)(scope, receive, send))

    async def _end(self, scope: Scope, receive: Receive, *, hard: bool) -> None:
        """End a connection: `hard` resets it at once; else it is closed when what was written has been sent."""
        for connection in [one for one in self.connections if one.client == scope["client"]]:
            if hard:
                line = connection.transport.get_extra_info("socket")
                line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _HARD)
                connection.transport.abort()
            else:
                connection.transport.close()
        await _gone(receive)


async def _send_limited(send: Send, messages: list[Message], fault: Fault) -> bool:
    """Send only so much of an answer, so fast, or so late; returns whether it was left unfinished."""
    kind, headers = fault.kind, Headers(raw=messages[0]["headers"]).mutablecopy()
    if kind == "delay":
        await asyncio.sleep(fault.number)
        for message in messages:
            await send(message)
        return False
    body = b"".join(bytes(message.get("body", b"")) for message in messages[1:])
    length = int(headers.get("content-length", "0"))
    most = length // 2 if kind in {"half", "truncated"} else len(body) if kind == "slow" else int(fault.number)
    broken = kind == "truncated" or (kind == "broken" and len(body) > most)
    body = body[:most]
    # An empty answer has no half: it is announced as longer than it is.
    promised = {"half": length // 2, "truncated": max(length, 1)}.get(kind, length)
    headers["content-length"] = str(promised)
    await send({**messages[0], "headers": headers.raw})
    if kind == "slow":
        size = max(1, int(fault.number / _STEPS_A_SECOND))
        for begin in range(0, len(body), size):
            await send({"type": "http.response.body", "body": body[begin : begin + size], "more_body": True})
            await asyncio.sleep(size / fault.number)
        body = b""
    await send({"type": "http.response.body", "body": body, "more_body": broken})
    return broken


def _instead(fault: Fault, responder: Responder) -> Response:
    """Return the answer that stands in for the true one, whose request is not carried out."""
    if fault.kind == "nested":
        return Response('{"output":' + "[" * _BRACKETS + "]" * _BRACKETS + "}", media_type="application/json")
    if fault.kind == "html":
        return HTMLResponse(_PAGE, 502)
    if fault.kind == "redirect":
        return Response(status_code=307, headers={"location": fault.value})
    later = {"retry-after": f"{fault.number:g}"} if fault.kind == "429-after" else None
    return error_of(responder, refusal(fault.kind.removesuffix("-after"), responder), later)


async def _send_huge(receive: Receive, send: Send) -> None:
    """Answer without an end, until the client closes the connection."""
    gone = asyncio.create_task(_gone(receive))
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]})
    body = b'{"request_id": "'
    while not gone.done():
        await send({"type": "http.response.body", "body": body, "more_body": True})
        body = b"0" * _HUGE_CHUNK
        await asyncio.sleep(0)


async def _gone(receive: Receive) -> None:
    """Wait for the end of a connection."""
    while (await receive())["type"] != "http.disconnect":
        pass
