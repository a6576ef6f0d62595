"""What shells offer, by click's protocol and in a real bash."""

import os
import shutil
import subprocess
import sys

import click
import pytest
from click.shell_completion import get_completion_class

from lipready.cli.commands.completion import completion
from lipready.cli.output.session import Session
from lipready.cli.run import command_line
from lipready.rules.registry import RULES


@pytest.fixture
def offered():
    """Give what is offered for the last of some words, as pairs of type and value: `offered("explain", "V1")`."""
    shell = get_completion_class("bash")(command_line, {}, "lipready", "_LIPREADY_COMPLETE")

    def ask(*words):
        *before, last = words
        return [(item.type, item.value) for item in shell.get_completions(list(before), last)]

    return ask


def test_commands_come_from_the_table_and_options_from_the_command(offered):
    assert offered("re") == [("plain", "report"), ("plain", "reference")]
    assert ("plain", "--format") in offered("explain", "--f")
    assert offered("explain", "V104", "--format", "") == [("plain", "full"), ("plain", "json")]


def test_rules_are_offered_by_id_and_by_name_the_last_of_several(offered):
    assert offered("explain", "") == [("plain", rule.id) for rule in RULES]
    assert offered("explain", "v104") == [("plain", "V104")]
    assert offered("explain", "video-f") == [
        ("plain", name) for name in ("video-frame-rate", "video-file-size", "video-frozen-or-black")
    ]
    for option in ("--only", "--ignore"):
        assert offered("check", option, "V101,I60") == [("plain", f"V101,I60{n}") for n in range(1, 9)]


def test_profiles_are_offered_and_else_files(offered):
    both = [("plain", "dashscope"), ("plain", "evolink")]
    for words in (("check", "--provider"), ("explain", "V104", "--provider"), ("profiles",)):
        assert offered(*words, "") == both
        assert offered(*words, "d") == both[:1]
        assert offered(*words, "mine/") == [("file", "mine/")]


@pytest.mark.parametrize(
    "words",
    [
        ("check", "cl"), ("check", "clip.mp4", "sp"), ("prepare", "cl"), ("submit", "cl"), ("people", "cl"),
        ("reference", "cl"), ("gate", "as"), ("check", "--ref", "p"), ("reference", "clip.mp4", "-o", "r"),
        ("check", "--config", "l"), ("gate", "--baseline", "l"), ("check", "--jobs", "l"), ("report", "merge", "1"),
    ],
)  # fmt: skip
def test_files_are_left_to_the_shell(offered, words):
    assert offered(*words) == [("file", words[-1])]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_of_a_shell_asks_us(shell, capsys):
    context = click.Context(command_line, obj=Session())
    with completion.make_context("completion", [shell], parent=context, obj=Session()) as inner:
        assert completion.invoke(inner) == 0
    script = capsys.readouterr().out
    assert f"_LIPREADY_COMPLETE={shell}_complete" in script
    assert "_lipready_completion" in script


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash")
def test_a_real_bash_completes(tmp_path):
    command = tmp_path / "lipready"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m lipready "$@"\n')
    command.chmod(0o755)
    script = """
        eval "$(lipready completion bash)"
        complete -p lipready
        for typed in "expl" "explain V10" "check --only V101,P30"; do
            COMP_WORDS=(lipready $typed) COMPREPLY=()
            COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
            _lipready_completion lipready
            echo "${COMPREPLY[*]}"
        done
    """
    done = subprocess.run(
        [shutil.which("bash"), "--norc", "--noprofile", "-eu", "-c", script],
        env={**os.environ, "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    registered, *lines = done.stdout.splitlines()
    assert registered.endswith("-F _lipready_completion lipready")
    assert lines == [
        "explain",
        " ".join(f"V10{n}" for n in range(1, 7)),
        " ".join(f"V101,P30{n}" for n in range(1, 9)),
    ]
