import json
from typing import Any

import pytest

from lipready.errors import AnswerError, RefusedError, Retry
from lipready.facts.task import Credits, ListedTask, RemoteError, TaskStatus
from lipready.providers.evolink.requests import (
    read_credits,
    read_list,
    read_submitted,
    read_task,
    read_tasks,
)
from lipready.providers.transport.wire import HttpResponse

TASK = "task-unified-1775200000-xyz12345"


def answer(values: object, status: int = 200, **headers: str) -> HttpResponse:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return HttpResponse(status, named, json.dumps(values).encode())


def task(status: object, **more: object) -> dict[str, Any]:
    return {"id": TASK, "object": "video.generation.task", "status": status, "progress": 0, **more}


def test_a_submission_gives_a_task() -> None:
    usage = {"billing_rule": "per_second", "credits_reserved": 480, "user_group": "default"}
    body = task("pending", usage=usage, task_info={"can_cancel": False, "estimated_time": 120, "video_duration": 5})
    state = read_submitted(answer(body, x_request_id="req-1"))
    assert (state.id, state.status, state.said, state.progress) == (TASK, "queued", "pending", 0)
    assert (state.request_id, state.seconds) == ("req-1", None)
    # What is reserved is an estimate, and was not spent.
    assert (state.credits, state.credits_reserved, state.estimated_seconds) == (None, 480, 120)


@pytest.mark.parametrize("more", [{}, {"status": 5}, {"status": "completed"}, {"progress": "half"}, {"usage": 5}])
def test_a_task_that_was_paid_for_is_not_lost_for_an_odd_answer(more: dict[str, object]) -> None:
    state = read_submitted(answer({"id": TASK, **more}))
    assert state.id == TASK
    assert not state.ended


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ("pending", "queued"),
        ("processing", "running"),
        ("brand-new", "running"),
        ("failed", "failed"),
        ("cancelled", "canceled"),
        ("canceled", "canceled"),
    ],
)
def test_statuses(said: str, status: TaskStatus) -> None:
    state = read_task(answer(task(said)))
    assert (state.status, state.said) == (status, said)


@pytest.mark.parametrize(
    ("value", "progress"), [(55, 55), ("55", 55), (101, None), (-1, None), (True, None), ([], None)]
)
def test_progress(value: object, progress: int | None) -> None:
    assert read_task(answer(task("processing") | {"progress": value})).progress == progress


def test_a_film_that_is_ready() -> None:
    body = task("completed", progress=100, results=["https://host/1.mp4?sig=SECRET"], usage={"credits_used": 12.5})
    state = read_task(answer(body, x_oneapi_request_id="req-2"))
    assert (state.status, state.result_url, state.credits) == ("succeeded", "https://host/1.mp4?sig=SECRET", 12.5)
    assert (state.progress, state.request_id) == (100, "req-2")
    assert "SECRET" not in repr(state)


@pytest.mark.parametrize(
    "results", [None, [], {}, "https://host/1.mp4", [None], [{}], ["ftp://host/x"], ["https://u@host/x"], ["http:///x"]]
)
def test_a_result_that_cannot_be_fetched_is_refused(results: object) -> None:
    with pytest.raises(AnswerError, match="results"):
        read_task(answer(task("completed", results=results)))


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        ({"code": "content_policy_violation", "message": "no\x07"}, RemoteError("content_policy_violation", "no")),
        ({"code": 500, "message": "broke"}, RemoteError("500", "broke")),
        ({"message": "InvalidFile.FPS: 15 ~ 60"}, RemoteError("", "InvalidFile.FPS: 15 ~ 60")),
        (
            {"code": "unknown_error", "message": "InvalidFile.FaceNotMach"},
            RemoteError("unknown_error", "InvalidFile.FaceNotMach"),
        ),
        (None, RemoteError("", "")),
        ("broke", RemoteError("", "")),
    ],
)
def test_a_task_that_failed(error: object, expected: RemoteError) -> None:
    assert read_task(answer(task("failed", error=error))).error == expected
    assert read_task(answer(task("processing", error=error))).error is None


@pytest.mark.parametrize(
    ("status", "code", "retry"),
    [
        (400, "missing_required_params", "no"),
        (401, "unauthorized", "no"),
        (402, "insufficient_quota", "account"),
        (402, 402, "account"),
        (403, "model_access_denied", "no"),
        (409, "idempotency_conflict", "no"),
        (429, "rate_limit_exceeded", "again"),
        (429, 429, "again"),
        (500, "internal_error", "ask"),
        (502, "resource_exhausted", "ask"),
        (503, "Novel", "ask"),
        (200, "paid_outcome_unknown", "ask"),
    ],
)
def test_refusals_say_what_helps(status: int, code: str | int, retry: Retry) -> None:
    body = {"error": {"code": code, "message": "Some reason", "type": "some_type"}}
    for read in (read_submitted, read_task, read_list):
        with pytest.raises(RefusedError, match=r"EvoLink refused: Some reason \(") as caught:
            read(answer(body, status, x_request_id="req-3", retry_after="3"))
        error = caught.value
        assert (error.code, error.status, error.retry) == (str(code), status, retry)
        assert (error.request_id, error.after) == ("req-3", 3)


def test_the_type_stands_in_for_a_missing_code() -> None:
    with pytest.raises(RefusedError) as caught:
        read_submitted(answer({"error": {"message": "bad", "type": "invalid_request_error"}}, 400))
    assert (caught.value.code, caught.value.rules) == ("invalid_request_error", ("R701", "R703"))


@pytest.mark.parametrize("values", [{}, {"id": "../x", "status": "pending"}, {"id": 5}])
def test_an_answer_without_a_proper_id(values: object) -> None:
    for read in (read_submitted, read_task):
        with pytest.raises(AnswerError, match="id should be the id of a task"):
            read(answer(values))


def test_the_list_of_tasks() -> None:
    page = {
        "data": [{"id": TASK, "created_at": 1775200000, "status": "pending"}],
        "total": 51,
        "page": 1,
        "page_size": 50,
    }
    assert read_list(answer(page)) == ((ListedTask(TASK, 1775200000.0, "pending"),), True)
    assert read_list(answer(page | {"page": 2}))[1] is False
    assert read_list(answer({"data": []})) == ((), False)
    with pytest.raises(AnswerError):
        read_list(answer({"data": [{"status": "pending"}]}))


def test_several_tasks_are_read_at_once_and_odd_rows_are_left_out() -> None:
    done = task("completed", results=["https://films.example/1.mp4?s"])
    rows = [
        done,
        {**done, "id": "task-2", "results": ["ftp://films.example"]},
        {**done, "id": "../task"},
        {**task("pending"), "id": "task-3"},
        {**task("pending"), "id": "twice"},
        {**task("failed"), "id": "twice"},
        {"id": "without-a-status"},
    ]
    states = read_tasks(answer({"data": rows}))
    assert [(state.id, state.status) for state in states] == [(TASK, "succeeded"), ("task-3", "queued")]
    assert states[0].result_url == "https://films.example/1.mp4?s"


@pytest.mark.parametrize("values", [{"data": "x"}, {"data": [1]}, {}])
def test_no_list_of_tasks(values: object) -> None:
    with pytest.raises(AnswerError):
        read_tasks(answer(values))


@pytest.mark.parametrize(
    ("user", "key", "left"),
    [
        ({"remaining_credits": 12.5}, {"remaining_credits": 3, "unlimited_credits": False}, Credits(12.5, 3)),
        ({"remaining_credits": 0}, {"remaining_credits": 0, "unlimited_credits": True}, Credits(0, None)),
        ({"remaining_credits": "many"}, {"remaining_credits": True}, Credits(None, None)),
        (None, 5, Credits(None, None)),
    ],
)
def test_credits(user: object, key: object, left: Credits) -> None:
    assert read_credits(answer({"success": True, "data": {"user": user, "token": key}})) == left


def test_credits_may_be_refused_with_http_200() -> None:
    with pytest.raises(RefusedError, match="no balance"):
        read_credits(answer({"success": False, "message": "no balance"}))
    with pytest.raises(AnswerError):
        read_credits(answer({"data": []}))
