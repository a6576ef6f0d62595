import math
from datetime import UTC, datetime
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lipready.errors import AnswerError, NoAnswerError, NotSentError, RefusedError, Retry, UsageError
from lipready.providers.transport.retry import (
    LONGEST_AFTER,
    READ_ATTEMPTS,
    UPLOAD_ATTEMPTS,
    may_read_again,
    pause_before,
    retry_after,
    server_time,
)

NOW = 1_775_200_000.0


def http_date(seconds: float) -> str:
    return format_datetime(datetime.fromtimestamp(seconds, UTC), usegmt=True)


def test_pauses_double_up_to_eight_seconds() -> None:
    assert [pause_before(attempt, None, lambda: 0.0) for attempt in range(1, 8)] == [0.5, 1, 2, 4, 8, 8, 8]
    assert pause_before(5, None, lambda: 0.999) == pytest.approx(6, abs=0.01)
    assert pause_before(10**9, None, lambda: 0.0) == 8


def test_a_pause_that_was_asked_for_is_kept_up_to_two_minutes() -> None:
    assert pause_before(1, 30.0, lambda: 0.0) == 30
    assert 30 <= pause_before(1, 30.0, lambda: 0.999) < 31
    assert pause_before(1, 1e9, lambda: 0.0) == LONGEST_AFTER


@given(st.integers(-5, 10**6), st.none() | st.floats(), st.floats(0, 1, exclude_max=True))
def test_pauses_are_sane_whatever_was_asked_for(attempt: int, after: float | None, dice: float) -> None:
    assert 0 <= pause_before(attempt, after, lambda: dice) <= LONGEST_AFTER + 2


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "7"}, 7),
        ({"retry-after": " 1.5 "}, 1.5),
        ({"retry-after": "0"}, 0),
        ({"retry-after": "1000000000"}, LONGEST_AFTER),
        ({"retry-after": "1e9"}, None),
        ({"retry-after": "-5"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "٣"}, None),
        ({"retry-after": ""}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": http_date(NOW + 20)}, 20),
        ({"retry-after": http_date(NOW - 20)}, 0),
        ({"retry-after": http_date(NOW + 10**8)}, LONGEST_AFTER),
        ({"retry-after": "Mon, 99 Foo 2026 99:99:99 GMT"}, None),
        ({"retry-after": "x" * 100_000}, None),
        ({"retry-after-ms": "250", "retry-after": "9"}, 0.25),
        ({"retry-after-ms": "-1", "retry-after": "9"}, 9),
    ],
)
def test_retry_after(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(headers, NOW) == seconds


@given(st.text(), st.text(), st.floats(allow_nan=False, allow_infinity=False))
def test_any_header_is_a_sane_pause_or_none(seconds: str, milliseconds: str, now: float) -> None:
    pause = retry_after({"retry-after": seconds, "retry-after-ms": milliseconds}, now)
    assert pause is None or (math.isfinite(pause) and 0 <= pause <= LONGEST_AFTER)


@given(st.text())
def test_the_clock_of_the_server(value: str) -> None:
    assert server_time({"date": http_date(NOW)}) == NOW
    assert isinstance(server_time({"date": value}), float | None)


def refused(retry: Retry) -> RefusedError:
    return RefusedError("refused", retry=retry)


def test_reads_and_uploads_are_repeated_where_that_can_help() -> None:
    for error in (NotSentError(), NoAnswerError(), AnswerError(), refused("again"), refused("ask")):
        assert may_read_again(error, 1)
        assert may_read_again(error, READ_ATTEMPTS - 1)
        assert not may_read_again(error, READ_ATTEMPTS)
        assert may_read_again(error, UPLOAD_ATTEMPTS - 1, UPLOAD_ATTEMPTS)
        assert not may_read_again(error, UPLOAD_ATTEMPTS, UPLOAD_ATTEMPTS)
    assert may_read_again(refused("once"), 1)
    assert not may_read_again(refused("once"), 2)
    for error in (refused("no"), refused("account"), UsageError(), OSError()):
        assert not may_read_again(error, 1)
        assert not may_read_again(error, 1, UPLOAD_ATTEMPTS)
