from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lipready.errors import AnswerError, UsageError
from lipready.providers.fields import asked_id, code, identifier, link, number, rows, table, task_id, text, whole


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (100, 100.0),
        ("100", 100.0),
        ("10.23", 10.23),
        (10.23, 10.23),
        (-1, -1.0),
        (True, None),
        (float("inf"), None),
        (float("nan"), None),
        (10**400, None),
        ("1e9", None),
        ("nan", None),
        ("٣", None),
        ("100 MB", None),
        (None, None),
        ([1], None),
    ],
)
def test_numbers(value: object, expected: float | None) -> None:
    assert number({"n": value}, "n") == expected


def test_whole_numbers() -> None:
    assert [whole({"n": value}, "n") for value in (3, 3.0, "3", 3.5, True, None)] == [3, 3, 3, None, None, None]


def test_codes_are_texts_or_numbers() -> None:
    assert [code({"code": value}) for value in ("a.b", 429, True, None, 1.5)] == ["a.b", "429", "", "", ""]
    assert len(code({"code": "x" * 1000})) == 100


def test_what_is_missing_or_of_another_type_informs_of_nothing() -> None:
    assert text({}, "message") == text({"message": 5}, "message") == ""
    assert table({"output": [1]}, "output") == table({}, "output") == {}


def test_a_list_that_decides_is_exactly_that() -> None:
    assert rows({"data": [{"a": 1}]}, "data") == [{"a": 1}]
    for value in (None, {}, "x", [{"a": 1}, 5]):
        with pytest.raises(AnswerError, match="data should be a list of objects"):
            rows({"data": value}, "data")


@pytest.mark.parametrize("value", ["a8532587-fa8c-4ef8-82be-0c46b17950d1", "task-unified-1775200000-xyz12345", "7"])
def test_ids(value: str) -> None:
    assert identifier(value) == task_id(value, "id") == asked_id(value) == value


@pytest.mark.parametrize("value", ["", "..", ".", "a/b", "a?b", "a b", "a\n", "ä", "x" * 129, "-rf", None, 5, True])
def test_other_values_are_no_ids(value: object) -> None:
    assert identifier(value) is None
    with pytest.raises(AnswerError, match="id should be the id of a task"):
        task_id(value, "id")
    if isinstance(value, str):
        with pytest.raises(UsageError, match="cannot be the id of a task"):
            asked_id(value)


@pytest.mark.parametrize(
    "value", ["http://host/1.mp4?Expires=1&Signature=a%2B", "https://host:8443/ü.mp4", "http://[::1]:80/x"]
)
def test_links(value: str) -> None:
    assert link(value, "output.video_url") == value


@pytest.mark.parametrize(
    "value",
    [
        None,
        "",
        5,
        "ftp://host/x?SECRET",
        "file:///etc/passwd",
        "javascript:SECRET",
        "//host/x",
        "host/x?SECRET",
        "http:///x",
        "https://?SECRET",
        "https://user:SECRET@host/x",
        "https://@host/x",
        "https://host:99999/SECRET",
        "https://host:x/SECRET",
        "https://[::1/SECRET",
        "https://host\\@other/SECRET",
        "https://host/\nSECRET",
        " https://host/SECRET",
        "https://host/" + "x" * 9000,
    ],
)
def test_other_values_are_no_links(value: object) -> None:
    with pytest.raises(AnswerError, match=r"output\.video_url") as caught:
        link(value, "output.video_url")
    assert "SECRET" not in str(caught.value)


@given(st.text() | st.builds("https://{}".format, st.text()) | st.builds("http://{}/x".format, st.text()))
def test_any_text_is_a_link_or_an_answer_error(value: str) -> None:
    with suppress(AnswerError):
        assert link(value, "x").startswith("http")
