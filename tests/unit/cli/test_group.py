"""The table of commands."""

from importlib import import_module

import click
import pytest

from lipready.cli.run import command_line

COMMANDS = [
    "check", "prepare", "submit", "verify", "tasks", "listen", "gate", "report", "cache",
    "people", "reference", "rules", "explain", "profiles", "sandbox", "doctor", "completion",
]  # fmt: skip


def test_the_commands_stand_in_the_order_of_use():
    context = click.Context(command_line)
    assert command_line.list_commands(context) == COMMANDS


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_its_module_and_its_help(name):
    command = command_line.get_command(click.Context(command_line), name)
    assert command is getattr(import_module(command.callback.__module__), name)
    assert command.callback.__module__.startswith("lipready.cli.commands.")
    assert command.name == name
    text = command.get_help(click.Context(command, info_name=name))
    assert text.startswith("Usage: ")


def test_the_commands_of_tasks_are_told_in_whole_sentences():
    command = command_line.get_command(click.Context(command_line), "tasks")
    assert sorted(command.commands) == ["cancel", "forget", "list", "resume", "show"]
    assert "..." not in command.get_help(click.Context(command, info_name="tasks")).partition("Commands:")[2]
