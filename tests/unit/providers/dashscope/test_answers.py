import json
from typing import Any

import pytest

from lipready.errors import AnswerError, RefusedError, Retry
from lipready.facts.task import ListedTask, RemoteError, TaskState, TaskStatus
from lipready.providers.dashscope.requests import read_cancel, read_list, read_submitted, read_task
from lipready.providers.transport.wire import HttpResponse

TASK = "a8532587-fa8c-4ef8-82be-0c46b17950d1"
REQUEST = "7574ee8f-38a3-4b1e-9280-11c33ab46e51"


def answer(values: object, status: int = 200, **headers: str) -> HttpResponse:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return HttpResponse(status, named, json.dumps(values).encode())


def task(status: object, **more: object) -> dict[str, Any]:
    return {"request_id": REQUEST, "output": {"task_id": TASK, "task_status": status, **more}}


def test_a_submission_gives_a_task() -> None:
    expected = TaskState(id=TASK, status="queued", said="PENDING", request_id=REQUEST)
    assert read_submitted(answer(task("PENDING"))) == expected
    assert not expected.ended


@pytest.mark.parametrize(
    ("output", "status"),
    [
        ({}, "queued"),
        ({"task_status": 5}, "queued"),
        ({"task_status": "NOVEL"}, "running"),
        ({"task_status": "SUCCEEDED"}, "running"),
        ({"task_status": "SUCCEEDED", "video_url": "ftp://x"}, "running"),
        ({"task_status": "FAILED", "code": "InvalidFile.FPS"}, "failed"),
    ],
)
def test_a_task_that_was_paid_for_is_not_lost_for_an_odd_answer(output: dict[str, object], status: TaskStatus) -> None:
    state = read_submitted(answer({"code": "Odd", "output": {"task_id": TASK, **output}}))
    assert (state.id, state.status) == (TASK, status)


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ("PENDING", "queued"),
        ("PRE-PROCESSING", "running"),
        ("RUNNING", "running"),
        ("POST-PROCESSING", "running"),
        ("SUSPENDED", "running"),
        ("BRAND-NEW", "running"),
        ("FAILED", "failed"),
        ("CANCELED", "canceled"),
        ("CANCELLED", "canceled"),
        ("UNKNOWN", "unknown"),
    ],
)
def test_statuses(said: str, status: TaskStatus) -> None:
    state = read_task(answer(task(said)))
    assert (state.status, state.said) == (status, said)
    assert state.ended == (status in {"failed", "canceled"})


def test_a_film_that_is_ready() -> None:
    url = "http://dashscope-result-bj.oss-cn-beijing.aliyuncs.com/1.mp4?Expires=1&Signature=SECRET"
    usage = {"video_duration": 10.23, "size": "1080*1920", "video_ratio": "standard", "fps": 25}
    state = read_task(answer(task("SUCCEEDED", video_url=url) | {"usage": usage}))
    assert state == TaskState(
        id=TASK,
        status="succeeded",
        said="SUCCEEDED",
        result_url=url,
        request_id=REQUEST,
        seconds=10.23,
        size="1080*1920",
    )
    assert "SECRET" not in repr(state)


@pytest.mark.parametrize("usage", [None, {}, {"video_duration": "long"}, {"video_duration": True}, [1]])
def test_a_film_is_not_given_up_for_an_odd_length(usage: object) -> None:
    state = read_task(answer(task("SUCCEEDED", video_url="https://host/1.mp4") | {"usage": usage}))
    assert (state.result_url, state.seconds) == ("https://host/1.mp4", None)


@pytest.mark.parametrize(
    "url", [None, "", "ftp://host/1.mp4", "file:///etc/passwd", "https://u:p@host/1.mp4", "https:///1.mp4", {}, 5]
)
def test_a_result_that_cannot_be_fetched_is_refused(url: object) -> None:
    with pytest.raises(AnswerError, match=r"output\.video_url"):
        read_task(answer(task("SUCCEEDED", video_url=url)))


def test_a_task_that_failed_comes_with_http_200() -> None:
    state = read_task(answer(task("FAILED", code="InvalidFile.FaceNotMach", message="There are no\nmatched face.")))
    assert state.status == "failed"
    assert state.error == RemoteError("InvalidFile.FaceNotMach", "There are no matched face.")
    assert read_task(answer(task("FAILED"))).error == RemoteError("", "")
    assert read_task(answer(task("UNKNOWN"))).error is None
    assert read_task(answer(task("RUNNING", code="Odd"))).error is None


def test_signatures_in_messages_are_cut_off() -> None:
    message = "Download https://host/1.mp4?Signature=SECRET timeout, please check network connection."
    state = read_task(answer(task("FAILED", code="InvalidURL.Timeout", message=message)))
    assert state.error is not None
    assert "SECRET" not in state.error.message
    with pytest.raises(RefusedError) as caught:
        read_task(answer({"code": "InvalidURL.Timeout", "message": message}, 400))
    assert "SECRET" not in f"{caught.value!r}"


@pytest.mark.parametrize(
    ("status", "code", "retry"),
    [
        (400, "InvalidParameter", "no"),
        (400, "Arrearage", "account"),
        (400, "InvalidURL.Timeout", "once"),
        (401, "InvalidApiKey", "no"),
        (429, "Throttling.RateQuota", "again"),
        (429, "Throttling.AllocationQuota", "account"),
        (429, "Novel", "again"),
        (408, "RequestTimeOut", "ask"),
        (500, "InternalError.Algo", "ask"),
        (503, "Novel", "ask"),
        (503, "Throttling", "ask"),
        (500, "InvalidURL.Timeout", "ask"),
        (418, "Novel", "no"),
        (200, "Throttling.RateQuota", "again"),
    ],
)
def test_refusals_say_what_helps(status: int, code: str, retry: Retry) -> None:
    body = {"code": code, "message": "Some reason.", "request_id": REQUEST}
    for read in (read_submitted, read_task, read_list, read_cancel):
        with pytest.raises(RefusedError, match=r"DashScope refused: Some reason \(") as caught:
            read(answer(body, status))
        error = caught.value
        assert (error.code, error.status, error.retry, error.request_id) == (code, status, retry, REQUEST)


def test_a_refusal_reads_well() -> None:
    body = {"code": "InvalidParameter", "message": "Field required: input.video_url"}
    with pytest.raises(RefusedError) as caught:
        read_submitted(answer(body, 400, retry_after="7"))
    assert str(caught.value) == (
        "DashScope refused: Field required: input.video_url (InvalidParameter, HTTP 400). "
        "Check the options of the request (addresses, face threshold), and send it again."
    )
    assert (caught.value.after, caught.value.rules) == (7, ("R701",))


def test_the_other_envelope_is_a_refusal_too() -> None:
    with pytest.raises(RefusedError, match="too many") as caught:
        read_submitted(answer({"output": {"code": "Throttling", "message": "too many"}}))
    assert caught.value.retry == "again"


@pytest.mark.parametrize(
    ("status", "retry"), [(502, "ask"), (429, "again"), (403, "no"), (407, "no"), (599, "ask"), (999, "ask")]
)
def test_the_page_of_a_proxy_is_a_refusal_by_its_status(status: int, retry: Retry) -> None:
    with pytest.raises(RefusedError, match=f"HTTP {status}") as caught:
        read_submitted(HttpResponse(status, {}, b"<html><h1>\x1b[2J</h1></html>"))
    assert caught.value.retry == retry
    assert "html" not in str(caught.value)


@pytest.mark.parametrize("status", [0, 100, 199, 302, 304])
def test_a_status_that_says_neither_yes_nor_no(status: int) -> None:
    with pytest.raises(AnswerError, match=f"HTTP {status}"):
        read_submitted(answer(task("PENDING"), status))


@pytest.mark.parametrize(
    "values",
    [{}, {"output": None}, {"output": {"task_id": "../x", "task_status": "PENDING"}}, {"output": {"task_id": 5}}],
)
def test_an_answer_without_a_proper_id(values: object) -> None:
    for read in (read_submitted, read_task):
        with pytest.raises(AnswerError, match=r"output\.task_id"):
            read(answer(values))


def test_a_task_without_a_status() -> None:
    with pytest.raises(AnswerError, match=r"output\.task_status"):
        read_task(answer({"output": {"task_id": TASK}}))


def row(**more: object) -> dict[str, object]:
    return {"task_id": TASK, "model_name": "videoretalk", "gmt_create": 1745568428109, "status": "RUNNING", **more}


def test_the_list_of_tasks() -> None:
    page = {"data": [row()], "page_no": 1, "page_size": 100, "total_page": 2, "total": 101}
    assert read_list(answer(page)) == ((ListedTask(TASK, 1745568428.109, "RUNNING"),), True)
    assert read_list(answer(page | {"page_no": "2"}))[1] is False
    assert read_list(answer({"data": [], "page_no": 1, "total_page": 9})) == ((), False)
    assert read_list(answer({"data": [row(gmt_create=None)]})) == ((ListedTask(TASK, None, "RUNNING"),), True)


def test_tasks_of_other_models_are_left_out() -> None:
    rows = [row(model_name="wanx2.1-kf2v-plus"), row(task_id="other", gmt_create="5000")]
    assert read_list(answer({"data": rows}))[0] == (ListedTask("other", 5.0, "RUNNING"),)


@pytest.mark.parametrize("data", [None, {}, [5], [row(task_id="a/b")], [row(), {"status": "RUNNING"}]])
def test_a_list_with_holes_is_refused_as_a_whole(data: object) -> None:
    with pytest.raises(AnswerError):
        read_list(answer({"data": data}))


def test_a_cancellation() -> None:
    read_cancel(answer({"request_id": REQUEST}))
    body = {"code": "UnsupportedOperation", "message": "Failed to cancel the task, please confirm …"}
    with pytest.raises(RefusedError, match="Only a task that still waits can be cancelled"):
        read_cancel(answer(body, 400))
