"""Answers of a server: JSON objects, refusals as exceptions, and callbacks."""

import json
import time
from collections.abc import Callable
from http import HTTPStatus
from typing import NoReturn

from lipready.errors import AnswerError, RefusedError, UsageError
from lipready.facts.task import RemoteError, TaskStatus
from lipready.providers.codes import RemoteCode, both_codes
from lipready.providers.fields import Table, task_id
from lipready.providers.transport.retry import retry_after, server_time
from lipready.providers.transport.wire import HttpResponse


def parse_object(body: bytes, who: str) -> Table:
    """Read one JSON object from the bytes that `who` sent.

    Raises AnswerError for anything else: other bytes than UTF-8, a byte order mark, a broken or cut off text, a list
    or a plain value, the same key twice, NaN and Infinity, and brackets nested too deep.
    """
    if not body.strip():
        raise _unreadable(who, "the answer is empty")
    try:
        # Without `parse_int` a number of 5000 digits is a ValueError too.
        value = json.loads(body.decode(), object_pairs_hook=_unique, parse_constant=_no_number)
    except UnicodeDecodeError:
        raise _unreadable(who, "it is no UTF-8 text") from None
    except RecursionError:
        raise _unreadable(who, "its brackets are nested too deep") from None
    except json.JSONDecodeError as error:
        # Without its cause: that one carries the whole text.
        raise _unreadable(who, f"{error.msg} at character {error.pos:,} of {len(error.doc):,}") from None
    except ValueError as error:
        raise _unreadable(who, str(error).partition(":")[0]) from None
    if not isinstance(value, dict):
        raise _unreadable(who, "a JSON object is expected")
    return value


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Refuse an object that says two things under one name: which one counts would be a guess."""
    values = dict(pairs)
    if len(values) != len(pairs):
        raise ValueError("it has the same key twice")
    return values


def _no_number(_: str) -> NoReturn:
    raise ValueError("it holds NaN or Infinity")


def _unreadable(who: str, reason: str) -> AnswerError:
    return AnswerError(
        f"{who} did not answer as documented ({reason}): check the provider's address in the settings, and any proxy "
        "on the way."
    )


LARGEST_BODY = 1 << 20


def parse_callback(body: bytes, *, provider: str = "evolink") -> str:
    """Return the id of the task that a callback names; it may be anybody's, or nobody's.

    Raises AnswerError where the body (at most 1 MiB) is not what EvoLink documents, UsageError for a provider that
    does not call back.
    """
    if provider != "evolink":
        raise UsageError(f"{provider} does not call back: ask for the task instead, with `lipready.resume(…)`.")
    if len(body) > LARGEST_BODY:
        raise AnswerError(f"The callback is longer than {LARGEST_BODY:,} bytes: it does not come from EvoLink.")
    return task_id(parse_object(body, "Whoever sent the callback").get("id"), "id")


Explain = Callable[[str, int | None, str], RemoteCode]

_OK, _REDIRECT, _REFUSED, _FAULT = 200, 300, 400, 500


def accepted(answer: HttpResponse) -> bool:
    """Return whether the status accepts the request. Raises AnswerError where it says neither yes nor no."""
    if answer.status >= _REFUSED:
        return False
    if _OK <= answer.status < _REDIRECT:
        return True
    raise AnswerError(
        f"The provider answered with HTTP {answer.status}, which it does not document: check its address."
    )


def accepted_body(answer: HttpResponse, who: str, refused: Callable[[HttpResponse, Table], RefusedError]) -> Table:
    """Return the body where an answer of `who` says yes. Raises what `refused` makes of it where no, or AnswerError."""
    if accepted(answer):
        return parse_object(answer.body, who)
    try:
        values = parse_object(answer.body, who)
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
        # The code of a server that failed is doubted: it may have taken the request before.
        retry="ask" if (status or 0) >= _FAULT and meaning.retry in {"again", "once"} else meaning.retry,
        rules=meaning.rules,
        request_id=request_id,
        after=retry_after(answer.headers, time.time() if now is None else now),
    )


def _reason(said: RemoteError, status: int | None, meaning: RemoteCode) -> str:
    codes = both_codes(said.code, meaning)
    place = ", ".join([codes] * bool(codes) + [f"HTTP {status}"] * (status is not None))
    reason = said.message.rstrip(" .。")
    if not reason:
        reason = HTTPStatus(status).phrase if status in set(HTTPStatus) else "it gave no reason"
    return f"{reason} ({place})" if place else reason


def error_of(status: TaskStatus, said: RemoteError) -> RemoteError | None:
    """Return why a task ended, as was `said`; a running one has no error yet, whatever is said."""
    if status == "failed":
        return said
    return said if status in {"canceled", "unknown"} and (said.code or said.message) else None
