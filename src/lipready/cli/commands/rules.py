"""`lipready rules`, `lipready explain` and `lipready profiles`: what is checked, and the limits of each provider."""

import sys
from collections.abc import Iterator, Sequence
from datetime import date
from importlib import import_module
from typing import TYPE_CHECKING

import click

from lipready.cli.input import completion
from lipready.cli.input.options import config_option, list_format_option, provider_option, speaking
from lipready.cli.output.session import Session
from lipready.errors import UsageError
from lipready.facts.quantity import counted, exactly
from lipready.profiles.limit import Limit, Profile
from lipready.reports.page import Page, Tone, plain
from lipready.rules.wording import accepted_by, range_in_words

if TYPE_CHECKING:
    from lipready.facts.finding import Finding
    from lipready.rules.documentation import Documentation
    from lipready.rules.rule import Rule

_SEVERITIES: dict[str, Tone] = {"required": "error", "recommended": "warning", "inferred": "warning"}
_ID, _SEVERITY = 6, 9
_LABEL = 16


@click.command
@list_format_option
@provider_option
@config_option
@speaking
def rules(*, form: str, provider: str, session: Session) -> int:
    """List the rules: id, name, severity and limit at a provider."""
    from lipready.profiles.loader import load_profile
    from lipready.rules.registry import RULES

    profile, page = load_profile(provider), session.page()
    if form == "json":
        from lipready.cli.output.rule_documents import as_line, rules_document

        session.write(as_line(rules_document(profile)))
        return 0
    wide = max(len(rule.name) for rule in RULES) + 2
    lines = [page.paint(f"{'id':{_ID}}{'name':{wide}}{'severity':{_SEVERITY}}  limit at {plain(profile.name)}", "dim")]
    for rule in RULES:
        limit = profile.limits.get(rule.id)
        described = "does not apply" if limit is None else accepted_by(limit)
        tone: Tone = "dim" if limit is None else _SEVERITIES[limit.strength]
        severity = page.paint(f"{'-' if limit is None else tone:{_SEVERITY}}", tone)
        id_ = page.paint(page.link(rule.id, rule.help), "strong") + " " * (_ID - len(rule.id))
        head = f"{id_}{rule.name:{wide}}{severity}  "
        first, *rest = page.beside(head, described, _ID + wide + _SEVERITY + 2)
        lines += [first.rstrip(), *rest]
    session.write(page.finish(lines))
    return 0


@click.command
@click.argument("rule", shell_complete=completion.rules)
@list_format_option
@click.option(
    "--provider", metavar="NAME|PATH", shell_complete=completion.profiles, help="Only the limits of this profile."
)
@speaking
def explain(*, rule: str, form: str, provider: str | None, session: Session) -> int:
    """Explain a rule: why, how to repair, and its limits and examples at each provider.

    RULE is its id or its name; a rule of your own is MODULE:NAME, as in checks:logo for `logo` in checks.py.
    """
    from lipready.profiles.loader import load_profile, profile_names
    from lipready.rules.documentation import broken_examples, documentation, repairs_of
    from lipready.rules.registry import find_rule

    found, page = _own_rule(rule) if ":" in rule else find_rule(rule), session.page()
    profiles = list(map(load_profile, (provider,) if provider else profile_names()))
    if form == "json":
        from lipready.cli.output.rule_documents import as_line, rule_document

        session.write(as_line(rule_document(found, profiles)))
        return 0
    examples = {profile.name: broken_examples(found, profile) for profile in profiles}
    lines = [page.paint(f"{page.link(found.id, found.help)} {found.name}", "strong")]
    lines += [page.paint(found.help or "", "dim"), "", *_documented(documentation(found), page)]
    repairs = repairs_of(tuple(finding for each in examples.values() for finding in each))
    if repairs:
        lines += ["", page.paint("Repairs that findings offer", "strong")]
    for fix in repairs:
        lines += page.wrap(f"· {fix.text} ({fix.name}, {fix.level})", indent="  ", hanging="    ")
    for profile in profiles:
        limit = found.limit_at(profile)
        lines += ["", page.paint(plain(profile.title), "strong")]
        labelled = [("", "does not apply")] if limit is None else [*_details(limit), *_finds(examples[profile.name])]
        lines += _labelled(labelled, page)
    session.write(page.finish(lines))
    return 0


def _own_rule(place: str) -> "Rule":
    """Import a rule of the caller's own, also from a module in the current folder."""
    from lipready.rules.rule import Rule

    module, _, name = place.partition(":")
    sys.path.insert(0, "")
    try:
        found = getattr(import_module(module), name)
    except Exception as error:
        raise UsageError(f"The rule {place} cannot be imported: {type(error).__name__}: {error}.") from error
    finally:
        sys.path.remove("")
    if not isinstance(found, Rule):
        raise UsageError(f"{place} is no rule: it is made with `lipready.rule`.")
    return found


def _documented(told: "Documentation", page: Page) -> list[str]:
    """Wrap the documentation of a rule: paragraphs, and headings with theirs under them."""
    lines = [line for paragraph in (told.summary, *told.more) for line in page.wrap(paragraph)]
    for section in told.sections:
        lines += ["", page.paint(plain(section.title), "strong")]
        lines += [line for paragraph in section.paragraphs for line in page.wrap(paragraph, indent="  ")]
    return lines


def _finds(examples: "Sequence[Finding]") -> Iterator[tuple[str, str]]:
    """Yield what is an error and what a warning, of the facts that stand beside the rule."""
    for label, severity in (("error at", "error"), ("warning at", "warning"), ("note at", "info")):
        yield label, "; ".join(each.measured for each in examples if each.severity == severity)


def _labelled(pairs: Sequence[tuple[str, str]], page: Page) -> list[str]:
    """Write one line for each label that has a text, or more where that is long."""
    lines: list[str] = []
    for label, text in pairs:
        if text and label:
            lines += page.beside(f"  {page.paint(label.ljust(_LABEL), 'dim')}", text, 2 + _LABEL)
        elif text:
            lines += page.wrap(text, indent="  ")
    return lines


def _details(limit: Limit) -> Iterator[tuple[str, str]]:
    yield "accepts", accepted_by(limit)
    if limit.safe is not None and limit.safe != limit.accept:
        yield "certain", f"{range_in_words(limit.safe, limit.unit)}; outside of that the documents differ: a warning"
    if limit.safe_choices and limit.safe_choices != limit.choices:
        yield "certain", f"{', '.join(limit.safe_choices)}; about the others the documents differ: a warning"
    if limit.aim is not None and limit.aim not in (limit.accept, limit.safe):
        yield "repaired to", range_in_words(limit.aim, limit.unit)
    yield "repaired to", limit.aim_choice or ""
    for name, value in limit.bands.items():
        yield name.replace("_", " "), exactly(value)
    yield "strength", limit.strength
    yield "prevents", limit.remote or ""
    yield "note", limit.note
    yield "source", _source_of(limit) if limit.url or limit.read > date.min else limit.source


def _source_of(limit: Limit) -> str:
    """Write where a limit was read, and when."""
    return f"{limit.source}{f', {limit.url}' if limit.url else ''}, read {limit.read.isoformat()}"


@click.command
@click.argument("name", required=False, shell_complete=completion.profiles)
@list_format_option
@speaking
def profiles(*, name: str | None, form: str, session: Session) -> int:
    """List the providers' profiles; with NAME (or the path of a profile file) show one with all its limits."""
    from lipready.profiles.loader import load_profile, profile_names

    page = session.page()
    if form == "json":
        from lipready.cli.output.rule_documents import as_line, profile_document, profiles_document

        document = profiles_document(map(load_profile, profile_names())) if name is None else None
        session.write(as_line(document or profile_document(load_profile(name or ""))))
        return 0
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
    from lipready.rules.rule import page_of

    head = f"{page.paint(plain(profile.name), 'strong')}  {plain(profile.title)}, model {plain(profile.model)}"
    lines = [head, page.paint(plain(profile.path), "dim"), ""]
    for id_, limit in profile.limits.items():
        bands = ", ".join(f"{name.replace('_', ' ')} {exactly(value)}" for name, value in limit.bands.items())
        parts = filter(None, (accepted_by(limit), bands, limit.strength, limit.remote))
        first, *rest = page.wrap(f"{id_} {' · '.join(parts)}", hanging=" " * 5)
        lines += [first.replace(id_, page.link(id_, page_of(id_)), 1), *rest]
    lines += ["", page.paint("sources", "strong")]
    for source in dict.fromkeys(map(_source_of, profile.limits.values())):
        lines += page.wrap(source, indent="  ", hanging="    ")
    return lines
