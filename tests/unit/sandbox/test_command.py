"""`lipready sandbox` as a process of its own."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import httpx2
import pytest

from lipready.sandbox.faults.fault import KINDS, STEPS

# By way of the table of commands, whether or not it lists the sandbox yet.
PROGRAM = (
    "import sys; from lipready.cli import run; run._COMMANDS.setdefault('sandbox', ''); "
    "from lipready.cli.app import main; main(sys.argv[1:])"
)


@contextmanager
def sandbox(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Start the command on a free port, and give its process and its address."""
    command = [sys.executable, "-c", PROGRAM, "sandbox", "--port", "0", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            found = re.search(r"http://127\.0\.0\.1:\d+", process.stdout.readline())
            assert found, process.stderr.read() if process.stderr else ""
            yield process, found[0]
        finally:
            process.kill()


def rest_of(process: subprocess.Popen[str]) -> tuple[str, str]:
    """Read what was not read yet of stdout and stderr."""
    assert process.stdout is not None
    assert process.stderr is not None
    return process.stdout.read(), process.stderr.read()


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 0)])
def test_it_says_how_to_use_it_and_ends_quietly(number: signal.Signals, status: int) -> None:
    with sandbox("--pace", "0", "--fault", "poll:503") as (process, url):
        answer = httpx2.get(f"{url}/v1/tasks/task-unified-1-a", headers={"Authorization": "Bearer mine"})
        assert answer.status_code == 503
        process.send_signal(number)
        assert process.wait(timeout=60) == status
        out, err = rest_of(process)
    exported = dict(re.findall(r"export (\w+)=(\S+)", out))
    assert exported == {
        "DASHSCOPE_HTTP_BASE_URL": f"{url}/api/v1",
        "DASHSCOPE_API_KEY": "sandbox",
        "EVOLINK_BASE_URL": url,
        "EVOLINK_FILES_BASE_URL": url,
        "EVOLINK_API_KEY": "sandbox",
    }
    assert "GET  /v1/tasks/task-unified-1-a  503" in err
    assert "mine" not in err
    assert "Traceback" not in err


def test_its_storage_and_its_callbacks_can_be_chosen() -> None:
    with sandbox("-q", "--upload-limit", "7", "--local-callbacks") as (_process, url):
        headers = {"Authorization": "Bearer mine"}
        query = {"action": "getPolicy", "model": "videoretalk"}
        policy = httpx2.get(f"{url}/api/v1/uploads", params=query, headers=headers).json()
        assert policy["data"]["max_file_size_mb"] == 7
        body = {"model": "videoretalk", "video_url": url, "audio_url": url, "callback_url": f"{url}/hook"}
        assert httpx2.post(f"{url}/v1/videos/generations", json=body, headers=headers).status_code == 200


def test_quiet_is_quiet() -> None:
    with sandbox("-q") as (process, url):
        httpx2.get(f"{url}/sandbox/ledger")
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=60) == 0
        assert rest_of(process)[1] == ""


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--fault", "submit:explode"], "There is no fault 'explode': the kinds are delay"),
        (["--fault", "nowhere:500"], "the steps are policy, upload, submit"),
        (["--host", "192.0.2.1"], "cannot listen on"),
    ],
)
def test_what_cannot_be_is_one_sentence(arguments: list[str], words: str) -> None:
    command = [sys.executable, "-c", PROGRAM, "sandbox", *arguments]
    run = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, "COLUMNS": "200"})
    assert (run.returncode, run.stdout) == (2, "")
    assert words in run.stderr
    assert len(run.stderr.strip().splitlines()) == 1


def test_help_names_every_fault() -> None:
    command = [sys.executable, "-c", PROGRAM, "sandbox", "--help"]
    run = subprocess.run(command, capture_output=True, text=True, check=True, env={**os.environ, "COLUMNS": "120"})
    text = " ".join(run.stdout.split())
    assert not [name for name in (*STEPS, *KINDS) if not re.search(rf"(?<![\w-]){name}(?![\w-])", text)]
