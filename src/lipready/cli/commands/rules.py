"""`lipready rules`."""

import click

from lipready.cli.input.options import config_option, provider_option, speaking
from lipready.cli.output.session import Session
from lipready.profiles.limit import Limit
from lipready.reports.page import Page, Tone, plain

_TONES: dict[str, Tone] = {"required": "error", "recommended": "warning", "inferred": "warning"}
_SEVERITIES = {"required": "error", "recommended": "warning", "inferred": "warning"}
_ID, _SEVERITY = 6, 9


@click.command(name="rules")
@provider_option
@config_option
@speaking
def command(*, provider: str, session: Session) -> int:
    """List the rules: id, name, severity and limit at a provider."""
    from lipready.cli.output.limits import describe_limit
    from lipready.profiles.loader import load_profile
    from lipready.rules.registry import RULES

    profile, page = load_profile(provider), session.page()
    wide = max(len(rule.name) for rule in RULES) + 2
    margin = " " * (_ID + wide + _SEVERITY + 2)
    lines = [page.paint(f"{'id':{_ID}}{'name':{wide}}{'severity':{_SEVERITY}}  limit at {plain(profile.name)}", "dim")]
    for rule in RULES:
        limit = profile.limits.get(rule.id)
        described = "does not apply" if limit is None else describe_limit(limit)
        first, *rest = page.wrap(described, indent=margin) or [margin]
        head = f"{page.paint(f'{rule.id:{_ID}}', 'strong')}{rule.name:{wide}}{_severity(limit, page)}  "
        lines += [f"{head}{first[len(margin) :]}".rstrip(), *rest]
    session.write(page.finish(lines))
    return 0


def _severity(limit: Limit | None, page: Page) -> str:
    if limit is None:
        return page.paint(f"{'-':{_SEVERITY}}", "dim")
    return page.paint(f"{_SEVERITIES[limit.strength]:{_SEVERITY}}", _TONES[limit.strength])
