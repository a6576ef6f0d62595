"""Refusals: what a provider said, as one exception that tells people what to do."""

import time
from collections.abc import Callable
from http import HTTPStatus

from lipready.errors import AnswerError, RefusedError, Retry
from lipready.facts.task import RemoteError
from lipready.providers.answer import read_object
from lipready.providers.codes import RemoteCode, both_codes
from lipready.providers.fields import Table
from lipready.providers.transport.retry import retry_after, server_time
from lipready.providers.transport.wire import HttpResponse

Explain = Callable[[str, int | None, str], RemoteCode]

_OK, _REDIRECT, _REFUSED, _FAULT = 200, 300, 400, 500


def accepted(answer: HttpResponse) -> bool:
    """Whether the status says that the request was taken. Raises AnswerError where it says neither yes nor no."""
    if answer.status >= _REFUSED:
        return False
    if _OK <= answer.status < _REDIRECT:
        return True
    raise AnswerError(
        f"The provider answered with HTTP {answer.status}, which it does not document: check its address."
    )


def accepted_body(answer: HttpResponse, who: str, refused: Callable[[HttpResponse, Table], RefusedError]) -> Table:
    """Return the body of an answer that `who` gave, and that says yes.

    Raises RefusedError, which `refused` makes of the answer and its body, where it says no, AnswerError for neither.
    """
    if accepted(answer):
        return read_object(answer, who)
    try:
        values = read_object(answer, who)
    except AnswerError:  # a proxy on the way writes pages of its own
        values = {}
    raise refused(answer, values)


def refusal(
    who: str, answer: HttpResponse, said: RemoteError, explain: Explain, request_id: str | None
) -> RefusedError:
    """Make the exception for a refusal; `who` refused, and `said` is what the body holds."""
    # A refusal inside HTTP 200 has no status that says anything.
    status = answer.status if answer.status >= _REFUSED else None
    meaning = explain(said.code, status, said.message)
    now = server_time(answer.headers)
    return RefusedError(
        f"{who} refused: {_reason(said, status, meaning)}. {meaning.advice}",
        code=said.code,
        meaning=meaning.code,
        status=answer.status,
        retry=_retry(meaning.retry, status),
        rules=meaning.rules,
        request_id=request_id,
        after=retry_after(answer.headers, time.time() if now is None else now),
    )


def _retry(retry: Retry, status: int | None) -> Retry:
    """Doubt the code of a server that failed: it may have taken the request before."""
    return "ask" if status is not None and status >= _FAULT and retry in {"again", "once"} else retry


def _reason(said: RemoteError, status: int | None, meaning: RemoteCode) -> str:
    codes = both_codes(said.code, meaning)
    place = ", ".join([codes] * bool(codes) + [f"HTTP {status}"] * (status is not None))
    reason = said.message.rstrip(" .。") or (_phrase(status) if status is not None else "it gave no reason")
    return f"{reason} ({place})" if place else reason


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "it gave no reason"
