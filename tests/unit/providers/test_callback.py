import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lipready.errors import AnswerError, UsageError
from lipready.providers.answer import LARGEST_BODY, parse_callback

TASK = "task-unified-1775200000-xyz12345"


def test_a_callback_gives_the_id_and_nothing_else() -> None:
    body = {"id": TASK, "status": "completed", "results": ["https://evil.example/film.mp4"]}
    assert parse_callback(json.dumps(body).encode()) == TASK


@pytest.mark.parametrize(
    "body", [b"", b"[]", b'{"status": "completed"}', b'{"id": "../../v1/credits"}', b'{"id": 5}', b"[" * 10_000]
)
def test_any_other_body_is_an_answer_error(body: bytes) -> None:
    with pytest.raises(AnswerError):
        parse_callback(body)


def test_a_long_body_is_not_looked_at() -> None:
    with pytest.raises(AnswerError, match="longer than 1,048,576 bytes"):
        parse_callback(b" " * (LARGEST_BODY + 1))


def test_dashscope_does_not_call_back() -> None:
    with pytest.raises(UsageError, match="dashscope does not call back"):
        parse_callback(b"{}", provider="dashscope")


@given(st.binary())
def test_any_bytes_are_an_id_or_an_answer_error(body: bytes) -> None:
    with pytest.raises(AnswerError):
        parse_callback(body)
