import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import av
import httpx2
import pytest

from lipready.sandbox.serve import SandboxOptions, serving

from .conftest import Speaker

INPUT = {"video_url": "http://127.0.0.1:9/a.mp4", "audio_url": "http://127.0.0.1:9/a.wav"}
BODY = {"model": "videoretalk", **INPUT}


@pytest.mark.parametrize("key", [None, "Bearer invalid"])
@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/v1/videos/generations"), ("GET", "/v1/tasks/task-unified-1-a"), ("GET", "/v1/tasks")],
)
def test_every_request_needs_a_key(speaker: Speaker, method: str, path: str, key: str | None) -> None:
    headers = {} if key is None else {"Authorization": key}
    answer = speaker.client.request(method, speaker.box.url + path, headers=headers)
    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "unauthorized"
    assert answer.json()["error"]["type"] == "authentication_error"
    assert answer.headers["x-request-id"]


def test_a_submission_is_answered_as_documented(speaker: Speaker) -> None:
    said = speaker.generate(**INPUT, anything=1).json()
    assert re.fullmatch(r"task-unified-\d+-\w{8}", said["id"])
    assert (said["object"], said["type"], said["model"]) == ("video.generation.task", "video", "videoretalk")
    assert (said["status"], said["progress"]) == ("pending", 0)
    assert said["task_info"]["can_cancel"] is False
    assert said["usage"]["billing_rule"] == "per_second"


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({**INPUT}, 400, "missing_required_params"),
        ({"model": "videoretalk", "video_url": "http://a"}, 400, "missing_required_params"),
        ({"model": "videoretalk", "audio_url": "http://a", "video_url": " "}, 400, "missing_required_params"),
        ({**BODY, "model": "sora"}, 403, "model_access_denied"),
        ({**BODY, "query_face_threshold": 119}, 400, "invalid_parameters"),
        ({**BODY, "query_face_threshold": True}, 400, "invalid_parameters"),
        ({**BODY, "video_extension": 1}, 400, "invalid_parameters"),
        ({**BODY, "callback_url": "http://93.184.216.34/x"}, 400, "invalid_request_error"),
        ({**BODY, "callback_url": "https://10.0.0.1/x"}, 400, "invalid_request_error"),
        ({**BODY, "callback_url": "https://169.254.169.254/x"}, 400, "invalid_request_error"),
        ({**BODY, "callback_url": "ftp://127.0.0.1/x"}, 400, "invalid_request_error"),
        ({**BODY, "callback_url": "http://127.0.0.1/x"}, 400, "invalid_request_error"),
        ({**BODY, "callback_url": "https://127.0.0.1/x"}, 400, "invalid_request_error"),
        ({**BODY, "callback_url": "https://172.16.0.1/x"}, 400, "invalid_request_error"),
        ({**BODY, "callback_url": "https://192.168.1.1/x"}, 400, "invalid_request_error"),
        ({**BODY, "callback_url": 5}, 400, "invalid_parameters"),
        ({**BODY, "ref_image_url": ["a"]}, 400, "invalid_parameters"),
        ({**BODY, "video_url": "speaker.mp4"}, 400, "invalid_parameters"),
        ({**BODY, "callback_url": "https://93.184.216.34/" + "x" * 2048}, 400, "invalid_request_error"),
        ([], 400, "invalid_request_error"),
    ],
)
def test_what_is_missing_or_wrong_is_refused(speaker: Speaker, body: Any, status: int, code: str) -> None:
    before = speaker.box.ledger().submissions
    answer = speaker.post("/v1/videos/generations", json=body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert answer.json()["error"]["type"] == "invalid_request_error"
    assert speaker.box.ledger().submissions == before


def test_the_same_key_gives_the_same_task(speaker: Speaker) -> None:
    before, key = speaker.box.ledger().submissions, {"Idempotency-Key": uuid4().hex}
    first, second = (speaker.generate(key, **INPUT) for _ in range(2))
    assert first.json() == second.json()
    assert "idempotency-replayed" not in first.headers
    assert second.headers["idempotency-replayed"] == "true"
    assert speaker.box.ledger().submissions == before + 1


def test_the_same_key_for_another_body_is_a_conflict(speaker: Speaker) -> None:
    key = {"Idempotency-Key": uuid4().hex}
    speaker.generate(key, **INPUT)
    answer = speaker.generate(key, **INPUT, video_extension=True)
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "idempotency_conflict")


def test_keys_belong_to_their_account(speaker: Speaker) -> None:
    key = {"Idempotency-Key": uuid4().hex}
    other = Speaker(speaker.box, speaker.client)
    assert speaker.generate(key, **INPUT).json()["id"] != other.generate(key, **INPUT).json()["id"]


@pytest.mark.parametrize("key", ["short", "x" * 97, "not allowed here!"])
def test_a_key_has_its_shape(speaker: Speaker, key: str) -> None:
    assert speaker.generate({"Idempotency-Key": key}, **INPUT).status_code == 400


def test_tasks_that_there_are_not(speaker: Speaker) -> None:
    malformed = speaker.get("/v1/tasks/nonsense")
    assert (malformed.status_code, malformed.json()["error"]["code"]) == (400, "invalid_task_id")
    assert malformed.json()["error"]["param"] == "task_id"
    unknown = speaker.get("/v1/tasks/task-unified-1-abcdefgh")
    assert (unknown.status_code, unknown.json()["error"]["code"]) == (404, "invalid_task_id")


def test_an_input_that_cannot_be_fetched_fails(speaker: Speaker) -> None:
    said = speaker.generated(speaker.generate(**INPUT).json()["id"])
    assert (said["status"], said["progress"]) == ("failed", 0)
    assert said["error"]["code"] == "InvalidURL.ConnectionRefused"


def test_the_list_has_pages(speaker: Speaker) -> None:
    tasks = [speaker.generate(**INPUT).json()["id"] for _ in range(3)]
    for task in tasks:
        speaker.generated(task)
    first = speaker.get("/v1/tasks", params={"page_size": "2", "model": "videoretalk"}).json()
    second = speaker.get("/v1/tasks", params={"page_size": "2", "page": "2"}).json()
    assert [row["id"] for row in (*first["data"], *second["data"])] == tasks[::-1]
    assert (first["total"], first["page"], first["page_size"]) == (3, 1, 2)
    assert first["data"][0]["has_error"] is True
    assert speaker.get("/v1/tasks", params={"page_size": "0"}).status_code == 400


def test_files_are_stored_and_given_out(speaker: Speaker, tmp_path: Path) -> None:
    path = tmp_path / "größe ?.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(1000))
    said = speaker.stream(path, "image/png").json()
    assert (said["success"], said["code"], said["data"]["file_size"]) == (True, 200, 1008)
    assert said["data"]["mime_type"] == "image/png"
    assert speaker.client.get(said["data"]["file_url"]).content == path.read_bytes()
    name = said["data"]["file_id"]
    assert [row["file_id"] for row in speaker.get("/api/v1/files/list").json()["data"]["files"]] == [name]
    assert speaker.get("/api/v1/files/quota").json()["data"]["used_files"] == 1
    url = f"{speaker.box.url}/api/v1/files/{name}"
    other = Speaker(speaker.box, speaker.client)
    assert speaker.client.delete(url, headers=other.headers).status_code == 404
    assert speaker.client.delete(url, headers=speaker.headers).json()["success"] is True
    assert speaker.client.get(said["data"]["file_url"]).status_code == 404


def test_uploads_that_are_refused(speaker: Speaker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.bmp"
    path.write_bytes(b"BM" + bytes(1000))
    assert speaker.stream(path).json() == {
        "success": False,
        "code": 400,
        "msg": "Unsupported file type: bmp",
        "data": None,
    }
    monkeypatch.setattr("lipready.sandbox.api.evolink_files.LARGEST", 1000)
    assert speaker.stream(path).status_code == 413
    assert speaker.post("/api/v1/files/upload/stream", files={"other": b"x"}).status_code == 400
    nobody = {"Authorization": "Bearer invalid"}
    answer = speaker.post("/api/v1/files/upload/stream", headers=nobody, files={"file": b"x"})
    assert (answer.status_code, answer.json()["success"]) == (401, False)


def test_a_body_is_said_to_be_json(speaker: Speaker) -> None:
    for path in ("/v1/videos/generations", "/v1/tasks/batch"):
        for headers in ({}, {"Content-Type": "text/plain"}):
            answer = speaker.post(path, headers=headers, content=json.dumps(BODY).encode())
            assert (answer.status_code, answer.json()["error"]["code"]) == (400, "invalid_request_error")
    assert speaker.get("/v1/tasks").json()["total"] == 0


@pytest.mark.parametrize("options", [{}, {"video_extension": True}])
def test_a_submission_is_estimated_by_the_lengths_of_its_files(
    speaker: Speaker, made: Callable[[str], Path], options: dict[str, bool]
) -> None:
    urls = [speaker.stream(made(name)).json()["data"]["file_url"] for name in ("anna.mp4", "anna.wav")]
    lengths = []
    for name in ("anna.mp4", "anna.wav"):
        with av.open(made(name)) as container:
            assert container.duration is not None
            lengths.append(container.duration / av.time_base)
    seconds = lengths[1] if options else min(lengths)
    task = speaker.generate(video_url=urls[0], audio_url=urls[1], **options).json()
    assert task["usage"]["credits_reserved"] == pytest.approx(seconds * 0.8, abs=0.001)
    assert task["task_info"] == {"can_cancel": False, "estimated_time": 90, "video_duration": int(seconds)}
    assert "credits_used" not in task["usage"]
    unknown = speaker.generate(**INPUT).json()
    assert (unknown["usage"]["credits_reserved"], unknown["task_info"]["video_duration"]) == (96, 120)


def test_what_a_task_has_cost_is_in_the_credits(speaker: Speaker, made: Callable[[str], Path]) -> None:
    def balance() -> dict[str, Any]:
        said = speaker.get("/v1/credits").json()
        assert (said["success"], said["message"]) == (True, "")
        return said["data"]

    before = balance()
    assert before["user"] == {"remaining_credits": 10_000, "used_credits": 0}
    urls = [speaker.stream(made(name)).json()["data"]["file_url"] for name in ("anna.mp4", "anna.wav")]
    usage = speaker.generated(speaker.generate(video_url=urls[0], audio_url=urls[1]).json()["id"])["usage"]
    used = usage["credits_used"]
    assert used > 0
    assert usage["cost"] == {
        "credits": used,
        "usd": pytest.approx(used / 68, abs=0.0001),
        "cny": pytest.approx(used / 10, abs=0.0001),
    }
    assert balance()["user"] == {"remaining_credits": 10_000 - used, "used_credits": used}
    assert balance()["token"]["used_credits"] == used
    speaker.generated(speaker.generate(**INPUT).json()["id"])
    assert balance()["user"]["used_credits"] == used
    assert speaker.client.get(f"{speaker.box.url}/v1/credits").status_code == 401


def test_several_tasks_are_asked_for_at_once(speaker: Speaker) -> None:
    tasks = [speaker.generate(**INPUT).json()["id"] for _ in range(3)]
    other = Speaker(speaker.box, speaker.client).generate(**INPUT).json()["id"]
    said = speaker.post("/v1/tasks/batch", json={"task_ids": [*tasks, other, "task-unified-1-a", tasks[0]]}).json()
    assert [task["id"] for task in said["data"]] == tasks
    assert said["data"][0].keys() >= {"status", "usage", "task_info", "progress", "created"}


@pytest.mark.parametrize("names", [None, [], "task-unified-1-a", [1], ["nonsense"], ["task-unified-1-a"] * 51])
def test_a_batch_that_cannot_be_is_refused(speaker: Speaker, names: Any) -> None:
    answer = speaker.post("/v1/tasks/batch", json={"task_ids": names})
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, "task_ids")


def test_processing_is_also_what_is_queued(client: httpx2.Client) -> None:
    with serving(SandboxOptions(pace=4000)) as box:
        speaker = Speaker(box, client)
        task = speaker.generate(**INPUT).json()["id"]
        for status, found in (("processing", [task]), ("pending", [task]), ("completed", [])):
            rows = speaker.get("/v1/tasks", params={"status": status, "type": "video"}).json()["data"]
            assert [row["id"] for row in rows] == found
        assert speaker.get("/v1/tasks", params={"type": "image"}).json()["data"] == []
