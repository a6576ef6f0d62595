from pathlib import Path

import click
import pytest

from lipready.cli.config import nearest_configuration, read_configuration
from lipready.cli.options import judging_options
from lipready.cli.session import Session
from lipready.errors import ConfigurationError


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def shared_of(arguments, formats=("full", "concise", "json")):
    """What a command with the shared options receives."""

    @click.command()
    @judging_options(formats)
    def command(*, shared, session):
        del session
        return shared

    with command.make_context("command", arguments, obj=Session()) as context:
        return command.invoke(context)


def test_every_key_is_read(tmp_path):
    path = write(
        tmp_path / "lipready.toml",
        'provider = "evolink"\nformat = "json"\nonly = ["V1", "A4"]\n'
        'ignore = "V104"\nfail-on = "warning"\nquick = true\n',
    )

    assert read_configuration(path) == {
        "provider": "evolink",
        "form": "json",
        "only": ["V1", "A4"],
        "ignore": ["V104"],
        "fail_on": "warning",
        "quick": True,
    }


def test_a_profile_file_is_relative_to_the_configuration(tmp_path):
    path = write(tmp_path / "lipready.toml", 'provider = "mine.toml"')

    assert read_configuration(path)["provider"] == str(tmp_path / "mine.toml")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('fail_on = "error"', "did you mean 'fail-on'?"),
        ("colour = 3", "known keys are provider, format"),
        ('format = "xml"', "one of full, concise, json"),
        ("quick = 1", "true or false"),
        ("only = [1]", "a list of rules"),
        ("provider = 3", "the name or the path of a profile"),
        ("provider =", "is not TOML"),
        ("a\x00b", "is not TOML"),
    ],
)
def test_what_is_wrong_is_said_with_the_file(tmp_path, text, said):
    path = write(tmp_path / "lipready.toml", text)

    with pytest.raises(ConfigurationError) as caught:
        read_configuration(path)

    assert str(path) in str(caught.value)
    assert said in str(caught.value)


@pytest.mark.parametrize("text", ["[tool]\nother = 1", "tool = 3", "[project]"])
def test_a_pyproject_without_the_table_is_passed_over(tmp_path, text):
    own = write(tmp_path / "lipready.toml", "quick = true")
    write(tmp_path / "deep" / "pyproject.toml", text)

    assert nearest_configuration(tmp_path / "deep") == own


def test_the_nearest_file_is_taken_and_its_own_name_goes_first(tmp_path):
    write(tmp_path / "lipready.toml", "")
    project = write(tmp_path / "a" / "pyproject.toml", "[tool.lipready]\nquick = true")
    folder = tmp_path / "a" / "b"
    folder.mkdir()

    assert nearest_configuration(folder) == project

    own = write(tmp_path / "a" / "lipready.toml", "")
    assert nearest_configuration(folder) == own


def test_a_configuration_that_is_named_must_configure_lipready(tmp_path):
    with pytest.raises(ConfigurationError, match=r"has no \[tool.lipready\]"):
        read_configuration(write(tmp_path / "pyproject.toml", "[project]"))
    with pytest.raises(ConfigurationError, match="cannot be read"):
        read_configuration(tmp_path / "nothing.toml")
    with pytest.raises(ConfigurationError, match="is not a table"):
        read_configuration(write(tmp_path / "pyproject.toml", "[tool]\nlipready = 3"))


def test_the_command_line_replaces_the_configuration(tmp_path, monkeypatch):
    write(tmp_path / "lipready.toml", 'format = "json"\nignore = ["V2", "A4"]\nfail-on = "warning"\nquick = true')
    monkeypatch.chdir(tmp_path)

    by_file = shared_of([])
    by_hand = shared_of(["--format", "concise", "--ignore", "V104", "--fail-on", "error"])

    assert (by_file.form, by_file.ignore, by_file.fail_on, by_file.quick) == ("json", ("V2", "A4"), "warning", True)
    assert (by_hand.form, by_hand.ignore, by_hand.fail_on, by_hand.quick) == ("concise", ("V104",), "error", True)


def test_a_format_that_a_command_does_not_have_stays_its_default(tmp_path, monkeypatch):
    write(tmp_path / "lipready.toml", 'format = "concise"')
    monkeypatch.chdir(tmp_path)

    assert shared_of([], formats=("full", "json")).form == "full"


def test_a_named_configuration_goes_before_the_nearest(tmp_path, monkeypatch):
    write(tmp_path / "lipready.toml", 'format = "json"')
    other = write(tmp_path / "ci" / "strict.toml", 'fail-on = "warning"')
    monkeypatch.chdir(tmp_path)

    shared = shared_of(["--config", str(other)])

    assert (shared.form, shared.fail_on) == ("full", "warning")


def test_no_configuration_is_no_trouble():
    assert nearest_configuration(Path("/proc/self")) is None
