"""What README and the site show is true: commands and Python run, transcripts are real, the rest names what exists.

A fenced block is tried by its language. `console`: the lines behind `$ ` are run, in a folder of their page, and say
what stands below them. `python`: the blocks of a page are run, one after the other. `toml`: parsed, and written to the
file that its first line names. `yaml`: parsed; the commands, inputs and hooks in it exist. `json`: parsed. `text`: a
part of what another block says. Behind `<!-- not run: WHY -->`, and behind `<!-- asked: -->` (a test with a terminal
asks), commands, options and imports have to exist, and no more.
"""

import ast
import json
import os
import re
import shlex
import shutil
import subprocess
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from itertools import chain
from pathlib import Path
from typing import Any

import click
import imageio_ffmpeg
import pytest
import yaml

import lipready
import site_pages
from lipready.cli.run import command_line, run
from lipready.config.settings import read_configuration
from lipready.faces.models.weights import models_folder
from lipready.profiles.loader import load_profile, profile_names
from lipready.rules.registry import RULES
from site_docstrings import fenced

REPOSITORY = Path(__file__).resolve().parents[2]
DOCS = REPOSITORY / "docs"
PAGES = {
    path.relative_to(REPOSITORY).as_posix(): path.read_text(encoding="utf-8")
    for path in (REPOSITORY / "README.md", *sorted(DOCS.rglob("*.md")))
}
FENCED = re.compile(
    r"(?:^<!-- (?P<mark>[^>]*) -->\n)?^```(?P<language>\w*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL
)
INCLUDED = re.compile(r'^--8<-- "([^"]+)"$', re.MULTILINE)
SMALL = ("-an", "-preset", "veryfast", "-pix_fmt", "yuv420p", "-movflags", "+faststart")
SPEAKER = ("-vf", "crop=640:640", *SMALL)
PANEL = ("-vf", "scale=-2:640", "-r", "15", "-t", "3", *SMALL)
WAITING = ("submit", "tasks resume")


@dataclass(frozen=True)
class Block:
    """A fenced block; `name` says where it stands, `mark` what the comment before it says."""

    name: str
    language: str
    mark: str
    text: str

    @property
    def is_run(self) -> bool:
        return not self.mark.startswith(("not run: ", "asked:")) and not INCLUDED.search(self.text)

    def commands(self) -> Iterator[tuple[str, str]]:
        """Yield each command with what is shown below it."""
        for part in re.split(r"^\$ ", self.text, flags=re.MULTILINE)[1:]:
            command, _, said = part.partition("\n")
            yield command, said


@cache
def blocks(page: str, *languages: str) -> tuple[Block, ...]:
    found = FENCED.finditer(PAGES[page])
    every = [Block(f"{page} {n}", m["language"], m["mark"] or "", m["text"]) for n, m in enumerate(found, start=1)]
    return tuple(block for block in every if not languages or block.language in languages)


def pages_with(*languages: str) -> list[str]:
    return [page for page in PAGES if any(block.is_run for block in blocks(page, *languages))]


def each(*languages: str) -> list[Any]:
    return [pytest.param(block, id=block.name) for page in PAGES for block in blocks(page, *languages)]


@pytest.fixture(scope="module")
def media(made: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder of what the examples name, as short as it may be."""
    folder = tmp_path_factory.mktemp("media")
    ffmpeg = [imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-v", "error", "-ss"]
    for start, source, arguments, name in (
        ("2", "anna.mp4", SPEAKER, "clip.mp4"),
        ("2", "anna.wav", ("-c", "copy"), "speech.wav"),
        ("1", "two_people.mp4", PANEL, "panel.mp4"),
    ):
        subprocess.run([*ffmpeg, start, "-i", made(source), *arguments, folder / name], check=True)
    shutil.copy(made("anna.jpg"), folder / "person.jpg")
    for name in ("bad.webm", "bad.ogg", "panorama.jpg"):
        shutil.copy(made(name), folder)
    (folder / "lipready.jobs.toml").write_text('[[jobs]]\nname = "welcome"\nvideo = "clip.mp4"\naudio = "speech.wav"\n')
    assets = folder / "assets"
    assets.mkdir()
    for name in ("clip.mp4", "speech.wav"):
        os.link(folder / name, assets / f"anna{Path(name).suffix}")
    return folder


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Give the folders that the pages share: the face weights, and what the gate remembers."""
    return {"LIPREADY_MODELS_DIR": models_folder(), "LIPREADY_CACHE_DIR": tmp_path_factory.mktemp("cache")}


@pytest.fixture
def machine(surroundings, shared_sandbox, at_sandbox, kept, monkeypatch):
    """Give a folder on a machine of nobody's: the providers are the sandbox, the screen is that of the transcripts."""
    at_sandbox(shared_sandbox)
    for name in [name for name in os.environ if name.startswith(("GITHUB_", "GITLAB_")) or name == "CI"]:
        monkeypatch.delenv(name)
    for name, value in {**kept, "COLUMNS": 100}.items():
        monkeypatch.setenv(name, str(value))
    return surroundings


@pytest.fixture
def reader(machine, media, monkeypatch):
    """Stand in a folder with the files that a page names: `reader(page)`."""

    def stand(page: str) -> None:
        here = machine / "here"
        here.mkdir()
        shutil.copytree(media / "assets", machine / "other-repository")
        for source in media.iterdir():
            if source.name in PAGES[page]:
                copy = shutil.copytree if source.is_dir() else shutil.copy
                copy(source, here / source.name)
        for block in blocks(page, "toml"):
            if name := file_of(block):
                (here / name).write_text(block.text, encoding="utf-8")
        monkeypatch.chdir(here)

    return stand


def file_of(block: Block) -> str | None:
    named = re.match(r"# (\S+\.toml)\n", block.text)
    return named[1] if named else None


@pytest.mark.parametrize("page", [page for page in pages_with("console") if page != "README.md"])
def test_the_commands_of_a_page_do_what_it_shows(page, reader, capsys):
    reader(page)
    for block in blocks(page, "console"):
        for command, shown in block.commands() if block.is_run else ():
            said = spoken(command, capsys)
            if shown.strip():
                assert without_chance(said) == without_chance(shown), block.name


def spoken(command: str, capsys: pytest.CaptureFixture[str]) -> str:
    """Run a command of lipready as a shell would, and give what it says; the others are looked at, and not run."""
    words = shlex.split(command, comments=True)
    if words[0] != "lipready":
        require_known(words)
        return ""
    words, target = (words[:-2], words[-1]) if ">" in words else (words, None)
    words = list(chain.from_iterable(matched(word) for word in words[1:]))
    if " ".join(words[:2]).startswith(WAITING):
        # The sandbox need not be waited for, and who reads does one or the other: no result is in the way of the next.
        words += ["--poll-interval", "0.1"]
        out = Path(words[words.index("-o") + 1]) if "-o" in words else None
        if out and out.is_file():
            out.unlink()
    status = run(words)
    said = capsys.readouterr()
    assert status == 0, f"{command}\n{said.out}\n{said.err}"
    if target:
        place = Path(target).expanduser()
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(said.out, encoding="utf-8")
    return said.out


def matched(word: str) -> list[str]:
    found = sorted(map(str, Path().glob(word))) if {*word} & {*"*["} else []
    return found or [word]


def require_known(words: list[str]) -> None:
    """Hold a command that is not lipready's against what it names: scripts, variables, the extras of the package."""
    match words:
        case ["export", assignment]:
            assert f"`{assignment.partition('=')[0]}`" in PAGES["docs/configuration.md"]
        case ["pip", "install", target]:
            place = re.fullmatch(r"\.(?:/lipready)?(?:\[([\w,]+)\])?", target)
            extras = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]["optional-dependencies"]
            assert place, target
            assert {*(place[1] or "").split(",")} <= {"", *extras}
        case ["git", "clone", address]:
            assert address == "https://github.com/lipready/lipready"
        case ["echo", written, ">>", _]:
            for command in re.findall(r"lipready [^)]+", written):
                parse(command)
        case [script]:
            assert os.access(REPOSITORY / script, os.X_OK), script
        case _:
            raise AssertionError(f"nothing looks at {words}")


def without_chance(text: str) -> str:
    """Blank out what another encoder, the rounding of another processor, or another run changes."""
    text = re.sub(r"[\d.]+ [kM]B", "SIZE", text)
    text = re.sub(r"\d+ px \(\d+%\)", "HEIGHT", text)
    text = re.sub(r" {2,}[+-]?\d+° *", "  ANGLE  ", text)
    text = re.sub(r"[▁▂▃▄▅▆▇█░▒▓·]{20,}", "LEVELS", text)
    text = re.sub(r"-\d+\.\d LUFS", "LOUDNESS", text)
    return re.sub(r"[0-9a-f-]{12,}", "ID", " ".join(text.split()))


@pytest.mark.parametrize("page", pages_with("python"))
def test_the_python_of_a_page_runs(page, reader, capsys):
    reader(page)
    names: dict[str, Any] = {"__name__": "example"}
    for block in blocks(page, "python"):
        if block.is_run:
            exec(compile(block.text, block.name, "exec"), names)  # noqa: S102
    assert capsys.readouterr().out.startswith("pass")


@pytest.mark.parametrize("block", each("python"))
def test_what_python_imports_is_there(block):
    for node in ast.walk(ast.parse(INCLUDED.sub("", block.text))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("lipready"):
            module = import_module(node.module)
            assert all(hasattr(module, alias.name) for alias in node.names)


def test_examples_are_short():
    for block in chain.from_iterable(blocks(page, "python") for page in PAGES if "executors" not in page):
        assert len([line for line in block.text.splitlines() if line.strip()]) <= 12, block.name


@pytest.mark.parametrize("block", each("toml", "yaml", "json"))
def test_data_parse(block, tmp_path):
    if block.language == "json":
        assert json.loads(block.text)["schema"].startswith("lipready.")
    elif block.language == "yaml":
        require_known_yaml(yaml.safe_load(block.text))
    else:
        table, name = tomllib.loads(block.text), file_of(block)
        if "provider" in table:
            (tmp_path / "base.toml").write_text("")
            place = tmp_path / "lipready.toml"
            place.write_text(block.text.replace("../ci/base.toml", "base.toml"), encoding="utf-8")
            assert read_configuration(place)
        elif name != "lipready.jobs.toml":
            (tmp_path / "own.toml").write_text(block.text)
            assert load_profile(str(tmp_path / "own.toml")).name == table["name"]


def require_known_yaml(value: Any) -> None:
    """Look at every command, at the inputs of the action and at the hooks."""
    if isinstance(value, list):
        for each_ in value:
            require_known_yaml(each_)
    elif isinstance(value, dict):
        if str(value.get("uses", "")).startswith("lipready/"):
            inputs = yaml.safe_load((REPOSITORY / "action.yml").read_text("utf-8"))["inputs"]
            assert value["with"].keys() <= inputs.keys()
        if "hooks" in value:
            known = yaml.safe_load((REPOSITORY / ".pre-commit-hooks.yaml").read_text("utf-8"))
            assert {hook["id"] for hook in value["hooks"]} <= {hook["id"] for hook in known}
        require_known_yaml([*value.values()])
    elif isinstance(value, str):
        for line in re.findall(r"^lipready .*$", re.sub(r"\$\{\{.*?\}\}", "1", value), re.MULTILINE):
            parse(line)


@pytest.mark.parametrize("page", PAGES)
def test_every_command_and_option_exists(page):
    """Also of those that are not run, and of those in running text."""
    fenced = [command for block in blocks(page, "console") for command, _ in block.commands()]
    text = FENCED.sub("", PAGES[page])
    inline = [" ".join(code.split()) for code in re.findall(r"(?<!`)`([^`]+)`(?!`)", text)]
    for line in (*fenced, *inline):
        if line.startswith("lipready ") and "NAME" not in line:
            parse(line)
        elif line.startswith("--"):
            assert re.split(r"[ =]", line)[0] in {*every_option(), "--newest"}, line


def parse(line: str) -> None:
    """Let click take a command apart, as it stands on the page; `…` and words in capitals stand for anything."""
    words = [word for word in shlex.split(line, comments=True)[1:] if word != "…"]
    words = words[: words.index(">>")] if ">>" in words else words
    command: click.Command = command_line
    context = click.Context(command, info_name="lipready")
    while isinstance(command, click.Group) and words and not words[0].startswith("-"):
        found = command.get_command(context, words.pop(0))
        assert found, line
        command, context = found, click.Context(found, parent=context)
    values, _, _ = command.make_parser(context).parse_args(list(words))
    for parameter in command.params:
        choice = isinstance(parameter.type, click.Choice) and parameter.name in values
        if choice and not str(values[parameter.name]).isupper():
            parameter.type_cast_value(context, values[parameter.name])


@cache
def every_option() -> frozenset[str]:
    def options_of(command: click.Command) -> Iterator[str]:
        if isinstance(command, click.Group):
            context = click.Context(command)
            for name in command.list_commands(context):
                yield from options_of(command.get_command(context, name))
        yield from chain.from_iterable((*p.opts, *p.secondary_opts) for p in command.params)

    return frozenset(options_of(command_line))


def test_a_command_that_does_not_exist_is_found_out():
    for wrong in (
        "lipready chekc clip.mp4",
        "lipready check --quik",
        "lipready check --format word",
        "lipready tasks end",
    ):
        with pytest.raises((click.UsageError, AssertionError)):
            parse(wrong)


def test_the_help_of_commands_is_what_help_prints(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    page = site_pages.pages()["commands.md"]
    for command in ("check", "tasks resume", ""):
        assert run([*command.split(), "--help"]) == 0
        printed = f"```text\n{capsys.readouterr().out.rstrip()}\n```\n"
        assert site_pages.on_page_markdown(f"<!-- help: {command} -->\n") == printed
        assert not command or f"\n## {command}\n\n{printed}" in page


def test_a_part_of_a_transcript_stands_in_the_transcript():
    whole = {line.strip() for page in PAGES for block in blocks(page, "console") for line in block.text.splitlines()}
    for block in chain.from_iterable(blocks(page, "text") for page in PAGES):
        assert {line.strip() for line in block.text.splitlines()} <= whole, block.name


def test_blocks_have_a_language_that_is_tried():
    languages = {block.language for page in PAGES for block in blocks(page)}
    assert languages == {"console", "python", "toml", "yaml", "json", "text"}
    marks = {block.mark.partition(":")[0] for page in PAGES for block in blocks(page)}
    assert marks <= {"", "not run", "asked", "fmt"}


def test_every_program_of_the_recipes_is_on_a_page():
    """Once they are there."""
    included = {name for page in PAGES for name in INCLUDED.findall(PAGES[page])}
    there = {path.relative_to(REPOSITORY).as_posix() for path in (DOCS / "recipes").glob("*.py")}
    assert there in ({*()}, included)


def test_links_of_the_readme_lead_somewhere():
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", PAGES["README.md"]):
        assert (REPOSITORY / target).exists(), target


def test_the_commands_of_the_readme_are_those_of_the_site():
    """They are run there."""
    site = [block for page in PAGES if page != "README.md" for block in blocks(page, "console") if block.is_run]
    run_there = {command for block in site for command, _ in block.commands()}
    for block in blocks("README.md", "console"):
        for command, _ in block.commands():
            said = re.split(r"  +# ", command)[0]
            assert said in run_there or require_known(shlex.split(said)) is None, said


def test_the_readme_is_short_and_counts_the_rules():
    assert len(PAGES["README.md"].splitlines()) <= 150
    assert f"\n{len(RULES)} rules, each with a page" in PAGES["README.md"]


def test_each_rule_has_a_page_with_its_limits_and_examples():
    made = site_pages.pages()
    profiles = [load_profile(name) for name in profile_names()]
    for rule in RULES:
        page = made[f"rules/{rule.id}.md"]
        assert f"[{rule.id}]({rule.id}.md) | `{rule.name}`" in made["rules/index.md"]
        limits = [profile.limits[rule.id] for profile in profiles if rule.id in profile.limits]
        assert all(limit.url in page and (limit.remote or "") in page for limit in limits)
        for heading in ("What it checks", "Why it matters", "What the provider says", "How to repair", "Limits"):
            assert f"\n## {heading}\n" in page, rule.id
        assert re.search(r'^- <span class="severity \w+">', page, re.MULTILINE), (
            f"{rule.id} says nothing of its examples"
        )


def test_the_pages_of_rules_are_where_findings_say_that_they_are():
    assert "\nsite_url: https://lipready.github.io/lipready/\n" in (REPOSITORY / "mkdocs.yml").read_text("utf-8")


def test_every_public_name_is_in_the_reference():
    named = re.findall(r"^::: lipready[\w.]*\.(\w+)$", site_pages.pages()["library.md"], re.MULTILINE)
    assert sorted(named) == sorted({*lipready.__all__} - {"__version__"})


def test_examples_in_docstrings_become_code():
    before = 'Return it.\n\nMore.\n\n>>> 1 + 1\n2\n\n>>> """a\n... b"""\n\'a\'\n\nAn end with >>> in it.'
    after = 'Return it.\n\nMore.\n\n```pycon\n>>> 1 + 1\n2\n\n>>> """a\n... b"""\n\'a\'\n```\n\nAn end with >>> in it.'
    assert fenced(before) == after
    assert fenced("No example.") == "No example."
