"""`lipready profiles`."""

import click

from lipready.cli.input.options import speaking
from lipready.cli.output.session import Session
from lipready.facts.quantity import counted
from lipready.profiles.limit import Profile
from lipready.reports.page import Page, plain


@click.command(name="profiles")
@click.argument("name", required=False)
@speaking
def command(*, name: str | None, session: Session) -> int:
    """List the providers' profiles; with NAME (or the path of a profile file) show one with all its limits."""
    from lipready.profiles.loader import load_profile, profile_names

    page = session.page()
    if name is not None:
        lines = _profile_lines(load_profile(name), page)
    else:
        lines = [
            f"{page.paint(f'{profile.name:12}', 'strong')} {plain(profile.title)}, model {plain(profile.model)}"
            f" ({counted(len(profile.limits), 'limit')})"
            for profile in map(load_profile, profile_names())
        ]
    session.write(page.finish(lines))
    return 0


def _profile_lines(profile: Profile, page: Page) -> list[str]:
    from lipready.cli.output.limits import describe_limit, source_of

    head = f"{page.paint(plain(profile.name), 'strong')}  {plain(profile.title)}, model {plain(profile.model)}"
    lines = [head, page.paint(plain(profile.path), "dim"), ""]
    for rule, limit in profile.limits.items():
        parts = [describe_limit(limit), limit.strength, limit.remote or ""]
        lines += page.wrap(f"{rule} {' · '.join(part for part in parts if part)}", hanging=" " * 5)
    lines += ["", page.paint("sources", "strong")]
    for source in dict.fromkeys(map(source_of, profile.limits.values())):
        lines += page.wrap(source, indent="  ", hanging="    ")
    return lines
