"""README shows commands and help texts that exist."""

import re
import shlex
from pathlib import Path

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^\s*(?:\$ )?(lipready(?: [^\n#]*)?)", README, re.MULTILINE)
HELP_BLOCK = re.compile(r"<!-- help:(?P<command>[a-z ]*) -->\n```[a-z]*\n(?P<text>.*?)```", re.DOTALL)


def test_every_command_and_option_in_the_readme_exists(lipready_run):
    wanted = {}
    for line in COMMANDS:
        words = shlex.split(line, comments=True)[1:]
        if words and re.fullmatch("[a-z]+", words[0]):
            depth = 2 if words[0] in {"cache", "report", "tasks"} and len(words) > 1 else 1
            options = {word.split("=")[0] for word in words[1:] if re.match("--?[a-z]", word)}
            wanted.setdefault(tuple(words[:depth]), set()).update(options)

    for command, options in wanted.items():
        done = lipready_run(*command, "--help")
        assert done.returncode == 0, f"README shows `lipready {' '.join(command)}`"
        known = set(re.findall(r"(?<![\w-])--?[a-z][a-z-]*", done.stdout))
        assert options <= known, f"README shows `lipready {' '.join(command)}` with {sorted(options - known)}"


def test_every_help_block_of_the_readme_is_what_help_prints(lipready_run):
    for block in HELP_BLOCK.finditer(README):
        done = lipready_run(*block["command"].split(), "--help", COLUMNS="80")
        assert block["text"].strip() == done.stdout.strip()
