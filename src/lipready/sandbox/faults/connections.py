"""The connections themselves, so that one of them can be broken off.

uvicorn is given a protocol of our own, which does nothing but remember its transport by the client's address: that is
all that an application is told of the connection that a request came on.
"""

import logging
import socket
import struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import asyncio

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
