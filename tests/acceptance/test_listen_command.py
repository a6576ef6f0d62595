"""`lipready listen`: real callbacks over HTTP, and a sandbox that is asked whether they are true."""

import asyncio
import json
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from secrets import token_hex
from types import SimpleNamespace

import httpx2
import pytest
import trustme

from lipready.cli.run import run as command_line
from lipready.sandbox.serve import SandboxOptions, serving
from lipready.sandbox.tasks.work import call_back

COMMAND = [sys.executable, "-m", "lipready", "listen", "--port", "0"]
TASK = "task-unified-1757165031-abcd1234"


@pytest.fixture
def server():
    with serving(SandboxOptions(pace=0)) as running:
        yield running


@pytest.fixture
def folder(tmp_path, monkeypatch):
    folder = tmp_path / "cwd"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def surroundings(server, tmp_path, monkeypatch, folder):
    """Let EvoLink be the sandbox, for this process and those that it starts."""
    del folder
    (tmp_path / "home").mkdir()
    given = {
        "HOME": str(tmp_path / "home"),
        "LIPREADY_STATE_DIR": str(tmp_path / "state"),
        "EVOLINK_BASE_URL": server.endpoints("evolink").api,
        "EVOLINK_FILES_BASE_URL": server.endpoints("evolink").files,
        "EVOLINK_API_KEY": f"sk-{token_hex(16)}",
    }
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    return given


@pytest.fixture
def submit(surroundings, made, capsys):
    """Submit a job without waiting: `submit(*options)` gives its record."""
    del surroundings

    def submit(*options, video=None):
        capsys.readouterr()
        files = [str(video or made("anna.mp4")), str(made("anna.wav"))]
        arguments = ["submit", *files, "--provider", "evolink", "--quick", "--no-wait", "--format", "json", *options]
        assert command_line(arguments) == 0
        return json.loads(capsys.readouterr().out)

    return submit


def wait_until_ended(server):
    until = time.monotonic() + 60
    while any(task.status.lower() in ("pending", "queued", "processing") for task in server.ledger().tasks):
        assert time.monotonic() < until
        time.sleep(0.02)


class Listener:
    """A `lipready listen` in a process of its own."""

    def __init__(self, *options):
        self.process = subprocess.Popen(
            [*COMMAND, *map(str, options)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        self.first = self.process.stderr.readline()
        self.url = self.first.split(" ")[2].rstrip(";")
        self.said, self._reader = [], threading.Thread(target=self._read)
        self._reader.start()

    def _read(self):
        for line in self.process.stderr:
            self.said.append(line)

    def wait_for(self, text):
        until = time.monotonic() + 60
        while not any(text in line for line in self.said):
            assert time.monotonic() < until, self.said
            time.sleep(0.01)

    def end(self):
        self.process.send_signal(signal.SIGINT)
        return self.wait()

    def wait(self):
        out = self.process.stdout.read()
        status = self.process.wait(60)
        self._reader.join()
        return status, out, "".join(self.said)


@pytest.fixture
def listen(surroundings):
    """Start `lipready listen`; it is ended with the test."""
    del surroundings
    started = []

    def start(*options):
        started.append(Listener(*options))
        return started[-1]

    yield start
    for each in started:
        each.process.kill()
        each.wait()
        each.process.stdout.close()
        each.process.stderr.close()


def test_a_callback_brings_the_result_to_where_the_journal_says(listen, submit, folder, server):
    listener = listen("--no-verify")
    assert listener.url.startswith("http://127.0.0.1:")
    first = submit("-o", "result.mp4")
    second = submit("--video-extension")
    wait_until_ended(server)
    # The sandbox's own sender, which takes nothing but a 2xx for an answer.
    for sent in (second, first, second):
        complaints = []
        asyncio.run(call_back(SimpleNamespace(log=complaints.append), listener.url, {"id": sent["task"]}))
        assert complaints == []
    until = time.monotonic() + 60
    names = ["result.mp4", f"{second['job']}.mp4"]
    while not all((folder / name).exists() for name in names):
        assert time.monotonic() < until, listener.said
        time.sleep(0.02)
    asked = server.ledger().requests["download"]
    asyncio.run(call_back(SimpleNamespace(log=print), listener.url, {"id": first["task"]}))
    listener.wait_for("downloaded: nothing is left to do")
    status, out, err = listener.end()
    assert status == 130, err
    assert err.splitlines()[-1] == "Interrupted."
    assert sorted(line.split(" ")[1] for line in out.splitlines()) == sorted(names)
    assert server.ledger().requests["download"] == asked == 2
    assert server.ledger().submissions == 2


def test_nobody_learns_what_the_journal_knows_and_nobody_is_asked_for_strangers(listen, submit, server):
    known = submit("-o", "result.mp4")
    listener = listen()
    until = time.monotonic() + 60
    while not (before := server.ledger().requests.get("poll", 0)):  # at its start it asks for the open task
        assert time.monotonic() < until
        time.sleep(0.01)
    with httpx2.Client(trust_env=False) as client:
        strange = client.post(
            listener.url, json={"id": TASK, "status": "completed", "results": ["https://evil.example"]}
        )
        listener.wait_for("does not know")
        assert server.ledger().requests.get("poll", 0) == before
        mine = client.post(listener.url, json={"id": known["task"], "status": "failed"})
        assert (strange.status_code, strange.content) == (mine.status_code, mine.content) == (204, b"")
        assert {k for k in strange.headers if k != "date"} == {k for k in mine.headers if k != "date"}
        for body in (b"", b"{", b"[]", b'{"id": 5}', b'{"id": "../x"}'):
            assert (client.post(listener.url, content=body).status_code) == 400
        assert client.post(listener.url, content=b"x" * ((1 << 20) + 1)).status_code == 413
        assert client.get(listener.url).status_code == 405
        assert client.post(f"{listener.url}/else", json={"id": TASK}).status_code == 404
    assert listener.end()[0] == 130


def test_what_was_missed_is_looked_after_and_until_done_ends(listen, submit, folder, server):
    sent = submit("-o", "result.mp4")
    wait_until_ended(server)
    status, out, err = listen("--until-done", "--format", "json").wait()
    assert (status, err) == (0, "")
    (record,) = json.loads(out)["tasks"]
    assert (record["task"], record["status"]) == (sent["task"], "succeeded")
    assert record["result"] == str(folder / "result.mp4")
    assert (folder / "result.mp4").stat().st_size > 10_000
    assert record["verified"]["files"][2]["path"] == record["result"]
    assert listen("--until-done").wait()[:2] == (0, "")


def test_it_speaks_https_with_a_certificate(listen, tmp_path):
    authority = trustme.CA()
    issued = authority.issue_cert("127.0.0.1")
    issued.cert_chain_pems[0].write_to_path(tmp_path / "cert.pem")
    issued.private_key_pem.write_to_path(tmp_path / "key.pem")
    trusted = ssl.create_default_context()
    authority.configure_trust(trusted)
    listener = listen("--certificate", tmp_path / "cert.pem", "--private-key", tmp_path / "key.pem")
    assert listener.url.startswith("https://")
    with httpx2.Client(trust_env=False, verify=trusted) as client:
        assert client.post(listener.url, json={"id": TASK}).status_code == 204
    listener.wait_for("does not know")
    assert listener.end()[0] == 130


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--path", "callback"), "no path"),
        (("--private-key", "key.pem"), "belongs to --certificate"),
        (("-o", "gone"), "no folder"),
        (("--certificate", "gone.pem"), "cannot be used"),
    ],
)
def test_wrong_calls(surroundings, capsys, arguments, said):
    del surroundings
    assert command_line(["listen", "--port", "0", *arguments]) == 2
    assert said in capsys.readouterr().err


def test_a_port_that_is_taken_and_a_key_that_is_missing_are_said(surroundings, folder, capsys, monkeypatch):
    del surroundings
    with socket.create_server(("127.0.0.1", 0)) as taken:
        assert command_line(["listen", "--port", str(taken.getsockname()[1])]) == 2
    assert "choose another port" in capsys.readouterr().err
    monkeypatch.setenv("EVOLINK_API_KEY", "")
    assert command_line(["listen", "--port", "0"]) == 2
    assert "There is no key" in capsys.readouterr().err
    assert list(folder.iterdir()) == []
