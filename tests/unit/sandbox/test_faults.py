"""Every fault on the wire: what arrives, and what was done."""

import json
import re
from collections.abc import Iterator
from uuid import uuid4

import httpx2
import pytest

from lipready.errors import UsageError
from lipready.sandbox.faults.fault import Fault
from lipready.sandbox.serve import Running, SandboxOptions, serving

from .conftest import Speaker

INPUT = {"video_url": "http://127.0.0.1:9/a.mp4", "audio_url": "http://127.0.0.1:9/a.wav"}
BEFORE = [
    "reset-before",
    "429",
    "429-after=3",
    "500",
    "503",
    "quota",
    "huge",
    "nested",
    "html",
    "redirect=http://a.b/c",
]
AFTER = ["reset-after", "lost", "500-after", "truncated", "half"]


@pytest.fixture(scope="module")
def broken() -> Iterator[Running]:
    with serving(SandboxOptions(pace=0)) as running:
        yield running


@pytest.fixture
def clients() -> Iterator[httpx2.Client]:
    """Connect anew for each test: a reset leaves nothing that could be used again."""
    with httpx2.Client(trust_env=False, timeout=30) as made:
        yield made


@pytest.fixture
def guest(broken: Running, clients: httpx2.Client) -> Speaker:
    return Speaker(broken, clients)


def submit(guest: Speaker, style: str) -> httpx2.Response:
    return guest.synthesize(INPUT) if style == "dashscope" else guest.generate(**INPUT)


def attempt(guest: Speaker, style: str, fault: str) -> httpx2.Response | None:
    """Submit once under a fault; None where no whole answer came."""
    guest.box.inject(Fault.parse(f"submit:{fault}"))
    try:
        if fault == "huge":
            return stream_some(guest, style)
        return submit(guest, style)
    except httpx2.TransportError:
        return None


def stream_some(guest: Speaker, style: str) -> None:
    path = "/api/v1/services/aigc/image2video/video-synthesis" if style == "dashscope" else "/v1/videos/generations"
    with guest.client.stream("POST", guest.box.url + path, headers=guest.headers, json={}) as answer:
        assert answer.status_code == 200
        assert "content-length" not in answer.headers
        count = 0
        for chunk in answer.iter_bytes():
            count += len(chunk)
            if count > 5_000_000:
                return


@pytest.mark.parametrize("style", ["dashscope", "evolink"])
@pytest.mark.parametrize("fault", BEFORE)
def test_nothing_is_done_before(guest: Speaker, style: str, fault: str) -> None:
    before = guest.box.ledger().submissions
    attempt(guest, style, fault)
    assert guest.box.ledger().submissions == before
    assert submit(guest, style).status_code == 200


@pytest.mark.parametrize("style", ["dashscope", "evolink"])
@pytest.mark.parametrize("fault", AFTER)
def test_it_is_done_and_the_answer_is_lost(guest: Speaker, style: str, fault: str) -> None:
    before = guest.box.ledger().submissions
    answer = attempt(guest, style, fault)
    assert guest.box.ledger().submissions == before + 1
    if answer is not None and answer.status_code == 200:
        with pytest.raises(json.JSONDecodeError):
            answer.json()
    path = "/api/v1/tasks/" if style == "dashscope" else "/v1/tasks"
    assert guest.get(path).json()["total"] == 1


@pytest.mark.parametrize(
    ("fault", "style", "status", "code"),
    [
        ("429", "dashscope", 429, "Throttling.RateQuota"),
        ("429", "evolink", 429, "rate_limit_exceeded"),
        ("500", "dashscope", 500, "InternalError"),
        ("500", "evolink", 500, "internal_error"),
        ("500-after", "dashscope", 500, "InternalError"),
        ("503", "dashscope", 503, "ServiceUnavailable"),
        ("503", "evolink", 503, "service_unavailable"),
        ("quota", "dashscope", 429, "Throttling.AllocationQuota"),
        ("quota", "evolink", 402, "insufficient_quota"),
    ],
)
def test_each_side_refuses_in_its_own_words(guest: Speaker, fault: str, style: str, status: int, code: str) -> None:
    answer = attempt(guest, style, fault)
    assert answer is not None
    said = answer.json()
    assert answer.status_code == status
    assert (said if style == "dashscope" else said["error"])["code"] == code
    assert "retry-after" not in answer.headers


def test_odd_answers(guest: Speaker) -> None:
    later = attempt(guest, "evolink", "429-after=2")
    assert later is not None
    assert later.headers["retry-after"] == "2"
    page = attempt(guest, "evolink", "html")
    assert page is not None
    assert (page.status_code, page.headers["content-type"]) == (502, "text/html; charset=utf-8")
    away = attempt(guest, "evolink", "redirect=https://elsewhere.example/x")
    assert away is not None
    assert (away.status_code, away.headers["location"]) == (307, "https://elsewhere.example/x")
    nested = attempt(guest, "evolink", "nested")
    assert nested is not None
    assert nested.text.count("[") == 10_000


@pytest.mark.parametrize("fault", ["reset-before", "reset-after", "lost", "truncated"])
def test_resets_and_cut_answers_are_what_they_say(guest: Speaker, fault: str) -> None:
    guest.box.inject(Fault.parse(f"submit:{fault}"))
    # Where the reset meets the request while it is written, what is read afterwards is an early end.
    resets = () if fault == "truncated" else (httpx2.NetworkError,)
    with pytest.raises((*resets, httpx2.RemoteProtocolError)):
        submit(guest, "evolink")


def test_half_an_answer_is_valid_http(guest: Speaker) -> None:
    answer = attempt(guest, "evolink", "half")
    assert answer is not None
    assert int(answer.headers["content-length"]) == len(answer.content) > 0


def test_the_wire_itself_is_reset_and_not_closed(guest: Speaker) -> None:
    import socket

    guest.box.inject(Fault.parse("poll:reset-before"))
    host, port = guest.box.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=30) as line:
        line.sendall(b"GET /v1/tasks/x HTTP/1.1\r\nHost: a\r\n\r\n")
        with pytest.raises(ConnectionResetError):
            line.recv(100)


def test_polls_and_lists_fail_too(guest: Speaker) -> None:
    for step, path in (("poll", "/v1/tasks/x"), ("list", "/v1/tasks"), ("list", "/api/v1/tasks/")):
        guest.box.inject(Fault(step, "503"))
        assert guest.get(path).status_code == 503
    guest.box.inject(Fault("cancel", "500"))
    assert guest.post("/api/v1/tasks/x/cancel").status_code == 500
    guest.box.inject(Fault("policy", "429"))
    assert guest.get("/api/v1/uploads").json()["code"] == "Throttling.RateQuota"


def test_uploads_fail_in_the_words_of_the_storage(guest: Speaker) -> None:
    before = guest.box.ledger().uploaded
    for fault, status, code in (("503", 503, "ServiceUnavailable"), ("429", 429, "QpsLimitExceeded")):
        policy = guest.policy()
        guest.box.inject(Fault("upload", fault))
        answer = guest.client.post(policy["upload_host"], data=guest.form(policy, "a"), files={"file": bytes(1 << 22)})
        assert (answer.status_code, f"<Code>{code}</Code>" in answer.text) == (status, True)
    guest.box.inject(Fault("upload", "503"))
    assert guest.post("/api/v1/files/upload/stream", files={"file": b"x"}).json()["success"] is False
    assert guest.box.ledger().uploaded == before


@pytest.mark.parametrize("fault", ["truncated", "reset-after", "500-after"])
def test_an_upload_that_is_done_without_a_word(guest: Speaker, fault: str) -> None:
    before, policy = guest.box.ledger().uploaded, guest.policy()
    guest.box.inject(Fault("upload", fault))
    try:
        answer = guest.client.post(policy["upload_host"], data=guest.form(policy, "a"), files={"file": b"12345"})
        assert answer.status_code == 500
    except httpx2.TransportError:
        assert fault != "500-after"
    assert guest.box.ledger().uploaded == before + 5


def test_an_expired_policy_is_refused_by_the_storage(guest: Speaker) -> None:
    guest.box.inject(Fault("policy", "expired"))
    policy = guest.policy()
    assert policy["expire_in_seconds"] == 300
    answer = guest.client.post(policy["upload_host"], data=guest.form(policy, "a"), files={"file": b"x"})
    assert answer.status_code == 403
    assert "<Code>AccessDenied</Code>" in answer.text
    assert "Invalid according to Policy: Policy expired." in answer.text
    fresh = guest.policy()
    answer = guest.client.post(fresh["upload_host"], data=guest.form(fresh, "a"), files={"file": b"x"})
    assert answer.status_code == 200


def test_a_delay_changes_nothing_else(guest: Speaker) -> None:
    guest.box.inject(Fault.parse("submit:delay=0.2"))
    assert submit(guest, "evolink").status_code == 200


def test_downloads_break_and_crawl(guest: Speaker, good_job: tuple[object, ...]) -> None:
    from pathlib import Path

    urls = [guest.stream(Path(str(path))).json()["data"]["file_url"] for path in good_job[:2]]
    url = guest.generated(guest.generate(video_url=urls[0], audio_url=urls[1]).json()["id"])["results"][0]
    whole = guest.client.get(url).content
    for fault, length in (("broken=70000", 70_000), ("truncated", len(whole) // 2)):
        guest.box.inject(Fault.parse(f"download:{fault}"))
        assert taken(guest, url) == (whole[:length], False)
    guest.box.inject(Fault.parse("download:half"))
    assert taken(guest, url) == (whole[: len(whole) // 2], True)
    guest.box.inject(Fault.parse("download:slow=2000000"))
    assert taken(guest, url) == (whole, True)
    guest.box.inject(Fault.parse("download:broken=999999999"))
    assert taken(guest, url) == (whole, True)
    guest.box.inject(Fault.parse("download:503"))
    assert guest.client.get(url).status_code == 503
    # What broke off goes on where it ended.
    rest = guest.client.get(url, headers={"Range": "bytes=70000-"})
    assert (rest.status_code, whole[:70_000] + rest.content) == (206, whole)


def taken(guest: Speaker, url: str) -> tuple[bytes, bool]:
    """Download; gives what came, and whether it was whole by its own Content-Length."""
    came = b""
    try:
        with guest.client.stream("GET", url) as answer:
            for chunk in answer.iter_raw():
                came += chunk
    except httpx2.RemoteProtocolError:
        return came, False
    return came, True


def test_faults_and_counts_over_http(guest: Speaker) -> None:
    answer = guest.client.post(f"{guest.box.url}/sandbox/faults", json={"faults": ["poll:503", "poll:500"]})
    assert answer.json() == {"added": 2}
    assert [guest.get("/v1/tasks/task-unified-1").status_code for _ in range(3)] == [503, 500, 404]
    wrong = guest.client.post(f"{guest.box.url}/sandbox/faults", json={"faults": ["poll:503", "pull:500"]})
    assert (wrong.status_code, "no step 'pull'" in wrong.json()["error"]) == (400, True)
    assert guest.client.post(f"{guest.box.url}/sandbox/faults", json=[]).status_code == 400
    ledger = guest.client.get(f"{guest.box.url}/sandbox/ledger").json()
    assert ledger["requests"]["poll"] >= 3
    assert ledger["submissions"] == len(ledger["tasks"])
    assert set(ledger) == {"submissions", "tasks", "foreign", "requests", "uploaded"}


def test_idempotency_survives_a_lost_answer(guest: Speaker) -> None:
    before, key = guest.box.ledger().submissions, {"Idempotency-Key": uuid4().hex}
    guest.box.inject(Fault("submit", "lost"))
    with pytest.raises(httpx2.TransportError):
        guest.generate(key, **INPUT)
    assert guest.generate(key, **INPUT).headers["idempotency-replayed"] == "true"
    assert guest.box.ledger().submissions == before + 1


def test_only_two_styles_are_imitated(broken: Running) -> None:
    assert broken.endpoints("dashscope").api == f"{broken.url}/api/v1"
    assert (broken.endpoints("evolink").api, broken.endpoints("evolink").files) == (f"{broken.url}/v1", broken.url)
    with pytest.raises(UsageError, match="dashscope and evolink"):
        broken.endpoints("openai")


def test_the_log_holds_no_secret(clients: httpx2.Client) -> None:
    lines: list[str] = []
    with serving(SandboxOptions(pace=0, log=lines.append, faults=(Fault("poll", "500"),))) as box:
        guest = Speaker(box, clients)
        said = guest.post("/api/v1/files/upload/stream", files={"file": ("a.wav", b"RIFF" + bytes(100))}).json()["data"]
        clients.get(said["file_url"] + "?Signature=abc")
        clients.get(said["download_url"])
        clients.get(f"{box.url}/results/secretname.mp4?x=y")
        guest.get("/v1/tasks/x")
    text = "\n".join(lines)
    assert all(secret not in text for secret in (guest.key, said["file_id"], "secretname", "Signature"))
    assert "POST /api/v1/files/upload/stream  200" in text
    assert re.search(r"GET  /files/…/\w+\.wav  200", text)
    assert "GET  /api/v1/files/download/…  200" in text
    assert "GET  /v1/tasks/x  500" in text
    assert "fault: 500" in text
