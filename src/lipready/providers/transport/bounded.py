"""Read the body of an answer: as it is, and not more of it than an answer can have."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from lipready.errors import AnswerError
from lipready.providers.transport.wire import HttpResponse

if TYPE_CHECKING:
    import httpx2

MOST_BYTES = 4 << 20
"""A page of a hundred tasks has some 50 kB."""

_REDIRECTS = frozenset({301, 302, 303, 307, 308})


async def read_answer(response: "httpx2.Response", host: str) -> HttpResponse:
    """Read a whole answer.

    Raises AnswerError for a redirect (followed, it would carry the key or the file somewhere else), for a body that is
    longer than MOST_BYTES or packed.
    """
    headers = head(response)
    refuse_packed(headers, host)
    if response.status_code in _REDIRECTS:
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


def is_redirect(status: int) -> bool:
    """Return whether a status sends the client somewhere else."""
    return status in _REDIRECTS


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
