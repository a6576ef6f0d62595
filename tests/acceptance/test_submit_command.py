"""`lipready submit`: the real command line, at the sandbox inside it and at one of our own."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from secrets import token_hex

import av
import pytest

from lipready.sandbox.faults.fault import Fault
from lipready.sandbox.serve import SandboxOptions, serving

COMMAND = [sys.executable, "-m", "lipready"]
QUICK = ("--quick", "--poll-interval", "0.1")
KEYS = {
    *("schema", "provider", "job", "task", "attached", "status", "result", "seconds", "cost", "request", "error"),
    *("set_aside", "report", "verified"),
}


def settings(running):
    """Give the environment in which both providers are a sandbox, with a key that nobody else has."""
    key = f"sk-{token_hex(16)}"
    return {
        "DASHSCOPE_HTTP_BASE_URL": running.endpoints("dashscope").api,
        "EVOLINK_BASE_URL": running.endpoints("evolink").api,
        "EVOLINK_FILES_BASE_URL": running.endpoints("evolink").files,
        "DASHSCOPE_API_KEY": key,
        "EVOLINK_API_KEY": key,
    }


@pytest.fixture(scope="module")
def shared():
    with serving(SandboxOptions(pace=0.2)) as running:
        yield running


@pytest.fixture
def slow():
    """Serve a sandbox whose tasks wait for longer than any test."""
    with serving(SandboxOptions(pace=4000)) as running:
        yield running


@pytest.fixture
def run(lipready_run, shared, tmp_path):
    """Run `lipready` at the shared sandbox."""
    (tmp_path / "home").mkdir()
    surroundings = {"HOME": str(tmp_path / "home"), **settings(shared)}
    return lambda *arguments, **changes: lipready_run(*arguments, **{**surroundings, **changes})


@pytest.fixture(scope="module")
def job(made):
    return made("anna.mp4"), made("anna.wav")


def length_of(path):
    with av.open(str(path)) as film:
        return float(film.duration / av.time_base)


@pytest.mark.parametrize(("provider", "more"), [("sandbox", ()), ("sandbox:evolink", ("--no-verify",))])
def test_a_bad_job_is_repaired_sent_and_brought_home_without_a_key(lipready_run, bad_job, tmp_path, provider, more):
    video, audio, _ = bad_job
    home = tmp_path / "home"
    home.mkdir()
    send = ("submit", video, audio, "-o", "result.mp4", "--provider", provider, "--prepare", *more)
    done = lipready_run(*send, HOME=str(home))
    assert (done.returncode, done.stderr) == (0, "")
    assert re.search(r"✓ sent to .*: task \S+ \(job [0-9a-f]{12}\)", " ".join(done.stdout.split()))
    assert re.search(r"^✓ result\.mp4 · ", done.stdout, re.MULTILINE)
    folder = tmp_path / "cwd"
    assert length_of(folder / "result.mp4") == pytest.approx(5.0, abs=0.3)
    assert sorted(path.name for path in folder.iterdir()) == ["result-ready", "result.mp4"]


def test_a_film_that_is_there_is_not_paid_for(run, job, shared, tmp_path):
    before = shared.ledger().requests
    (tmp_path / "cwd" / "result.mp4").write_text("mine")
    done = run("submit", *job, "-o", "result.mp4", *QUICK)
    assert (done.returncode, done.stdout) == (2, "")
    assert "exists already" in done.stderr
    assert (tmp_path / "cwd" / "result.mp4").read_text() == "mine"
    assert shared.ledger().requests == before


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("-o", "gone/result.mp4"), "does not exist: create it"),
        ((), "--no-wait"),
        (("-o", "x.mp4", "--provider", "nobody"), "There is no profile 'nobody'"),
        (("-o", "x.mp4", "--provider", "sandbox:nobody"), "Jobs can be sent to dashscope, evolink"),
        (("-o", "x.mp4", "--person", "1"), "--prepare"),
        (("-o", "x.mp4", "--bucket", "ftp://x"), "s3://"),
        (("-o", "x.mp4", "--poll-interval", "0"), "--poll-interval"),
        (("-o", "x.mp4", "--only", "nothing"), "nothing"),
    ],
)
def test_wrong_calls_are_refused_before_anything_is_sent(run, job, shared, arguments, said):
    before = shared.ledger().requests
    done = run("submit", *job, *arguments, "--quick")
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert shared.ledger().requests == before


@pytest.mark.parametrize(
    "case",
    [
        ({"DASHSCOPE_API_KEY": ""}, "There is no key"),
        ({"DASHSCOPE_API_KEY": "sk-canary-1\nx"}, "characters that no key has"),
        ({"DASHSCOPE_HTTP_BASE_URL": "http://dashscope.example/api/v1"}, "unencrypted"),
        ({"DASHSCOPE_API_KEY": "invalid"}, "DASHSCOPE_API_KEY"),
    ],
)
def test_without_a_proper_key_nothing_is_sent(run, job, shared, tmp_path, case):
    changes, said = case
    before = shared.ledger().submissions
    done = run("submit", *job, "-o", "result.mp4", *QUICK, **changes)
    assert (done.returncode, "sent to" in done.stdout) == (2, False)
    assert said in done.stderr
    assert "canary" not in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert shared.ledger().submissions == before
    assert list((tmp_path / "cwd").iterdir()) == []


def test_errors_found_mean_that_nothing_is_sent(run, bad_job, shared):
    before = shared.ledger()
    done = run("submit", *bad_job[:2], "-o", "result.mp4", *QUICK)
    assert (done.returncode, done.stderr) == (1, "")
    assert "not sent" in done.stdout
    assert "V104" in done.stdout
    said = run("submit", *bad_job[:2], "-o", "result.mp4", "--format", "json", *QUICK)
    assert said.returncode == 1
    line = json.loads(said.stdout)
    assert set(line) == KEYS
    assert (line["status"], line["task"], line["report"]["verdict"]) == ("not sent", None, "fail")
    assert (shared.ledger().submissions, shared.ledger().uploaded) == (before.submissions, before.uploaded)


def test_force_sends_and_the_failure_names_the_rule(run, job, tmp_path, ffmpeg):
    short = ffmpeg(tmp_path / "short.mp4", "-i", job[0], "-t", "1", "-c", "copy")
    done = run("submit", short, job[1], "-o", "result.mp4", "--force", *QUICK)
    assert done.returncode == 1, done.stderr
    assert "failed" in done.stdout
    assert "InvalidFile.Duration" in done.stdout
    assert "lipready explain V105" in done.stdout
    again = run("submit", short, job[1], "-o", "result.mp4", "--force", "--format", "json", *QUICK)
    line = json.loads(again.stdout)
    assert (again.returncode, line["status"], line["error"]["code"]) == (1, "failed", "InvalidFile.Duration")
    assert "V105" in line["error"]["rules"]
    assert not (tmp_path / "cwd" / "result.mp4").exists()


@pytest.mark.parametrize("provider", ["dashscope", "evolink"])
def test_json_is_one_line(run, job, tmp_path, provider):
    done = run("submit", *job, "-o", "result.mp4", "--provider", provider, "--format", "json", *QUICK)
    assert (done.returncode, done.stderr, done.stdout.count("\n")) == (0, "", 1)
    line = json.loads(done.stdout)
    assert set(line) == KEYS
    assert (line["schema"], line["provider"], line["status"]) == ("lipready.task/1", provider, "succeeded")
    assert line["result"] == str(tmp_path / "cwd" / "result.mp4")
    assert length_of(line["result"]) == pytest.approx(line["report"]["files"][1]["facts"]["duration"], abs=0.3)
    assert [each["role"] for each in line["verified"]["files"]] == ["video", "audio", "result"]
    assert f"verified   {line['verified']['verdict']}" in run("tasks", "show", line["job"]).stdout


def test_a_missed_deadline_leaves_the_task(run, job, slow):
    there = settings(slow)
    done = run("submit", *job, "-o", "result.mp4", "--deadline", "0.2", *QUICK, **there)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    (task,) = slow.ledger().tasks
    job_id = re.search(r"lipready tasks resume ([0-9a-f]{12})", done.stderr)[1]
    shown = json.loads(run("tasks", "list", "--format", "jsonl", **there).stdout)
    assert (shown["id"], shown["task_id"], shown["stage"]) == (job_id, task.id, "submitted")


def wait_for(running, step):
    until = time.monotonic() + 60
    while not running.ledger().requests.get(step):
        assert time.monotonic() < until
        time.sleep(0.01)


@pytest.mark.parametrize("times", [1, 2])
def test_ctrl_c_leaves_a_task_that_resume_brings_home(environment, job, tmp_path, lipready_run, times):
    with serving(SandboxOptions(pace=0.2)) as running:
        there = {"HOME": str(tmp_path), **settings(running)}
        running.inject(Fault("poll", "delay", "30"))
        process = subprocess.Popen(
            [*COMMAND, "submit", *map(str, job), "-o", "result.mp4", *QUICK],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=tmp_path / "cwd",
            env=environment | there,
            text=True,
            start_new_session=True,
        )
        out = ""
        while "sent to" not in out:
            out += process.stdout.readline()
        wait_for(running, "poll")
        for _ in range(times):
            os.killpg(process.pid, signal.SIGINT)
        _, err = process.communicate(timeout=60)
        assert process.returncode == 130, err
        assert "Traceback" not in err
        if times > 1:
            return
        job_id = re.search(r"`lipready tasks resume ([0-9a-f]{12})`", err)[1]
        done = lipready_run("tasks", "resume", job_id, "--poll-interval", "0.1", **there)
        assert (done.returncode, done.stderr) == (0, "")
        assert length_of(tmp_path / "cwd" / "result.mp4") == pytest.approx(5.0, abs=1.1)
        assert running.ledger().submissions == 1


def test_ctrl_c_before_there_is_a_task_names_the_job(environment, job, tmp_path, lipready_run):
    with serving(SandboxOptions(pace=0.2)) as running:
        there = {"HOME": str(tmp_path), **settings(running)}
        running.inject(Fault("upload", "delay", "30"))
        process = subprocess.Popen(
            [*COMMAND, "submit", *map(str, job), "-o", "result.mp4", *QUICK],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=tmp_path / "cwd",
            env=environment | there,
            text=True,
            start_new_session=True,
        )
        wait_for(running, "upload")
        os.killpg(process.pid, signal.SIGINT)
        out, err = process.communicate(timeout=60)
        assert (process.returncode, "sent to" in out) == (130, False)
        job_id = re.search(r"`lipready tasks resume ([0-9a-f]{12})`", err)[1]
        done = lipready_run("tasks", "resume", job_id, "--poll-interval", "0.1", **there)
        assert (done.returncode, done.stderr) == (0, "")
        assert (tmp_path / "cwd" / "result.mp4").is_file()
        assert running.ledger().submissions == 1


# Inputs that are addresses


class _Site(SimpleHTTPRequestHandler):
    def do_GET(self):
        self.server.asked.append(self.path)
        super().do_GET()

    def do_HEAD(self):
        self.server.asked.append(self.path)
        super().do_HEAD()

    def log_message(self, *_):
        pass


@pytest.fixture
def site(job, tmp_path):
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Site, directory=str(job[0].parent))) as server:
        server.asked, server.written = [], tmp_path
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def written_in(folder):
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file() and path.suffix != ".mp4")


def test_addresses_are_sent_as_they_are_and_their_queries_shown_nowhere(run, job, shared, site):
    before = shared.ledger()
    query = "?Expires=1&Signature=s3cret%2Fs3cret"
    base = f"http://127.0.0.1:{site.server_address[1]}"
    video, audio = (f"{base}/{path.name}{query}" for path in job)
    done = run("submit", video, audio, "-o", "result.mp4", "--allow-private", "-v", *QUICK)
    assert (done.returncode, done.stderr) == (0, "")
    assert length_of(site.written / "cwd" / "result.mp4") == pytest.approx(5.0, abs=1.1)
    assert shared.ledger().uploaded == before.uploaded
    # What looks at an address before it is sent, and what fetches it afterwards, ask for exactly that address.
    for path in job:
        assert {asked for asked in site.asked if asked.startswith(f"/{path.name}")} == {f"/{path.name}{query}"}
    shown = run("tasks", "show", json.loads(run("tasks", "list", "--format", "jsonl").stdout)["id"])
    assert f"{base}/{job[0].name}" in shown.stdout
    for text in (done.stdout, done.stderr, shown.stdout, written_in(site.written).decode("latin-1")):
        assert "s3cret" not in text
        assert "Expires" not in text


def test_an_address_that_the_provider_cannot_reach_is_refused(run, job, shared, site):
    before = shared.ledger().submissions
    address = f"http://127.0.0.1:{site.server_address[1]}/{job[0].name}?s3cret"
    done = run("submit", address, job[1], "-o", "result.mp4", *QUICK)
    assert done.returncode == 1
    assert "R704" in done.stdout
    assert "s3cret" not in done.stdout + done.stderr
    assert site.asked == []
    assert shared.ledger().submissions == before


def test_a_region_without_the_model_is_refused_before_anything_is_sent(run, job, shared):
    before = shared.ledger().requests.copy()
    region = {"DASHSCOPE_API_REGION": "ap-southeast-1", "DASHSCOPE_HTTP_BASE_URL": ""}
    done = run("submit", *job, "-o", "result.mp4", *QUICK, **region)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert "cn-beijing" in done.stderr
    assert shared.ledger().requests == before


def test_an_address_of_another_region_is_warned_of_before_the_check(run, bad_job):
    video, audio, _ = bad_job
    place = {"DASHSCOPE_HTTP_BASE_URL": "https://dashscope-intl.aliyuncs.com/api/v1"}
    done = run("submit", video, audio, "-o", "result.mp4", *QUICK, **place)
    assert done.returncode == 1
    assert done.stderr.startswith("Warning: dashscope-intl.aliyuncs.com is of the region ap-southeast-1")


@pytest.mark.parametrize("more", [("--provider", "dashscope"), ("--provider", "evolink", "--bucket", "s3://mine/x")])
def test_what_is_at_an_address_is_stored_by_evolink_alone(run, job, more):
    done = run("submit", *job, "-o", "result.mp4", "--store", *more, *QUICK)
    assert (done.returncode, done.stdout) == (2, "")
    assert "leave out --store" in done.stderr


def test_the_same_command_again_says_so_and_pays_nothing(run, job, shared, tmp_path):
    before = shared.ledger().submissions
    assert run("submit", *job, "-q", "-o", "result.mp4", *QUICK).returncode == 0
    again = run("submit", *job, "-q", "-o", "result.mp4", *QUICK)
    assert (again.returncode, again.stderr) == (0, "")
    assert again.stdout.startswith("✓ this job was sent already, on ")
    said = " ".join(again.stdout.split())
    assert "its result video was downloaded to result.mp4. `--again` sends and pays anew" in said
    elsewhere = run("submit", *job, "-o", "other.mp4", "--format", "json", *QUICK)
    line = json.loads(elsewhere.stdout)
    assert (line["attached"], line["result"]) == (True, str(tmp_path / "cwd" / "other.mp4"))
    assert shared.ledger().submissions - before == 1
