"""Answers that arrive cut off, or slowly."""

import asyncio
from typing import TYPE_CHECKING

from lipready.sandbox.fault import Fault

if TYPE_CHECKING:
    from starlette.types import Message, Send

_STEPS_A_SECOND = 10


class Narrow:
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
        """Whether the answer breaks off here. One that is to be cut in half does so even where it is empty."""
        over = len(body) > (self._left or 0)
        return (self._fault.kind == "broken" and over) or (self._fault.kind == "truncated" and (over or not more))

    async def _slowly(self, body: bytes, *, more: bool) -> None:
        size = max(1, int(self._fault.number / _STEPS_A_SECOND))
        for begin in range(0, len(body), size):
            await self._send({"type": "http.response.body", "body": body[begin : begin + size], "more_body": True})
            await asyncio.sleep(size / self._fault.number)
        if not more:
            await self._send({"type": "http.response.body", "body": b"", "more_body": False})
