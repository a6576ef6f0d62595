from pathlib import Path

import click
import pytest

from lipready.cli.input.options import judging_options
from lipready.cli.output.session import Session
from lipready.errors import UsageError


@pytest.fixture
def parse(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    @click.command()
    @judging_options(("full", "concise", "json"))
    def command(*, shared, session):
        return shared, session

    def invoke(*arguments):
        with command.make_context("command", list(arguments), obj=Session()) as context:
            return command.invoke(context)

    return invoke


def test_rules_are_split_at_commas_and_add_up(parse):
    shared, _ = parse("--only", "V1, A401", "--only", "I6,,", "--ignore", "V104")

    assert shared.only == ("V1", "A401", "I6")
    assert shared.ignore == ("V104",)


def test_reports_are_pairs_and_a_path_may_hold_an_equals_sign(parse):
    shared, _ = parse("--report", "json=a=b.json", "--report", "full=out.txt")

    assert shared.reports == (("json", Path("a=b.json")), ("full", Path("out.txt")))


@pytest.mark.parametrize("value", ["json", "json=", "pdf=x", "=x", "json=no-such-folder/x.json", "json=."])
def test_a_report_that_cannot_be_is_refused_at_once(parse, value):
    with pytest.raises(click.BadParameter):
        parse("--report", value)


def test_quick_and_every_frame_contradict_each_other(parse):
    with pytest.raises(UsageError, match="give one of them"):
        parse("--quick", "--every-frame")


def test_how_to_speak_goes_into_the_session(parse):
    _, session = parse("--color", "never", "-q", "-v")

    assert (session.color, session.quiet, session.verbose) == ("never", True, True)
