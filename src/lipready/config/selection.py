"""Which rules a selection leaves, and whether any of them ran."""

from collections.abc import Sequence

from lipready.errors import NothingCheckedError
from lipready.profiles.limit import Profile
from lipready.reports.report import Report
from lipready.rules.registry import RULES, select
from lipready.rules.rule import Rule


def rules_left(profile: Profile, only: Sequence[str], ignore: Sequence[str]) -> tuple[Rule, ...]:
    """Find the rules that `only` and `ignore` leave of those that a profile speaks of; none where that is none.

    Raises UsageError for an entry that means no rule.
    """
    wanted = _meant(only) if only else frozenset(profile.limits)
    left = wanted - _meant(ignore)
    return tuple(rule for rule in RULES if rule.id in left and rule.id in profile.limits)


def require_some_ran(reports: Sequence[Report], chosen: Sequence[Rule]) -> None:
    """Raise NothingCheckedError where not one rule ran on any file: that is no pass."""
    if not any(_ran(report, rule) for report in reports for rule in chosen):
        raise NothingCheckedError("none of the chosen rules applies to these files, or could run on them.")


def _ran(report: Report, rule: Rule) -> bool:
    if any(finding.rule == rule.id for finding in report.findings):
        return True
    there: set[str] = {file.role for file in report.facts.files()}
    if rule.subject == "address":
        about: set[str] = {file.role for file in report.facts.files() if file.address is not None}
    else:
        about = there if rule.subject == "file" else (there | {"job"}) & {rule.subject}
    return bool(about - {entry.role for entry in report.unchecked if entry.rule == rule.id})


def _meant(selectors: Sequence[str]) -> frozenset[str]:
    return frozenset(rule for selector in selectors for rule in select(selector))
