"""Answers of bounded size, and the errors of an exchange in one sentence each."""

import ssl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from socket import gaierror
from typing import TYPE_CHECKING, Any

from lipready.errors import AnswerError, NoAnswerError, NotSentError, ProviderError
from lipready.facts.quantity import plural
from lipready.net.exchange import is_redirect
from lipready.providers.transport.wire import HttpResponse

if TYPE_CHECKING:
    import httpx2


CONNECT_SECONDS = 15.0
"""For the name, the connection and the encryption, each."""


@dataclass(slots=True)
class Exchange:
    """How far an exchange with a host has come, as the HTTP library's trace tells.

    Only what certainly did not leave this machine is "not sent"; a proxy's greeting counts as having left.
    """

    host: str
    seconds: float
    _connecting: bool = False
    _left: bool = False

    async def trace(self, event: str, _info: object) -> None:
        """Record an event of the library; goes into the request's extension "trace"."""
        if event == "connection.connect_tcp.started":
            self._connecting = True
        elif event.endswith("send_request_headers.started"):
            self._left = True

    def error(self, cause: Exception) -> ProviderError:
        """Return the error; its message holds the host and nothing else of the request."""
        import httpx2

        unreachable = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout, httpx2.ProxyError)
        if isinstance(cause, (httpx2.UnsupportedProtocol, httpx2.InvalidURL)):
            return NotSentError(f"{self.host}: an address that cannot be asked: it has to begin with http or https.")
        if isinstance(cause, unreachable) or (self._connecting and not self._left):
            return NotSentError(_unreachable(self.host, cause))
        if isinstance(cause, httpx2.WriteTimeout):
            what = f"{self.host} stopped taking the file that was being sent: check the connection, and try again."
        elif isinstance(cause, httpx2.ReadTimeout):
            what = f"{self.host} has stopped answering: check the connection, and try again."
        elif isinstance(cause, TimeoutError):
            waited = f"{self.seconds:g} {plural(self.seconds, 'second')}"
            what = f"{self.host} did not answer within {waited}: check the connection, and try again."
        else:
            what = f"The connection to {self.host} broke off before the whole answer had come: try again."
        return NoAnswerError(what)


def _unreachable(host: str, cause: Exception) -> str:
    """Return the reason why no connection came about, from the deepest cause that says something."""
    import httpx2

    for reason in _causes(cause):
        if isinstance(reason, ssl.SSLCertVerificationError):
            why = reason.verify_message.rstrip(".") or "it could not be verified"
            return (
                f"{host} has no valid certificate ({why}), so nothing was sent to it: check the address and this "
                "machine's clock; behind a proxy that opens connections, let SSL_CERT_FILE name its certificate."
            )
        if isinstance(reason, ssl.SSLError):
            return f"No encrypted connection to {host} came about: check the address and any proxy in between."
        if isinstance(reason, gaierror):
            return f"The name {host} cannot be looked up: check the address and the network connection."
        if isinstance(reason, ConnectionRefusedError):
            return f"{host} refuses connections: check the address, and whether the server runs."
    if isinstance(cause, httpx2.ProxyError):
        return f"The proxy did not connect to {host}: check HTTPS_PROXY, HTTP_PROXY and NO_PROXY."
    return f"{host} cannot be reached: check the network connection."


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Walk down to what an exception was raised from, through groups as well."""
    waiting: list[Any] = [error]
    seen: set[int] = set()
    while waiting:
        one = waiting.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        waiting += [*getattr(one, "exceptions", ()), one.__context__, one.__cause__]


MOST_BYTES = 4 << 20
"""A page of a hundred tasks has some 50 kB."""


async def read_answer(response: "httpx2.Response", host: str) -> HttpResponse:
    """Read a whole answer. Raises AnswerError for a body that is longer than MOST_BYTES or packed, and for a redirect.

    Followed, a redirect would carry the key or the file somewhere else.
    """
    headers = head(response)
    refuse_packed(headers, host)
    if is_redirect(response.status_code):
        raise AnswerError(
            f"{host} points to another address ({where_to(response)}) instead of answering: check the address of the "
            "provider that is configured."
        )
    if (declared_length(headers) or 0) > MOST_BYTES:
        raise _too_long(host)
    body = bytearray()
    async for chunk in response.aiter_bytes():
        body += chunk
        if len(body) > MOST_BYTES:
            raise _too_long(host)
    return HttpResponse(response.status_code, headers, bytes(body))


def head(response: "httpx2.Response") -> dict[str, str]:
    """Return the headers with their names in lower case."""
    return {name.lower(): value for name, value in response.headers.items()}


def refuse_packed(headers: Mapping[str, str], host: str) -> None:
    """Raise AnswerError for a body that would have to be unpacked: nobody asked for it, and a small one can be huge."""
    if headers.get("content-encoding", "").strip().lower() not in ("", "identity"):
        raise AnswerError(f"{host} sent a packed answer that was not asked for; it was not unpacked.")


def declared_length(headers: Mapping[str, str]) -> int | None:
    """Return the length that the server announces; None where it is silent or talks nonsense."""
    text = headers.get("content-length", "").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 20 else None  # noqa: PLR2004  (2**64)


def where_to(response: "httpx2.Response") -> str:
    """Name the server that a redirect points to: the rest of the address may repeat what was sent."""
    import httpx2

    try:
        target = response.request.url.join(response.headers.get("location", ""))
    except (httpx2.InvalidURL, ValueError):
        return "a malformed one"
    return f"{target.scheme}://{target.host}"[:200]


def _too_long(host: str) -> AnswerError:
    return AnswerError(f"The answer of {host} is longer than {MOST_BYTES >> 20} MiB: no provider sends that.")
