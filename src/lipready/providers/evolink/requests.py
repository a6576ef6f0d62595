"""EvoLink: requests to its VideoRetalk service, their answers, and its intervals.

https://docs.evolink.ai/en/api-manual/video-series/videoretalk/videoretalk-video-generate; the key of idempotency,
the list and the batch of tasks and the credits as in EvoLink's own client (providers.md B2). Errors are
`{error: {code, message, type}}`; a code may be a number.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Final

from lipready.errors import AnswerError, RefusedError, UsageError
from lipready.facts.task import Credits, ListedTask, RemoteError, TaskState, TaskStatus
from lipready.providers.answer import accepted_body, error_of, refusal
from lipready.providers.evolink.codes import explain
from lipready.providers.fields import (
    Table,
    asked_id,
    code,
    identifier,
    link,
    missing,
    number,
    rows,
    table,
    task_id,
    text,
    whole,
)
from lipready.providers.service import Endpoints, Service, Submission
from lipready.providers.transport.wire import PAID_SECONDS, HttpRequest, HttpResponse

WHO: Final = "EvoLink"

_STATUSES: Mapping[str, TaskStatus] = {
    "pending": "queued",
    "processing": "running",
    "completed": "succeeded",
    "failed": "failed",
    "cancelled": "canceled",
    "canceled": "canceled",
}
_PERCENT = range(101)


def read_submitted(answer: HttpResponse) -> TaskState:
    """Read the answer to a submission. The id is all that counts: whatever else is odd, the task is not lost for it."""
    values = read_accepted(answer)
    if identifier(values.get("id")) is None:
        raise refused_or(answer, values, missing("id", "the id of a task"))
    said = text(values, "status")
    status = _STATUSES.get(said.lower(), "running" if said else "queued")
    # A result video that is ready at once is fetched by asking for the task, as always.
    return _state(answer, values, "running" if status == "succeeded" else status, None)


def read_task(answer: HttpResponse) -> TaskState:
    """Read the state of a task. A status that is not documented means that it still runs."""
    values = read_accepted(answer)
    if "id" not in values:
        raise refused_or(answer, values, missing("id", "the id of a task"))
    return _task(answer, values)


def read_tasks(answer: HttpResponse) -> tuple[TaskState, ...]:
    """Read the states of several tasks. A row that is odd, or says two things of a task, is left out: ask for it."""
    found: list[TaskState] = []
    for row in _rows(answer, read_accepted(answer)):
        with suppress(AnswerError):
            found.append(_task(answer, row))
    counts = Counter(state.id for state in found)
    return tuple(state for state in found if counts[state.id] == 1)


def read_credits(answer: HttpResponse) -> Credits:
    """Read how many credits are left. Raises RefusedError, also where it comes with HTTP 200, and AnswerError."""
    values = read_accepted(answer)
    data = table(values, "data")
    if values.get("success") is False or not data:
        raise refused_or(answer, values, missing("data", "the credits that are left"))
    user, key = table(data, "user"), table(data, "token")
    unlimited = key.get("unlimited_credits") is True
    return Credits(number(user, "remaining_credits"), None if unlimited else number(key, "remaining_credits"))


def _task(answer: HttpResponse, values: Table) -> TaskState:
    task_id(values.get("id"), "id")
    said = text(values, "status")
    if not said:
        raise missing("status", "the status of a task")
    status = _STATUSES.get(said.lower(), "running")
    results = values.get("results")
    first = results[0] if isinstance(results, list) and results else None
    return _state(answer, values, status, link(first, "results") if status == "succeeded" else None)


def read_list(answer: HttpResponse) -> tuple[tuple[ListedTask, ...], bool]:
    """Read a page of the list of tasks, and whether more pages follow."""
    values = read_accepted(answer)
    found = _rows(answer, values)
    page, size, total = whole(values, "page"), whole(values, "page_size"), whole(values, "total")
    more = bool(found) and (page is None or size is None or total is None or page * size < total)
    return tuple(
        ListedTask(task_id(row.get("id"), "data[].id"), number(row, "created_at"), text(row, "status")) for row in found
    ), more


def _rows(answer: HttpResponse, values: Table) -> list[Table]:
    if "data" not in values:
        raise refused_or(answer, values, missing("data", "a list of objects"))
    return rows(values, "data")


def read_accepted(answer: HttpResponse) -> Table:
    """Return the body of an answer that says yes. Raises RefusedError where it says no, AnswerError for neither."""
    return accepted_body(answer, WHO, _refusal)


def refused_or(answer: HttpResponse, values: Table, otherwise: AnswerError) -> RefusedError | AnswerError:
    """Make the exception for an answer with HTTP 200 that lacks what it should have: with an error it is a refusal."""
    said = _said(values)
    return _refusal(answer, values) if said.code or said.message or values.get("success") is False else otherwise


def request_id(answer: HttpResponse) -> str | None:
    """Return the id under which EvoLink knows a request."""
    return identifier(answer.headers.get("x-request-id")) or identifier(answer.headers.get("x-oneapi-request-id"))


def _refusal(answer: HttpResponse, values: Table) -> RefusedError:
    return refusal(WHO, answer, _said(values), explain, request_id(answer) or identifier(values.get("request_id")))


def _said(values: Table) -> RemoteError:
    """Read the error of the API (`error`) or of the files service (`code`, `msg`)."""
    if table(values, "error"):
        return _task_error(values)
    return RemoteError(code(values), text(values, "msg") or text(values, "message") or text(values, "error"))


def _task_error(values: Table) -> RemoteError:
    error = table(values, "error")
    return RemoteError(code(error) or code(error, "type"), text(error, "message"))


def _state(answer: HttpResponse, values: Table, status: TaskStatus, result_url: str | None) -> TaskState:
    usage = table(values, "usage")
    spent = (number(usage, "credits_used"), number(table(usage, "cost"), "credits"))
    progress = whole(values, "progress")
    return TaskState(
        id=task_id(values.get("id"), "id"),
        status=status,
        said=text(values, "status"),
        progress=progress if progress in _PERCENT else None,
        result_url=result_url,
        error=error_of(status, _task_error(values)),
        request_id=request_id(answer),
        credits=next((value for value in spent if value is not None), None),
        credits_reserved=number(usage, "credits_reserved"),
        estimated_seconds=number(table(values, "task_info"), "estimated_time"),
    )


MODEL = "videoretalk"
PAGE_SIZE = 50
MOST_AT_ONCE = 50

_IDEMPOTENCY_KEY = re.compile(r"[A-Za-z0-9._-]{16,96}")


def submit(endpoints: Endpoints, submission: Submission, key: str) -> HttpRequest:
    """Ask for a result video. `key` names the request, and nothing relies on it. Raises UsageError for an odd one."""
    if not _IDEMPOTENCY_KEY.fullmatch(key):
        raise UsageError("A key of idempotency at EvoLink has 16 to 96 letters, digits, dots and dashes.")
    body: dict[str, object] = {
        "model": submission.model,
        "video_url": submission.video_url,
        "audio_url": submission.audio_url,
        "video_extension": submission.video_extension,
    }
    optional = {
        "ref_image_url": submission.reference_url,
        "query_face_threshold": submission.face_threshold,
        "callback_url": submission.callback_url,
    }
    return HttpRequest(
        method="POST",
        url=f"{endpoints.api}/videos/generations",
        headers={"Idempotency-Key": key},
        json=body | {name: value for name, value in optional.items() if value is not None},
        seconds=PAID_SECONDS,
    )


def query(endpoints: Endpoints, task_id: str) -> HttpRequest:
    """Ask for one task. Raises UsageError where the id cannot be one."""
    return HttpRequest(method="GET", url=f"{endpoints.api}/tasks/{asked_id(task_id)}")


def query_all(endpoints: Endpoints, task_ids: Sequence[str]) -> HttpRequest:
    """Ask for up to `MOST_AT_ONCE` tasks; the answer leaves unknown ids out. Raises UsageError for what is no id."""
    ids = [asked_id(each) for each in task_ids]
    return HttpRequest(method="POST", url=f"{endpoints.api}/tasks/batch", json={"task_ids": ids})


def credits_left(endpoints: Endpoints) -> HttpRequest:
    """Ask for the credits of the account and of the key."""
    return HttpRequest(method="GET", url=f"{endpoints.api}/credits")


def list_tasks(endpoints: Endpoints, page: int) -> HttpRequest:
    """Ask for a page (from 1) of the account's tasks, the newest first."""
    return HttpRequest(method="GET", url=f"{endpoints.api}/tasks?model={MODEL}&page={page}&page_size={PAGE_SIZE}")


SERVICE = Service(
    name="evolink",
    title="EvoLink",
    key_variable="EVOLINK_API_KEY",
    # No rates are documented; these are those of the model behind it, and what EvoLink's own client does.
    submit_interval=1.0,
    read_interval=1 / 20,
    poll_seconds=8.0,
    longest_seconds=3 * 3600.0,
    submit=submit,
    read_submitted=read_submitted,
    query=query,
    read_task=read_task,
    list_tasks=list_tasks,
    read_list=read_list,
    query_all=query_all,
    read_tasks=read_tasks,
    most_at_once=MOST_AT_ONCE,
    credits_left=credits_left,
    read_credits=read_credits,
    explain=explain,
)
