"""Hang-up and termination, like Ctrl-C: one sentence, the status that a shell expects, and nothing half written."""

import os
import shlex
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import imageio_ffmpeg
import psutil
import pytest

COMMAND = [sys.executable, "-m", "lipready"]
ENDINGS = {
    signal.SIGINT: (130, "Interrupted."),
    signal.SIGTERM: (143, "Terminated."),
    signal.SIGHUP: (129, "Hung up."),
}
LONG_ENOUGH = 60.0


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    """Make a video in which nobody is seen, and that takes some seconds to check and to repair."""
    path = tmp_path_factory.mktemp("clip") / "clip.mp4"
    picture = ["testsrc2=size=1280x960:rate=12:duration=4,noise=alls=40:allf=t", "-c:v", "libx264"]
    ffmpeg = [imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-v", "error", "-f", "lavfi", "-i"]
    subprocess.run([*ffmpeg, *picture, "-preset", "ultrafast", "-crf", "35", str(path)], check=True)
    return path


@pytest.fixture(scope="module")
def short_job(bad_job, tmp_path_factory):
    """Give the bad video, cut to what a provider takes at least, and the bad audio track: for what need not last."""
    video = tmp_path_factory.mktemp("short") / bad_job[0].name
    cut = ["-nostdin", "-v", "error", "-i", bad_job[0], "-t", "2.2", "-c", "copy", video]
    subprocess.run([imageio_ffmpeg.get_ffmpeg_exe(), *map(str, cut)], check=True)
    return video, bad_job[1]


@pytest.fixture
def run(tmp_path, clip):
    """Start a command in a folder that holds the clip, with a folder for temporary files that nobody else uses."""
    temporary, work = tmp_path / "temporary", tmp_path / "work"
    for folder in (temporary, work, tmp_path / "state", tmp_path / "cache"):
        folder.mkdir()
    os.link(clip, work / "clip.mp4")
    environment = os.environ | {
        "TMPDIR": str(temporary),
        "LIPREADY_STATE_DIR": str(tmp_path / "state"),
        "LIPREADY_CACHE_DIR": str(tmp_path / "cache"),
        "LIPREADY_FFMPEG": imageio_ffmpeg.get_ffmpeg_exe(),
    }
    started = []

    def start(*arguments, before=()):
        process = subprocess.Popen(
            [*before, *COMMAND, *arguments],
            cwd=work,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()
        process.stdout.close()
        process.stderr.close()


def wait_for(process, seen):
    deadline = time.monotonic() + LONG_ENOUGH
    while not seen():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.02)


def below(pid):
    """Give the processes that a process has started, and those that they have."""
    return [child.pid for child in psutil.Process(pid).children(recursive=True)]


def alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def gone(pids):
    deadline = time.monotonic() + LONG_ENOUGH
    while any(map(alive, pids)):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return True


def targets(links):
    """Give where the links of a folder lead to that other processes change meanwhile."""
    found = set()
    for link in links.iterdir():
        with suppress(FileNotFoundError):
            found.add(str(link.readlink()))
    return found


def files_in(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize("number", ENDINGS)
def test_a_repair_takes_back_what_is_half_written(number, run, tmp_path):
    status, sentence = ENDINGS[number]
    out = tmp_path / "work" / "ready"
    process = run("prepare", "clip.mp4", "-o", "ready", "--quick")
    wait_for(process, lambda: any(path.stat().st_size for path in out.glob("clip.mp4.*.partial")))
    children = below(process.pid)
    assert children

    process.send_signal(number)
    _, said = process.communicate(timeout=LONG_ENOUGH)

    assert (process.returncode, said) == (status, f"{sentence}\n")
    assert gone(children)
    assert files_in(tmp_path / "work") == ["clip.mp4"]
    assert files_in(tmp_path / "temporary") == []


@pytest.mark.parametrize("number", ENDINGS)
def test_a_repair_takes_back_the_outputs_that_did_not_come_to_their_receipt(number, run, tmp_path, short_job):
    """The video is whole under its name, and the encoder of the audio track waits amid its work."""
    out, slow = tmp_path / "work" / "ready", tmp_path / "slow"
    slow.write_text(
        '#!/bin/sh\nfor each in "$@"; do case "$each" in\n'
        'file:*/bad.wav.*.partial) echo half > "${each#file:}"; exec sleep 600 ;;\nesac; done\n'
        f'exec {shlex.quote(imageio_ffmpeg.get_ffmpeg_exe())} "$@"\n'
    )
    slow.chmod(0o755)
    process = run("prepare", *map(str, short_job), "-o", "ready", "--quick", before=("env", f"LIPREADY_FFMPEG={slow}"))
    wait_for(process, lambda: any(path.stat().st_size for path in out.glob("bad.wav.*.partial")))
    children = below(process.pid)
    assert (out / "bad.mp4").is_file()

    process.send_signal(number)
    process.communicate(timeout=LONG_ENOUGH)

    assert process.returncode == ENDINGS[number][0]
    assert gone(children)
    assert files_in(tmp_path / "work") == ["clip.mp4"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_gate_ends_its_workers_and_writes_no_report(number, run, tmp_path):
    status, sentence = ENDINGS[number]
    process = run("gate", ".", "--report", "json=report.json", "--report", "junit=report.xml")
    wait_for(process, lambda: below(process.pid))
    children = below(process.pid)

    process.send_signal(number)
    out, said = process.communicate(timeout=LONG_ENOUGH)

    assert (process.returncode, out, said) == (status, "", f"{sentence}\n")
    assert gone(children)
    assert files_in(tmp_path / "work") == ["clip.mp4"]
    assert files_in(tmp_path / "temporary") == []


@pytest.mark.parametrize(
    "arguments",
    [
        ("check", "clip.mp4", "--every-frame", "--report", "json=report.json"),
        ("people", "clip.mp4", "--every-frame", "--sheet", "people.jpg"),
        ("reference", "clip.mp4", "-o", "ref.jpg"),
    ],
    ids=lambda arguments: arguments[0],
)
def test_a_hang_up_ends_whoever_looks_at_frames(arguments, run, tmp_path):
    clip = tmp_path / "work" / "clip.mp4"
    process = run(*arguments)
    links = Path(f"/proc/{process.pid}/fd")
    wait_for(process, lambda: str(clip) in targets(links))

    process.send_signal(signal.SIGHUP)
    process.send_signal(signal.SIGTERM)  # as a terminal that closes under a service does
    out, said = process.communicate(timeout=LONG_ENOUGH)

    assert (process.returncode, out) in {(129, ""), (143, "")}
    assert said in {"Hung up.\n", "Terminated.\n"}
    assert files_in(tmp_path / "work") == ["clip.mp4"]
    assert files_in(tmp_path / "temporary") == []


def test_who_was_started_to_ignore_a_hang_up_goes_on(run, tmp_path):
    out = tmp_path / "work" / "ready"
    process = run("prepare", "clip.mp4", "-o", "ready", "--quick", before=("nohup",))
    wait_for(process, lambda: any(path.stat().st_size for path in out.glob("clip.mp4.*.partial")))

    process.send_signal(signal.SIGHUP)
    process.communicate(timeout=LONG_ENOUGH * 2)

    assert process.returncode == 0
    assert files_in(out) == ["clip.mp4", "receipt.json"]


def test_the_plan_is_read_while_ffmpeg_still_runs(run, tmp_path, short_job):
    """An ffmpeg that begins when it is told to: by then the plan stands on stdout."""
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    slow = tmp_path / "slow-ffmpeg"
    real = imageio_ffmpeg.get_ffmpeg_exe()
    slow.write_text(f'#!/bin/sh\ncase "$*" in *-progress*) read go < "{gate}";; esac\nexec "{real}" "$@"\n')
    slow.chmod(0o755)
    process = run("prepare", str(short_job[0]), "-o", "ready", "--quick", before=("env", f"LIPREADY_FFMPEG={slow}"))
    read = ""
    while "[V104]" not in read.partition("plan")[2]:
        line = process.stdout.readline()
        assert line, process.communicate()
        read += line
    assert process.poll() is None

    with gate.open("w") as go:
        go.write("go\n")
    rest, said = process.communicate(timeout=LONG_ENOUGH * 2)

    assert process.returncode == 0, said
    assert "ready, as far as was checked" in rest
    assert (read + rest).count("plan\n") == 1
