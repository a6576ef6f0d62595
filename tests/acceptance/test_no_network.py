"""Check and prepare of local files open no connection once the face weights are there."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]

# What ctypes.util.find_library runs, which MediaPipe calls; none of them opens a connection.
FINDERS_OF_LIBRARIES = {"ldconfig", "gcc", "cc", "clang", "ld", "objdump", "sh"}

# The hook is Python's own; what a library does in C is shown by the run without any network further down.
WATCHED = """
import json, sys
calls = []
def watch(event, arguments):
    if event in {"socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto", "socket.sendmsg"}:
        calls.append([event, repr(arguments[1:])])
    if event == "subprocess.Popen":
        calls.append([event, str(arguments[0])])
sys.addaudithook(watch)

import lipready
video, audio, reference, out = sys.argv[1:]
report = lipready.check(video, audio, reference)
prepared = lipready.prepare(video, audio, reference, out=out)
print(json.dumps({"verdict": report.verdict, "ready": prepared.ready, "calls": calls}))
"""


@pytest.fixture(scope="module")
def _weights() -> None:
    """Have the weights in place before anybody watches."""
    from lipready.faces.models.weights import ensure_models

    ensure_models()


def run(arguments: list[str], *, prefix: tuple[str, ...] = ()) -> dict:
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY / "src")}
    done = subprocess.run(
        [*prefix, sys.executable, "-c", WATCHED, *arguments],
        capture_output=True,
        text=True,
        env=environment,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.usefixtures("_weights")
def test_no_connection_is_opened(bad_job: tuple[Path, Path, Path], tmp_path: Path) -> None:
    result = run([*map(str, bad_job), str(tmp_path / "ready")])

    assert (result["verdict"], result["ready"]) == ("fail", True)
    started = {Path(what).name for event, what in result["calls"] if event == "subprocess.Popen"}
    assert any(name.startswith("ffmpeg") for name in started), "the hook saw nothing, not even ffmpeg"
    assert {name for name in started if not name.startswith("ffmpeg")} <= FINDERS_OF_LIBRARIES
    assert [call for call in result["calls"] if call[0] != "subprocess.Popen"] == []


@pytest.mark.usefixtures("_weights")
def test_all_is_the_same_where_there_is_no_network(bad_job: tuple[Path, Path, Path], tmp_path: Path) -> None:
    unshare = shutil.which("unshare")
    if unshare is None or subprocess.run([unshare, "-n", "true"], capture_output=True, check=False).returncode != 0:
        pytest.skip("taking the network away needs `unshare -n`, and the right to use it")

    result = run([*map(str, bad_job), str(tmp_path / "ready")], prefix=(unshare, "-n"))

    assert (result["verdict"], result["ready"]) == ("fail", True)
