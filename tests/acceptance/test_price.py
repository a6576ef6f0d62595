"""What a job costs, before it is sent: shown, asked about on a terminal, bounded, and tried without sending."""

import json
import os
import re
import select
import signal
import subprocess
import sys
import time
from pathlib import Path
from secrets import token_hex

import pytest
from rich.cells import cell_len

from lipready.sandbox.serve import SandboxOptions, serving

pty = pytest.importorskip("pty", reason="a pseudo-terminal is asked")

SEND = ("--no-wait", "--quick")
QUESTION = "Send it? [y/N] "
PRICE = "5 s of result video at 0.08 CNY a second: 0.40 CNY"
KEY_VARIABLES = ("DASHSCOPE_API_KEY", "EVOLINK_API_KEY")

# Python's own hook sees every connection that the process opens, and every address that it asks for.
WATCHED = """
import sys
def watch(event, arguments):
    if event in {"socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto", "socket.sendmsg"}:
        sys.stderr.write(f"CONNECTION {event} {arguments[1:]!r}\\n")
sys.addaudithook(watch)
from lipready.cli.app import main
main(sys.argv[1:])
"""


@pytest.fixture(scope="module")
def box():
    with serving(SandboxOptions(pace=4000)) as running:
        yield running


@pytest.fixture
def places(box, tmp_path):
    """Give the environment in which both providers are the sandbox."""
    (tmp_path / "home").mkdir()
    key = f"sk-{token_hex(16)}"
    return {
        "HOME": str(tmp_path / "home"),
        "DASHSCOPE_HTTP_BASE_URL": box.endpoints("dashscope").api,
        "EVOLINK_BASE_URL": box.endpoints("evolink").api,
        "EVOLINK_FILES_BASE_URL": box.endpoints("evolink").files,
        **dict.fromkeys(KEY_VARIABLES, key),
    }


@pytest.fixture
def run(lipready_run, places):
    return lambda *arguments, **changes: lipready_run(*arguments, **{**places, **changes})


@pytest.fixture
def terminal(environment, places, tmp_path):
    """Run `lipready` on a terminal of so many columns; answer its question with a text, or a signal."""

    def run(*arguments, answer=None, columns=100, stdout=None):
        ours, theirs = pty.openpty()
        command = [sys.executable, "-m", "lipready", *map(str, arguments)]
        surroundings = {**environment, **places, "COLUMNS": str(columns), "TERM": "xterm", "NO_COLOR": "1"}
        folder = tmp_path / "cwd"
        folder.mkdir(exist_ok=True)
        streams = {"stdin": theirs, "stdout": stdout or theirs, "stderr": theirs}
        process = subprocess.Popen(command, cwd=folder, env=surroundings, start_new_session=True, **streams)
        os.close(theirs)
        shown, end = b"", time.monotonic() + 60
        while time.monotonic() < end:
            ready, _, _ = select.select([ours], [], [], 0.1)
            try:
                new = os.read(ours, 65536) if ready else b""
            except OSError:  # the other side is closed
                break
            if not new and process.poll() is not None:
                break
            shown += new
            if answer is not None and QUESTION.encode() in shown:
                _ = process.send_signal(answer) if isinstance(answer, signal.Signals) else os.write(ours, answer)
                answer = None
        status = process.wait(timeout=30)
        os.close(ours)
        return status, shown.decode().replace("\r\n", "\n")

    return run


@pytest.fixture(scope="module")
def job(made):
    return made("anna.mp4"), made("anna.wav")


def journal(run):
    return json.loads(run("tasks", "list", "--format", "json").stdout)["jobs"]


@pytest.mark.parametrize("answer", [b"n\n", b"\n", b"what?\n", b"\x04"])
def test_without_a_yes_nothing_is_sent(terminal, run, job, box, answer):
    before = box.ledger().requests.copy()
    status, shown = terminal("submit", *job, *SEND, answer=answer)
    assert (status, shown.count(QUESTION)) == (2, 1)
    assert PRICE in " ".join(shown.split())
    assert "Nothing was sent." in shown
    assert "Traceback" not in shown
    assert box.ledger().requests == before
    assert journal(run) == []


def test_ctrl_c_at_the_question_is_130(terminal, run, job, box):
    before = box.ledger().requests.copy()
    status, shown = terminal("submit", *job, *SEND, answer=signal.SIGINT)
    assert status == 130
    assert "Interrupted." in shown
    assert box.ledger().requests == before
    assert journal(run) == []


def test_a_yes_sends_it_and_what_was_sent_is_not_asked_about(terminal, run, job):
    status, shown = terminal("submit", *job, *SEND, answer=b"y\n")
    assert (status, shown.count(QUESTION)) == (0, 1)
    (entry,) = journal(run)
    assert entry["cost"] == {"seconds": 5.0, "amount": "0.4", "currency": "CNY", "credits": None, "billed": False}
    status, shown = terminal("submit", *job, *SEND)
    assert (status, QUESTION in shown, "was sent already" in " ".join(shown.split())) == (0, False, True)
    assert len(journal(run)) == 1


def test_yes_and_pipes_are_not_asked(terminal, run, job):
    status, shown = terminal("submit", *job, *SEND, "--yes")
    assert (status, QUESTION in shown) == (0, False)
    piped = run("submit", *job, *SEND, "--again")
    assert (piped.returncode, piped.stderr) == (0, "")
    assert PRICE in " ".join(piped.stdout.split())


def test_whoever_redirects_the_report_sees_the_price_with_the_question(terminal, job, tmp_path):
    with (tmp_path / "report").open("wb") as report:
        status, shown = terminal("submit", *job, *SEND, "-q", answer=b"n\n", stdout=report)
    assert status == 2
    assert PRICE in shown


def test_the_sandbox_costs_nothing_and_does_not_ask(terminal, run, job):
    arguments = ("submit", *job, "--quick", "-o", "x.mp4", "--provider", "sandbox", "--max-cost", "0")
    status, shown = terminal(*arguments, "--poll-interval", "0.1")
    assert (status, QUESTION in shown) == (0, False)
    assert "price    nothing, at the sandbox" in shown
    (entry,) = journal(run)
    assert entry["cost"]["amount"] is None


@pytest.mark.parametrize(("bound", "status"), [("0.4", 0), ("0.40", 0), ("0.39999999999", 2), ("0", 2)])
def test_a_bound_is_kept_before_anything_is_uploaded(run, job, box, bound, status):
    before = box.ledger().requests.copy()
    done = run("submit", *job, *SEND, "--max-cost", bound)
    assert done.returncode == status, done.stderr
    if status:
        assert (done.stdout, box.ledger().requests) == ("", before)
        assert "the job would cost 0.4 CNY" in done.stderr
        assert journal(run) == []


def test_no_bound_is_pretended_where_the_price_is_not_known(run, job, box):
    before = box.ledger().requests.copy()
    done = run("submit", *job, *SEND, "--max-cost", "100", "--provider", "evolink")
    assert (done.returncode, done.stdout, box.ledger().requests) == (2, "", before)
    assert "EvoLink publishes no price" in done.stderr


@pytest.mark.parametrize("amount", ["-1", "nan", "inf", "2CNY", ""])
def test_what_is_no_amount_is_refused(run, job, amount):
    done = run("submit", *job, *SEND, f"--max-cost={amount}")
    assert (done.returncode, done.stdout) == (2, "")
    assert "is no amount" in done.stderr


def test_what_evolink_estimates_is_not_said_to_be_spent(run, job):
    done = run("submit", *job, *SEND, "--provider", "evolink")
    text = " ".join(done.stdout.split())
    assert "5 s of result video; EvoLink publishes no price for a second" in text
    assert re.search(r"it estimates [0-9.]+ credits? \(reserved, not spent\) and [0-9.]+ s until the end", text)
    (entry,) = journal(run)
    assert (entry["credits"], entry["cost"]["credits"]) == (None, None)
    assert entry["credits_reserved"] > 0


@pytest.fixture(params=["", "sk-canary-0123456789abcdef"])
def key(request):
    return request.param


@pytest.fixture
def watched(environment, places, key, tmp_path):
    """Run `lipready` with a key, or without one, and have each connection that it opens written to stderr."""
    surroundings = {**environment, **places, **dict.fromkeys(KEY_VARIABLES, key)}
    options = {"capture_output": True, "encoding": "utf-8", "env": surroundings, "cwd": tmp_path, "timeout": 120}
    command = [sys.executable, "-c", WATCHED]
    return lambda *arguments: subprocess.run([*command, *map(str, arguments)], check=False, **options)


@pytest.mark.parametrize("provider", ["dashscope", "evolink"])
def test_a_dry_run_opens_no_connection_and_needs_no_key(watched, key, job, tmp_path, provider):
    done = watched("submit", *job, "--quick", "--dry-run", "--provider", provider)
    assert done.returncode == 0, done.stderr
    assert "CONNECTION" not in done.stderr
    assert "Authorization: Bearer ***" in done.stdout
    assert "canary" not in done.stdout + done.stderr
    assert ("There is no key for" in done.stdout) == (not key)
    assert not (tmp_path / "state" / "journal.sqlite3").exists()
    if provider == "dashscope":
        assert "X-DashScope-OssResourceResolve: enable" in done.stdout
        assert '"video_url": "oss://<where anna.mp4 is stored>"' in done.stdout


def test_a_dry_run_in_json_is_one_document_with_the_request(run, job, box):
    before = box.ledger().requests.copy()
    done = run("submit", *job, "--quick", "--dry-run", "--format", "json", "--provider", "evolink")
    document = json.loads(done.stdout)
    assert (document["schema"], document["status"], document["cost"]["seconds"]) == ("lipready.task/1", "not sent", 5.0)
    request = document["request"]
    assert (request["method"], request["headers"]["Authorization"]) == ("POST", "Bearer ***")
    assert request["url"].endswith("/v1/videos/generations")
    assert request["headers"]["Idempotency-Key"] == "<made when it is sent>"
    assert request["json"]["video_url"] == "https://<where anna.mp4 is stored>"
    assert box.ledger().requests == before


@pytest.mark.parametrize("columns", [80, 100, 120])
def test_the_table_fits_its_terminal_and_is_whole_in_a_pipe(terminal, run, job, tmp_path, columns):
    video, audio = tmp_path / "张三的演讲视频最终版.mp4", tmp_path / f"{'long-' * 16}name.wav"
    video.write_bytes(Path(job[0]).read_bytes())
    audio.write_bytes(Path(job[1]).read_bytes())
    assert run("submit", video, audio, *SEND).returncode == 0
    assert run("submit", *job, *SEND, "--provider", "evolink").returncode == 0
    status, shown = terminal("tasks", columns=columns)
    lines = shown.splitlines()
    assert status == 0
    assert max(map(cell_len, lines)) <= columns
    assert lines[0].split()[:4] == ["job", "when", "provider", "state"]
    assert video.name in shown
    rows = [line for line in lines if re.match("[0-9a-f]{12} ", line)]
    for head, text in (("state", "submitted"), ("cost", "0.40 CNY")):
        (line,) = (line for line in rows if "dashscope" in line)
        assert cell_len(line[: line.index(text)]) == lines[0].index(head)
    piped = run("tasks").stdout.splitlines()
    assert len(piped) == 3
    assert f"{video.name} + {audio.name}" in piped[2]


def test_the_providers_lists_show_which_tasks_are_ours(run, job, tmp_path):
    for provider in ("dashscope", "evolink"):
        assert run("submit", *job, *SEND, "--provider", provider).returncode == 0
    ours = {entry["task_id"]: entry["id"] for entry in journal(run)}
    # A colleague with the same key, whose journal is another one.
    colleague = run("submit", *job, *SEND, "--format", "json", LIPREADY_STATE_DIR=str(tmp_path / "colleague"))
    theirs = json.loads(colleague.stdout)["task"]
    shown = run("tasks", "list", "--remote")
    assert (shown.returncode, shown.stderr) == (0, "")
    for task, name in ours.items():
        assert re.search(rf"^{task} .* {name} ", shown.stdout, re.MULTILINE)
    assert re.search(rf"^{theirs} .* not from here", shown.stdout, re.MULTILINE)
    document = json.loads(run("tasks", "list", "--remote", "--format", "json").stdout)
    listed = {task["task"]: task["job"] for each in document["providers"] for task in each["tasks"]}
    assert listed == {**ours, theirs: None}


def test_one_provider_that_fails_does_not_keep_the_other_back(run, job):
    assert run("submit", *job, *SEND).returncode == 0
    done = run("tasks", "list", "--remote", EVOLINK_API_KEY="invalid")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "evolink could not be asked" in done.stderr
    (entry,) = journal(run)
    assert entry["task_id"] in done.stdout


def test_only_who_has_a_key_is_asked(run):
    done = run("tasks", "list", "--remote", EVOLINK_API_KEY="")
    assert done.returncode == 0
    assert "evolink" not in done.stdout
    nobody = run("tasks", "list", "--remote", EVOLINK_API_KEY="", DASHSCOPE_API_KEY="")
    assert (nobody.returncode, nobody.stdout) == (2, "")
    assert "Traceback" not in nobody.stderr
