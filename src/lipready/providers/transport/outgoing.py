"""Outgoing requests as those of httpx2, and the threads that read their files."""

from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from lipready import __version__
from lipready.cancel import in_thread
from lipready.errors import NotSentError, ProbeError, UsageError
from lipready.probe.local_file import LocalFile, open_local
from lipready.providers.transport.incoming import CONNECT_SECONDS, Exchange
from lipready.providers.transport.wire import Form, HttpRequest

if TYPE_CHECKING:
    import httpx2


CHUNK = 1 << 20
"""Bytes that are read from disk and handed to the socket at a time; a quarter of it costs a fifth of the speed."""

STALLED_SECONDS = 60.0
"""So long one chunk may take to leave: a line has to carry 17 kB a second."""

STORING_SECONDS = 300.0
"""So long a server may be silent after a file, while it stores it."""

_PORTS = {"http": 80, "https": 443}

Origin = tuple[str, str, int | None]


def origin_of(url: str) -> Origin:
    """Return scheme, host and port. Raises NotSentError for what is no http(s) address."""
    try:
        parts = urlsplit(url)
        port = parts.port or _PORTS.get(parts.scheme)
    except ValueError:
        raise NotSentError("An address is malformed, so nothing was sent.") from None
    if parts.scheme not in _PORTS or not parts.hostname:
        raise NotSentError("An address does not begin with http:// or https:// and a host, so nothing was sent.")
    return parts.scheme, parts.hostname, port


class Authority:
    """The key, and the origins that it is meant for. Nothing that can be printed holds the key."""

    __slots__ = ("_key", "_origins")

    def __init__(self, key: str, origins: Iterable[str]) -> None:
        """Take a key. Raises UsageError, without the key, where it cannot stand in a header."""
        self._key = key.strip()
        self._origins = frozenset(map(origin_of, origins))
        if any(not "!" <= letter <= "~" for letter in self._key):
            raise UsageError("The API key holds characters that no key has: copy it once more.")

    def header(self, url: str) -> str:
        """Return the header for an address. Raises ValueError where the key is not meant for it, or there is none."""
        scheme, host, port = origin_of(url)
        if (scheme, host, port) not in self._origins:
            raise ValueError(f"The API key is not for {scheme}://{host}:{port}.")
        if not self._key:
            raise ValueError(f"There is no API key for {host}.")
        return f"Bearer {self._key}"


PLAIN_HEADERS = {
    "User-Agent": f"lipready/{__version__}",
    "Accept": "*/*",
    "Accept-Encoding": "identity",
    "Connection": "close",
}
"""The headers of every request. A connection serves one request: a server that has just closed an idle one would leave
open whether a paid request was read."""


@contextmanager
def prepared(request: HttpRequest, authority: Authority, exchange: Exchange) -> "Iterator[httpx2.Request]":
    """Make the library's request, and keep the file of its form open meanwhile.

    Raises UsageError where the file cannot be read, ValueError where the key is not meant for this address.
    """
    import httpx2

    headers = {**PLAIN_HEADERS, **request.headers}
    if request.authorized:
        headers["Authorization"] = authority.header(request.url)
    uploads = request.form is not None
    # These bound single steps; the whole exchange has a deadline of its own.
    timeouts = {
        "connect": min(CONNECT_SECONDS, request.seconds),
        "pool": None,
        "write": STALLED_SECONDS if uploads else None,
        "read": STORING_SECONDS if uploads else None,
    }
    extensions = {"timeout": timeouts, "trace": exchange.trace}
    with ExitStack() as stack:
        body: Mapping[str, Any] = {} if request.json is None else {"json": request.json}
        if request.form is not None:
            # The library makes the multipart body.
            form = httpx2.Request("POST", "http://form/", **_form(request.form, stack, request.progress))
            headers |= {name: form.headers[name] for name in ("Content-Type", "Content-Length")}
            body = {"content": _read(iter(form.stream))}  # type: ignore[arg-type]
        yield httpx2.Request(request.method, request.url, headers=headers, extensions=extensions, **body)


def _form(form: Form, stack: ExitStack, progress: Callable[[float], None] | None) -> dict[str, Any]:
    try:
        file = stack.enter_context(open_local(form.path))
    except ProbeError as error:
        raise UsageError(f"{form.path}: {error}, so it cannot be uploaded.") from error
    sent = _Sent(file, form.path, progress)
    return {"data": dict(form.fields), "files": {"file": (form.file_name, sent, form.content_type)}}


async def _read(chunks: Iterator[bytes]) -> AsyncIterator[bytes]:
    while (chunk := await in_thread(lambda: next(chunks, None), always=True)) is not None:
        yield chunk


class _Sent:
    """A file as the library reads it: in pieces of our size, and no longer than it was when it was opened."""

    def __init__(self, file: LocalFile, path: str, progress: Callable[[float], None] | None) -> None:
        self._file, self._path, self._progress = file, path, progress
        self.tell, self.seek = file.tell, file.seek

    def read(self, _size: int = -1) -> bytes:
        """Read the next piece. Raises UsageError where the file has changed, so that the form never ends."""
        try:
            chunk = self._file.read(CHUNK)
            if not chunk:
                self._file.assert_unchanged()
        except ProbeError:
            problem = "changed while it was being uploaded: wait until nothing writes to it, and start again"
            raise UsageError(f"{self._path}: {problem}.") from None
        except OSError as error:
            raise UsageError(f"{self._path}: cannot be read any more: {error.strerror or error}.") from error
        if self._progress is not None:
            self._progress(min(1.0, self._file.tell() / self._file.size))
        return chunk
