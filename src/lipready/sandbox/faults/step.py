"""Which step of which provider a request belongs to."""

import re
from dataclasses import dataclass
from typing import Literal

Responder = Literal["dashscope", "evolink", "files", "oss", "sandbox"]
"""Who answers: each has an envelope of its own for errors. "files" is EvoLink's files API, "oss" Alibaba's storage."""

_TABLE: tuple[tuple[str, str, str, Responder], ...] = (
    ("GET", r"/api/v1/uploads/?", "policy", "dashscope"),
    ("POST", r"/upload/?", "upload", "oss"),
    ("POST", r"/api/v1/files/upload/\w+", "upload", "files"),
    ("POST", r"/api/v1/services/aigc/image2video/video-synthesis/?", "submit", "dashscope"),
    ("POST", r"/v1/videos/generations/?", "submit", "evolink"),
    ("GET", r"/api/v1/tasks/?", "list", "dashscope"),
    ("GET", r"/v1/tasks/?", "list", "evolink"),
    ("GET", r"/api/v1/tasks/[^/]+/?", "poll", "dashscope"),
    ("GET", r"/v1/tasks/[^/]+/?", "poll", "evolink"),
    ("POST", r"/v1/tasks/batch/?", "poll", "evolink"),
    ("POST", r"/api/v1/tasks/[^/]+/cancel/?", "cancel", "dashscope"),
    ("GET", r"/results/.+", "download", "oss"),
)
_PLACES = tuple((method, re.compile(path), step, responder) for method, path, step, responder in _TABLE)
_OTHERS: tuple[tuple[str, Responder], ...] = (
    ("/api/v1/files", "files"),
    ("/api/", "dashscope"),
    ("/v1/", "evolink"),
    ("/files/", "oss"),
    ("/results/", "oss"),
)
_SECRET = re.compile(r"^/(results|files|api/v1/files/download)/[^/]+")


@dataclass(frozen=True, slots=True)
class RequestStep:
    """`step` is "other" where no fault can be asked for."""

    step: str
    responder: Responder


def request_step_of(method: str, path: str) -> RequestStep:
    """Find the step of a request; HEAD counts as GET."""
    method = "GET" if method == "HEAD" else method
    for wanted, pattern, step, responder in _PLACES:
        if method == wanted and pattern.fullmatch(path):
            return RequestStep(step, responder)
    return RequestStep("other", next((responder for start, responder in _OTHERS if path.startswith(start)), "sandbox"))


def shown(path: str) -> str:
    """Write a path for the log: whoever knows the name of a stored file can read it, so that it is left out."""
    return _SECRET.sub(r"/\1/…", path)
