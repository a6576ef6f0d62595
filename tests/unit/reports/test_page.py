import pytest

from lipready.reports.page import Page, plain


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain.mp4", "plain.mp4"),
        ("täglich 口型 🙂.mp4", "täglich 口型 🙂.mp4"),
        ("\x1b[2Jgone", r"\x1b[2Jgone"),
        ("two\nlines\r\t", r"two\nlines\r\t"),
        ("\x9b31m", r"\x9b31m"),
        ("\u202egnp.exe", r"\u202egnp.exe"),
        (b"\xff\xfe.mp4".decode("utf-8", "surrogateescape"), r"\xff\xfe.mp4"),
        ("\ud800", r"\ud800"),
    ],
)
def test_what_a_terminal_would_obey_is_escaped(text, shown):
    assert plain(text) == shown


def test_wrapping_keeps_long_words_whole_and_indents():
    page = Page(width=40)
    path = "/a/very/long/path/that/is/longer/than/the/page/clip-one.mp4"

    lines = page.wrap(f"The file {path} is not here.", indent="  ", hanging="    ")

    assert lines == ["  The file", f"    {path}", "    is not here."]


def test_without_unicode_every_typographic_character_becomes_ascii():
    text = Page(unicode=False).finish(["✗ 15–60 fps · ≥ 2 × “a” … 90°"])

    assert text.isascii()
    assert text == 'x 15-60 fps | >= 2 x "a" ... 90 deg\n'


def test_paint_only_where_there_is_colour():
    assert Page(color=False).paint("x", "error") == "x"
    assert Page(color=True).paint("x", "error") == "\x1b[31;1mx\x1b[0m"
    assert Page(color=True).paint("", "error") == ""
