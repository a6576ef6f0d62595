"""DashScope (Alibaba Cloud Model Studio): requests to its VideoRetalk service, their answers, and its intervals.

https://help.aliyun.com/zh/model-studio/videoretalk and https://help.aliyun.com/zh/model-studio/manage-asynchronous-tasks

Errors come in two envelopes: `{code, message, request_id}` with an error status, and `output.code`, `output.message`
of a task that failed, with HTTP 200.
"""

import re
from collections.abc import Mapping
from typing import Final

from lipready.errors import AnswerError, RefusedError
from lipready.facts.task import ListedTask, RemoteError, TaskState, TaskStatus
from lipready.providers.answer import accepted_body, error_of, refusal
from lipready.providers.dashscope.codes import explain
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
from lipready.providers.service import Endpoints, Service, Submission, workspace_header
from lipready.providers.transport.wire import PAID_SECONDS, HttpRequest, HttpResponse

WHO: Final = "DashScope"
MODEL: Final = "videoretalk"

_SIZE = re.compile(r"[1-9][0-9]{0,4}\*[1-9][0-9]{0,4}")
_STATUSES: Mapping[str, TaskStatus] = {
    "PENDING": "queued",
    "PRE-PROCESSING": "running",
    "RUNNING": "running",
    "POST-PROCESSING": "running",
    "SUSPENDED": "running",
    "SUCCEEDED": "succeeded",
    "FAILED": "failed",
    "CANCELED": "canceled",
    "CANCELLED": "canceled",
    "UNKNOWN": "unknown",
}


def read_submitted(answer: HttpResponse) -> TaskState:
    """Read the answer to a submission. The id is all that counts: whatever else is odd, the task is not lost for it."""
    values = read_accepted(answer)
    output = table(values, "output")
    if identifier(output.get("task_id")) is None:
        raise refused_or(answer, values, missing("output.task_id", "the id of a task"))
    said = text(output, "task_status")
    status = _STATUSES.get(said.upper(), "running" if said else "queued")
    # A result video that is ready at once is fetched by asking for the task, as always.
    return _state(values, "running" if status == "succeeded" else status)


def read_task(answer: HttpResponse) -> TaskState:
    """Read the state of a task. A status that is not documented means that it still runs."""
    values = read_accepted(answer)
    output = table(values, "output")
    if "task_id" not in output:
        raise refused_or(answer, values, missing("output.task_id", "the id of a task"))
    task_id(output["task_id"], "output.task_id")
    said = text(output, "task_status")
    if not said:
        raise missing("output.task_status", "the status of a task")
    return _state(values, _STATUSES.get(said.upper(), "running"))


def _state(values: Table, status: TaskStatus) -> TaskState:
    output, usage = table(values, "output"), table(values, "usage")
    size = text(usage, "size")
    return TaskState(
        id=task_id(output.get("task_id"), "output.task_id"),
        status=status,
        said=text(output, "task_status"),
        result_url=link(output.get("video_url"), "output.video_url") if status == "succeeded" else None,
        error=error_of(status, RemoteError(code(output), text(output, "message"))),
        request_id=identifier(values.get("request_id")),
        seconds=number(usage, "video_duration"),
        size=size if _SIZE.fullmatch(size) else None,
    )


def read_list(answer: HttpResponse) -> tuple[tuple[ListedTask, ...], bool]:
    """Read a page of the list of tasks, and whether more pages follow.

    The list tells what became of a job: a row without a proper id is an AnswerError, and one of another model left out.
    """
    values = read_accepted(answer)
    if "data" not in values:
        raise refused_or(answer, values, missing("data", "a list of objects"))
    found = rows(values, "data")
    page, pages = whole(values, "page_no"), whole(values, "total_page")
    more = bool(found) and (page is None or pages is None or page < pages)
    listed = []
    for row in found:
        if row.get("model_name", MODEL) == MODEL:
            created = number(row, "gmt_create")
            moment = None if created is None else created / 1000
            listed.append(ListedTask(task_id(row.get("task_id"), "data[].task_id"), moment, text(row, "status")))
    return tuple(listed), more


def read_cancel(answer: HttpResponse) -> None:
    """Read the answer to a cancellation. Raises RefusedError where the task no longer waits."""
    values = read_accepted(answer)
    if code(values):
        raise _refusal(answer, values)


def read_accepted(answer: HttpResponse) -> Table:
    """Return the body of an answer that says yes. Raises RefusedError where it says no, AnswerError for neither."""
    return accepted_body(answer, WHO, _refusal)


def refused_or(answer: HttpResponse, values: Table, otherwise: AnswerError) -> RefusedError | AnswerError:
    """Make the exception for an answer with HTTP 200 that lacks what it should have: with a code it is a refusal."""
    return _refusal(answer, values) if code(values) or code(table(values, "output")) else otherwise


def _refusal(answer: HttpResponse, values: Table) -> RefusedError:
    place = values if code(values) else table(values, "output")
    said = RemoteError(code(place), text(place, "message") or text(values, "message"))
    return refusal(WHO, answer, said, explain, identifier(values.get("request_id")))


PAGE_SIZE = 100


def submit(endpoints: Endpoints, submission: Submission, _key: str) -> HttpRequest:
    """Ask for a result video. The key of idempotency has no place there, and neither has a callback."""
    parameters: dict[str, object] = {"video_extension": submission.video_extension}
    if submission.face_threshold is not None:
        parameters["query_face_threshold"] = submission.face_threshold
    inputs = {"video_url": submission.video_url, "audio_url": submission.audio_url}
    if submission.reference_url is not None:
        inputs["ref_image_url"] = submission.reference_url
    headers = {"X-DashScope-Async": "enable", **workspace_header(endpoints)}
    if any(address.lower().startswith("oss://") for address in inputs.values()):
        headers["X-DashScope-OssResourceResolve"] = "enable"
    return HttpRequest(
        method="POST",
        url=f"{endpoints.api}/services/aigc/image2video/video-synthesis/",
        headers=headers,
        json={"model": submission.model, "input": inputs, "parameters": parameters},
        seconds=PAID_SECONDS,
    )


def query(endpoints: Endpoints, task_id: str) -> HttpRequest:
    """Ask for one task. Raises UsageError where the id cannot be one."""
    url = f"{endpoints.api}/tasks/{asked_id(task_id)}"
    return HttpRequest(method="GET", url=url, headers=workspace_header(endpoints))


def list_tasks(endpoints: Endpoints, page: int) -> HttpRequest:
    """Ask for a page (from 1) of the tasks that the account has started in the last 24 h."""
    url = f"{endpoints.api}/tasks/?page_no={page}&page_size={PAGE_SIZE}&model_name={MODEL}"
    return HttpRequest(method="GET", url=url, headers=workspace_header(endpoints))


def cancel(endpoints: Endpoints, task_id: str) -> HttpRequest:
    """Ask to cancel a task, which works only while it waits. Raises UsageError where the id cannot be one."""
    url = f"{endpoints.api}/tasks/{asked_id(task_id)}/cancel"
    return HttpRequest(method="POST", url=url, headers=workspace_header(endpoints))


SERVICE = Service(
    name="dashscope",
    title="Alibaba Cloud Model Studio (DashScope)",
    key_variable="DASHSCOPE_API_KEY",
    # One a second (A4), and a little: what sets out a second apart may arrive closer.
    submit_interval=1.02,
    read_interval=1 / 20,
    poll_seconds=15.0,
    longest_seconds=3 * 3600.0,
    submit=submit,
    read_submitted=read_submitted,
    query=query,
    read_task=read_task,
    list_tasks=list_tasks,
    read_list=read_list,
    cancel=cancel,
    read_cancel=read_cancel,
    explain=explain,
)
