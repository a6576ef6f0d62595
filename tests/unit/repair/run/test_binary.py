import stat

import pytest

from lipready.errors import ComponentError
from lipready.repair.run import ffmpeg
from lipready.repair.run.ffmpeg import find_ffmpeg


def program(path, text):
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def test_the_wheels_binary_is_found_and_names_its_version(monkeypatch):
    monkeypatch.delenv("LIPREADY_FFMPEG", raising=False)
    found = find_ffmpeg()
    assert found.origin == "imageio-ffmpeg"
    assert found.version().startswith("ffmpeg-")


def test_the_variable_comes_first(monkeypatch, tmp_path):
    named = program(tmp_path / "mine", "echo 'ffmpeg version 1.2.3 Copyright'; echo more")
    monkeypatch.setenv("LIPREADY_FFMPEG", str(named))
    found = find_ffmpeg()
    assert found.path == str(named)
    assert found.version() == "ffmpeg version 1.2.3 Copyright"


@pytest.mark.parametrize("value", ["/nowhere/ffmpeg", "no-such-program"])
def test_a_variable_that_names_nothing_is_no_fallback(monkeypatch, value):
    monkeypatch.setenv("LIPREADY_FFMPEG", value)
    with pytest.raises(ComponentError, match=f"LIPREADY_FFMPEG names {value}"):
        find_ffmpeg()


def test_the_system_is_the_last_resort(monkeypatch, tmp_path):
    monkeypatch.delenv("LIPREADY_FFMPEG", raising=False)
    monkeypatch.setattr(ffmpeg, "_bundled", lambda: None)
    program(tmp_path / "ffmpeg", "echo 'ffmpeg version 7'")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_ffmpeg().origin == "PATH"
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    with pytest.raises(ComponentError, match="There is no ffmpeg: install"):
        find_ffmpeg()


def test_a_program_that_is_not_ffmpeg_is_told(monkeypatch, tmp_path):
    monkeypatch.setenv("LIPREADY_FFMPEG", str(program(tmp_path / "broken", "exit 1")))
    with pytest.raises(ComponentError, match="does not answer as ffmpeg"):
        find_ffmpeg().version()
