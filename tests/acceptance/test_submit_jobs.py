"""`lipready submit --jobs` and `--split`: a whole list, or a job in parts, at a sandbox."""

import html
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from importlib import import_module
from secrets import token_hex

import av
import pytest

from lipready.cli.run import run as command_line
from lipready.sandbox.faults.fault import Fault
from lipready.sandbox.serve import SandboxOptions, serving

COMMAND = [sys.executable, "-m", "lipready"]
QUICK = ("--quick", "--poll-interval", "0.1")
LIST = ("submit", "--jobs", "lipready.jobs.toml", "-o", "results", *QUICK)


@pytest.fixture
def server():
    with serving(SandboxOptions(pace=0)) as running:
        yield running


@pytest.fixture
def folder(tmp_path):
    """Give the folder in which commands run."""
    folder = tmp_path / "cwd"
    folder.mkdir()
    return folder


@pytest.fixture
def surroundings(server, tmp_path):
    """Give the environment in which both providers are the sandbox, with a key that nobody else has."""
    (tmp_path / "home").mkdir()
    key = f"sk-{token_hex(16)}"
    return {
        "HOME": str(tmp_path / "home"),
        "LIPREADY_STATE_DIR": str(tmp_path / "state"),
        "DASHSCOPE_HTTP_BASE_URL": server.endpoints("dashscope").api,
        "EVOLINK_BASE_URL": server.endpoints("evolink").api,
        "EVOLINK_FILES_BASE_URL": server.endpoints("evolink").files,
        "DASHSCOPE_API_KEY": key,
        "EVOLINK_API_KEY": key,
    }


@pytest.fixture
def run(folder, surroundings, monkeypatch, capsys):
    """Run `lipready` in this process: what is slow about the command line is the start of Python."""
    monkeypatch.chdir(folder)

    def run(*arguments, **changes):
        with monkeypatch.context() as patch:
            for name, value in {**surroundings, **changes}.items():
                patch.setenv(name, value)
            capsys.readouterr()
            status = command_line([*map(str, arguments)])
        out, err = capsys.readouterr()
        return subprocess.CompletedProcess(arguments, status, out, err)

    return run


@pytest.fixture
def write(folder, made):
    """Write a list of jobs of one person: `write(name={key: value}, …)`."""

    def write(**jobs):
        lines = []
        for name, keys in jobs.items():
            given = {"name": name, "video": str(made("anna.mp4")), "audio": str(made("anna.wav"))} | keys
            # A value in JSON is one in TOML as well.
            lines += ["[[jobs]]", *(f"{key} = {json.dumps(value)}" for key, value in given.items() if value != "")]
        (folder / "lipready.jobs.toml").write_text("\n".join(lines))

    return write


def length_of(path):
    with av.open(str(path)) as video:
        return float(video.duration / av.time_base)


@pytest.mark.parametrize("provider", ["dashscope", "evolink"])
def test_every_job_is_sent_once_and_its_result_is_named_after_it(run, write, folder, server, provider):
    write(intro={}, outro={"video_extension": True})
    done = run(*LIST, "--provider", provider)
    assert (done.returncode, done.stderr) == (0, "")
    sent = [line for line in done.stdout.splitlines() if ": sent to " in line]
    assert [line.split(":")[0] for line in sent] == ["✓ intro", "✓ outro"]
    assert "✓ intro: results/intro.mp4 · " in done.stdout
    assert done.stdout.splitlines()[-1] == "2 jobs: 2 downloaded · results"
    assert sorted(path.name for path in (folder / "results").iterdir()) == ["intro.mp4", "outro.mp4"]
    assert all(length_of(path) == pytest.approx(5.0, abs=0.3) for path in (folder / "results").iterdir())
    assert server.ledger().submissions == 2
    listed = json.loads(run("tasks", "list", "--format", "json").stdout)["jobs"]
    assert [entry["verified"] for entry in listed] == ["pass", "pass"]

    before = server.ledger().requests
    again = run(*LIST, "--provider", provider)
    assert (again.returncode, again.stderr) == (0, "")
    assert "✓ outro: results/outro.mp4 is there already: not sent again\n" in again.stdout
    assert again.stdout.splitlines()[-1] == "2 jobs: 2 there already · results"
    assert server.ledger().requests == before


def test_jobs_with_errors_are_not_sent_and_all_others_are(run, write, folder, server, bad_job):
    write(bad={"video": str(bad_job[0])}, good={})
    done = run(*LIST, "--report", "jsonl=checked.jsonl")
    assert (done.returncode, done.stderr) == (1, "")
    assert "bad: checked  dashscope\n" in done.stdout
    assert "V104" in done.stdout
    assert done.stdout.splitlines()[-1] == "2 jobs: 1 downloaded, 1 not sent · results"
    verdicts = [json.loads(line)["verdict"] for line in (folder / "checked.jsonl").read_text().splitlines()]
    assert sorted(verdicts) == ["fail", "pass"]
    assert [path.name for path in (folder / "results").iterdir()] == ["good.mp4"]

    said = run(*LIST, "--format", "json")
    assert (said.returncode, said.stderr) == (1, "")
    document = json.loads(said.stdout)
    assert document["schema"] == "lipready.tasks/1"
    bad, good = document["tasks"]
    assert (bad["schema"], bad["name"], bad["status"]) == ("lipready.task/1", "bad", "not sent")
    assert (bad["task"], bad["result"], bad["report"]["verdict"]) == (None, None, "fail")
    assert (good["name"], good["status"]) == ("good", "there already")
    assert good["result"] == str(folder / "results" / "good.mp4")
    assert server.ledger().submissions == 1


def test_a_task_that_fails_keeps_no_other_back(run, write, folder, ffmpeg, made):
    short = ffmpeg(folder / "short.mp4", "-i", made("anna.mp4"), "-t", "1", "-c", "copy")
    write(short={"video": str(short)}, good={})
    done = run(*LIST, "--force", "--format", "json", "--report", "html=page.html")
    assert (done.returncode, done.stderr) == (1, "")
    first, second = json.loads(done.stdout)["tasks"]
    assert (first["name"], first["status"], first["error"]["code"]) == ("short", "failed", "InvalidFile.Duration")
    assert (second["name"], second["status"]) == ("good", "succeeded")
    assert [path.name for path in (folder / "results").iterdir()] == ["good.mp4"]
    text = (folder / "page.html").read_text()
    rows = re.findall(r'<tbody data-verdict="(\w+)" data-result="(\w+)"', text)
    assert sorted(rows) == [("fail", "fail"), ("pass", "pass")]
    assert "<dt>Results</dt><dd>1 downloaded, 1 failed</dd>" in text
    assert (first["error"]["message"] in html.unescape(text), "good.mp4</span>" in text) == (True, True)


def test_where_the_account_has_nothing_left_no_other_job_is_sent(run, write, folder, server):
    server.inject(Fault("submit", "quota"))
    write(first={}, second={"video_extension": True})
    done = run(*LIST, "--format", "jsonl")
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 2
    assert done.stderr.startswith("Error: first: ")
    assert [(line["name"], line["status"]) for line in lines] == [("first", "not sent"), ("second", "not sent")]
    assert list((folder / "results").iterdir()) == []
    assert server.ledger().requests["submit"] == 1


def test_after_a_refused_key_nothing_else_is_tried(run, write, server):
    write(one={}, two={"video_extension": True}, three={"face_threshold": 150})
    done = run(*LIST, DASHSCOPE_API_KEY="invalid")
    assert done.returncode == 2
    errors = done.stderr.splitlines()
    assert [line.split(":")[1] for line in errors] == [" one", " two", " three"]
    assert "DASHSCOPE_API_KEY" in errors[0]
    assert "for the same reason" in errors[1]
    assert server.ledger().requests == {"policy": 1}


def test_a_result_in_a_folder_that_is_not_there_is_refused_before_anything_is_sent(run, write, folder, server):
    write(intro={})
    (folder / "in-the-way").touch()
    (folder / "results" / "intro.mp4").mkdir(parents=True)
    for place, said in (("gone/results", "does not exist"), ("in-the-way", "is no folder"), ("results", "in the way")):
        done = run("submit", "--jobs", "lipready.jobs.toml", "-o", place, *QUICK)
        assert (done.returncode, done.stdout) == (2, "")
        assert said in done.stderr
    assert server.ledger().requests == {}


@pytest.mark.parametrize(
    ("jobs", "said"),
    [
        ({"a": {}, "A": {"video_extension": True}}, "job 2: its result would be A.mp4, as that of "),
        ({"a": {}, "b": {}}, "job 2: has the files and options of "),
        ({"a": {"audio": ""}}, "has no audio track"),
        ({"a": {"name": "../a"}}, "cannot be named '../a'"),
        ({"a": {"name": ".a"}}, "cannot be named '.a'"),
    ],
)
def test_a_list_that_cannot_be_submitted_is_refused(run, write, server, jobs, said):
    write(**jobs)
    done = run(*LIST)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert server.ledger().requests == {}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("x.mp4", "-o", "results"), "give it alone"),
        (("--audio", "x.wav", "-o", "results"), "give it alone"),
        (("--prepare", "--person", "1", "-o", "results"), "give it alone"),
        (("--no-wait",), "-o DIR"),
    ],
)
def test_wrong_calls(run, write, arguments, said):
    write(intro={})
    done = run("submit", "--jobs", "lipready.jobs.toml", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr


@pytest.mark.parametrize("options", [(), ("--no-verify",)])
def test_a_result_is_there_whatever_comes_of_verifying_it(run, write, folder, monkeypatch, options):
    def broken(*_arguments):
        if options:
            pytest.fail("nobody asked for that")
        raise RuntimeError

    monkeypatch.setattr(import_module("lipready.verify"), "verify_any", broken)
    write(intro={})
    done = run(*LIST, *options, "--format", "json")
    assert (done.returncode, done.stderr) == (0, "")
    (record,) = json.loads(done.stdout)["tasks"]
    assert (record["status"], record["verified"]) == ("succeeded", None)
    assert (folder / "results" / "intro.mp4").is_file()


def test_what_is_not_waited_for_is_downloaded_by_resume(run, write, folder):
    write(intro={}, outro={"video_extension": True})
    done = run(*LIST, "--no-wait")
    assert (done.returncode, done.stderr) == (0, "")
    assert "2 jobs: 2 sent" in done.stdout
    assert "`lipready tasks resume`" in done.stdout.splitlines()[-1]
    assert list((folder / "results").iterdir()) == []
    assert run("tasks", "resume", "--poll-interval", "0.1").returncode == 0
    assert sorted(path.name for path in (folder / "results").iterdir()) == ["intro.mp4", "outro.mp4"]


def test_jobs_are_repaired_each_into_a_folder_of_its_own(run, write, folder, bad_job):
    write(bad={"video": str(bad_job[0]), "audio": str(bad_job[1])})
    done = run(*LIST, "--prepare")
    assert done.returncode == 0, done.stderr
    assert sorted(path.name for path in (folder / "results").iterdir()) == ["bad-ready", "bad.mp4"]


def test_ctrl_c_leaves_all_that_was_sent_in_the_journal(run, write, folder, server, surroundings):
    server.inject(Fault("poll", "delay", "30"))
    write(one={}, two={"video_extension": True})
    process = subprocess.Popen(
        [*COMMAND, *LIST],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=folder,
        env=os.environ | surroundings,
        text=True,
        start_new_session=True,
    )
    out = ""
    while "two: sent to" not in out:
        out += process.stdout.readline()
    os.killpg(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert "`lipready tasks resume`" in err
    assert err.splitlines()[-1] == "Interrupted."

    again = run(*LIST)
    assert (again.returncode, again.stderr) == (0, "")
    assert "two: this job was sent already" in " ".join(again.stdout.split())
    assert sorted(path.name for path in (folder / "results").iterdir()) == ["one.mp4", "two.mp4"]
    assert server.ledger().submissions == 2


@pytest.fixture
def talk(folder, good_job, ffmpeg):
    """Write a job of five seconds, and a profile by which that is too long."""
    small = ("-vf", "crop=ih:ih,scale=640:640", "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-an")
    ffmpeg(folder / "talk.mp4", "-i", good_job[0], *small)
    shutil.copy(good_job[1], folder / "talk.wav")
    lengths = (
        "accept = { minimum = 2, maximum = 3 }\nsafe = { minimum = 2, maximum = 3 }\naim = { minimum = 2, maximum = 3 }"
    )
    limits = "".join(f"[limits.{rule}]\n{lengths}\n" for rule in ("V105", "A402"))
    (folder / "short.toml").write_text(f'extends = "dashscope"\n{limits}')


SPLIT = ("submit", "talk.mp4", "talk.wav", "--split", "-o", "film.mp4", "--poll-interval", "0.1", "--no-verify")
SHORT = ("--provider", "short.toml")


@pytest.mark.usefixtures("talk")
def test_a_job_in_parts_is_joined_and_only_the_part_that_failed_is_sent_again(run, folder, server):
    server.inject(Fault.parse("submit:fail"))
    sent = run(*SPLIT, *SHORT, "--no-wait")
    assert (sent.returncode, sent.stderr) == (0, "")
    assert "  1          0:00 to 0:02." in sent.stdout
    assert "2 parts: 5 s of result video at 0.08 CNY a second: 0.40 CNY" in sent.stdout
    assert server.ledger().submissions == 2

    listed = run("tasks")
    assert "talk.mp4 + talk.wav (part 1 of 2)" in listed.stdout
    resumed = run("tasks", "resume", "--poll-interval", "0.1")
    assert (resumed.returncode, resumed.stdout.count("✗ failed"), resumed.stdout.count(" billed")) == (1, 1, 1)
    assert not (folder / "film.mp4").exists()

    again = run(*SPLIT, *SHORT, "--format", "json", "--report", "html=page.html")
    assert (again.returncode, again.stderr) == (0, "")
    records = json.loads(again.stdout)["tasks"]
    assert [(each["name"], each["status"]) for each in records] == [
        ("part 1", "succeeded"),
        ("part 2", "there already"),
        ("film.mp4", "joined"),
    ]
    assert server.ledger().submissions == 3
    assert records[-1]["result"] == str(folder / "film.mp4")
    assert length_of(folder / "film.mp4") == pytest.approx(5.0, abs=0.04)
    text = (folder / "page.html").read_text()
    assert "<dt>Results</dt><dd>1 downloaded, 1 there already</dd>" in text
    assert "<dt>Joined video</dt><dd>film.mp4</dd>" in text
    assert text.count("downloaded, not verified") == 1

    more = run(*SPLIT, *SHORT)
    assert (more.returncode, more.stdout) == (2, "")
    assert "film.mp4 exists already" in more.stderr
    (folder / "film.mp4").unlink()
    assert run(*SPLIT, *SHORT, "--dry-run").returncode == 0
    assert not (folder / "film.mp4").exists()


@pytest.mark.usefixtures("talk")
def test_what_was_sent_in_parts_is_joined_by_tasks_resume(run, folder, server):
    assert run(*SPLIT, *SHORT, "--no-wait").returncode == 0
    resumed = run("tasks", "resume", "--poll-interval", "0.1")
    assert (resumed.returncode, resumed.stderr) == (0, "")
    assert resumed.stdout.splitlines()[-1].startswith("✓ film.mp4 · ")
    assert resumed.stdout.endswith("joined of 2 parts\n")
    assert server.ledger().submissions == 2
    jobs = json.loads(run("tasks", "list", "--format", "json").stdout)["jobs"]
    assert [(each["part"], each["parts"], each["whole"]) for each in jobs] == [
        (2, 2, str(folder / "film.mp4")),
        (1, 2, str(folder / "film.mp4")),
    ]
    assert f"  part       2 of 2 of {folder / 'film.mp4'}\n" in run("tasks", "show", jobs[0]["id"]).stdout


def test_a_job_that_is_short_enough_is_sent_as_it_is(run, folder, good_job, server):
    done = run("submit", *good_job[:2], "--split", "-o", "film.mp4", *QUICK)
    assert (done.returncode, done.stderr, server.ledger().submissions) == (0, "", 1)
    assert "parts" not in done.stdout
    assert length_of(folder / "film.mp4") == pytest.approx(5.0, abs=0.3)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("submit", "a.mp4", "b.wav", "--split", "--no-wait"), "--split joins the results of one job: name the result"),
        ((*LIST, "--split"), "--split joins the results of one job"),
        (("prepare", "a.mp4", "b.wav", "-o", "out", "--split", "--dry-run"), "--split cuts what it has written"),
        (("prepare", "a.mp4", "b.wav", "-o", "out", "--split", "--no-copy"), "--split cuts what it has written"),
    ],
)
def test_split_says_what_does_not_go_with_it(run, arguments, said):
    refused = run(*arguments)
    assert refused.returncode == 2
    assert said in " ".join(refused.stderr.split())


def test_a_video_alone_is_not_cut(run, good_job):
    refused = run("prepare", good_job[0], "-o", "ready", "--split", "--quick")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "A job that is cut into parts has a video and an audio track: name both." in " ".join(refused.stderr.split())


@pytest.mark.usefixtures("talk")
def test_prepare_writes_the_parts(run, folder):
    done = run("prepare", "talk.mp4", "talk.wav", "-o", "ready", "--split", *SHORT, "--format", "json")
    assert (done.returncode, done.stderr) == (0, "")
    record = json.loads(done.stdout)
    assert [(each["number"], each["report"]["verdict"]) for each in record["parts"]] == [(1, "pass"), (2, "pass")]
    assert record["parts"][0]["end"] == record["parts"][1]["start"]
    assert record["parts"][1]["job"]["video"] == "ready/part-2/talk.mp4"
    assert (folder / "ready" / "part-2" / "talk.wav").is_file()
