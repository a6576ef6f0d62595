"""The real command line, in processes of its own, on real files."""

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from select import select
from typing import Any

import imageio_ffmpeg
import pytest

import lipready
from lipready.faces.models.weights import models_folder

COMMAND = [sys.executable, "-m", "lipready"]
TIMEOUT = 300
FOUND_AT = str(Path(lipready.__file__).parents[1])
FOR_PYTHON = {"PYTHONIOENCODING": "utf-8", "PYTHONPATH": FOUND_AT}
"""As a command is started; the path also where the package is not installed, and from any folder."""

PYTHON_AS_IS = {k: v for k, v in os.environ.items() if k.startswith("PYTHON")}


@pytest.fixture(scope="session")
def command_server():
    """Give the socket of tests/acceptance/command_server.py, which forks commands; None where there is none."""
    if sys.platform != "linux":
        yield None
        return
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    command = [sys.executable, Path(__file__).with_name("command_server.py")]
    # A process that is forked has no threads, nor does it need those of a library.
    environment = os.environ | FOR_PYTHON | {"OPENBLAS_NUM_THREADS": "1"}
    with theirs:
        server = subprocess.Popen(command, stdin=theirs, stdout=subprocess.DEVNULL, env=environment)
    yield ours
    ours.close()
    server.wait(timeout=60)


def forked(server, arguments, cwd, environment):
    """Run a command in a process that is forked from the server: what `subprocess.run` would give."""
    with tempfile.TemporaryFile("w+", encoding="utf-8") as out, tempfile.TemporaryFile("w+", encoding="utf-8") as err:
        reader, writer = os.pipe()
        request = {"arguments": arguments, "folder": str(cwd), "environment": environment}
        with open(os.devnull) as nothing, open(reader, encoding="ascii") as told:  # noqa: PTH123 - it is a descriptor
            streams = [nothing.fileno(), out.fileno(), err.fileno(), writer]
            socket.send_fds(server, [json.dumps(request).encode()], streams)
            os.close(writer)
            process = int(told.readline())
            if not select([told], [], [], TIMEOUT)[0]:
                os.kill(process, signal.SIGKILL)
                raise subprocess.TimeoutExpired(arguments, TIMEOUT)
            status = int(told.readline())
        for stream in (out, err):
            stream.seek(0)
        return subprocess.CompletedProcess(arguments, status, out.read(), err.read())


@pytest.fixture(scope="session")
def run_command(command_server):
    """Run `lipready`: `run_command(arguments, cwd, environment)`.

    Imports are what takes longest, and a process that is forked from the server has them done. The first run of each
    command is a process of its own from the start all the same, and so is one with another variable for Python itself.
    """
    started = set()

    def run(arguments, cwd, environment):
        arguments = [*map(str, arguments)]
        name = arguments[0] if arguments else ""
        plain = {k: v for k, v in environment.items() if k.startswith("PYTHON")} == PYTHON_AS_IS | FOR_PYTHON
        if command_server is not None and plain and name in started:
            return forked(command_server, arguments, cwd, environment)
        started.add(name)
        return subprocess.run(
            [*COMMAND, *arguments],
            capture_output=True,
            encoding="utf-8",
            cwd=cwd,
            env=environment,
            timeout=TIMEOUT,
            check=False,
        )

    return run


def make_media(target, *arguments):
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-v", "error", "-y", *map(str, arguments), str(target)]
    subprocess.run(command, check=True, timeout=120)
    return target


@pytest.fixture(scope="session")
def ffmpeg():
    """Make a file: `ffmpeg(target, *arguments)`."""
    return make_media


@pytest.fixture(scope="session")
def media(tmp_path_factory, made):
    """Give a folder of small files without people: good.mp4, small.mp4 (480×854, 12 fps), speech.wav, face.png."""
    folder = tmp_path_factory.mktemp("media")
    x264 = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-movflags", "+faststart")
    make_media(folder / "good.mp4", "-f", "lavfi", "-i", "testsrc2=size=720x720:rate=25:duration=3", *x264)
    make_media(folder / "small.mp4", "-f", "lavfi", "-i", "testsrc2=size=480x854:rate=12:duration=3", *x264)
    make_media(folder / "speech.wav", "-i", made("anna.wav"), "-t", "3", "-ar", "44100")
    make_media(folder / "face.png", "-f", "lavfi", "-i", "testsrc2=size=640x640", "-frames:v", "1")
    return folder


@pytest.fixture
def environment(tmp_path):
    """Give surroundings that no setting of the developer reaches."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("LIPREADY_") and k not in {"NO_COLOR", "COLUMNS"}}
    return kept | FOR_PYTHON | {"LIPREADY_STATE_DIR": str(tmp_path / "state")}


@pytest.fixture
def lipready_run(tmp_path, environment, run_command):
    """Run the command line in an empty folder: `lipready_run(*arguments, cwd=…, VARIABLE=…)`."""
    folder = tmp_path / "cwd"
    folder.mkdir()

    def run(*arguments, cwd=folder, **changes):
        return run_command(arguments, cwd, environment | changes)

    return run


@dataclass(frozen=True)
class Repository:
    """A git repository, and the gate in it with a cache and a state of its own."""

    folder: Path
    environment: dict[str, str]
    run: Callable[..., Any]

    def git(self, *arguments, cwd=None):
        command = ["git", *map(str, arguments)]
        done = subprocess.run(
            command, cwd=cwd or self.folder, env=self.environment, check=True, capture_output=True, encoding="utf-8"
        )
        return done.stdout

    def put(self, name, source):
        """Put a file there: a copy of another, or of a text."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(source.read_bytes() if isinstance(source, Path) else source.encode())
        return path

    def commit(self):
        self.git("add", "--all", "--force")
        self.git("commit", "--quiet", "--message", "assets")

    def gate(self, *arguments, cwd=None, command=("gate",), **changes):
        return self.run([*command, *arguments], cwd or self.folder, self.environment | changes)


@pytest.fixture
def repository(tmp_path, environment, run_command):
    """Give an empty git repository in which the gate runs."""
    folder = tmp_path / "repository"
    folder.mkdir()
    unset = ("GITHUB_", "GIT_", "CI")
    surroundings = {k: v for k, v in environment.items() if not k.startswith(unset)} | {
        "LIPREADY_CACHE_DIR": str(tmp_path / "cache"),
        "LIPREADY_MODELS_DIR": str(models_folder()),
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        **{f"GIT_{who}_{what}": "test@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
    }
    made = Repository(folder, surroundings, run_command)
    made.git("init", "--quiet", "--initial-branch", "main")
    return made
