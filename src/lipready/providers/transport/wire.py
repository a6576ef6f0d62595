"""What crosses the wire, and what a flow may ask for.

A flow is a generator: it yields what is to be done (send this, wait so long) and is handed what came of it. It does
nothing itself, so that one flow serves threads and asyncio alike (`drive`), and tests can answer it line by line.
"""

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias, TypeVar

T = TypeVar("T")

READ_SECONDS = 30.0
PAID_SECONDS = 120.0
UPLOAD_SECONDS = 3600.0


@dataclass(frozen=True, slots=True)
class Form:
    """A multipart form whose last field is a file, streamed from disk."""

    fields: tuple[tuple[str, str], ...]
    path: str
    file_name: str
    content_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpRequest:
    """One HTTP request. The key is never in it: the transport adds it where `authorized`.

    `json` and `form` exclude each other. `seconds` bounds the whole exchange, not one read. `progress` receives the
    share (0..1) of a form that is sent.
    """

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    json: Mapping[str, object] | None = None
    form: Form | None = field(default=None, repr=False)
    authorized: bool = True
    seconds: float = READ_SECONDS
    progress: Callable[[float], None] | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """What came back, whatever the status; the names of `headers` are lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Send:
    """Exchange one request. Raises NotSentError, NoAnswerError, AnswerError (all in `lipready.errors`)."""

    request: HttpRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class Save:
    """Append the body of a GET to the file at `path`, of which `offset` bytes are there already (asks for the rest).

    `unchanged` is the ETag that the bytes at hand belong to (If-Range). Gives a response with an empty body. Where the
    server answers 200 instead of 206 the file begins anew; with any other status it is left as it is. A connection that
    breaks in the middle raises NoAnswerError, and what came is in the file. More than `most` bytes raise AnswerError.
    `begun` receives the answer's head before the body is read, so that a broken transfer can be resumed as what it was.
    """

    url: str = field(repr=False)
    path: str
    offset: int = 0
    unchanged: str | None = None
    most: int
    progress: Callable[[float], None] | None = field(default=None, repr=False, compare=False)
    begun: Callable[[HttpResponse], None] | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Pause:
    """Wait."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Call:
    """Do something that blocks (the journal, a lock, a decoder); asyncio does it in a thread."""

    function: Callable[[], Any]


Effect: TypeAlias = Send | Save | Pause | Call
Flow: TypeAlias = Generator[Effect, Any, T]


def send(request: HttpRequest) -> Flow[HttpResponse]:
    """Exchange one request from inside a flow."""
    answer: HttpResponse = yield Send(request)
    return answer


def call(function: Callable[[], T]) -> Flow[T]:
    """Do something that blocks from inside a flow."""
    result: T = yield Call(function)
    return result
