import json
import re
from datetime import datetime
from uuid import UUID, uuid4

import httpx2
import pytest

from lipready.sandbox.store import BEIJING

from .conftest import ASYNC, RESOLVE, SYNTHESIS, Speaker

INPUT = {"video_url": "http://127.0.0.1:9/a.mp4", "audio_url": "http://127.0.0.1:9/a.wav"}
BODY = {"model": "videoretalk", "input": INPUT}


@pytest.mark.parametrize("key", [None, "", "Bearer", "Bearer invalid", "Basic abc", "invalid"])
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/uploads?action=getPolicy&model=videoretalk"),
        ("POST", SYNTHESIS),
        ("GET", "/tasks/x"),
        ("GET", "/tasks/"),
        ("POST", "/tasks/x/cancel"),
    ],
)
def test_every_request_needs_a_key(speaker: Speaker, method: str, path: str, key: str | None) -> None:
    headers = {} if key is None else {"Authorization": key}
    answer = speaker.client.request(method, f"{speaker.box.url}/api/v1{path}", headers=headers)
    assert answer.status_code == 401
    assert answer.json()["code"] == "InvalidApiKey"
    assert set(answer.json()) == {"code", "message", "request_id"}


@pytest.mark.parametrize("slash", ["", "/"])
def test_a_submission_is_accepted_in_both_spellings_of_its_path(speaker: Speaker, slash: str) -> None:
    answer = speaker.post(f"/api/v1{SYNTHESIS.rstrip('/')}{slash}", headers=ASYNC, json=BODY)
    assert answer.status_code == 200
    assert answer.json()["output"]["task_status"] == "PENDING"
    assert UUID(answer.json()["output"]["task_id"])
    assert UUID(answer.json()["request_id"])


def test_unknown_fields_are_tolerated(speaker: Speaker) -> None:
    body = {**BODY, "extra": 1, "input": {**INPUT, "more": []}, "parameters": {"seed": 5, "query_face_threshold": 120}}
    assert speaker.post(f"/api/v1{SYNTHESIS}", headers=ASYNC, json=body).status_code == 200


def test_synchronous_calls_are_refused(speaker: Speaker) -> None:
    answer = speaker.post(f"/api/v1{SYNTHESIS}", json=BODY)
    assert (answer.status_code, answer.json()["code"]) == (403, "AccessDenied")
    assert "does not support synchronous calls" in answer.json()["message"]


@pytest.mark.parametrize(
    ("body", "status", "code", "word"),
    [
        ({"input": INPUT}, 400, "BadRequest.EmptyModel", "model"),
        ({**BODY, "model": "wanx"}, 404, "ModelNotFound", "Model"),
        ({"model": "videoretalk"}, 400, "InvalidParameter", "Field required: input"),
        ({**BODY, "input": {"video_url": "http://a"}}, 400, "InvalidParameter", "Field required: input.audio_url"),
        ({**BODY, "input": {**INPUT, "video_url": ""}}, 400, "InvalidParameter", "Field required: input.video_url"),
        ({**BODY, "input": {**INPUT, "video_url": 5}}, 400, "InvalidParameter", "input.video_url"),
        ({**BODY, "parameters": {"query_face_threshold": 119}}, 400, "InvalidParameter", "120 to 200"),
        ({**BODY, "parameters": {"query_face_threshold": 201}}, 400, "InvalidParameter", "120 to 200"),
        ({**BODY, "parameters": {"query_face_threshold": "170"}}, 400, "InvalidParameter", "120 to 200"),
        ({**BODY, "parameters": {"video_extension": "yes"}}, 400, "InvalidParameter", "video_extension"),
        ({**BODY, "input": {**INPUT, "ref_image_url": 5}}, 400, "InvalidParameter", "input.ref_image_url"),
        ([1], 400, "BadRequest.IllegalInput", "json"),
    ],
)
def test_what_is_missing_or_wrong_is_refused(speaker: Speaker, body: object, status: int, code: str, word: str) -> None:
    before = speaker.box.ledger().submissions
    answer = speaker.post(f"/api/v1{SYNTHESIS}", headers=ASYNC, json=body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert word in answer.json()["message"]
    assert speaker.box.ledger().submissions == before


def test_a_body_that_is_no_json_is_refused(speaker: Speaker) -> None:
    kind = {"Content-Type": "application/json"}
    answer = speaker.post(f"/api/v1{SYNTHESIS}", headers=ASYNC | kind, content=b"{" * 100_000)
    assert (answer.status_code, answer.json()["code"]) == (400, "BadRequest.IllegalInput")


def test_oss_addresses_need_their_header(speaker: Speaker) -> None:
    body = {**BODY, "input": {**INPUT, "video_url": "oss://a/b.mp4"}}
    answer = speaker.post(f"/api/v1{SYNTHESIS}", headers=ASYNC, json=body)
    assert (answer.status_code, answer.json()["code"]) == (400, "InvalidParameter.DataInspection")
    assert "No connection adapters were found for 'oss://a/b.mp4'" in answer.json()["message"]
    other = Speaker(speaker.box, speaker.client)
    assert other.post(f"/api/v1{SYNTHESIS}", headers=ASYNC | RESOLVE, json=body).status_code == 200


def test_one_submission_a_second(speaker: Speaker) -> None:
    answers = [speaker.synthesize(INPUT) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 429, 429]
    assert answers[1].json()["code"] == "Throttling.RateQuota"
    assert "retry-after" not in answers[1].headers
    assert Speaker(speaker.box, speaker.client).synthesize(INPUT).status_code == 200


def test_twenty_reads_a_second(speaker: Speaker) -> None:
    answers = [speaker.get("/api/v1/tasks/x").status_code for _ in range(60)]
    assert answers[:20] == [200] * 20
    assert 429 in answers


def test_a_task_that_nobody_knows_is_no_error(speaker: Speaker) -> None:
    name = str(uuid4())
    answer = speaker.get(f"/api/v1/tasks/{name}")
    assert answer.status_code == 200
    assert answer.json()["output"] == {"task_id": name, "task_status": "UNKNOWN"}


def test_accounts_do_not_see_each_other(speaker: Speaker) -> None:
    task = speaker.task(INPUT)
    other = Speaker(speaker.box, speaker.client)
    assert other.state(task)["output"]["task_status"] == "UNKNOWN"
    assert other.get("/api/v1/tasks/").json()["total"] == 0
    assert speaker.state(task)["output"]["task_status"] != "UNKNOWN"


def test_times_are_those_of_beijing(speaker: Speaker) -> None:
    said = speaker.ended(speaker.task(INPUT))["output"]
    times = [said[name] for name in ("submit_time", "scheduled_time", "end_time")]
    assert times == sorted(times)
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}", time) for time in times)
    moment = datetime.fromisoformat(f"{times[0]}+08:00").timestamp()
    created = {task.id: task.created for task in speaker.box.ledger().tasks}[said["task_id"]]
    assert abs(moment - created) < 0.001


def test_the_list_tells_what_was_submitted(speaker: Speaker) -> None:
    task = speaker.task(INPUT)
    speaker.ended(task)
    for path in ("/api/v1/tasks", "/api/v1/tasks/"):
        listed = speaker.get(path, params={"model_name": "videoretalk"}).json()
        assert [row["task_id"] for row in listed["data"]] == [task]
        assert (listed["total"], listed["total_page"], listed["page_no"], listed["page_size"]) == (1, 1, 1, 10)
        row = listed["data"][0]
        assert row["model_name"] == "videoretalk"
        assert row["status"] == "FAILED"
        assert row["gmt_create"] <= row["start_time"] <= row["end_time"]
    assert speaker.get("/api/v1/tasks/", params={"model_name": "other"}).json()["data"] == []
    assert speaker.get("/api/v1/tasks/", params={"status": "RUNNING"}).json()["data"] == []
    assert speaker.get("/api/v1/tasks/", params={"task_id": task, "page_no": "2"}).json()["data"] == []
    assert (
        speaker.get("/api/v1/tasks/", params={"start_time": "20200101000000", "end_time": "20200101230000"}).json()[
            "data"
        ]
        == []
    )


@pytest.mark.parametrize(
    "query",
    [
        {"page_no": "0"},
        {"page_size": "1000"},
        {"page_no": "x"},
        {"start_time": "yesterday"},
        {"start_time": "20200101000000", "end_time": "20200103000000"},
        {"start_time": "20200103000000", "end_time": "20200101000000"},
    ],
)
def test_a_list_that_cannot_be_is_refused(speaker: Speaker, query: dict[str, str]) -> None:
    answer = speaker.get("/api/v1/tasks/", params=query)
    assert (answer.status_code, answer.json()["code"]) == (400, "InvalidParameter")


def test_a_task_that_has_begun_cannot_be_cancelled(speaker: Speaker) -> None:
    task = speaker.task(INPUT)
    speaker.ended(task)
    for name in (task, "unknown"):
        answer = speaker.post(f"/api/v1/tasks/{name}/cancel")
        assert (answer.status_code, answer.json()["code"]) == (400, "UnsupportedOperation")
        assert "PENDING" in answer.json()["message"]


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"model": "videoretalk"}, 400),
        ({"action": "getPolicy"}, 400),
        ({"action": "getPolicy", "model": "other"}, 404),
    ],
)
def test_a_policy_needs_its_action_and_a_model(speaker: Speaker, query: dict[str, str], status: int) -> None:
    assert speaker.get("/api/v1/uploads", params=query).status_code == status


@pytest.mark.parametrize(
    ("path", "key"), [("/api/v1/nothing", "code"), ("/v1/nothing", "error"), ("/api/v1/files/nothing", "msg")]
)
def test_an_address_that_there_is_not_is_refused_in_the_right_envelope(speaker: Speaker, path: str, key: str) -> None:
    answer = speaker.post(path)
    assert answer.status_code in {404, 405}
    assert key in answer.json()


@pytest.mark.parametrize("kind", [None, "text/plain", "application/x-www-form-urlencoded"])
def test_a_body_is_said_to_be_json(speaker: Speaker, kind: str | None) -> None:
    before, headers = speaker.box.ledger().submissions, ASYNC | ({} if kind is None else {"Content-Type": kind})
    answer = speaker.post(f"/api/v1{SYNTHESIS}", headers=headers, content=json.dumps(BODY).encode())
    assert (answer.status_code, answer.json()["code"]) == (400, "BadRequest.IllegalInput")
    assert speaker.box.ledger().submissions == before
    speaker.box.advance(1)
    headers["Content-Type"] = "Application/JSON; charset=utf-8"
    assert speaker.post(f"/api/v1{SYNTHESIS}", headers=headers, content=json.dumps(BODY).encode()).status_code == 200


def test_a_workspace_has_tasks_of_its_own(speaker: Speaker) -> None:
    inside = {"X-DashScope-WorkSpace": "ws-one"}
    task = speaker.post(f"/api/v1{SYNTHESIS}", headers=ASYNC | inside, json=BODY).json()["output"]["task_id"]
    assert speaker.state(task)["output"]["task_status"] == "UNKNOWN"
    assert speaker.get("/api/v1/tasks/").json()["total"] == 0

    def ask(path: str, workspace: str) -> httpx2.Response:
        headers = speaker.headers | {"X-DashScope-WorkSpace": workspace}
        return speaker.client.get(speaker.box.url + path, headers=headers)

    assert ask(f"/api/v1/tasks/{task}", "ws-one").json()["output"]["task_status"] != "UNKNOWN"
    assert [row["task_id"] for row in ask("/api/v1/tasks/", "ws-one").json()["data"]] == [task]
    assert ask("/api/v1/tasks/", "ws-two").json()["total"] == 0
    assert {one.id: one.workspace for one in speaker.box.ledger().tasks}[task] == "ws-one"
    paths = ("/api/v1/tasks/", f"/api/v1/tasks/{task}", "/api/v1/uploads?action=getPolicy&model=videoretalk")
    for path in paths:
        answer = ask(path, "invalid")
        assert (answer.status_code, answer.json()["code"]) == (403, "Workspace.AccessDenied")


def test_every_filter_of_the_list_is_obeyed(speaker: Speaker) -> None:
    tasks = []
    for _ in range(3):
        tasks.append(speaker.task(INPUT))
        speaker.ended(tasks[-1])
        speaker.box.advance(60)

    def listed(**query: str) -> list[str]:
        return [row["task_id"] for row in speaker.get("/api/v1/tasks/", params=query).json()["data"]]

    created = {one.id: one.created for one in speaker.box.ledger().tasks}
    moments = [datetime.fromtimestamp(created[task], BEIJING).strftime("%Y%m%d%H%M%S") for task in tasks]
    assert listed() == tasks[::-1]
    assert listed(start_time=moments[1]) == tasks[:0:-1]
    assert listed(start_time=moments[1], end_time=moments[1]) == [tasks[1]]
    assert listed(end_time=moments[1]) == tasks[1::-1]
    assert listed(page_size="2", page_no="2") == [tasks[0]]
    assert listed(status="FAILED", region="cn-beijing", task_id=tasks[2]) == [tasks[2]]
    for nothing in ({"region": "ap-southeast-1"}, {"api_key_id": "other"}, {"status": "UNKNOWN"}, {"model_name": "x"}):
        assert listed(**nothing) == []
