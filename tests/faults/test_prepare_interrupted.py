"""Ctrl-C and kill -9 amid a repair: the inputs stay, nothing half-done has a final name, the next run completes."""

import hashlib
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import imageio_ffmpeg
import pytest

import lipready
from lipready import Settings, prepare

LONG_ENOUGH = 60.0
# Rules about people need the face models, which have nothing to do with this.
CODE = """
import sys
from lipready import Settings, prepare
prepare(sys.argv[1], sys.argv[2], out=sys.argv[3], settings=Settings(quick=True))
"""


@pytest.fixture(scope="module")
def slow_job(tmp_path_factory):
    """Make a video whose repair takes some seconds, and an audio track whose repair takes none."""
    folder = tmp_path_factory.mktemp("slow")
    ffmpeg = [imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-v", "error", "-f", "lavfi", "-i"]
    picture = ["testsrc2=size=1280x960:rate=12:duration=5,noise=alls=40:allf=t", "-c:v", "libx264"]
    subprocess.run([*ffmpeg, *picture, "-preset", "ultrafast", "-crf", "35", str(folder / "clip.mp4")], check=True)
    subprocess.run([*ffmpeg, "sine=duration=5", str(folder / "speech.ogg")], check=True)
    return folder / "clip.mp4", folder / "speech.ogg"


def digest(path):
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


def start(job, out):
    environment = os.environ | {"PYTHONPATH": str(Path(lipready.__file__).parents[1])}
    return subprocess.Popen(
        [sys.executable, "-c", CODE, *map(str, job), str(out)],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_until_writing(out, process):
    deadline = time.monotonic() + LONG_ENOUGH
    while time.monotonic() < deadline and process.poll() is None:
        with suppress(FileNotFoundError):  # the folder is not there yet, or the file was renamed meanwhile
            if any(path.stat().st_size > 0 for path in out.glob("clip.mp4.*.partial")):
                return
        time.sleep(0.02)
    pytest.fail(f"the repair was never seen at work: {process.communicate()}")


def children_of(pid):
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return [int(child) for task in tasks for child in (task / "children").read_text().split()]


def alive(pid):
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    # The state follows the name, which stands in parentheses and may hold anything.
    return status.rpartition(")")[2].split()[0] != "Z"


def completes(job, out, hashes):
    assert [digest(path) for path in job] == hashes
    done = prepare(*job, out=out, settings=Settings(quick=True))
    assert done.ready
    assert not done.already_prepared
    assert {path.name for path in out.iterdir()} == {"clip.mp4", "speech.wav", "receipt.json"}
    assert [digest(path) for path in job] == hashes
    assert done.report.facts.video.media.frames == 120


def test_ctrl_c_cleans_up_and_the_next_run_completes(slow_job, tmp_path):
    out, hashes = tmp_path / "ready", [digest(path) for path in slow_job]
    process = start(slow_job, out)
    wait_until_writing(out, process)
    ffmpegs = children_of(process.pid)
    assert ffmpegs

    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=LONG_ENOUGH)

    assert process.returncode != 0
    assert "KeyboardInterrupt" in errors
    assert not any(alive(pid) for pid in ffmpegs)
    assert list(out.iterdir()) == []
    completes(slow_job, out, hashes)


def test_kill_9_leaves_only_partial_files_and_the_next_run_completes(slow_job, tmp_path):
    out, hashes = tmp_path / "ready", [digest(path) for path in slow_job]
    process = start(slow_job, out)
    wait_until_writing(out, process)
    orphans = children_of(process.pid)

    process.kill()
    process.communicate(timeout=LONG_ENOUGH)

    assert list(out.iterdir())
    assert all(path.name.endswith(".partial") for path in out.iterdir())
    # The orphan may still be writing: the next run must not mix with it.
    completes(slow_job, out, hashes)
    for pid in orphans:
        if alive(pid):
            os.kill(pid, signal.SIGKILL)
    assert {path.name for path in out.iterdir()} == {"clip.mp4", "speech.wav", "receipt.json"}


def test_killed_between_an_output_and_the_receipt_the_next_run_goes_on(slow_job, tmp_path):
    """The audio is whole under its name; there is no receipt yet."""
    out, hashes = tmp_path / "ready", [digest(path) for path in slow_job]
    code = CODE.replace(
        "import sys\n",
        "import sys, os, lipready.repair.run.receipt as r\nr.write_receipt = lambda *a, **k: os.kill(os.getpid(), 9)\n",
    )
    environment = os.environ | {"PYTHONPATH": str(Path(lipready.__file__).parents[1])}
    short = (slow_job[1], slow_job[1])
    code = code.replace("prepare(sys.argv[1], sys.argv[2],", "prepare(None, sys.argv[2],")
    died = subprocess.run([sys.executable, "-c", code, *map(str, short), str(out)], env=environment, check=False)
    assert died.returncode == -signal.SIGKILL
    assert (out / "speech.wav").is_file()
    assert not (out / "receipt.json").exists()

    done = prepare(None, slow_job[1], out=out, settings=Settings(quick=True))

    assert done.ready
    assert {path.name for path in out.iterdir()} == {"speech.wav", "receipt.json"}
    assert [digest(path) for path in slow_job] == hashes
