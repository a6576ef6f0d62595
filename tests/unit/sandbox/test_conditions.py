"""What is different at a server that answers: lists that lag, colleagues, tasks not known, keys not looked at."""

from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from pathlib import Path
from uuid import uuid4

import httpx2
import pytest

from lipready.sandbox.faults.fault import Fault, Faults
from lipready.sandbox.serve import Running, SandboxOptions, serving

from .conftest import Speaker

INPUT = {"video_url": "http://127.0.0.1:9/a.mp4", "audio_url": "http://127.0.0.1:9/a.wav"}
STYLES = pytest.mark.parametrize("style", ["dashscope", "evolink"])


@pytest.fixture(scope="module")
def altered() -> Iterator[Running]:
    with serving(SandboxOptions(pace=0)) as running:
        yield running


@pytest.fixture
def guest(altered: Running, client: httpx2.Client) -> Iterator[Speaker]:
    yield Speaker(altered, client)
    altered._world.faults = Faults()


def submit(guest: Speaker, style: str) -> str:
    return guest.task(INPUT) if style == "dashscope" else guest.generate(**INPUT).json()["id"]


def listed(guest: Speaker, style: str) -> list[str]:
    rows = guest.get("/api/v1/tasks/" if style == "dashscope" else "/v1/tasks").json()["data"]
    return [row["task_id" if style == "dashscope" else "id"] for row in rows]


def known(guest: Speaker, style: str, task: str) -> bool:
    if style == "dashscope":
        return guest.state(task)["output"]["task_status"] != "UNKNOWN"
    answer = guest.get(f"/v1/tasks/{task}")
    assert answer.status_code == 200 or answer.json()["error"]["code"] == "invalid_task_id"
    return answer.status_code == 200


@STYLES
def test_a_list_lags_until_the_clock_has_moved(guest: Speaker, style: str) -> None:
    guest.box.inject(Fault.parse("list:lag=45"))
    task = submit(guest, style)
    assert [listed(guest, style) for _ in range(3)] == [[], [], []]
    assert known(guest, style, task)
    guest.box.advance(44)
    assert listed(guest, style) == []
    guest.box.advance(1.5)
    assert listed(guest, style) == [task]
    younger = submit(guest, style)
    assert listed(guest, style) == [task]
    guest.box.advance(46)
    assert listed(guest, style) == [younger, task]


@STYLES
def test_a_colleague_submitted_at_that_very_moment(guest: Speaker, style: str) -> None:
    before, others = guest.box.ledger().submissions, len(guest.box.ledger().foreign)
    guest.box.inject(Fault.parse("submit:reset-before"))
    guest.box.inject(Fault.parse("list:foreign"))
    sent = guest.box._world.clock.now()
    with pytest.raises(httpx2.TransportError):
        submit(guest, style)
    guest.box.advance(20)
    (foreign,) = listed(guest, style)
    assert listed(guest, style) == [foreign]
    ledger = guest.box.ledger()
    assert (ledger.submissions, len(ledger.foreign)) == (before, others + 1)
    assert ledger.foreign[-1].id == foreign
    assert sent <= ledger.foreign[-1].created <= sent + 5


def test_a_colleague_has_a_result_of_another_length_and_size(guest: Speaker, good_job: tuple[Path, ...]) -> None:
    urls = [guest.stream(path).json()["data"]["file_url"] for path in good_job[:2]]
    own = guest.generated(guest.generate(video_url=urls[0], audio_url=urls[1]).json()["id"])
    guest.box.inject(Fault.parse("list:foreign"))
    (name,) = {*listed(guest, "evolink")} - {own["id"]}
    foreign = guest.generated(name)
    results = [guest.client.get(said["results"][0]).content for said in (own, foreign)]
    assert results[0] != results[1]
    assert all(content[4:8] == b"ftyp" for content in results)
    films = [guest.box._world.tasks[said["id"]].video for said in (own, foreign)]
    assert films[0] is not None
    assert films[1] is not None
    assert films[0].seconds != films[1].seconds
    assert (films[0].width, films[0].height) != (films[1].width, films[1].height)


@STYLES
def test_a_task_is_unknown_for_a_while(guest: Speaker, style: str) -> None:
    task = submit(guest, style)
    guest.box.advance(300)
    guest.box.inject(Fault.parse("poll:unknown=60"))
    guest.box.inject(Fault.parse("poll:503"))
    path = f"/api/v1/tasks/{task}" if style == "dashscope" else f"/v1/tasks/{task}"
    assert guest.get(path).status_code == 503
    assert not known(guest, style, task)
    guest.box.advance(59)
    assert not known(guest, style, task)
    guest.box.advance(1)
    assert known(guest, style, task)


def test_an_idempotency_key_that_is_not_looked_at_is_paid_twice(guest: Speaker) -> None:
    before, key = guest.box.ledger().submissions, {"Idempotency-Key": uuid4().hex}
    guest.box.inject(Fault.parse("submit:ignore-key"))
    guest.box.inject(Fault.parse("submit:lost"))
    with pytest.raises(httpx2.TransportError):
        guest.generate(key, **INPUT)
    answers = [guest.generate(key, **INPUT) for _ in range(2)]
    assert len({answer.json()["id"] for answer in answers}) == 2
    assert all("idempotency-replayed" not in answer.headers for answer in answers)
    assert guest.box.ledger().submissions == before + 3


def test_the_date_of_an_answer_is_that_of_the_clock(guest: Speaker) -> None:
    dates = []
    for _ in range(2):
        answer = guest.get("/v1/tasks")
        assert len(answer.headers.get_list("date")) == 1
        dates.append(parsedate_to_datetime(answer.headers["date"]).timestamp())
        guest.box.advance(3600)
    assert 3600 <= dates[1] - dates[0] <= 3660


def test_the_clock_follows_the_pauses_of_a_test(client: httpx2.Client) -> None:
    pauses: list[float] = []
    with serving(SandboxOptions(pace=0, ahead=lambda: sum(pauses))) as box:
        box.inject(Fault.parse("list:lag=10"))
        guest = Speaker(box, client)
        task = submit(guest, "dashscope")
        assert guest.synthesize(INPUT).status_code == 429
        pauses.append(4)
        assert guest.synthesize(INPUT).status_code == 200
        assert listed(guest, "dashscope") == []
        pauses.append(6.5)
        assert listed(guest, "dashscope") == [task]


def test_the_clock_moves_over_http(guest: Speaker) -> None:
    guest.box.inject(Fault.parse("list:lag=120"))
    task = submit(guest, "evolink")
    assert listed(guest, "evolink") == []
    assert guest.post("/sandbox/clock", json={"advance": 121}).status_code == 200
    assert listed(guest, "evolink") == [task]
    for wrong in ({"advance": -1}, {"advance": True}, {"advance": "1"}, {}, []):
        assert guest.post("/sandbox/clock", json=wrong).status_code == 400


def test_a_link_ends_with_its_day(guest: Speaker) -> None:
    guest.box.inject(Fault.parse("list:foreign"))
    (task,) = listed(guest, "evolink")
    url = guest.generated(task)["results"][0]
    assert guest.client.get(url).status_code == 200
    guest.box.advance(24 * 3600 + 1)
    assert guest.client.get(url).status_code == 404
    assert not known(guest, "evolink", task)
