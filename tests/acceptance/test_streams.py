"""Every command in every format, whatever the three streams are: a report is whole, or it is said that it is not."""

import json
import os
import pty
import re
import shutil
import subprocess
import sys
import termios
import threading
from contextlib import closing, contextmanager
from dataclasses import dataclass

import pytest
from lxml.etree import fromstring as parse_xml

from lipready.faces.models.weights import models_folder
from lipready.reports.render import FORMATS

RECORDS = ("full", "json", "jsonl")
WARNED = "Error: The report could not be written to standard output: "

# One process that has imported what commands need, and forks for each run: the start of Python is not what is tested.
SERVER = """
import json, os, sys
import click, rich.progress, av
import lipready.cli.run
import lipready.cli.commands.check
import lipready.cli.commands.gate
import lipready.cli.commands.gate_run
import lipready.cli.input.shards
import lipready.cli.commands.prepare
import lipready.cli.output.preparation
import lipready.cli.commands.tasks
import lipready.cli.commands.submit
import lipready.prepare
import cv2
import httpx2
import lipready.providers.transport.drive
import lipready.sandbox.serve
import lipready.reports.people
import lipready.faces.people
from lipready.cli.app import main

def opened(number, place):
    device = place.startswith("/dev/") and not place.startswith("/dev/shm/")
    flags = os.O_RDONLY if number == 0 else os.O_RDWR | os.O_NOCTTY if device else os.O_WRONLY
    if place == "closed":
        return None
    if place == "gone":
        reader, writer = os.pipe()
        os.close(reader)
        return writer
    return os.open(place, flags | (0 if device else os.O_CREAT | os.O_TRUNC))

def run(job):
    places = [opened(*each) for each in enumerate(job["streams"])]
    for number, descriptor in enumerate(places):
        os.close(number) if descriptor is None else os.dup2(descriptor, number)
    texts = [open(n, "r" if n == 0 else "w", encoding="utf-8", closefd=False) if places[n] is not None else None
             for n in range(3)]
    sys.stdin, sys.stdout, sys.stderr = texts
    os.environ.update(job["environment"])
    os.chdir(job["folder"])
    sys.argv = ["lipready", *job["arguments"]]
    main()

for line in sys.stdin:
    child = os.fork()
    if child == 0:
        try:
            run(json.loads(line))
        except SystemExit as leaving:
            for stream in filter(None, (sys.stdout, sys.stderr)):
                stream.flush()
            os._exit(leaving.code or 0)
        except BaseException:
            os._exit(70)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


@dataclass(frozen=True)
class Ended:
    """How a run ended: its status, what stands in the files that were its stdout and stderr, and on the terminal."""

    status: int
    out: str | None
    err: str | None
    screen: list[str]
    bars: bool


def untimed(text):
    """Take out how long things took, of which JUnit tells: no two runs agree in it."""
    return re.sub(r' time="[0-9.]+"', "", text)


class Runner:
    """Runs commands in one folder, with streams of all kinds."""

    def __init__(self, server, folder, scratch):
        self.server, self.folder, self.scratch = server, folder, scratch

    def __call__(self, *arguments, streams=("null", "out", "err"), **environment):
        files = {name: self.scratch / name for name in ("out", "err")}
        for file in files.values():
            file.unlink(missing_ok=True)
        with terminal() as (name, shown):
            places = {"tty": name, "null": os.devnull, "full": "/dev/full", **{k: str(v) for k, v in files.items()}}
            job = {"streams": [places.get(each, each) for each in streams], "arguments": [*map(str, arguments)]}
            job |= {"folder": str(self.folder), "environment": environment}
            self.server.stdin.write(json.dumps(job) + "\n")
            self.server.stdin.flush()
            status = int(self.server.stdout.readline())
        texts = {name: untimed(file.read_text("utf-8")) if file.exists() else None for name, file in files.items()}
        said = untimed(b"".join(shown).decode())
        return Ended(status, texts["out"], texts["err"], screen_of(said), bars="━" in said)


@contextmanager
def terminal():
    """Open a pseudo-terminal of 100 columns; give its name, and the pieces of what is written to it."""
    master, slave = pty.openpty()
    termios.tcsetwinsize(slave, (24, 100))
    shown = []

    def read():
        try:
            while piece := os.read(master, 65536):
                shown.append(piece)
        except OSError:  # Linux says EIO when the last writer closes
            pass

    reader = threading.Thread(target=read)
    reader.start()
    try:
        yield os.ttyname(slave), shown
    finally:
        os.close(slave)
        reader.join()
        os.close(master)


def screen_of(text):
    """Obey what a terminal is told, as far as progress bars and reports tell it anything; colours are left out."""
    lines, row, column = [""], 0, 0
    for part in re.findall(r"\x1b\[[?\d;]*[A-Za-z]|\x1b\]8;[^\x1b]*\x1b\\|[^\x1b\r\n]+|.|\n", text):
        if part == "\n":
            row, column = row + 1, 0
            lines += [""] * (row + 1 - len(lines))
        elif part == "\r":
            column = 0
        elif part == "\x1b[2K":
            lines[row] = ""
        elif part.endswith("A") and part[0] == "\x1b":
            row -= int(part[2:-1])
            assert row >= 0
        elif part[0] != "\x1b":
            lines[row] = f"{lines[row][:column]:{column}}{part}{lines[row][column + len(part) :]}"
            column += len(part)
        else:
            assert part.endswith(("m", "l", "h", "\\")), part
    assert not any(lines[row + 1 :])
    return [line.rstrip() for line in lines[: row + 1]]


@pytest.fixture(scope="module")
def run(tmp_path_factory, media, made, ffmpeg):
    """Give `run(*arguments, streams=…)`, in a folder with a video, a repository, and reports of one shard."""
    root = tmp_path_factory.mktemp("streams")
    folder = root / "assets"
    (folder / "clips").mkdir(parents=True)
    shutil.copy(media / "small.mp4", folder / "clips")
    shutil.copy(media / "speech.wav", folder / "clips" / "anna.wav")
    shutil.copy(made("anna.jpg"), folder / "clips" / "anna.jpg")
    ffmpeg(root / "anna.mp4", "-i", made("anna.mp4"), "-t", "1", "-c", "copy")
    (folder / "clips" / "broken.mp4").write_text("no video at all")
    subprocess.run(["git", "init", "-q", folder], check=True)
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("LIPREADY_", "GIT", "NO_COLOR", "CI"))}
    environment |= {"LIPREADY_STATE_DIR": str(root / "state"), "LIPREADY_CACHE_DIR": str(root / "cache")}
    environment |= {"COLUMNS": "100", "TERM": "xterm-256color", "HOME": str(root), "PYTHONUNBUFFERED": ""}
    environment |= {"LIPREADY_MODELS_DIR": str(models_folder())}
    # Nothing of a run that writes a job's summary is said again: every run of the matrix is one.
    environment["GITHUB_STEP_SUMMARY"] = os.devnull
    with subprocess.Popen(
        [sys.executable, "-c", SERVER], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as server, closing(server.stdin):  # fmt: skip
        runner = Runner(server, folder, root)
        assert runner("gate", ".", "--quick", "--report", f"jsonl={root / 'run.jsonl'}").status == 1
        yield runner


CHECK = ("check", "clips/small.mp4", "--quick")
GATE = ("gate", ".", "--quick")
MERGE = ("report", "merge", "../run.jsonl")
WITH_FORMATS = [
    *((CHECK, form) for form in FORMATS),
    *((GATE, form) for form in FORMATS),
    *((MERGE, form) for form in FORMATS if form != "full"),
    *((("prepare", "clips/small.mp4", "-o", "../ready", "--dry-run", "--quick"), form) for form in RECORDS),
    *((("submit", "clips/small.mp4", "clips/anna.wav", "-o", "../x.mp4", "--quick", "--provider", "sandbox"), form)
      for form in RECORDS),
    *((("people", "../anna.mp4"), form) for form in RECORDS),
    *((("tasks", "list"), form) for form in RECORDS),
    *((("tasks", "resume"), form) for form in RECORDS),
    *((("cache", "info"), form) for form in RECORDS),
]  # fmt: skip
PLAIN = [("rules",), ("explain", "V104"), ("profiles",), ("profiles", "evolink"), ("--help",), ("check", "-h")]
SLOW = [("doctor",), ("reference", "../anna.mp4", "-o", "../ref.jpg")]
EVERYTHING = [(*command, "--format", form) for command, form in WITH_FORMATS] + PLAIN + SLOW
FAILING = [each for each in EVERYTHING if each[-1] in ("json", "concise") or each in PLAIN]


def lines_of(text):
    return [line.rstrip() for line in text.splitlines()]


def parses(form, text):
    """Whether a text is what its format says, whole."""
    if form in ("json", "sarif", "gitlab"):
        json.loads(text)
    elif form == "jsonl":
        assert all(isinstance(json.loads(line), dict) for line in text.splitlines())
    elif form == "junit":
        assert len(parse_xml(text.encode()))
    assert text == "" or text.endswith("\n")


@pytest.mark.parametrize("arguments", EVERYTHING, ids=" ".join)
def test_a_report_is_the_same_whatever_the_streams_are(run, arguments):
    plain = run(*arguments)
    parses(arguments[-1], plain.out)
    assert plain.screen == [""]
    assert "fault of its own" not in plain.err
    assert plain.out or arguments[0] == "tasks"

    redirected = run(*arguments, streams=("tty", "out", "tty"))
    assert (redirected.status, redirected.out) == (plain.status, plain.out)
    assert redirected.screen == [*lines_of(plain.err), ""]

    shown = run(*arguments, streams=("tty", "tty", "err"))
    assert (shown.status, shown.err) == (plain.status, plain.err)
    assert shown.screen == [*lines_of(plain.out), ""]

    both = run(*arguments, streams=("tty", "tty", "tty"))
    said = [line for line in both.screen if line not in lines_of(plain.err) or line in lines_of(plain.out)]
    assert (both.status, said) == (plain.status, [*lines_of(plain.out), ""])
    assert set(lines_of(plain.err)) <= set(both.screen)

    gone = run(*arguments, streams=("null", "gone", "err"))
    assert (gone.status, gone.err) == (plain.status, plain.err)


@pytest.mark.parametrize("arguments", FAILING, ids=" ".join)
def test_a_stream_that_fails_is_said_where_it_can_be(run, arguments):
    plain = run(*arguments)
    if plain.out:
        for place, reason in (("full", "no space left on device"), ("closed", "it is closed")):
            lost = run(*arguments, streams=("null", place, "err"))
            assert (lost.status, lost.err) == (2, f"{plain.err}{WARNED}{reason}.\n")

    for streams in (
        ("null", "out", "full"),
        ("null", "out", "closed"),
        ("null", "out", "gone"),
        ("closed", "out", "err"),
    ):
        kept = run(*arguments, streams=streams)
        assert (kept.status, kept.out) == (plain.status, plain.out)
    run(*arguments, streams=("closed", "closed", "closed"))
    assert not list(run.scratch.glob("state/log/*"))


@pytest.mark.parametrize("form", FORMATS)
def test_a_bar_is_shown_and_is_in_nobodys_way(run, form):
    assert run(*GATE, "--format", form, streams=("tty", "out", "tty")).bars
    assert run(*GATE, "--format", form, streams=("tty", "tty", "tty")).bars
    assert not run(*GATE, "--format", form, streams=("tty", "tty", "err")).bars


def test_a_report_in_a_file_is_whole_or_not_there(run, tmp_path):
    old = tmp_path / "old.json"
    old.write_text("old")
    limit = ("-c", 'ulimit -f 1; exec "$@"', "bash", sys.executable, "-m", "lipready")
    done = subprocess.run(
        ["bash", *limit, *CHECK, "--report", f"sarif={old}", "--report", "json=/dev/full"],
        cwd=run.folder, env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"}, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert done.returncode == 2
    assert done.stderr == (
        f"Error: {old}: the report cannot be written (File too large). "
        "/dev/full: the report cannot be written (No space left on device).\n"
    )
    assert done.stdout.endswith("repairs 2 of 2.\n\n  lipready prepare clips/small.mp4 -o ready\n")
    assert [path.name for path in tmp_path.iterdir()] == ["old.json"]
    assert old.read_text() == "old"


def test_a_report_that_cannot_be_written_keeps_no_other_back(run, tmp_path):
    done = run(*GATE, "--report", "json=/dev/full", "--report", f"jsonl={tmp_path / 'x.jsonl'}")

    assert done.status == 2
    assert done.err.endswith("Error: /dev/full: the report cannot be written (No space left on device).\n")
    assert len((tmp_path / "x.jsonl").read_text().splitlines()) == 4


def test_a_report_that_goes_where_stdout_goes_takes_nothing_of_it_away(run):
    plain = run(*CHECK, "--format", "concise")
    for place in ("/dev/stdout", run.scratch / "out"):
        done = run(*CHECK, "--format", "concise", "--report", f"json={place}")
        assert done.out.startswith(plain.out)
        assert json.loads(done.out.removeprefix(plain.out))["verdict"] == "fail"
    done = run(*CHECK, "--report", "json=x.json", "--report", "sarif=./x.json")
    assert done.status == 2
    assert "is named for two reports" in done.err
