"""The HTTP server of `lipready listen`: it takes the bodies of callbacks, and tells nobody anything."""

import asyncio
import socket
from collections.abc import Callable
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from lipready.errors import AnswerError, ComponentError, UsageError
from lipready.providers.answer import LARGEST_BODY, parse_callback

if TYPE_CHECKING:
    import uvicorn
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response

_BODY_SECONDS = 8.0
"""EvoLink waits 10 s for the answer to a callback."""
_MOST_CONNECTIONS = 100
_CLOSING_SECONDS = 1
_BACKLOG = 128


def listen_on(host: str, port: int) -> socket.socket:
    """Open the socket. Raises UsageError where the address cannot be had, ComponentError without the libraries."""
    missing = [name for name in ("starlette", "uvicorn") if find_spec(name) is None]
    if missing:
        raise ComponentError(f"`lipready listen` needs {' and '.join(missing)}: pip install 'lipready[sandbox]'.")
    try:
        family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        return socket.create_server(address[:2], family=family, backlog=_BACKLOG)
    except (OSError, UnicodeError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UsageError(
            f"Nothing can listen on {host}:{port} ({reason}): choose another port with --port, or any free one with "
            "--port 0."
        ) from error


def callback_server(
    path: str, take: Callable[[str], bool], certificate: Path | None = None, private_key: Path | None = None
) -> "uvicorn.Server":
    """Make the server, which listens nowhere yet. `take` is handed the id that a callback names; False: later.

    The answer is the same for every id, be it known or not: 204. Only what is no callback gets another (400, 413).
    """
    import uvicorn

    config = uvicorn.Config(
        _application(path, take),
        http="h11",
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        limit_concurrency=_MOST_CONNECTIONS,
        timeout_graceful_shutdown=_CLOSING_SECONDS,
        ssl_certfile=certificate,
        ssl_keyfile=private_key,
    )
    try:
        config.load()
    except (OSError, ValueError) as error:
        raise UsageError(
            f"The certificate {certificate} cannot be used ({getattr(error, 'strerror', None) or error})."
        ) from error
    return uvicorn.Server(config)


def _application(path: str, take: Callable[[str], bool]) -> "Starlette":
    from starlette.applications import Starlette
    from starlette.responses import Response
    from starlette.routing import Route

    async def called_back(request: "Request") -> "Response":
        try:
            async with asyncio.timeout(_BODY_SECONDS):
                body = await _body(request)
        except TimeoutError:
            return Response(status_code=408)
        if body is None:
            return Response(status_code=413)
        with suppress(AnswerError):
            return Response(status_code=204 if take(parse_callback(body)) else 503)
        return Response(status_code=400)

    return Starlette(routes=[Route(path, called_back, methods=["POST"])])


async def _body(request: "Request") -> bytes | None:
    """Read a body; None where it is longer than any callback."""
    from starlette.requests import ClientDisconnect

    body = bytearray()
    with suppress(ClientDisconnect):
        async for piece in request.stream():
            body += piece
            if len(body) > LARGEST_BODY:
                return None
    return bytes(body)
