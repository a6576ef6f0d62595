"""The JSON body of a request."""

import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from starlette.requests import Request

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
    """Whether the Content-Type, which both providers require, is that of JSON."""
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
    """Whether fields are texts where they are given at all; null counts as not given."""
    return all(content.get(name) is None or isinstance(content[name], str) for name in names)


def number_of(request: "Request", name: str, default: int, most: int) -> int:
    """Return a positive number of the query; raises ValueError."""
    text = request.query_params.get(name, "")
    if not text:
        return default
    if not text.isascii() or not text.isdigit() or not 1 <= int(text[:9]) <= most:
        raise ValueError(f"{name} must be an integer from 1 to {most}")
    return int(text)
