"""The command that stands under a report: it can be pasted, and means the job that was checked."""

import json
import shlex
import shutil
from dataclasses import replace

import click
import pytest

from lipready.cli.commands.check import check
from lipready.cli.input.options import Shared
from lipready.cli.output.repair_command import CheckedJob, repair_lines
from lipready.cli.run import run
from lipready.job import Job
from lipready.profiles.loader import load_profile
from lipready.reports.page import Page
from lipready.reports.report import Report
from lipready.rules.judge import judge
from lipready.rules.registry import find_rule

SHARED = Shared("dashscope", "full", (), (), (), "error", quick=False, every_frame=False)


@pytest.fixture
def folder(made, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shutil.copy(made("bad.ogg"), "it's bad.ogg")
    shutil.copy(made("bad.ogg"), "-b.ogg")
    return tmp_path


@pytest.fixture
def commands(capsys):
    """Run lipready, and give the lines with `lipready prepare` that stand alone: `commands("check", …)`."""

    def call(*arguments):
        run([arguments[0], "--quick", *arguments[1:]])
        lines = capsys.readouterr().out.splitlines()
        return [shlex.split(line) for line in lines if line.startswith("  lipready prepare ")]

    return call


def lines_of(rule, job=None, **changes):
    """Give what is written for the first facts that break a rule."""
    facts = find_rule(rule).invalid()[0]
    findings, unchecked = judge(facts, load_profile("dashscope"), only=(rule,))
    report = Report(provider="dashscope", facts=facts, findings=findings, unchecked=unchecked)
    with click.Context(check):
        checked = replace(CheckedJob(job or Job(video="clip.mp4"), report, frozenset()), **changes)
        return repair_lines(checked, SHARED, Page())


def test_what_is_pasted_repairs_the_files(folder, commands):
    (command,) = commands("check", "it's bad.ogg")

    assert command == ["lipready", "prepare", "it's bad.ogg", "-o", "ready"]
    assert run([*command[1:], "--quick"]) == 0
    assert (folder / "ready" / "it's bad.wav").is_file()
    (again,) = commands("check", "it's bad.ogg")
    assert again[-1] == "ready-2"
    assert commands("check", "ready/it's bad.wav") == []


def test_options_that_matter_are_repeated_but_those_of_a_configuration(folder, commands):
    (folder / "lipready.toml").write_text('ignore = ["V206"]\nprovider = "evolink"\n')
    given = ["--face-threshold", "150", "--video-extension"]

    (plain,) = commands("check", "--", "-b.ogg")
    assert plain == ["lipready", "prepare", "./-b.ogg", "-o", "ready"]
    (command,) = commands("check", "--audio", "it's bad.ogg", "--provider", "dashscope", "--ignore", "A5,P3", *given)
    assert command == shlex.split(
        'lipready prepare --audio "it\'s bad.ogg" -o ready --provider dashscope --ignore A5,P3'
        " --face-threshold 150 --video-extension"
    )
    (folder / "other.toml").write_text("")
    (command,) = commands("check", "it's bad.ogg", "--config", "other.toml", "--audio-track", "1")
    assert command[-4:] == ["--config", "other.toml", "--audio-track", "1"]


def test_each_job_of_a_list_has_its_own_command_and_folder(folder, commands):
    jobs = [{"audio": "-b.ogg", "video_extension": True}, {"audio": "it's bad.ogg"}]
    (folder / "jobs.jsonl").write_text("".join(json.dumps(job) + "\n" for job in jobs))

    assert commands("check", "--jobs", "jobs.jsonl") == [
        ["lipready", "prepare", "--audio", "./-b.ogg", "-o", "ready-1", "--video-extension"],
        ["lipready", "prepare", "--audio", "it's bad.ogg", "-o", "ready-2"],
    ]


def test_there_is_none_where_nobody_would_read_it(folder, commands):
    del folder
    assert commands("check", "it's bad.ogg", "-q") == []
    assert commands("check", "it's bad.ogg", "--format", "concise") == []


def test_there_is_none_where_none_would_work():
    assert lines_of("V104") == ["  lipready prepare clip.mp4 -o ready"]
    assert lines_of("V104", Job(video="https://example.org/clip.mp4")) == []
    assert lines_of("V104", Job(video="clip\x1b[2J.mp4")) == []
    assert lines_of("V104", Job(video="`Choices.trim`.mp4")) == []  # which would be shown as an option
    assert lines_of("P301") == []


def test_what_loses_content_is_named_and_not_done(folder):
    del folder
    assert lines_of("V105") == ["  lipready prepare clip.mp4 -o ready", "  add what you decide: --extend"]
    assert lines_of("P302")[1:] == ["  add what you decide: --person N"]
    assert lines_of("A504", Job(audio="a.wav"))[1:] == ["  add what you decide: --denoise"]


def test_every_repair_that_is_to_be_decided_has_an_option_or_none_by_intent():
    from lipready.cli.output.repair_command import _DECISIONS
    from lipready.rules.documentation import broken_examples
    from lipready.rules.registry import RULES

    profile = load_profile("dashscope")
    fixes = [finding.fix for rule in RULES for finding in broken_examples(rule, profile) if finding.fix]
    assert {fix.name for fix in fixes if fix.level == "editorial"} <= _DECISIONS.keys()
