"""How a run ends when something comes between: a terminal's width, a reader that leaves, Ctrl-C, a crash."""

import fcntl
import os
import pty
import re
import signal
import struct
import subprocess
import sys
import termios
import time
from pathlib import Path

import pytest

COMMAND = [sys.executable, "-m", "lipready"]


@pytest.mark.parametrize("columns", [80, 120])
def test_on_a_terminal_lines_keep_to_its_width(media, environment, columns):
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    process = subprocess.Popen(
        [*COMMAND, "check", "small.mp4", "speech.wav", "--quick"],
        stdin=slave,
        stdout=slave,
        stderr=slave,
        cwd=media,
        env=environment | {"TERM": "xterm-256color"},
    )
    os.close(slave)
    shown = b""
    while chunk := _read(master):
        shown += chunk
    os.close(master)

    assert process.wait(timeout=60) == 1
    # Colours and links take no room.
    text = re.sub(r"\x1b\[[\d;]*m|\x1b\]8;;[^\x1b]*\x1b\\", "", shown.decode())
    assert "\x1b" not in text
    assert b"\x1b[31;1m" in shown
    assert "V103" in text
    assert max(map(len, text.splitlines())) <= columns


def _read(descriptor):
    try:
        return os.read(descriptor, 65536)
    except OSError:  # Linux says EIO when the last writer closes
        return b""


def test_a_reader_that_goes_away_is_no_trouble(media, environment):
    for arguments in (["rules"], ["explain", "V104"], ["check", str(media / "small.mp4"), "--quick"], ["--help"]):
        reader, writer = os.pipe()
        os.close(reader)
        done = subprocess.run(
            [*COMMAND, *arguments], stdout=writer, stderr=subprocess.PIPE, env=environment, timeout=60, check=False
        )
        os.close(writer)
        assert done.stderr == b""
        assert done.returncode == (1 if arguments[0] == "check" else 0)


def is_open(process, path):
    try:
        return any(os.path.realpath(link) == str(path) for link in Path(f"/proc/{process.pid}/fd").iterdir())
    except OSError:  # a descriptor was closed meanwhile
        return False


def wait_until_open(process, path):
    deadline = time.monotonic() + 120
    while not is_open(process, path):
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_ctrl_c_ends_with_one_line_and_status_130(tmp_path, environment, ffmpeg):
    long_clip = ffmpeg(
        tmp_path / "long.mp4",
        "-f",
        "lavfi",
        "-i",
        "testsrc2=size=640x360:rate=30:duration=60",
        "-c:v",
        "libx264",
        "-preset",
        "ultrafast",
        "-pix_fmt",
        "yuv420p",
    )
    process = subprocess.Popen(
        [*COMMAND, "check", str(long_clip), "--every-frame"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
        start_new_session=True,
    )
    wait_until_open(process, long_clip)
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=60)

    assert process.returncode == 130
    assert out == b""
    assert err == b"Interrupted.\n"


def test_a_crash_is_one_sentence_and_a_log(media, environment, tmp_path):
    code = (
        "import lipready.cli.app, lipready.rules.judge\n"
        "def broken(*a, **k):\n    raise EOFError('no more')\n"
        "lipready.rules.judge.judge = broken\n"
        "lipready.cli.app.main()"
    )

    def run(*more):
        return subprocess.run(
            [sys.executable, "-c", code, "check", str(media / "good.mp4"), "--quick", *more],
            capture_output=True,
            encoding="utf-8",
            env=environment,
            timeout=60,
            check=False,
        )

    done, loud = run(), run("-v")

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1
    assert "EOFError: no more" in done.stderr
    log = re.search(r"the traceback is in (\S+)", done.stderr)[1]
    assert Path(log).is_relative_to(tmp_path / "state")
    assert "Traceback (most recent call last)" in Path(log).read_text()
    assert "Traceback (most recent call last)" in loud.stderr
