import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lipready.errors import AnswerError
from lipready.providers.answer import parse_object


def test_an_object_is_read() -> None:
    assert parse_object('{"code": "Ü"}'.encode(), "DashScope") == {"code": "Ü"}


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "empty"),
        (b"  \n", "empty"),
        (b"[" * 10_000 + b"]" * 10_000, "nested too deep"),
        (b'{"a":' * 10_000 + b"1" + b"}" * 10_000, "nested too deep"),
        (b'{"a": 1, "a": 2}', "same key twice"),
        (b'{"x": [{"a": 1, "a": 1}]}', "same key twice"),
        (b'{"a": "\xff"}', "no UTF-8"),
        ('{"a": 1}'.encode("utf-16"), "no UTF-8"),
        (b'\xef\xbb\xbf{"a": 1}', "BOM"),
        (b"[1, 2]", "object is expected"),
        (b'"text"', "object is expected"),
        (b"null", "object is expected"),
        (b'{"a": NaN}', "NaN or Infinity"),
        (b'{"a": -Infinity}', "NaN or Infinity"),
        (b'{"a": ' + b"9" * 5000 + b"}", "Exceeds the limit"),
        (b'{"output": {"task_id": "a85', "character"),
        (b"<html><body>502 Bad Gateway</body></html>", "character 0"),
    ],
)
def test_anything_else_is_one_clear_sentence(body: bytes, reason: str) -> None:
    with pytest.raises(AnswerError, match=reason) as caught:
        parse_object(body, "DashScope")
    assert str(caught.value).startswith("DashScope did not answer as documented")
    assert "\n" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


def test_the_message_repeats_nothing_of_the_body() -> None:
    with pytest.raises(AnswerError) as caught:
        parse_object(b'{"video_url": "https://host/film.mp4?Signature=SECRET"', "DashScope")
    assert "SECRET" not in str(caught.value)


@given(st.binary(max_size=300))
def test_any_bytes_are_an_object_or_an_answer_error(body: bytes) -> None:
    with suppress(AnswerError):
        assert isinstance(parse_object(body, "DashScope"), dict)


@given(st.dictionaries(st.text(), st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists)))
def test_what_is_an_object_comes_back_as_it_was(values: dict[str, object]) -> None:
    assert parse_object(json.dumps(values).encode(), "DashScope") == values
