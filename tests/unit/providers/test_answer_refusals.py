import pytest

from lipready.errors import AnswerError
from lipready.facts.task import RemoteError
from lipready.providers.answer import accepted, refusal
from lipready.providers.evolink.codes import explain
from lipready.providers.transport.wire import HttpResponse

DATE = "Fri, 03 Apr 2026 06:00:00 GMT"


def test_a_date_to_wait_for_is_read_by_the_clock_of_the_server() -> None:
    headers = {"date": DATE, "retry-after": "Fri, 03 Apr 2026 06:00:30 GMT"}
    error = refusal("EvoLink", HttpResponse(429, headers, b""), RemoteError("", ""), explain, None)
    assert (error.after, error.retry) == (30, "again")


def test_a_refusal_without_a_word() -> None:
    error = refusal("EvoLink", HttpResponse(799, {}, b""), RemoteError("", ""), explain, None)
    assert str(error).startswith("EvoLink refused: it gave no reason (HTTP 799). ")
    error = refusal("EvoLink", HttpResponse(200, {}, b""), RemoteError("", ""), explain, "r-1")
    assert str(error).startswith("EvoLink refused: it gave no reason. ")
    assert (error.retry, error.request_id, error.status) == ("no", "r-1", 200)


def test_what_a_status_says() -> None:
    assert [accepted(HttpResponse(status, {}, b"")) for status in (200, 206, 299, 400, 503)] == [True] * 3 + [False] * 2
    with pytest.raises(AnswerError, match="HTTP 307"):
        accepted(HttpResponse(307, {}, b""))
