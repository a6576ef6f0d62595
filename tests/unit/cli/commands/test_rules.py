"""What `rules`, `explain` and `profiles` say, as text and as JSON."""

import json
import re

import click
import pytest

from lipready.cli.output.session import Session
from lipready.cli.run import command_line
from lipready.errors import UsageError
from lipready.profiles.loader import load_profile
from lipready.rules.registry import RULES, find_rule


@pytest.fixture
def run(capsys, monkeypatch):
    """Run a command and give what it writes: `run("explain", "V104")`."""
    monkeypatch.setenv("COLUMNS", "100")

    def invoke(name, *arguments):
        command = command_line.get_command(click.Context(command_line), name)
        with command.make_context(name, list(arguments), obj=Session()) as context:
            assert command.invoke(context) == 0
        return capsys.readouterr().out

    return invoke


@pytest.fixture
def read(run, fits):
    """As `run`, as JSON that fits its schema."""

    def load(*arguments):
        text = run(*arguments, "--format", "json")
        assert text.isascii()
        assert text.count("\n") == 1
        document = json.loads(text)
        fits(document)
        return document

    return load


def test_every_rule_is_explained_as_json_and_has_examples_that_break_it(read):
    listed = read("rules")["rules"]
    assert [each["id"] for each in listed] == [rule.id for rule in RULES]
    for each in listed:
        told = read("explain", each["id"])
        assert {key: told[key] for key in ("name", "summary", "help", "subject")} == {
            key: each[key] for key in ("name", "summary", "help", "subject")
        }
        dashscope, _evolink = told["providers"]
        assert (dashscope["severity"], dashscope["limit"]) == (each["severity"], each["limit"])
        assert dashscope["examples"]
        assert [each["title"] for each in told["documentation"]][:2] == ["What it checks", "Why it matters"]


def test_a_rule_that_does_not_apply_says_so(read, run):
    (missing,) = load_profile("dashscope").limits.keys() - load_profile("evolink").limits.keys()
    told = read("explain", missing, "--provider", "evolink")
    assert told["providers"] == [
        {"provider": "evolink", "title": "EvoLink", "severity": None, "limit": None, "examples": []}
    ]
    assert run("explain", missing).endswith("EvoLink\n  does not apply\n")


def test_numbers_of_a_limit_are_as_the_profile_has_them(read):
    limits = {limit["rule"]: limit for limit in read("profiles", "dashscope")["limits"]}
    assert limits.keys() == load_profile("dashscope").limits.keys()
    assert limits["V104"]["accept"] == {"minimum": 15, "maximum": 60, "inclusive": True}
    assert limits["A402"]["safe"]["inclusive"] is False
    assert limits["V101"]["choices"] == ["mp4", "avi", "mov"]
    assert [each["name"] for each in read("profiles")["profiles"]] == ["dashscope", "evolink"]


def test_a_profile_shows_every_number_of_its_limits(run):
    text = run("profiles", "dashscope")
    assert re.search(r"^V104 15–60 fps · required · InvalidFile\.FPS$", text, re.MULTILINE)
    assert re.search(r"^A503 per million 100 · recommended$", text, re.MULTILINE)


def test_explaining_names_page_limits_source_repairs_and_examples(run):
    text = run("explain", "video-duration")
    assert text.splitlines()[:2] == ["V105 video-duration", find_rule("V105").help]
    for words in (
        r"^  accepts +2–120 s$",
        r"^  source +VideoRetalk",
        r"^  error at +0 s; 1\.99 s; 120\.04 s; 3600 s$",
        r"^  warning at +2 s; 120 s; 328 s by the container, 119 s in fact$",
        r"^  · Lengthen it with --extend, which plays it forward and backward\. \(extend, editorial\)$",
    ):
        assert re.search(words, text, re.MULTILINE), words


def test_an_unknown_rule_is_an_error_in_json_too(run):
    with pytest.raises(UsageError, match="did you mean V104"):
        run("explain", "V1044", "--format", "json")


OWN = '''
import lipready

@lipready.rule("X901", name="video-square", subject="video", strength="required")
def square(facts, limit):
    """The picture has to be square.

    How to repair
        Crop it to a square.
    """
    yield lipready.finding(limit, facts.video, "It is not square.", measured="16 : 9", allowed="1 : 1")
'''


def test_a_rule_of_the_callers_own_is_explained_from_its_module(run, read, monkeypatch, tmp_path):
    (tmp_path / "own_explained.py").write_text(OWN)
    monkeypatch.chdir(tmp_path)
    told = read("explain", "own_explained:square", "--provider", "dashscope")
    assert (told["id"], told["name"], told["providers"][0]["severity"]) == ("X901", "video-square", "error")
    shown = run("explain", "own_explained:square")
    assert "How to repair\n  Crop it to a square." in shown
    assert shown.count("a rule of the caller's own") == 2
    assert "0001" not in shown
    for place, said in {
        "own_explained:round": "has no attribute 'round'",
        "not_there:square": "No module named 'not_there'",
        "own_explained:lipready": "is no rule",
    }.items():
        with pytest.raises(UsageError, match=said):
            run("explain", place)
