import json

import pytest

from lipready.errors import AnswerError, RefusedError, Retry
from lipready.providers.evolink.files import (
    STORED_SECONDS,
    Quota,
    read_copy,
    read_deleted,
    read_file,
    read_quota,
)
from lipready.providers.service import Stored
from lipready.providers.transport.wire import HttpResponse

URL = "https://files.evolink.ai/x/0f3a.mp4"


def answer(values: object, status: int = 200) -> HttpResponse:
    return HttpResponse(status, {}, json.dumps(values).encode())


def stored(**more: object) -> HttpResponse:
    return answer({"success": True, "code": 200, "msg": "ok", "data": {"file_url": URL, **more}})


@pytest.mark.parametrize(
    ("begin", "end"),
    [
        ("2025-09-19T00:00:00Z", "2025-09-20T00:00:00Z"),
        ("2025-09-19 00:00:00", "2025-09-20 00:00:00"),
        ("2025-09-19T00:00:00+08:00", "2025-09-20T00:00:00+08:00"),
        (1758240000, 1758326400),
        (1758240000000, 1758326400000),
    ],
)
def test_a_file_and_how_long_it_stays(begin: object, end: object) -> None:
    assert read_file(stored(upload_time=begin, expires_at=end)) == Stored(URL, 86_400, None)


@pytest.mark.parametrize(
    ("begin", "end"),
    [(None, None), (None, 5), ("x", "y"), (9, 5), ([], {}), (True, 5), ("x" * 99, 5)],
)
def test_after_odd_times_a_file_stays_as_long_as_any(begin: object, end: object) -> None:
    assert read_file(stored(upload_time=begin, expires_at=end)) == Stored(URL, STORED_SECONDS, None)


def test_nothing_stays_for_ever() -> None:
    assert read_file(stored(upload_time=0, expires_at=10**14)).seconds == STORED_SECONDS


@pytest.mark.parametrize(
    ("code", "retry"), [(400, "no"), (415, "no"), ("Novel", "no"), (429, "again"), (402, "account"), (500, "ask")]
)
def test_a_refusal_may_come_with_http_200(code: int | str, retry: Retry) -> None:
    with pytest.raises(RefusedError, match="not this kind of file") as caught:
        read_file(answer({"success": False, "code": code, "msg": "not this kind of file", "data": None}))
    assert (caught.value.retry, caught.value.code) == (retry, str(code))
    assert ("images only" in str(caught.value)) == (retry == "no")


def test_a_wrong_key_is_not_blamed_on_the_file() -> None:
    with pytest.raises(RefusedError) as caught:
        read_file(answer({"error": {"code": "unauthorized", "message": "Invalid token"}}, 401))
    assert "images only" not in str(caught.value)


@pytest.mark.parametrize(
    "values", [{}, {"success": True}, {"data": {}}, {"data": {"file_url": "ftp://x"}}, {"data": 5}]
)
def test_an_answer_without_an_address(values: object) -> None:
    with pytest.raises(AnswerError):
        read_file(answer(values))


@pytest.mark.parametrize(("said", "kept"), [("file_0f3a", "file_0f3a"), (7, None), ("../x", None), ("a b", None)])
def test_the_id_of_a_file_is_kept_where_it_may_stand_in_an_address(said: object, kept: str | None) -> None:
    assert read_file(stored(file_id=said)).file_id == kept


def test_what_could_not_be_copied_is_not_blamed_on_its_format() -> None:
    refusal = answer({"success": False, "code": 400, "msg": "cannot be downloaded", "data": None})
    with pytest.raises(RefusedError, match="cannot be downloaded") as caught:
        read_copy(refusal)
    assert "images only" not in str(caught.value)


@pytest.mark.parametrize(
    ("data", "quota"),
    [
        ({"user_group": "default", "used_files": 3, "max_files": 100, "remain_files": 97}, Quota(97, 100)),
        ({"remain_files": "0", "max_files": 500.0}, Quota(0, 500)),
        ({"remain_files": True, "max_files": None}, Quota(None, None)),
        ({"remain_files": 1.5}, Quota(None, None)),
        ({}, Quota(None, None)),
    ],
)
def test_a_quota(data: dict[str, object], quota: Quota) -> None:
    assert read_quota(answer({"success": True, "code": 200, "msg": "ok", "data": data})) == quota


@pytest.mark.parametrize("values", [{}, {"success": "true"}, {"success": None}, {"data": {}}])
def test_nothing_is_taken_for_deleted_that_is_not_said_to_be(values: object) -> None:
    with pytest.raises(AnswerError):
        read_deleted(answer(values))
