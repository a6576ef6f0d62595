"""Answers as each side writes them: JSON, and the envelopes of its errors."""

import json
from collections.abc import Iterable, Mapping
from html import escape
from secrets import token_hex
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from lipready.sandbox.faults.fault import Responder

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

_LONGEST = 1 << 20


async def json_body(request: "Request", longest: int = _LONGEST) -> dict[str, Any] | None:
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


def says_json(request: "Request") -> bool:
    """Return whether the Content-Type, which both providers require, is that of JSON."""
    kind: str = request.headers.get("content-type", "")
    return kind.partition(";")[0].strip().lower() == "application/json"


def text_of(value: object) -> str:
    """Return a text field without blanks around it; "" where it is missing or no text."""
    return value.strip() if isinstance(value, str) else ""


def threshold_of(value: object) -> int | None:
    """Return a face threshold. Raises ValueError outside of 120..200, and for what is no integer."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not 120 <= value <= 200:  # noqa: PLR2004 - documented
        raise ValueError("query_face_threshold must be an integer from 120 to 200")
    return value


def has_texts(content: Mapping[str, Any], names: Iterable[str]) -> bool:
    """Return whether fields are texts where they are given at all; null counts as not given."""
    return all(content.get(name) is None or isinstance(content[name], str) for name in names)


def number_of(request: "Request", name: str, default: int, most: int) -> int:
    """Return a positive number of the query; raises ValueError."""
    text = request.query_params.get(name, "")
    if not text:
        return default
    if not text.isascii() or not text.isdigit() or not 1 <= int(text[:9]) <= most:
        raise ValueError(f"{name} must be an integer from 1 to {most}")
    return int(text)


Headers = Mapping[str, str]

_EVOLINK_TYPES = {401: "authentication_error", 402: "insufficient_quota", 429: "rate_limit_error"}
_TOO_MANY = {
    "dashscope": ("Throttling.RateQuota", "Requests rate limit exceeded, please try again later."),
    "evolink": ("rate_limit_exceeded", "Too many requests, please try again later"),
    "oss": ("QpsLimitExceeded", "Please reduce your request rate."),
}
_INTERNAL = {
    "dashscope": ("InternalError", "An internal error has occured, please try again later or contact service support."),
    "evolink": ("internal_error", "Internal server error"),
    "oss": ("InternalError", "We encountered an internal error. Please try again."),
}
_UNAVAILABLE = {
    "dashscope": ("ServiceUnavailable", "The service is unavailable, please try again later."),
    "evolink": ("service_unavailable", "Service temporarily unavailable"),
    "oss": ("ServiceUnavailable", "Please reduce your request rate."),
}
_KNOWN = {429: _TOO_MANY, 500: _INTERNAL, 503: _UNAVAILABLE}


class RequestRefusedError(Exception):
    """A request is refused; the rest is what the provider answers. EvoLink's files API has no `code` but the status."""

    def __init__(self, status: int, code: str, message: str, param: str | None = None) -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.param = status, code, message, param


def answer(content: Mapping[str, Any], status: int = 200, headers: Headers | None = None) -> "Response":
    """Answer with JSON."""
    from starlette.responses import JSONResponse

    return JSONResponse(content, status, dict(headers or {}))


def dashscope_answer(content: Mapping[str, Any], status: int = 200, headers: Headers | None = None) -> "Response":
    """Answer as DashScope does: every answer carries a request id."""
    return answer({"request_id": str(uuid4()), **content}, status, headers)


def evolink_answer(content: Mapping[str, Any], status: int = 200, headers: Headers | None = None) -> "Response":
    """Answer as EvoLink does: the request id is a header."""
    return answer(content, status, {"x-request-id": token_hex(12), **(headers or {})})


def dashscope_error(status: int, code: str, message: str, headers: Headers | None = None) -> "Response":
    """Refuse as DashScope does: flat."""
    return dashscope_answer({"code": code, "message": message}, status, headers)


def evolink_error(
    status: int, code: str, message: str, headers: Headers | None = None, param: str | None = None
) -> "Response":
    """Refuse as EvoLink does: under `error`, with a type."""
    kind = _EVOLINK_TYPES.get(status, "api_error" if status >= 500 else "invalid_request_error")  # noqa: PLR2004
    error = {"code": code, "message": message, "type": kind} | ({"param": param} if param else {})
    return evolink_answer({"error": error}, status, headers)


def files_error(status: int, message: str, headers: Headers | None = None) -> "Response":
    """Refuse as EvoLink's files API does."""
    return answer({"success": False, "code": status, "msg": message, "data": None}, status, headers)


def oss_error(status: int, code: str, message: str, headers: Headers | None = None) -> "Response":
    """Refuse as Alibaba's object storage does: in XML."""
    from starlette.responses import Response

    text = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f"<Error>\n  <Code>{escape(code)}</Code>\n  <Message>{escape(message)}</Message>\n"
        f"  <RequestId>{token_hex(12).upper()}</RequestId>\n  <HostId>sandbox</HostId>\n</Error>\n"
    )
    return Response(text, status, dict(headers or {}), media_type="application/xml")


def refusal(responder: Responder, status: int, headers: Headers | None = None) -> "Response":
    """Refuse with 429, 500 or 503 in the words of whoever answers."""
    if responder == "files":
        return files_error(status, _KNOWN[status]["evolink"][1], headers)
    who = responder if responder in _INTERNAL else "dashscope"
    code, message = _KNOWN[status][who]
    return error_of(responder, status, code, message, headers)


def no_quota(responder: Responder) -> "Response":
    """Refuse an account that has nothing left."""
    if responder in {"evolink", "files"}:
        return error_of(responder, 402, "insufficient_quota", "Insufficient quota. Please top up your account.")
    message = "Allocated quota exceeded, please increase your quota limit."
    return error_of(responder, 429, "Throttling.AllocationQuota", message)


def error_of(responder: Responder, status: int, code: str, message: str, headers: Headers | None = None) -> "Response":
    """Refuse in the envelope of whoever answers."""
    if responder == "evolink":
        return evolink_error(status, code, message, headers)
    if responder == "files":
        return files_error(status, message, headers)
    if responder == "oss":
        return oss_error(status, code, message, headers)
    return dashscope_error(status, code, message, headers)


def unauthorized(responder: Responder) -> "Response":
    """Refuse a key."""
    if responder in {"evolink", "files"}:
        return error_of(responder, 401, "unauthorized", "Invalid or expired token")
    return error_of(responder, 401, "InvalidApiKey", "Invalid API-key provided.")
