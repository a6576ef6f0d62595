import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from fractions import Fraction

import psutil
import pytest

from lipready.errors import ComponentError, FixError
from lipready.repair.run import ffmpeg
from lipready.repair.run.ffmpeg import find_ffmpeg
from lipready.repair.run.source import PROGRAM


def command(*arguments):
    return [find_ffmpeg().path, *PROGRAM[1:], *arguments]


def fake(tmp_path, body):
    """Write a program that stands in for ffmpeg where the real one cannot be made to misbehave."""
    path = tmp_path / "ffmpeg.py"
    path.write_text(body)
    return [sys.executable, str(path)]


def test_progress_grows_to_the_end(tmp_path):
    shares = []
    source = ("-f", "lavfi", "-i", "testsrc2=size=1280x720:duration=6")
    ffmpeg.run(command(*source, "-f", "mp4", str(tmp_path / "a")), what="a", length=Fraction(6), tell=shares.append)
    assert shares == sorted(shares)
    assert 0.9 < shares[-1] <= 1
    assert (tmp_path / "a").stat().st_size > 0


def test_a_failure_is_one_sentence_with_ffmpegs_own_words(tmp_path):
    (tmp_path / "a.mp4").write_bytes(b"nothing")
    with pytest.raises(
        FixError, match=r"ffmpeg failed on clip\.mp4 \(exit status \d+\): .*moov atom not found"
    ) as error:
        ffmpeg.run(command("-f", "mov", "-i", f"file:{tmp_path}/a.mp4", "-f", "null", "-"), what="clip.mp4")
    assert "\n" not in str(error.value)


def test_what_ffmpeg_says_is_bounded(tmp_path):
    lines = "for n in range(20000): print('x' * 50, file=sys.stderr)"
    flood = f"import sys\n{lines}\nprint('y' * 10**7, file=sys.stderr)\nsys.exit(3)"
    with pytest.raises(FixError, match="exit status 3") as error:
        ffmpeg.run(fake(tmp_path, flood), what="a")
    assert len(str(error.value)) < 2500


def test_silence_is_named_as_such(tmp_path):
    with pytest.raises(FixError, match="it gave no reason"):
        ffmpeg.run(fake(tmp_path, "raise SystemExit(1)"), what="a")


def test_a_run_that_stands_still_is_ended_although_it_goes_on_reporting(tmp_path):
    report = (
        "import os, time\nopen('pid', 'w').write(str(os.getpid()))\n"
        "while True:\n    print('frame=7\\nprogress=continue', flush=True)\n    time.sleep(0.05)"
    )
    program = fake(tmp_path, report.replace("'pid'", repr(str(tmp_path / "pid"))))
    with pytest.raises(FixError, match="got no further with a for 1 second"):
        ffmpeg.run(program, what="a", stall=1)
    assert_gone(int((tmp_path / "pid").read_text()))


def test_a_missing_binary_is_a_missing_component(tmp_path):
    with pytest.raises(ComponentError, match="cannot be started"):
        ffmpeg.run([str(tmp_path / "none")], what="a")


RAW = ("-f", "rawvideo", "-pix_fmt", "gray", "-video_size", "64x64")


def piped(*arguments):
    return [find_ffmpeg().path, "-nostdin", "-v", "error", *arguments]


def test_blocks_are_of_the_wanted_size_and_together_all_that_was_written():
    made = piped("-f", "lavfi", "-i", "testsrc2=size=64x64:duration=1", "-pix_fmt", "gray", "-f", "rawvideo", "pipe:1")
    blocks = list(ffmpeg.blocks(made, 10_000, what="a"))
    assert sum(map(len, blocks)) == 25 * 64 * 64
    assert {len(block) for block in blocks[:-1]} == {10_000}


def test_blocks_that_fail_say_so_after_what_came_before_it(tmp_path):
    program = fake(tmp_path, "import sys\nsys.stdout.write('x' * 10)\nsys.exit('broken')")
    blocks = ffmpeg.blocks(program, 4, what="a")
    assert [next(blocks), next(blocks), next(blocks)] == [b"xxxx", b"xxxx", b"xx"]
    with pytest.raises(FixError, match=r"failed on a \(exit status 1\): broken"):
        next(blocks)


def test_blocks_that_nobody_takes_wait_and_their_process_ends_with_the_iterator(tmp_path):
    endless = f"import os, sys\nopen({str(tmp_path / 'pid')!r}, 'w').write(str(os.getpid()))\n"
    blocks = ffmpeg.blocks(fake(tmp_path, f"{endless}while True: sys.stdout.write('x' * 9999)"), 5000, what="a")
    assert next(blocks) == b"x" * 5000
    blocks.close()
    assert_gone(int((tmp_path / "pid").read_text()))


def test_blocks_that_do_not_come_are_not_waited_for(tmp_path):
    with pytest.raises(FixError, match="got no further with a for 1 second"):
        next(ffmpeg.blocks(fake(tmp_path, "import time\ntime.sleep(60)"), 4, what="a", stall=1))


def test_a_run_reads_what_it_is_given(tmp_path):
    given = (bytes([number]) * 64 * 64 for number in range(30))
    ffmpeg.run(command(*RAW, "-i", "pipe:0", "-f", "rawvideo", str(tmp_path / "a")), what="a", given=given)
    assert (tmp_path / "a").read_bytes() == b"".join(bytes([number]) * 64 * 64 for number in range(30))


def test_what_fails_while_it_is_given_is_raised():
    def given():
        yield b"x" * 64 * 64
        raise ValueError("no more")

    with pytest.raises(ValueError, match="no more"):
        ffmpeg.run(command(*RAW, "-i", "pipe:0", "-f", "null", "-"), what="a", given=given())


def test_what_is_given_ends_with_the_run(tmp_path):
    closed = threading.Event()

    def given():
        try:
            while True:
                yield b"x" * 64 * 64
        finally:
            closed.set()

    with pytest.raises(FixError, match="exit status 3"):
        ffmpeg.run(fake(tmp_path, "import sys\nsys.stdin.read(9999)\nsys.exit(3)"), what="a", given=given())
    assert closed.is_set()


def test_an_interrupt_ends_the_process_and_is_raised_again(tmp_path):
    wait = f"import os, time\nopen({str(tmp_path / 'pid')!r}, 'w').write(str(os.getpid()))\ntime.sleep(60)"
    program = fake(tmp_path, wait)
    timer = threading.Timer(1.0, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        ffmpeg.run(program, what="a")
    timer.join()
    assert_gone(int((tmp_path / "pid").read_text()))


def test_there_is_no_moment_at_which_an_interrupt_loses_the_process():
    def interrupt(*_):
        raise KeyboardInterrupt

    before, others = signal.signal(signal.SIGALRM, interrupt), set(psutil.Process().children())
    try:
        for step in range(1, 100):
            with suppress(KeyboardInterrupt):
                signal.setitimer(signal.ITIMER_REAL, step / 10_000)
                ffmpeg.run(["sleep", "600"], what="a")
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        left = set(psutil.Process().children()) - others
        for each in left:
            each.kill()
    assert not left


def test_nothing_that_a_playlist_names_is_opened(tmp_path):
    """The demuxer is forced: a playlist is no MP4, whatever it is called."""
    (tmp_path / "clip.mp4").write_text("#EXTM3U\n#EXTINF:5,\n/etc/hostname\n")
    from lipready.repair.recipe import InputStream
    from lipready.repair.run.source import compile_command, picture

    source = InputStream(path=str(tmp_path / "clip.mp4"), format="mp4", stream=None, start=Fraction(0), seekable=True)
    line = compile_command([picture(source)], "-", {"f": "null"})
    with pytest.raises(FixError, match="moov atom not found"):
        ffmpeg.run([find_ffmpeg().path, *line[1:]], what="clip.mp4")


def assert_gone(pid):
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        state = subprocess.run(
            ["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False
        ).stdout
        if not state.strip() or state.startswith("Z"):
            return
        time.sleep(0.05)
    pytest.fail(f"process {pid} lives on")
