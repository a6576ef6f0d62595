"""The key is in nothing that is written, said or listed, however a run ends."""

import json
import re
import subprocess
import sys
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from secrets import token_hex

import pytest

from lipready.sandbox.faults.fault import Fault
from lipready.sandbox.serve import SandboxOptions, serving

LOUD = """
import logging, sys
logging.basicConfig(level=logging.DEBUG, stream=sys.stderr)
"""
COMMAND_LINE = LOUD + "from lipready.cli.app import main\nmain()\n"
BROKEN = """
import lipready.providers.submission.queries as reading, lipready.providers.transport.client as transport
def broken(self, request):
    key = self._authority._key if hasattr(self, '_authority') else None
    raise RuntimeError(f'a fault amid {request!r} of {self!r}')
transport.Transport.send = broken
"""
LIBRARY = """
import asyncio, traceback, lipready
from lipready import Job, Settings
key, video, audio = sys.stdin.read().split("\\n")
settings = Settings(quick=True, only=("V",))
async def twin():
    task = await lipready.submit_async(Job(video, audio), provider="evolink", api_key=key, settings=settings)
    return await task.wait_async(poll_interval=0.1)
for attempt in range(2):
    try:
        task = lipready.submit(Job(video, audio), api_key=key, settings=settings)
        print(repr(task), task, task.account, task.wait(poll_interval=0.1))
        print(repr(task.download(f"{attempt}.mp4")), asyncio.run(twin()))
    except lipready.LipreadyError as error:
        traceback.print_exc()
        print(repr(error), error, vars(error))
"""


class Watched:
    """What `ps` and /proc show of all processes while a block runs."""

    def __init__(self):
        self.seen, self._over = [], threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        self._thread.join()

    def _watch(self):
        while True:
            for line in Path("/proc").glob("[0-9]*/cmdline"):
                try:
                    self.seen.append(line.read_bytes())
                except OSError:  # the process has gone
                    continue
            self.seen.append(subprocess.run(["ps", "-ef", "ww"], capture_output=True, check=True).stdout)
            if self._over.wait(0.05):
                return


@pytest.fixture
def key():
    return f"sk-canary-{token_hex(16)}"


@pytest.fixture
def job(made):
    return str(made("anna.mp4")), str(made("anna.wav"))


@pytest.fixture
def run(environment, tmp_path, key):
    """Run a program, and give what it said: `run(program, *arguments, stdin="", **variables)`; it must not tell."""
    for name in ("home", "cwd", "cache", "temporary"):
        (tmp_path / name).mkdir()
    places = {
        "HOME": str(tmp_path / "home"),
        "TMPDIR": str(tmp_path / "temporary"),
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
        "XDG_STATE_HOME": str(tmp_path / "home"),
    }

    def work(program, *arguments, stdin="", **variables):
        with Watched() as watched:
            done = subprocess.run(
                [sys.executable, "-c", program, *arguments],
                input=stdin,
                capture_output=True,
                encoding="utf-8",
                cwd=tmp_path / "cwd",
                env=environment | places | variables,
                timeout=300,
                check=False,
            )
        secret = key.encode()
        assert key not in done.stdout + done.stderr
        assert [text for text in watched.seen if secret in text] == []
        assert any(program.encode()[-40:] in text for text in watched.seen)
        written = [path for path in tmp_path.rglob("*") if path.is_file()]
        assert [path for path in written if secret in path.read_bytes()] == []
        assert [path for path in tmp_path.rglob("*") if key in str(path)] == []
        return done

    return work


def there(url, key):
    return {
        "DASHSCOPE_HTTP_BASE_URL": f"{url}/api/v1",
        "EVOLINK_BASE_URL": f"{url}/v1",
        "EVOLINK_FILES_BASE_URL": url,
        "DASHSCOPE_API_KEY": key,
        "EVOLINK_API_KEY": key,
    }


QUICK = ("--quick", "--poll-interval", "0.1", "-v")


@pytest.mark.parametrize("provider", ["dashscope", "evolink"])
def test_a_job_that_comes_home(run, job, key, tmp_path, provider):
    with serving(SandboxOptions(pace=0.2)) as running:
        surroundings = there(running.url, key)
        report = ("--report", "json=report.json")
        send = ("submit", *job, "-o", "film.mp4", "--provider", provider, *QUICK, *report)
        done = run(COMMAND_LINE, *send, **surroundings)
        assert done.returncode == 0, done.stderr
        assert "DEBUG" in done.stderr  # asyncio's, at least: the log was on
        shown = run(COMMAND_LINE, "tasks", "list", "--format", "json", **surroundings)
        (entry,) = json.loads(shown.stdout)["jobs"]
        assert entry["stage"] == "downloaded"
        run(COMMAND_LINE, "tasks", "show", entry["id"], "-v", **surroundings)
        run(COMMAND_LINE, "tasks", "cancel", entry["id"], "-v", **surroundings)
    assert (tmp_path / "state" / "journal.sqlite3").is_file()
    assert (tmp_path / "cwd" / "report.json").is_file()


@pytest.mark.parametrize(
    "fault",
    ["submit:quota", "submit:html", "upload:quota", "policy:nested", "poll:quota", "submit:redirect=http://x.invalid/"],
)
def test_refusals_and_odd_answers(run, job, key, fault):
    with serving(SandboxOptions(pace=0.2, faults=(Fault.parse(f"{fault}*"), Fault.parse("list:quota*")))) as running:
        done = run(COMMAND_LINE, "submit", *job, "-o", "film.mp4", *QUICK, **there(running.url, key))
    assert done.returncode == 2
    assert "Error: " in done.stderr


def test_a_crash_with_its_traceback(run, job, key, tmp_path):
    done = run(
        LOUD + BROKEN + "from lipready.cli.app import main\nmain()\n",
        "submit",
        *job,
        "-o",
        "film.mp4",
        *QUICK,
        **there("http://127.0.0.1:9", key),
    )
    assert done.returncode == 2
    assert "Traceback (most recent call last)" in done.stderr
    assert "a fault amid HttpRequest(" in done.stderr
    (log,) = (tmp_path / "state" / "log").iterdir()
    assert "a fault amid HttpRequest(" in log.read_text()


def test_a_key_of_the_call_and_of_a_file(run, job, key, tmp_path):
    with serving(SandboxOptions(pace=0.2)) as running:
        done = run(LOUD + LIBRARY, stdin="\n".join((key, *job)), **there(running.url, "another"))
        assert done.stdout.count("succeeded") >= 4
        running.inject(Fault("submit", "quota", count=None))
        # The same job is not sent twice: only with a journal that does not know it is there anything to refuse.
        elsewhere = there(running.url, "another") | {"LIPREADY_STATE_DIR": str(tmp_path / "elsewhere")}
        done = run(LOUD + LIBRARY, stdin="\n".join((key, *job)), **elsewhere)
        assert "RefusedError" in done.stdout
    # A file that holds the key is not one that was written; it lies outside of what is searched.
    place = tmp_path.parent / f"{tmp_path.name}-key"
    place.write_text(f"{key} \n{key}\n")
    done = run(
        COMMAND_LINE, "submit", *job, "-o", "f.mp4", DASHSCOPE_API_KEY="", DASHSCOPE_API_KEY_FILE_PATH=str(place)
    )
    assert done.returncode == 2
    assert "characters that no key has" in done.stderr


class _Parrot(BaseHTTPRequestHandler):
    """Repeats the key wherever an answer has room for words."""

    def _answer(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        key = self.headers.get("Authorization", "Bearer nothing").partition(" ")[2]
        words = f"Incorrect key provided: {key}. Header: Bearer {key}"
        status, body = self.server.said
        text = json.dumps(body).replace("WORDS", words).replace("KEY", key).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.send_header("X-Request-Id", key)
        self.end_headers()
        self.wfile.write(text)

    def do_GET(self):
        self._answer()

    def do_POST(self):
        self._answer()

    def log_message(self, *_):
        pass


@contextmanager
def parrot(status, body):
    with ThreadingHTTPServer(("127.0.0.1", 0), _Parrot) as server:
        server.said = status, body
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize(
    "case",
    [
        ("dashscope", 401, {"code": "InvalidApiKey", "message": "WORDS", "request_id": "KEY"}),
        ("dashscope", 400, {"code": "KEY", "message": "WORDS", "request_id": "KEY"}),
        ("dashscope", 200, {"code": "KEY", "message": "WORDS", "output": {"code": "KEY", "message": "WORDS"}}),
        ("evolink", 401, {"error": {"code": "KEY", "message": "WORDS", "type": "KEY"}}),
        ("evolink", 200, {"success": False, "code": 401, "msg": "WORDS", "request_id": "KEY"}),
    ],
)
def test_a_provider_that_repeats_the_key(run, job, key, case):
    provider, status, body = case
    with parrot(status, body) as url:
        send = ("submit", *job, "-o", "film.mp4", "--provider", provider, *QUICK)
        done = run(COMMAND_LINE, *send, **there(url, key))
        assert done.returncode == 2
        assert re.search(r"Error: ", done.stderr)
        run(COMMAND_LINE, "tasks", "list", "--format", "json", **there(url, key))
