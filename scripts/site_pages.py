"""Pages of the site that are made from the package itself; a hook of mkdocs (see mkdocs.yml).

`rules/index.md` and a page for each rule say what `lipready explain` prints; `commands.md` holds the help of each
command, `library.md` all public names, `changes.md` the changelog. What a rule says of its broken examples is what it
really finds in them.
"""

import re
from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

import click

import lipready
from lipready.cli.run import command_line
from lipready.facts.finding import Finding
from lipready.facts.quantity import exactly
from lipready.profiles.limit import Limit, Profile
from lipready.profiles.loader import load_profile, profile_names
from lipready.reports.page import with_options
from lipready.rules.documentation import broken_examples, documentation, repairs_of
from lipready.rules.registry import RULES
from lipready.rules.rule import Rule
from lipready.rules.wording import accepted_by, range_in_words

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files
    from mkdocs.structure.pages import Page

HOME = Path(__file__).resolve().parents[1]
BLOB = "https://github.com/lipready/lipready/blob/main/"
SUBJECTS = {
    "F": ("Files", "What holds for every file of a job."),
    "V1": ("The video: what is accepted", "Limits that the provider states for the video."),
    "V2": ("The video: what may come out badly", "The provider takes such a video, and may show it wrongly."),
    "P": ("People and faces", "Whose lips move, and whether they can."),
    "A4": ("The audio track: what is accepted", "Limits that the provider states for the audio track."),
    "A5": ("The audio track: what is heard", "Speech, noise, music and loudness."),
    "I": ("The reference image", "The picture that says who is to speak."),
    "R": ("The request", "Options, addresses, and how the files fit together."),
    "O": ("What came back", "The result video, held against what was sent."),
}
LIBRARY = {
    "Check": "check check_async check_many check_many_async Settings Report Finding Fix Where JobFacts Unmeasured",
    "Inputs": "Job RequestOptions Input Source",
    "Prepare": "prepare prepare_async Prepared Choices",
    "People": "people people_async People reference reference_async Reference",
    "Submit": "submit submit_async Sending Task get_task get_task_async resume forget receive_callback",
    "Verify": "verify verify_async",
    "The gate": "gate gate_async GateResult",
    "Stopping": "Cancel",
    "Profiles and rules": "Profile Limit Range Rule rule finding",
}
_SEVERITIES = {"required": "error", "recommended": "warning", "inferred": "warning"}
_LEVELS = {
    "lossless": "nothing is lost",
    "reencode": "encoded again",
    "editorial": "yours to decide: only when you ask for it",
}
_NEEDS = {
    "headers": "Headers and indexes are enough: the rule also runs with `--quick`.",
    "pixels": "Pictures are decoded: the rule does not run with `--quick`.",
    "samples": "Sound is decoded: the rule does not run with `--quick`.",
}
_MOST_EXAMPLES = 6
_MARKUP = re.compile(r"[\\*_\[\]<>#|]")
_IDS = {rule.id for rule in RULES}


def on_files(files: "Files", config: "MkDocsConfig") -> "Files":
    """Add the pages to those that lie in docs/."""
    from mkdocs.structure.files import File

    for name, text in pages().items():
        files.append(File.generated(config, name, content=text))
    return files


def on_config(config: "MkDocsConfig") -> "MkDocsConfig":
    """List the page of each rule under Rules, by subject."""
    listed = [
        {title: [{f"{rule.id} {rule.name}": f"rules/{rule.id}.md"} for rule in RULES if rule.id.startswith(beginning)]}
        for beginning, (title, _) in SUBJECTS.items()
    ]
    for entry in config.nav or []:
        if "Rules" in entry:
            entry["Rules"] += listed
    return config


def on_page_markdown(markdown: str, **_: object) -> str:
    """Put the help of a command where a page says `<!-- help: COMMAND -->`."""
    return re.sub(r"<!-- help:(.*?)-->", lambda match: f"```text\n{_help(match[1].split())}\n```", markdown)


def on_page_content(html: str, page: "Page", **_: object) -> str:
    """Let the copy button of a transcript copy its commands alone, without prompts and what they say."""
    transcripts = re.findall(r"^```console\n(.*?)^```$", page.markdown or "", re.MULTILINE | re.DOTALL)
    commands = ("\n".join(re.findall(r"^\$ (.*)$", text, re.MULTILINE)) for text in transcripts)
    beginning = '<div class="language-console highlight">'
    return re.sub(beginning, lambda _: f'{beginning[:-1]} data-copy="{escape(next(commands))}">', html)


def pages() -> dict[str, str]:
    """Return the text of each page that is made, by its path below docs/."""
    profiles = [load_profile(name) for name in profile_names()]
    return {
        "rules/index.md": _index(profiles),
        **{f"rules/{rule.id}.md": _rule_page(rule, profiles) for rule in RULES},
        "commands.md": _commands(),
        "library.md": _library(),
        "changes.md": _changes(),
    }


def _index(profiles: list[Profile]) -> str:
    """Write a table of rules for each subject, with the limits of each provider."""
    heads = [profile.name for profile in profiles]
    lines = [
        "# Rules",
        "",
        f"{len(RULES)} rules. Each has a page: what it checks, why, what each provider says, and how to repair.",
        "`lipready explain V104` prints the same in the terminal.",
        "",
        "An **error** would fail at the provider. A **warning** may come out badly, or breaks a limit that the",
        "provider does not state as one. Where a provider has *–*, the rule does not apply to it.",
    ]
    for beginning, (title, said) in SUBJECTS.items():
        rules = [rule for rule in RULES if rule.id.startswith(beginning)]
        lines += ["", f"## {title}", "", said, "", f"| rule | what it checks | {' | '.join(heads)} |"]
        lines += ["|---" * (2 + len(heads)) + "|"]
        for rule in rules:
            cells = [_in_table(profile.limits.get(rule.id)) for profile in profiles]
            lines += [f"| [{rule.id}]({rule.id}.md) | `{rule.name}`<br>{_summary(rule)} | {' | '.join(cells)} |"]
    return "\n".join(lines) + "\n"


def _summary(rule: Rule) -> str:
    said = re.sub(r"^(Check that|Warn of) ", "", _documentation(rule)[""]).removesuffix(".")
    return said[0].upper() + said[1:]


def _in_table(limit: Limit | None) -> str:
    if limit is None:
        return "–"
    severity = _SEVERITIES[limit.strength]
    said = accepted_by(limit)
    return f'<span class="severity {severity}">{severity}</span>{f"<br>{said}" if said else ""}'


def _rule_page(rule: Rule, profiles: list[Profile]) -> str:
    parts = _documentation(rule)
    lines = [f"# {rule.id} {rule.name}", "", parts.pop("")]
    for heading, text in parts.items():
        lines += ["", f"## {heading}", "", _linked(text, rule)]
    lines += ["", "## Limits", "", *_limits_table(rule, profiles)]
    lines += ["", "## Examples", "", *_examples(rule, profiles)]
    command = f"lipready explain {rule.id}"
    lines += ["", "## Use", "", f"{_NEEDS[rule.needs]} `{command}` prints this page."]
    lines += [f"To leave the rule out, give `--ignore {rule.id}`, or see [configuration](../configuration.md)."]
    return "\n".join(lines) + "\n"


def _documentation(rule: Rule) -> dict[str, str]:
    """Return the paragraphs of a docstring by their heading; the first sentence under no heading."""
    told = documentation(rule)
    parts = {"": (told.summary, *told.more), **{section.title: section.paragraphs for section in told.sections}}
    return {title: "\n\n".join(map(_inert, paragraphs)) for title, paragraphs in parts.items()}


def _inert(text: str) -> str:
    """Escape what Markdown would obey, but for the code between backticks."""
    pieces = re.split(r"(`[^`]*`)", text)
    return "".join(
        piece if piece.startswith("`") else _MARKUP.sub(lambda match: f"&#{ord(match[0])};", piece) for piece in pieces
    )


def _linked(text: str, rule: Rule) -> str:
    """Let the ids of other rules lead to their pages."""
    return re.sub(
        r"\b[A-Z]\d{3}\b",
        lambda match: f"[{match[0]}]({match[0]}.md)" if match[0] in _IDS - {rule.id} else match[0],
        text,
    )


def _limits_table(rule: Rule, profiles: list[Profile]) -> Iterator[str]:
    """Write what the profiles say, one column for each."""
    columns = [dict(_details(profile.limits.get(rule.id))) for profile in profiles]
    rows = dict.fromkeys(label for column in columns for label in column)
    yield f"| at | {' | '.join(_inert(profile.title) for profile in profiles)} |"
    yield "|---" * (1 + len(profiles)) + "|"
    for label in rows:
        yield f"| {label} | {' | '.join(column.get(label) or '–' for column in columns)} |"


def _details(limit: Limit | None) -> Iterator[tuple[str, str]]:
    if limit is None:
        yield "severity", "does not apply"
        return
    severity = _SEVERITIES[limit.strength]
    yield "severity", f'<span class="severity {severity}">{severity}</span> ({limit.strength})'
    if accepted := accepted_by(limit):
        yield "accepts", accepted
    if limit.safe is not None and limit.safe != limit.accept:
        yield "certain", f"{range_in_words(limit.safe, limit.unit)}; outside of that the documents differ: a warning"
    if limit.safe_choices and limit.safe_choices != limit.choices:
        yield "certain", f"{', '.join(limit.safe_choices)}; about the others the documents differ: a warning"
    aims = [range_in_words(limit.aim, limit.unit)] if limit.aim not in (None, limit.accept, limit.safe) else []
    if aims or limit.aim_choice:
        yield "repaired to", ", ".join([*aims, *filter(None, [limit.aim_choice])])
    for name, value in limit.bands.items():
        yield name.replace("_", " "), exactly(value)
    if limit.remote:
        yield "error code at the provider", f"`{limit.remote}`"
    if limit.note:
        yield "note", _inert(limit.note)
    source = f"[{_inert(limit.source)}]({limit.url})" if limit.url else _inert(limit.source)
    yield "source", f"{source}, read {limit.read.isoformat()}"


def _examples(rule: Rule, profiles: list[Profile]) -> list[str]:
    """Write what the rule finds in the broken examples that stand beside it, at the first provider that has it."""
    profile = next(profile for profile in profiles if rule.id in profile.limits)
    found = broken_examples(rule, profile)
    lines = [f"What the rule says of some made-up jobs, at {_inert(profile.title)}:", ""]
    for finding in found[:_MOST_EXAMPLES]:
        lines += [f'- <span class="severity {finding.severity}">{finding.severity}</span> {_message(finding)}']
    fixes = repairs_of(found)
    if fixes:
        lines += ["", "Repairs that it offers:", ""]
        lines += [f"- `{fix.name}` ({_LEVELS[fix.level]}): {_inert(with_options(fix.text))}" for fix in fixes]
    return lines


def _message(finding: Finding) -> str:
    return _inert(with_options(finding.message))


def _commands() -> str:
    """Write the help of each command."""
    lines = [
        "# Commands",
        "",
        "What `--help` prints. [In the terminal](terminal.md) shows how the commands work together.",
    ]
    for names in _names(command_line, ()):
        lines += ["", f"## {' '.join(names)}", "", "```text", _help(names), "```"]
    return "\n".join(lines) + "\n"


def _names(group: click.Command, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """Yield the words that name each command below a group."""
    if isinstance(group, click.Group):
        context = click.Context(group)
        for name in group.list_commands(context):
            command = group.get_command(context, name)
            if command is not None:
                yield (*path, name)
                yield from _names(command, (*path, name))


def _help(names: Sequence[str]) -> str:
    """Return the help of a command, as a terminal of 80 columns shows it."""
    command: click.Command = command_line
    context = click.Context(command, info_name="lipready", terminal_width=78, **command.context_settings)
    for name in names:
        found = command.get_command(context, name) if isinstance(command, click.Group) else None
        if found is None:
            raise click.UsageError(f"A page shows the help of `lipready {' '.join(names)}`, which there is not.")
        command, context = found, click.Context(found, context, name, **found.context_settings)
    return context.get_help().rstrip()


def _library() -> str:
    """List every public name: mkdocstrings puts its signature and its docstring there."""
    names = {name: home for home, of_home in lipready._HOMES.items() for name in of_home}  # noqa: SLF001
    public = [name for name in lipready.__all__ if name != "__version__"]
    groups = {title: listed.split() for title, listed in LIBRARY.items()}
    errors = sorted(
        (name for name in public if name.endswith("Error")), key=lambda name: (name != "LipreadyError", name)
    )
    listed = {*errors, *(name for group in groups.values() for name in group)}
    groups |= {"Errors": errors, "Types": [name for name in public if name not in listed]}
    lines = [
        "# Library",
        "",
        "Every public name, as `import lipready` gives it. [In a program](program.md) shows how they work together.",
        "`import lipready` costs next to nothing: each name is imported on its first use.",
    ]
    for title, group in groups.items():
        if group:
            lines += ["", f"## {title}", *(f"\n::: {names[name]}.{name}" for name in group)]
    return "\n".join([*lines, "", "## Version", "", "`lipready.__version__` is the version as text.", ""])


def _changes() -> str:
    """Return the changelog, with its links to files of the repository turned into links that work on the site."""
    text = (HOME / "CHANGELOG.md").read_text("utf-8")
    text = re.sub(r"\]\((?!https?:|#|docs/)", f"]({BLOB}", text.replace("# Changelog", "# Changes", 1))
    return text.replace("](docs/", "](")
