import io
import sys

import pytest

from lipready.cli.output.progress import progress_bars
from lipready.cli.output.session import Session


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def terminal(monkeypatch):
    """Put a terminal where stderr is, from within the test: pytest sets its own before each."""
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("TERM", "xterm")

    def open_terminal():
        stream = Terminal()
        monkeypatch.setattr(sys, "stderr", stream)
        return stream

    return open_terminal


def test_nobody_is_told_where_nobody_looks(monkeypatch, terminal):
    stream, session = terminal(), Session()
    session.quiet = True
    with progress_bars(session) as progress:
        assert progress is None

    monkeypatch.setattr(sys, "stderr", io.StringIO())
    with progress_bars(Session()) as progress:
        assert progress is None
    assert stream.getvalue() == ""


def test_nothing_is_drawn_before_there_is_anything_to_say(terminal):
    stream = terminal()
    with progress_bars(Session()) as progress:
        assert progress is not None

    assert stream.getvalue() == ""


def test_each_thing_that_is_worked_on_has_its_bar(terminal):
    stream = terminal()
    with progress_bars(Session()) as progress:
        progress("checking clip[red]\x1b[2J.mp4", 0.5)
        progress("checking clip[red]\x1b[2J.mp4", 1.0)
        progress("repairing /a/" + "long/" * 20 + "speech.wav", 0.25)

    shown = stream.getvalue()
    assert "100%" in shown
    assert r"checking clip[red]\x1b[2J.mp4" in shown
    assert "repairing …" in shown
    assert "\x1b[2J" not in shown
    assert "speech.wav" in shown
    assert "long/speech.wav" in shown
