"""What an address is, and what may be shown of one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lipready.facts.address import file_name, is_address, is_public, scheme_of, shown

SIGNED = "https://bucket.example.com/a/clip.mp4?Expires=1&Signature=s3cret#s3cret"


@pytest.mark.parametrize(
    "text", [SIGNED, "http://[::1]:80/", "oss://key", "FTP://host/x", "file:///etc/passwd", "data:video/mp4;base64,AA"]
)
def test_addresses(text: str) -> None:
    assert is_address(text)


@pytest.mark.parametrize("text", ["clip.mp4", "http:127.0.0.1.mp4", "C://clip.mp4", "a/b://c", "", "://x", "-x://y"])
def test_paths(text: str) -> None:
    assert not is_address(text)
    assert shown(text) == text


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (SIGNED, "https://bucket.example.com/a/clip.mp4?…"),
        ("https://host/clip.mp4", "https://host/clip.mp4"),
        ("https://host:8443/clip.mp4#s3cret", "https://host:8443/clip.mp4?…"),
        ("https://host?s3cret", "https://host?…"),
        ("https://user:s3cret@host/clip.mp4", "https://host/clip.mp4"),
        ("https://user:s3cret@[::1]:80/clip.mp4", "https://[::1]:80/clip.mp4"),
        ("https://user:s3?cret@host/clip.mp4", "https://…"),
        ("https://user:s3/cret@host/clip.mp4", "https://…"),
        ("data:video/mp4;base64,s3cret", "data:…"),
        ("oss://dashscope/clip.mp4?s3cret", "oss://dashscope/clip.mp4?…"),
    ],
)
def test_what_may_be_shown(url: str, expected: str) -> None:
    assert shown(url) == expected
    assert shown(expected) == expected


@given(st.text(max_size=20), st.text(max_size=20))
def test_no_query_is_ever_shown(path: str, query: str) -> None:
    text = shown(f"https://host/{path}?s3cret={query}")
    assert "s3cret" not in text or "s3cret" in path
    assert text.startswith("https://")


@pytest.mark.parametrize(
    ("url", "name"),
    [
        (SIGNED, "clip.mp4"),
        ("https://host/a%20b%2Ec.mp4", "a b.c.mp4"),
        ("https://host/", ""),
        ("https://host", ""),
        ("https://host.mp4?x=/clip.wav", ""),
    ],
)
def test_the_name_at_the_end(url: str, name: str) -> None:
    assert file_name(url) == name


def test_schemes_are_lower_case() -> None:
    assert scheme_of("HTTPS://host") == "https"


@pytest.mark.parametrize(
    ("address", "public"),
    [("8.8.8.8", True), ("127.0.0.1", False), ("::ffff:127.0.0.1", False), ("64:ff9b::a00:1", False), ("nobody", None)],
)
def test_public_addresses(address: str, *, public: bool | None) -> None:
    assert is_public(address) is public
