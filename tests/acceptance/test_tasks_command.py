"""`lipready tasks`: what was sent from here, shown, resumed and cancelled."""

import json
import re
from dataclasses import replace
from secrets import token_hex

import pytest

from lipready.providers.journal.journal import Journal
from lipready.sandbox.faults.fault import Fault
from lipready.sandbox.serve import SandboxOptions, serving

QUICK = ("--quick", "--poll-interval", "0.1")
SOON = ("--poll-interval", "0.1")


@pytest.fixture(scope="module")
def fast():
    with serving(SandboxOptions(pace=0.2)) as running:
        yield running


@pytest.fixture
def slow():
    """Serve a sandbox whose tasks wait for longer than any test."""
    with serving(SandboxOptions(pace=4000)) as running:
        yield running


@pytest.fixture
def at(lipready_run, tmp_path):
    """Run `lipready` at a sandbox: `at(running)(*arguments)`."""
    (tmp_path / "home").mkdir()
    key = f"sk-{token_hex(16)}"

    def choose(running):
        surroundings = {
            "HOME": str(tmp_path / "home"),
            "DASHSCOPE_HTTP_BASE_URL": running.endpoints("dashscope").api,
            "EVOLINK_BASE_URL": running.endpoints("evolink").api,
            "EVOLINK_FILES_BASE_URL": running.endpoints("evolink").files,
            "DASHSCOPE_API_KEY": key,
            "EVOLINK_API_KEY": key,
        }
        return lambda *arguments, **changes: lipready_run(*arguments, **{**surroundings, **changes})

    return choose


@pytest.fixture(scope="module")
def job(made):
    return made("anna.mp4"), made("anna.wav")


def submitted(run, job, *arguments):
    done = run("submit", *job, "--no-wait", "--format", "json", "--quick", *arguments)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def listed(run):
    return json.loads(run("tasks", "list", "--format", "json").stdout)["jobs"]


def test_an_empty_journal(at, fast):
    run = at(fast)
    assert run("tasks").stdout == "No job was submitted from here yet.\n"
    assert listed(run) == []
    assert run("tasks", "list", "--format", "jsonl").stdout == ""
    assert json.loads(run("tasks", "resume", "--format", "json").stdout)["tasks"] == []
    resumed = run("tasks", "resume")
    assert (resumed.returncode, resumed.stdout) == (0, "")
    for command in ("show", "resume", "cancel", "forget"):
        done = run("tasks", command, "nothing")
        assert (done.returncode, done.stdout) == (2, "")
        assert "There is no task" in done.stderr


def test_sent_without_waiting_then_listed_shown_and_brought_home(at, fast, job, tmp_path):
    run = at(fast)
    sent = submitted(run, job, "-o", "result.mp4")
    assert (sent["status"], sent["result"], sent["error"]) == ("queued", None, None)
    for command in (("tasks",), ("tasks", "list")):
        header, line = run(*command).stdout.splitlines()
        assert header.split() == ["job", "when", "provider", "state", "files", "cost", "expires"]
        assert line.startswith(sent["job"])
        assert "  anna.mp4 + anna.wav  " in line
    shown = run("tasks", "show", sent["job"][:6])
    assert shown.returncode == 0
    assert re.search(rf"^  task +{sent['task']}$", shown.stdout, re.MULTILINE)
    assert re.search(rf"^  next +lipready tasks resume {sent['job']}$", shown.stdout, re.MULTILINE)

    done = run("tasks", "resume", sent["task"], *SOON)
    assert (done.returncode, done.stderr) == (0, "")
    assert "result.mp4" in done.stdout
    assert (tmp_path / "cwd" / "result.mp4").stat().st_size > 10_000
    (entry,) = listed(run)
    assert (entry["schema"], entry["stage"]) == ("lipready.job/1", "downloaded")
    assert entry["result"] == str(tmp_path / "cwd" / "result.mp4")
    assert "lipready tasks resume" not in run("tasks", "show", sent["task"]).stdout
    again = run("tasks", "resume", sent["job"], *SOON)
    assert (again.returncode, again.stdout) == (2, "")
    assert "is here already" in again.stderr


def test_resume_without_an_id_brings_all_of_them_home(at, fast, job, tmp_path):
    run = at(fast)
    sent = [submitted(run, job, "-o", "one.mp4"), submitted(run, job, "--provider", "evolink")]
    done = run("tasks", "resume", "--format", "json", *SOON)
    assert (done.returncode, done.stderr) == (0, "")
    document = json.loads(done.stdout)
    lines = document["tasks"]
    assert document["schema"] == "lipready.tasks/1"
    assert [line["task"] for line in lines] == [each["task"] for each in sent]
    folder = tmp_path / "cwd"
    assert {path.name for path in folder.iterdir()} == {"one.mp4", f"{sent[1]['job']}.mp4"}
    assert run("tasks", "resume").stderr == "Every job of the journal is at its end.\n"


def test_one_that_cannot_be_brought_home_does_not_keep_the_others_back(at, fast, job, tmp_path):
    run = at(fast)
    first, second = submitted(run, job, "-o", "one.mp4"), submitted(run, job, "-o", "two.mp4", "--again")
    (tmp_path / "cwd" / "one.mp4").write_text("mine")
    done = run("tasks", "resume", *SOON)
    assert done.returncode == 2
    assert f"Error: job {first['job']}: " in done.stderr
    assert "exists already" in done.stderr
    assert (tmp_path / "cwd" / "two.mp4").stat().st_size > 10_000
    assert (tmp_path / "cwd" / "one.mp4").read_text() == "mine"
    assert {entry["id"]: entry["stage"] for entry in listed(run)}[second["job"]] == "downloaded"
    elsewhere = run("tasks", "resume", first["job"], "-o", "three.mp4", *SOON)
    assert elsewhere.returncode == 0
    assert (tmp_path / "cwd" / "three.mp4").is_file()


def test_a_folder_that_does_not_exist_is_said_at_once(at, slow, job):
    run = at(slow)
    sent = submitted(run, job)
    done = run("tasks", "resume", sent["job"], "-o", "gone/film.mp4", "--deadline", "0.3", *SOON)
    assert (done.returncode, done.stdout) == (2, "")
    assert "its folder does not exist" in done.stderr


def test_a_task_that_waits_can_be_cancelled(at, slow, job):
    run = at(slow)
    sent = submitted(run, job)
    assert run("tasks", "cancel", sent["job"]).stdout == f"{sent['task']}: CANCELED\n"
    assert [task.status for task in slow.ledger().tasks] == ["CANCELED"]
    (entry,) = listed(run)
    assert entry["stage"] == "canceled"
    twice = run("tasks", "cancel", sent["job"])
    assert twice.returncode in {0, 2}
    resumed = run("tasks", "resume", sent["job"], *SOON)
    assert resumed.returncode == 1
    assert "cancelled" in resumed.stdout


def test_what_cannot_be_cancelled(at, fast, slow, job):
    run = at(slow)
    sent = submitted(run, job, "--provider", "evolink")
    done = run("tasks", "cancel", sent["job"])
    assert (done.returncode, done.stdout) == (2, "")
    assert "no way to cancel" in done.stderr
    run = at(fast)
    ended = submitted(run, job)
    assert run("tasks", "resume", ended["job"], *SOON).returncode == 0
    late = run("tasks", "cancel", ended["job"])
    assert (late.returncode, late.stdout) == (2, "")
    assert "UnsupportedOperation" in late.stderr


def test_a_job_of_an_embedded_sandbox_ended_with_it(at, fast, job):
    run = at(fast)
    refused = run("submit", *job, "--no-wait", "--provider", "sandbox")
    assert (refused.returncode, "leave out --no-wait" in refused.stderr) == (2, True)
    late = run("submit", *job, "--quick", "-o", "film.mp4", "--deadline", "0", "--provider", "sandbox")
    assert late.returncode == 2
    (sent,) = ({"job": each["id"]} for each in listed(run))
    assert run("tasks", "resume").stderr == "Every job of the journal is at its end.\n"
    done = run("tasks", "resume", sent["job"])
    assert (done.returncode, done.stdout) == (2, "")
    assert "ended with its process" in done.stderr
    shown = run("tasks", "show", sent["job"])
    assert shown.returncode == 0
    assert "tasks resume" not in shown.stdout


def test_a_deadline_and_a_key_that_is_missing_leave_it_resumable(at, slow, job):
    run = at(slow)
    sent = submitted(run, job)
    late = run("tasks", "resume", sent["job"], "--deadline", "0.2", *SOON)
    assert late.returncode == 2
    assert sent["job"] in late.stderr
    keyless = run("tasks", "resume", sent["job"], DASHSCOPE_API_KEY="")
    assert keyless.returncode == 2
    assert "There is no key" in keyless.stderr
    assert [entry["stage"] for entry in listed(run)] == ["submitted"]


@pytest.fixture
def open_outcome(at, job):
    """Give a job of which nobody knows what became, its sandbox, and how to run commands there."""
    with serving(SandboxOptions(pace=0.2)) as running:
        run = at(running)
        running.inject(Fault("submit", "lost"))
        running.inject(Fault("list", "quota"))
        done = run("submit", *job, "-o", "result.mp4", *QUICK)
        assert (done.returncode, "sent to" in done.stdout) == (2, False)
        found = re.search(r"`lipready tasks resume ([0-9a-f]{12})`", done.stderr)
        assert found, done.stderr
        yield found[1], running, run


def test_a_refused_key_leaves_nothing_that_is_sent_later(at, fast, job):
    run, before = at(fast), fast.ledger().submissions
    refused = run("submit", *job, "--no-wait", "--quick", DASHSCOPE_API_KEY="invalid")
    assert refused.returncode == 2
    assert [entry["stage"] for entry in listed(run)] == ["refused"]
    submitted(run, job)
    resumed = run("tasks", "resume", *SOON)
    assert (resumed.returncode, resumed.stderr) == (0, "")
    assert fast.ledger().submissions - before == 1


def test_what_was_never_sent_is_sent_only_by_its_id_and_can_be_closed(at, fast, job, tmp_path):
    run, before = at(fast), fast.ledger().submissions
    submitted(run, job)
    assert run("tasks", "resume", *SOON).returncode == 0
    journal = Journal(tmp_path / "state")
    (sent,) = journal.entries()
    for name in ("aaaaaaaaaaaa", "bbbbbbbbbbbb", "cccccccccccc"):  # as a process leaves them that was killed
        journal.add(replace(sent, id=name, task_id=None, stage="intended", output=None, result=None, fingerprint=None))

    bare = run("tasks", "resume", *SOON)
    assert (bare.returncode, bare.stdout) == (0, "")
    assert "The job aaaaaaaaaaaa was never sent: `lipready tasks resume aaaaaaaaaaaa` submits it" in bare.stderr
    assert "at its end" not in bare.stderr
    assert run("tasks", "cancel", "bbbb").stdout == "bbbbbbbbbbbb: never sent, and closed; nothing was paid\n"
    assert run("tasks", "forget", "cccc").stdout == "cccccccccccc: closed; nothing was paid\n"
    assert fast.ledger().submissions - before == 1

    assert run("tasks", "resume", "aaaa", *SOON).returncode == 0
    assert fast.ledger().submissions - before == 2
    assert run("tasks", "resume", "bbbb", *SOON).returncode == 2
    assert run("tasks", "resume").stderr == "Every job of the journal is at its end.\n"
    assert fast.ledger().submissions - before == 2


def test_an_open_outcome_can_be_closed(open_outcome):
    name, running, run = open_outcome
    cancelled = run("tasks", "cancel", name)
    assert (cancelled.returncode, "whether it has a task is not known" in cancelled.stderr) == (2, True)
    closed = run("tasks", "forget", name)
    said = f"{name}: closed; whether it was accepted is not known: it may have been paid\n"
    assert (closed.returncode, closed.stdout) == (0, said)
    assert run("tasks", "resume").stderr == "Every job of the journal is at its end.\n"
    resumed = run("tasks", "resume", name)
    assert (resumed.returncode, "is at its end (forgotten)" in resumed.stderr) == (2, True)
    assert running.ledger().submissions == 1


def test_an_open_outcome_is_asked_for_once_more(open_outcome, tmp_path):
    name, running, run = open_outcome
    assert "whether it was submitted is not known" in run("tasks", "show", name).stdout
    assert run("tasks", "cancel", name).returncode == 2
    done = run("tasks", "resume", name, *SOON)
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "cwd" / "result.mp4").is_file()
    assert running.ledger().submissions == 1


def test_the_task_of_a_job_may_be_named(open_outcome):
    name, running, run = open_outcome
    for wrong in ("a-task-of-nobody", "../x", "x y", ""):
        done = run("tasks", "resume", name, "--task", wrong, *SOON)
        assert (done.returncode, done.stdout) == (2, ""), wrong
    assert [(entry["stage"], entry["task_id"]) for entry in listed(run)] == [("posting", None)]
    (task,) = running.ledger().tasks
    done = run("tasks", "resume", name, "--task", task.id, "--format", "json", *SOON)
    assert (done.returncode, json.loads(done.stdout)["task"]) == (0, task.id)
    twice = run("tasks", "resume", name, "--task", task.id, *SOON)
    assert twice.returncode == 2
    assert "has its task already" in twice.stderr
    assert running.ledger().submissions == 1


@pytest.mark.parametrize("arguments", [("-o", "x.mp4"), ("--task", "x")])
def test_what_belongs_to_one_job_needs_its_id(at, fast, arguments):
    done = at(fast)("tasks", "resume", *arguments)
    assert done.returncode == 2
    assert "say its ID" in done.stderr


def test_help_names_every_command(at, fast):
    run = at(fast)
    assert re.findall(r"^  (\w+) ", run("tasks", "--help").stdout, re.MULTILINE)[-5:] == [
        "cancel",
        "forget",
        "list",
        "resume",
        "show",
    ]
    assert all(len(line) <= 100 for line in run("submit", "--help").stdout.splitlines())
