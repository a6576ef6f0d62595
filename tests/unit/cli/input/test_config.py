import click

from lipready.cli.input.options import configuration_of, judging_options
from lipready.cli.output.session import Session
from lipready.config.settings import Configuration


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


def test_a_command_can_ask_for_the_rest_of_the_configuration(tmp_path, monkeypatch):
    seen = []

    @click.command()
    @judging_options(("full",))
    @click.pass_context
    def command(ctx, *, shared, session):
        del shared, session
        seen.append(configuration_of(ctx))

    monkeypatch.chdir(tmp_path)
    command.main([], standalone_mode=False)
    path = write(tmp_path / "lipready.toml", '[[ignores]]\nrule = "V202"\npath = "a.mp4"\nreason = "old"')
    command.main([], standalone_mode=False)

    assert seen[0] == Configuration()
    assert seen[1].files == (path,)
    assert [ignore.reason for ignore in seen[1].ignores] == ["old"]
