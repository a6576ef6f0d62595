"""From a task to its end: how often it is asked for, and what is made of what it says."""

import time
from dataclasses import replace

import pytest

from lipready.errors import (
    AnswerError,
    DeadlineError,
    NoAnswerError,
    NotSentError,
    ProviderError,
    RefusedError,
    TaskFailedError,
)
from lipready.facts.task import RemoteError, TaskState
from lipready.providers.submission.polling import follow, look, look_at_all, require_success

LOST = NoAnswerError("gone")
LINK = "http://films.example/f.mp4?Expires=1"


@pytest.fixture
def state(said):
    """Answer with the state of the task t-1: `state("RUNNING")`."""

    def answer(status, task="t-1", usage=None, **output):
        return said(200, output={"task_id": task, "task_status": status, **output}, usage=usage or {}, request_id="r-9")

    return answer


@pytest.fixture
def followed(play, provider, account, journal, entry_of):
    """Follow a task that was posted so many seconds ago: `followed(answers…)` gives what was played, and the entry."""

    def run(*answers, style="dashscope", interval=15.0, ago=1000.0, once=False, since=None, **patience):
        at = account(style)
        entry = entry_of(at, stage="submitted", task_id="t-1", posted=time.time() - ago)
        if since is not None:
            journal.write(replace(entry, **since))
        flow = look(at, journal, entry) if once else follow(at, journal, entry, interval, **patience)
        played = play(flow, provider(queries=list(answers)))
        return played, journal.find(entry.id)

    return run


def waits(played):
    """Give the pauses that are no turn at the gate: reads may follow each other after 1/20 s."""
    return [pause for pause in played.pauses if pause > 0.3]


def test_a_task_is_followed_to_its_end_at_the_interval_that_was_asked_for(followed, state):
    told = []
    end = state("SUCCEEDED", video_url=LINK, usage={"video_duration": 5.2})
    played, entry = followed(state("PENDING"), state("PRE-PROCESSING"), state("NEW-WORD"), end, tell=told.append)
    assert [each.status for each in told] == ["queued", "running", "running", "succeeded"]
    assert len(waits(played)) == 3
    assert all(15.0 <= pause <= 16.5 for pause in waits(played))
    assert (entry.stage, entry.said, entry.seconds, entry.request_id) == ("succeeded", "SUCCEEDED", 5.2, "r-9")
    assert played.value[1].result_url == LINK
    assert "Expires" not in repr(entry)


def test_a_server_that_wants_to_be_left_alone_is(followed, state, said):
    busy = said(429, {"retry-after": "40"}, code="Throttling.RateQuota", message="")
    played, entry = followed(busy, state("SUCCEEDED", video_url=LINK))
    assert entry.stage == "succeeded"
    assert 40.0 <= waits(played)[0] <= 40.0 + 0.5 / 4


def test_a_shorter_pause_than_the_interval_is_not_taken(followed, state, said):
    busy = said(503, {"retry-after": "1"}, code="ServiceUnavailable", message="")
    played, _ = followed(busy, LOST, state("SUCCEEDED", video_url=LINK))
    assert all(pause >= 15.0 for pause in waits(played))


def test_what_is_lost_on_the_way_is_asked_for_again_and_failures_do_not_add_up(followed, state):
    lost = [LOST] * 8
    played, entry = followed(*lost, state("RUNNING"), *lost, state("SUCCEEDED", video_url=LINK), interval=0.0)
    assert (played.error, entry.stage) == (None, "succeeded")


@pytest.mark.parametrize("error", [LOST, NotSentError("no"), AnswerError("html")])
def test_a_provider_that_says_nothing_any_more_leaves_the_task_in_the_journal(followed, error):
    played, entry = followed(error)
    assert played.error is error
    assert (entry.stage, len(played.sent)) == ("submitted", 10)
    assert played.order[-1] == "GET"


def test_a_refusal_ends_the_waiting_at_once(followed, said):
    played, entry = followed(said(401, code="InvalidApiKey", message="no"))
    assert isinstance(played.error, RefusedError)
    assert (entry.stage, len(played.sent)) == ("submitted", 1)


def test_an_answer_about_another_task_is_none(followed, state):
    played, entry = followed(state("FAILED", task="t-2"), state("SUCCEEDED", video_url=LINK))
    assert (played.error, entry.stage, len(played.sent)) == (None, "succeeded", 2)


def test_neither_is_one_look(followed, state):
    played, entry = followed(state("FAILED", task="t-2"), once=True)
    assert isinstance(played.error, AnswerError)
    assert "t-2" in str(played.error)
    assert entry.stage == "submitted"


@pytest.mark.parametrize("once", [False, True])
def test_a_task_that_was_just_accepted_may_not_be_known_yet(followed, state, once):
    played, entry = followed(state("UNKNOWN"), state("SUCCEEDED", video_url=LINK), ago=2.0, once=once)
    assert (entry.stage, entry.open) == (("submitted", True) if once else ("succeeded", True))
    assert played.error is None


@pytest.mark.parametrize("unknown", [1, 4, 36])
def test_what_is_not_known_for_a_while_is_no_end(followed, state, unknown):
    told = []
    looks = [*[state("UNKNOWN")] * unknown, state("RUNNING"), *[state("UNKNOWN")] * unknown]
    played, entry = followed(*looks, state("SUCCEEDED", video_url=LINK), ago=90.0, tell=told.append)
    assert (played.error, entry.stage) == (None, "succeeded")
    assert [each.status for each in told].count("unknown") == 2 * unknown


@pytest.mark.parametrize(("interval", "looks"), [(15.0, (37, 41)), (600.0, (5, 5))])
def test_what_is_not_known_for_long_stays_open(followed, state, interval, looks):
    played, entry = followed(state("UNKNOWN"), ago=90.0, interval=interval)
    assert isinstance(played.error, DeadlineError)
    assert looks[0] <= len(played.sent) <= looks[1]
    assert (entry.stage, entry.open) == ("unknown", True)
    assert "does not know the task t-1 (UNKNOWN)" in str(played.error)
    assert f"`lipready.resume('{entry.id}')` asks again" in str(played.error)


def test_what_is_older_than_anything_that_is_kept_is_asked_for_once(followed, state):
    played, entry = followed(state("UNKNOWN"), ago=48 * 3600.0)
    assert isinstance(played.error, DeadlineError)
    assert (len(played.sent), entry.open) == (1, True)


def test_what_the_user_has_closed_stays_closed(followed, state):
    _, entry = followed(state("RUNNING"), once=True, since={"stage": "forgotten"})
    assert entry.stage == "forgotten"


@pytest.mark.parametrize("deadline", [0.0, 1e-6])
def test_a_deadline_keeps_the_task(followed, state, deadline):
    played, entry = followed(state("RUNNING"), deadline=deadline)
    assert isinstance(played.error, DeadlineError)
    assert played.error.task_id == "t-1"
    assert f"lipready.resume('{entry.id}')" in str(played.error)
    assert "RUNNING" in str(played.error)
    assert (entry.stage, entry.open) == ("submitted", True)


def test_the_last_look_is_at_the_deadline_and_not_an_interval_before(followed, state):
    played, entry = followed(state("RUNNING"), state("SUCCEEDED", video_url=LINK), deadline=10.0)
    assert entry.stage == "succeeded"
    assert 9.0 < waits(played)[0] <= 10.0


def test_a_server_that_wants_a_longer_pause_than_there_is_time_is_not_asked_again(followed, said):
    busy = said(429, {"retry-after": "60"}, code="Throttling", message="")
    played, _ = followed(busy, deadline=30.0)
    assert isinstance(played.error, DeadlineError)
    assert (len(played.sent), waits(played)) == (1, [])


def test_why_it_failed_is_written_down_and_said(followed, state, account):
    played, entry = followed(state("FAILED", code="InvalidFile.FaceNotMach", message="no\x1b[31m match"))
    assert (entry.stage, entry.code, entry.open) == ("failed", "InvalidFile.FaceNotMach", False)
    assert "\x1b" not in (entry.message or "")
    with pytest.raises(TaskFailedError) as caught:
        require_success(account("dashscope"), entry, played.value[1])
    error = caught.value
    assert (error.code, error.meaning) == ("InvalidFile.FaceNotMach", "InvalidFile.FaceNotMatch")
    assert (error.rules, error.task_id) == (("P307",), "t-1")
    assert "(InvalidFile.FaceNotMach, that is InvalidFile.FaceNotMatch: no [31m match)" in str(error)


def test_cancelled_is_an_end(followed, state, account):
    played, entry = followed(state("CANCELED"))
    assert (entry.stage, entry.open) == ("canceled", False)
    with pytest.raises(TaskFailedError, match="cancelled"):
        require_success(account("dashscope"), entry, played.value[1])


def test_a_film_that_is_here_stays_here(followed, state):
    home = {"stage": "downloaded", "result": "/films/f.mp4"}
    played, entry = followed(state("SUCCEEDED", video_url=LINK), once=True, since=home)
    assert (entry.stage, entry.result) == ("downloaded", "/films/f.mp4")
    assert played.value[0] == entry


def test_an_entry_without_a_task_cannot_be_asked_for(play, provider, account, journal, entry_of):
    at = account("dashscope")
    assert isinstance(play(look(at, journal, entry_of(at)), provider()).error, ValueError)


def test_evolink_speaks_of_progress(followed, account, said):
    told = []
    begun = said(200, id="t-1", status="processing", progress=45)
    ended = said(200, id="t-1", status="failed", progress=0, error={"code": "service_error", "message": "x"})
    _, entry = followed(begun, ended, style="evolink", interval=8.0, tell=told.append)
    assert [(each.status, each.progress) for each in told] == [("running", 45), ("failed", 0)]
    assert (entry.stage, entry.code) == ("failed", "service_error")
    with pytest.raises(ProviderError, match="service_error"):
        require_success(account("evolink"), entry, told[-1])


FAILED = TaskState(id="t-1", status="failed", said="failed", error=RemoteError("service_error", "未找到匹配人脸"))


@pytest.mark.parametrize("style", ["dashscope", "evolink"])
@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        (
            {"reference": "/face.jpg"},
            "lower the face threshold slightly (`RequestOptions(face_threshold=140)`; it was 170)",
        ),
        ({"reference": "/face.jpg", "face_threshold": 190}, "(`RequestOptions(face_threshold=140)`; it was 190)"),
        ({"reference": "/face.jpg", "face_threshold": 141}, "(`RequestOptions(face_threshold=140)`; it was 141)"),
        ({"reference": "/face.jpg", "face_threshold": 140}, "is low already (140)"),
        ({}, "No reference image was sent"),
        ({"face_threshold": 190}, "No reference image was sent"),
    ],
)
def test_a_lower_threshold_is_advised_only_beside_a_reference_image(account, entry_of, style, fields, expected):
    at = account(style)
    with pytest.raises(TaskFailedError) as caught:
        require_success(at, entry_of(at, **fields), FAILED)
    error = caught.value
    assert expected in str(error)
    assert ("threshold" in str(error)) is ("reference" in fields)
    assert "(service_error, that is InvalidFile.FaceNotMatch: 未找到匹配人脸)" in str(error)
    assert (error.code, error.meaning, error.rules) == ("service_error", "InvalidFile.FaceNotMatch", ("P307",))


STYLES = pytest.mark.parametrize("style", ["dashscope", "evolink"])


@pytest.fixture
def gone(said):
    """Answer that there is no task of that id: `gone("evolink")`."""
    error = {"code": "invalid_task_id", "message": "Task not found"}
    return lambda style: said(404, **(error if style == "dashscope" else {"error": error}))


@STYLES
def test_no_task_of_that_id_is_no_end(followed, gone, said, state, style):
    link = "https://films.example/f.mp4"
    done = (
        state("SUCCEEDED", video_url=link)
        if style == "dashscope"
        else said(200, id="t-1", status="completed", results=[link], progress=100)
    )
    played, entry = followed(gone(style), gone(style), done, style=style)
    assert (played.error, entry.stage) == (None, "succeeded")


@STYLES
def test_one_look_that_finds_no_task_of_that_id_leaves_the_job_open(followed, gone, style):
    played, entry = followed(gone(style), style=style, once=True)
    assert (entry.stage, entry.open, entry.said) == ("unknown", True, played.value[1].said)


@STYLES
def test_no_task_of_that_id_for_long_stays_open(followed, gone, style):
    played, entry = followed(gone(style), style=style)
    assert isinstance(played.error, DeadlineError)
    assert "`lipready.submit(…, sending=Sending(again=True))`" in str(played.error)
    assert entry.open


@pytest.fixture
def looked_at(play, provider, account, journal, entry_of):
    """Look at so many tasks of EvoLink's at once: `looked_at(count, answers…)` gives what was played, and entries."""

    def run(count, *answers, style="evolink"):
        at = account(style)
        entries = [entry_of(at, stage="submitted", task_id=f"task-{n}") for n in range(count)]
        return play(look_at_all(at, journal, entries), provider(batch=[*answers])), entries

    return run


def batch_of(said, **statuses):
    rows = [{"id": f"task-{name[1:]}", "status": status, "results": [LINK]} for name, status in statuses.items()]
    return said(200, data=rows)


def test_many_tasks_are_asked_for_at_once_and_written_down(looked_at, said, journal):
    played, entries = looked_at(4, batch_of(said, t0="completed", t1="failed", t2="processing", t99="completed"))
    assert [request.json for request in played.sent] == [{"task_ids": ["task-0", "task-1", "task-2", "task-3"]}]
    assert {name: state.status for name, state in played.value.items()} == {
        entries[0].id: "succeeded",
        entries[1].id: "failed",
        entries[2].id: "running",
    }
    assert played.value[entries[0].id].result_url == LINK
    assert [journal.find(entry.id).stage for entry in entries] == ["succeeded", "failed", "submitted", "submitted"]


def test_no_more_than_fifty_tasks_are_asked_for_in_one_request(looked_at, said):
    played, _ = looked_at(51, batch_of(said, t0="pending"), batch_of(said, t50="pending"))
    assert [len(request.json["task_ids"]) for request in played.sent] == [50, 1]
    assert len(played.value) == 2


@pytest.mark.parametrize("answer", [LOST, NotSentError("x"), (404, {}), (500, {}), (200, {"data": 5})])
def test_what_cannot_be_asked_at_once_is_left_to_be_asked_singly(looked_at, said, answer):
    played, _ = looked_at(2, said(answer[0], **answer[1]) if isinstance(answer, tuple) else answer)
    assert (played.error, played.value, len(played.sent)) == (None, {}, 1)


def test_dashscope_answers_for_one_task_at_a_time(looked_at):
    played, _ = looked_at(2, style="dashscope")
    assert (played.value, played.sent) == ({}, [])
