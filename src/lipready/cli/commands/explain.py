"""`lipready explain`."""

import inspect
from itertools import groupby
from typing import TYPE_CHECKING

import click

from lipready.cli.input.options import speaking
from lipready.cli.output.session import Session

if TYPE_CHECKING:
    from lipready.reports.page import Page
    from lipready.rules.rule import Rule


@click.command(name="explain")
@click.argument("rule")
@click.option("--provider", metavar="NAME|PATH", help="Only the limits of this profile.")
@speaking
def command(*, rule: str, provider: str | None, session: Session) -> int:
    """Explain a rule (its id or its name), with its limits at each provider."""
    from lipready.cli.output.limits import limit_lines
    from lipready.profiles.loader import load_profile, profile_names
    from lipready.reports.page import plain
    from lipready.rules.registry import find_rule

    found, page = find_rule(rule), session.page()
    lines = [page.paint(f"{found.id} {found.name}", "strong"), "", *_documentation(found, page)]
    for profile in map(load_profile, (provider,) if provider else profile_names()):
        limit = profile.limits.get(found.id)
        lines += ["", page.paint(plain(profile.title), "strong")]
        lines += ["  does not apply"] if limit is None else limit_lines(limit, page)
    session.write(page.finish(lines))
    return 0


def _documentation(rule: "Rule", page: "Page") -> list[str]:
    """Wrap a docstring anew: lines of one indentation are one paragraph, a line over a deeper one is a heading."""
    lines: list[str] = []
    for indent, group in groupby(inspect.cleandoc(rule.judge.__doc__ or "").splitlines(), _indent):
        text = " ".join(line.strip() for line in group)
        lines += page.wrap(text, indent=" " * indent) or [""]
    return lines


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip()) if line.strip() else -1
