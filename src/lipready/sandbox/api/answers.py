"""Requests as both sides read them, and answers as each side writes them: JSON, and the envelopes of its errors."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from html import escape
from secrets import token_hex
from typing import Any, NamedTuple
from uuid import uuid4

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from lipready.sandbox.faults.fault import Responder
from lipready.sandbox.tasks.task import Asked
from lipready.sandbox.world import SandboxAccount, World

_LONGEST = 1 << 20
_LARGEST_PAGE, _MOST_PAGES = 100, 100_000_000


async def json_body(request: Request, longest: int = _LONGEST) -> dict[str, Any] | None:
    """Read a JSON object; None where the body is something else, or longer than `longest` bytes."""
    body = bytearray()
    async for chunk in request.stream():
        if len(body) <= longest:
            body += chunk
    if len(body) > longest:
        return None
    try:
        content = json.loads(bytes(body))
    except (ValueError, RecursionError):
        return None
    return content if isinstance(content, dict) else None


def media_type(request: Request) -> str:
    """Return the Content-Type in lower case, without its parameters; both providers require that of JSON."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def text_of(value: object) -> str:
    """Return a text field without blanks around it; "" where it is missing or no text."""
    return value.strip() if isinstance(value, str) else ""


def has_texts(content: Mapping[str, Any], names: Iterable[str]) -> bool:
    """Return whether fields are texts where they are given at all; null counts as not given."""
    return all(content.get(name) is None or isinstance(content[name], str) for name in names)


def asked_of(inputs: Mapping[str, Any], parameters: Mapping[str, Any]) -> Asked:
    """Return what a request asks for whose other fields were looked at.

    Raises ValueError for a face threshold outside of 120..200, or that is no integer.
    """
    threshold = parameters.get("query_face_threshold")
    if threshold is not None and (type(threshold) is not int or not 120 <= threshold <= 200):  # noqa: PLR2004 - documented
        raise ValueError("query_face_threshold must be an integer from 120 to 200")
    return Asked(
        video_url=text_of(inputs["video_url"]),
        audio_url=text_of(inputs["audio_url"]),
        reference_url=text_of(inputs.get("ref_image_url")),
        extension=parameters.get("video_extension", False),
        threshold=threshold,
    )


class ListPage(NamedTuple):
    """The part of a list that is asked for, counted from 1."""

    number: int
    size: int

    def of(self, rows: Sequence[Any]) -> Sequence[Any]:
        """Return the rows of the page."""
        return rows[(self.number - 1) * self.size : self.number * self.size]


def page_of(request: Request, number: str, size: str, usual: int) -> ListPage:
    """Read the page from the parameters of these names, of `usual` rows if not said. Raises ValueError."""
    return ListPage(_number_of(request, number, 1, _MOST_PAGES), _number_of(request, size, usual, _LARGEST_PAGE))


def _number_of(request: Request, name: str, default: int, most: int) -> int:
    text = request.query_params.get(name, "")
    if not text:
        return default
    if not text.isascii() or not text.isdigit() or not 1 <= int(text[:9]) <= most:
        raise ValueError(f"{name} must be an integer from 1 to {most}")
    return int(text)


def account_of(world: World, request: Request, responder: Responder) -> SandboxAccount:
    """Return the account that a request's key belongs to. Raises RequestRefusedError."""
    account = world.account_of(request.headers.get("authorization", ""))
    if account is None:
        raise refusal("key", responder)
    return account


class RequestRefusedError(Exception):
    """A request is refused; the rest is what the provider answers. EvoLink's files API has no `code` but the status."""

    def __init__(self, status: int, code: str, message: str, param: str | None = None) -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.param = status, code, message, param


@contextmanager
def refusing(code: str, message: str = "{}", param: str | None = None) -> Iterator[None]:
    """Refuse the request with 400 for a ValueError, whose text takes the place of the braces in `message`."""
    try:
        yield
    except ValueError as error:
        raise RequestRefusedError(400, code, message.format(error), param) from error


_REFUSALS: dict[str, dict[str, tuple[int, str, str]]] = {
    "key": {
        "dashscope": (401, "InvalidApiKey", "Invalid API-key provided."),
        "evolink": (401, "unauthorized", "Invalid or expired token"),
    },
    "quota": {
        "dashscope": (
            429,
            "Throttling.AllocationQuota",
            "Allocated quota exceeded, please increase your quota limit.",
        ),
        "evolink": (402, "insufficient_quota", "Insufficient quota. Please top up your account."),
    },
    "429": {
        "dashscope": (429, "Throttling.RateQuota", "Requests rate limit exceeded, please try again later."),
        "evolink": (429, "rate_limit_exceeded", "Too many requests, please try again later"),
        "oss": (429, "QpsLimitExceeded", "Please reduce your request rate."),
    },
    "500": {
        "dashscope": (
            500,
            "InternalError",
            "An internal error has occured, please try again later or contact service support.",
        ),
        "evolink": (500, "internal_error", "Internal server error"),
        "oss": (500, "InternalError", "We encountered an internal error. Please try again."),
    },
    "503": {
        "dashscope": (503, "ServiceUnavailable", "The service is unavailable, please try again later."),
        "evolink": (503, "service_unavailable", "Service temporarily unavailable"),
        "oss": (503, "ServiceUnavailable", "Please reduce your request rate."),
    },
}
_EVOLINK_TYPES = {401: "authentication_error", 402: "insufficient_quota", 429: "rate_limit_error"}


def refusal(kind: str, responder: Responder) -> RequestRefusedError:
    """Return the refusal of a key, for want of quota, or by a status, in the words of whoever answers."""
    words = _REFUSALS[kind]
    return RequestRefusedError(*words.get("evolink" if responder == "files" else responder, words["dashscope"]))


Headers = Mapping[str, str]


def dashscope_answer(content: Mapping[str, Any], status: int = 200, headers: Headers | None = None) -> Response:
    """Answer as DashScope does: every answer carries a request id."""
    return JSONResponse({"request_id": str(uuid4()), **content}, status, headers)


def evolink_answer(content: Mapping[str, Any], status: int = 200, headers: Headers | None = None) -> Response:
    """Answer as EvoLink does: the request id is a header."""
    return JSONResponse(content, status, {"x-request-id": token_hex(12), **(headers or {})})


def error_of(responder: Responder, refused: RequestRefusedError, headers: Headers | None = None) -> Response:
    """Refuse in the envelope of whoever answers: DashScope's is flat, EvoLink's has a type, the storage writes XML."""
    status, code, message = refused.status, refused.code, refused.message
    if responder == "oss":
        text = (
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            f"<Error>\n  <Code>{escape(code)}</Code>\n  <Message>{escape(message)}</Message>\n"
            f"  <RequestId>{token_hex(12).upper()}</RequestId>\n  <HostId>sandbox</HostId>\n</Error>\n"
        )
        return Response(text, status, headers, media_type="application/xml")
    if responder == "files":
        return JSONResponse({"success": False, "code": status, "msg": message, "data": None}, status, headers)
    if responder == "evolink":
        kind = _EVOLINK_TYPES.get(status, "api_error" if status >= 500 else "invalid_request_error")  # noqa: PLR2004
        error = {"code": code, "message": message, "type": kind} | ({"param": refused.param} if refused.param else {})
        return evolink_answer({"error": error}, status, headers)
    return dashscope_answer({"code": code, "message": message}, status, headers)
