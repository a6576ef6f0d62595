"""An HTTP exchange with an address: the request, the redirects, and the answer."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from lipready.facts.address import Problem, shown
from lipready.log import Heard, logged

if TYPE_CHECKING:
    import httpcore2
    import httpx2

    from lipready.net.guard import Guard

MOST_REDIRECTS = 5

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_LONGEST_NUMBER = 18
_LONGEST_NAME = 100
# What httpx2 would take beside these (percent signs, zones of IPv6) no other client need understand the same way.
_HOST = re.compile(rb"[a-z0-9._-]+|[0-9a-f:.]+", re.IGNORECASE)


class UnreachableError(Exception):
    """An address cannot be fetched; `problem` says why. Never leaves the probe."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.text)
        self.problem = problem


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer whose body is still to be read: raw, as it comes. Names of headers are lower case."""

    status: int
    headers: dict[str, str]
    body: Iterator[bytes]

    @property
    def length(self) -> int | None:
        """The size of the whole file in bytes, where the server says it."""
        if self.status == 206:  # noqa: PLR2004 - Partial Content
            return _number(self.headers.get("content-range", "").rpartition("/")[2])
        return _number(self.headers.get("content-length", ""))

    @property
    def ranges(self) -> bool:
        """Whether parts of the file can be asked for."""
        return self.status == 206 or self.headers.get("accept-ranges", "").lower() == "bytes"  # noqa: PLR2004

    @property
    def content_type(self) -> str | None:
        """The media type in lower case, without its parameters."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()[:_LONGEST_NAME] or None

    @property
    def encoding(self) -> str | None:
        """The compression of the body, None where it comes as it is."""
        name = self.headers.get("content-encoding", "").strip().lower()[:_LONGEST_NAME]
        return name if name not in {"", "identity"} else None


class Visit:
    """An HTTP exchange that keeps to allowed addresses; `redirects` are those it was sent on to, as shown.

    No proxy, no cookie and no credential is ever used. Raises UnreachableError for whatever goes wrong, also while the
    body is read.
    """

    def __init__(self, url: str, guard: "Guard") -> None:
        self.url = parsed(url)
        self.redirects: list[str] = []
        self._guard = guard

    @property
    def host(self) -> str:
        """The host as the network writes it."""
        return self.url.raw_host.decode("ascii")

    @contextmanager
    def answer(self, method: str, *, part: bool = False) -> Iterator[Answer]:
        """Yield the answer after at most five redirects; `part` asks for the first byte."""
        url = self.url
        self.redirects = []
        for _ in range(MOST_REDIRECTS + 1):
            with self._exchange(method, url, part=part) as answer:
                onward = answer.headers.get("location") if is_redirect(answer.status) else None
                if onward is None:
                    yield answer
                    return
            url = _follow(url, onward)
            self.redirects.append(shown(str(url)))
        raise UnreachableError(Problem("redirect", f"leads on more than {MOST_REDIRECTS} times"))

    @contextmanager
    def _exchange(self, method: str, url: "httpx2.URL", *, part: bool) -> Iterator[Answer]:
        import httpcore2

        from lipready import __version__
        from lipready.net.guard import problem_of

        # httpcore itself would write an IPv6 host without its brackets.
        headers: dict[str | bytes, str | bytes] = {
            "Host": url.netloc.decode("ascii"),
            "Accept": "*/*",
            "Accept-Encoding": "identity",
        }
        headers |= {"User-Agent": f"lipready/{__version__}", **({"Range": "bytes=0-0"} if part else {})}
        target = httpcore2.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)
        answered = False
        try:
            with (
                logged(method, str(url)) as heard,
                httpcore2.ConnectionPool(network_backend=self._guard, max_keepalive_connections=0) as pool,
                pool.stream(method, target, headers=headers) as response,
            ):
                answered, heard.status = True, response.status
                yield Answer(response.status, _headers(response), _counted(response.iter_stream(), heard))
        except (httpcore2.NetworkError, httpcore2.ProtocolError, httpcore2.TimeoutException) as error:
            raise UnreachableError(problem_of(error, answered=answered)) from None


def _counted(body: Iterator[bytes], heard: Heard) -> Iterator[bytes]:
    for chunk in body:
        heard.bytes += len(chunk)
        yield chunk


def is_redirect(status: int) -> bool:
    """Return whether a status sends the client to another address."""
    return status in _REDIRECTS


def is_downgrade(scheme: str, target: str) -> bool:
    """Return whether a redirect would leave https: http may lead to https, and never back."""
    return scheme == "https" and target != "https"


def parsed(url: str) -> "httpx2.URL":
    """Return an http(s) address in its parts.

    Raises UnreachableError where it is malformed, names no host, or carries a user name or a password.
    """
    import httpx2

    try:
        address = httpx2.URL(url)
        port = urlsplit(url).port
    except (httpx2.InvalidURL, ValueError):
        raise UnreachableError(Problem("malformed", "is not a well-formed address")) from None
    if not address.raw_host:
        raise UnreachableError(Problem("malformed", "names no host"))
    if port == 0 or not _HOST.fullmatch(address.raw_host):
        raise UnreachableError(Problem("malformed", "is not a well-formed address"))
    if address.userinfo:
        raise UnreachableError(Problem("password", "carries a user name or a password"))
    return address


def _follow(url: "httpx2.URL", onward: str) -> "httpx2.URL":
    import httpx2

    try:
        target = parsed(str(url.join(onward)))
    except (httpx2.InvalidURL, ValueError):
        raise UnreachableError(Problem("redirect", "leads on to something that is no address")) from None
    except UnreachableError as error:
        raise UnreachableError(Problem("redirect", f"leads on to an address that {error.problem.text}")) from None
    if target.scheme not in {"http", "https"}:
        raise UnreachableError(Problem("redirect", "leads on to an address that is neither http nor https"))
    if is_downgrade(url.scheme, target.scheme):
        raise UnreachableError(Problem("redirect", "leads on from https to http"))
    return target


def _headers(response: "httpcore2.Response") -> dict[str, str]:
    """Return the first header of each name; what is not ASCII is escaped."""
    headers: dict[str, str] = {}
    for name, value in response.headers:
        headers.setdefault(name.decode("ascii", "backslashreplace").lower(), value.decode("ascii", "backslashreplace"))
    return headers


def _number(text: str) -> int | None:
    text = text.strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _LONGEST_NUMBER else None
