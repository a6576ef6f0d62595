import pytest
from hypothesis import given
from hypothesis import strategies as st

from lipready.providers.fields import LONGEST, printable


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("Field required: input.video_url", "Field required: input.video_url"),
        ("two\nlines\tand \x1b[31mred\x00", "two lines and [31mred"),
        ("right\u202eto left", "right to left"),
        ("half a character \ud800", "half a character"),
        ("参数错误。", "参数错误。"),
        (
            "Download https://bucket.oss-cn.aliyuncs.com/a/clip.mp4?Expires=1&Signature=abc%3D timeout",
            "Download https://bucket.oss-cn.aliyuncs.com/a/clip.mp4?… timeout",
        ),
        ("see 'http://me:secret@host/x#token' please", "see 'http://host/x?…' please"),
        ("oss://folder/name.mp4", "oss://folder/name.mp4"),
        ("Incorrect API key provided: sk-ws-abcdef0123456789.", "Incorrect API key provided: [key]"),
        ("header Bearer abc.def-123 is wrong", "header [key] is wrong"),
        ("Bearer sk-abcdef123456", "[key]"),
    ],
)
def test_messages_are_fit_for_people(raw: str, shown: str) -> None:
    assert printable(raw) == shown


def test_a_long_text_is_cut() -> None:
    assert len(printable("x" * 10_000_000)) == LONGEST
    assert printable("x" * 50, 10) == "xxxxxxxxx…"


def test_a_long_signature_is_cut_whole() -> None:
    url = f"https://host/{'p' * 5000}?Signature={'s' * 5000}"
    assert "s" * 10 not in printable(url, 20_000)


@given(st.text())
def test_any_text_becomes_one_line_that_can_be_printed(raw: str) -> None:
    shown = printable(raw)
    assert shown.isprintable()
    shown.encode()
