import io
import os
import subprocess
import sys

import pytest

from lipready.cli.output.session import Session


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def session(monkeypatch):
    for name in ("NO_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)
    return Session()


def test_colour_is_for_terminals(session, monkeypatch):
    assert session.colored(Terminal())
    assert not session.colored(io.StringIO())

    monkeypatch.setenv("NO_COLOR", "1")
    assert not session.colored(Terminal())
    session.color = "always"
    assert session.colored(io.StringIO())
    session.color = "never"
    assert not session.colored(Terminal())


def test_a_dumb_terminal_and_an_empty_no_color(session, monkeypatch):
    monkeypatch.setenv("NO_COLOR", "")
    assert session.colored(Terminal())
    monkeypatch.setenv("TERM", "dumb")
    assert not session.colored(Terminal())


def test_the_page_takes_what_stdout_can_show(session, monkeypatch):
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO(), encoding="ascii"))
    assert not session.page().unicode
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO(), encoding="utf-8"))
    assert session.page().unicode


@pytest.mark.parametrize(("columns", "width"), [("80", 80), ("300", 120)])
def test_the_page_is_as_wide_as_the_terminal_up_to_a_readable_width(session, monkeypatch, columns, width):
    monkeypatch.setenv("COLUMNS", columns)
    assert session.page().width == width


def test_a_reader_that_has_gone_is_noticed_in_silence():
    code = (
        "import sys\nfrom lipready.cli.output.session import Session\n"
        "from lipready.cli.output.streams import open_streams\n"
        "open_streams()\nsession = Session()\nsession.write('x' * 100_000 + '\\n')\n"
        "session.write('more')\nassert session.close(1) == 1\nsys.stderr.write(str(session.abandoned))"
    )
    reader, writer = os.pipe()
    os.close(reader)

    done = subprocess.run([sys.executable, "-c", code], stdout=writer, stderr=subprocess.PIPE, text=True, check=False)
    os.close(writer)

    assert (done.returncode, done.stderr) == (0, "True")


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_pipe_that_does_not_block_is_waited_for(unbuffered):
    code = (
        "from lipready.cli.output.session import Session\nfrom lipready.cli.output.streams import open_streams\n"
        "open_streams()\nsession = Session()\nsession.write('x' * 1_000_000)\nraise SystemExit(session.close(0))"
    )
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    surroundings = os.environ | {"PYTHONUNBUFFERED": unbuffered}

    with subprocess.Popen([sys.executable, "-c", code], stdout=writer, env=surroundings) as process:
        os.close(writer)
        with os.fdopen(reader, "rb") as stream:
            read = stream.read()

    assert (process.returncode, len(read)) == (0, 1_000_000)


def test_complaints_are_escaped(session, capsys):
    session.complain("Error: \x1b[2Jclip\nsecond")

    assert capsys.readouterr().err == "Error: \\x1b[2Jclip\nsecond\n"
