"""What EvoLink answers, in our words. Errors are `{error: {code, message, type}}`; a code may be a number."""

from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from typing import Final

from lipready.errors import AnswerError, RefusedError
from lipready.facts.task import Credits, ListedTask, RemoteError, TaskState, TaskStatus
from lipready.providers.evolink.codes import explain
from lipready.providers.fields import Table, code, identifier, link, missing, number, rows, table, task_id, text, whole
from lipready.providers.refusal import accepted_body, refusal
from lipready.providers.transport.wire import HttpResponse

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
    """Read what becomes of a task. A status that is not documented means that it still runs."""
    values = read_accepted(answer)
    if "id" not in values:
        raise refused_or(answer, values, missing("id", "the id of a task"))
    return _task(answer, values)


def read_tasks(answer: HttpResponse) -> tuple[TaskState, ...]:
    """Read what becomes of several tasks. A row that is odd, or says two things of a task, is left out: ask for it."""
    values = read_accepted(answer)
    if "data" not in values:
        raise refused_or(answer, values, missing("data", "a list of objects"))
    found: list[TaskState] = []
    for row in rows(values, "data"):
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
    return _state(answer, values, status, _result(values) if status == "succeeded" else None)


def read_list(answer: HttpResponse) -> tuple[tuple[ListedTask, ...], bool]:
    """Read a page of the list of tasks, and whether more pages follow."""
    values = read_accepted(answer)
    if "data" not in values:
        raise refused_or(answer, values, missing("data", "a list of objects"))
    found = rows(values, "data")
    page, size, total = whole(values, "page"), whole(values, "page_size"), whole(values, "total")
    more = bool(found) and (page is None or size is None or total is None or page * size < total)
    return tuple(map(_row, found)), more


def _row(row: Table) -> ListedTask:
    return ListedTask(task_id(row.get("id"), "data[].id"), number(row, "created_at"), text(row, "status"))


def read_cancel(answer: HttpResponse) -> None:
    """Read the answer to a cancellation, which EvoLink does not offer. Raises RefusedError where it says no."""
    read_accepted(answer)


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
    error = table(values, "error")
    if error:
        return RemoteError(code(error) or code(error, "type"), text(error, "message"))
    return RemoteError(code(values), text(values, "msg") or text(values, "message") or text(values, "error"))


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
        error=_error(values, status),
        request_id=request_id(answer),
        credits=next((value for value in spent if value is not None), None),
        credits_reserved=number(usage, "credits_reserved"),
        estimated_seconds=number(table(values, "task_info"), "estimated_time"),
    )


def _error(values: Table, status: TaskStatus) -> RemoteError | None:
    """Read why a task ended; a running one has no error yet, whatever it says."""
    if status not in {"failed", "canceled"}:
        return None
    error = table(values, "error")
    said = RemoteError(code(error) or code(error, "type"), text(error, "message"))
    return said if status == "failed" or said.code or said.message else None


def _result(values: Table) -> str:
    results = values.get("results")
    return link(results[0] if isinstance(results, list) and results else None, "results")
