"""What counts where: rules by path, ignores with a reason, and what makes a unit fail."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from typing import Literal

from lipready.config.globs import Glob
from lipready.config.tables import Table
from lipready.config.unit import Notice, Unit, UnitVerdict, Waived
from lipready.config.waivers import Ignore, IgnoreRun, paths_of
from lipready.facts.file import Role
from lipready.facts.finding import Finding

FailOn = Literal["error", "warning"]
PATH_KEYS = ("match", "only", "ignore", "fail-on")


@dataclass(frozen=True, slots=True, kw_only=True)
class PathRules:
    """One table of [[paths]]: the ids of the rules that do not run on what matches, and what makes it fail.

    `ignored` are the ids that it names to leave out, `dropped` these and whatever its `only` does not name.
    """

    match: Glob
    ignored: frozenset[str]
    dropped: frozenset[str]
    fail_on: FailOn | None
    place: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What counts where.

    `root` is the folder that the paths of units are relative to (absolute, links resolved, with slashes). `only`,
    `ignore` (selectors of rules) and `fail_on` hold everywhere. `whole` says that everything which the configuration
    speaks of is looked at in this run: without it (a shard, files that were named) little can be told to be unused.
    """

    root: str
    only: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    fail_on: FailOn = "error"
    paths: tuple[PathRules, ...] = ()
    ignores: tuple[Ignore, ...] = ()
    strict_ignores: bool = False
    whole: bool = True


def read_path_rules(table: Table) -> PathRules:
    """Read one table. Raises ConfigurationError for what is missing, unknown or of the wrong kind."""
    from lipready.rules.registry import RULES

    table.refuse_unknown(PATH_KEYS)
    match = table.glob("match")
    if len(table.values) == 1:
        raise table.error(f"there is nothing beside match: give one of {', '.join(PATH_KEYS[1:])}.")
    ids = frozenset(rule.id for rule in RULES)
    only = table.selection("only") if "only" in table.values else ids
    ignore = table.selection("ignore") if "ignore" in table.values else frozenset[str]()
    fail_on = table.values.get("fail-on")
    if "fail-on" in table.values and fail_on not in ("error", "warning"):
        raise table.wrong("fail-on", '"error" or "warning"')
    place = f"{table.file.name}, {table.name}"
    return PathRules(match=match, ignored=ignore, dropped=(ids - only) | ignore, fail_on=fail_on, place=place)


def rules_for(unit: Unit, policy: Policy) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return `only` and `ignore` for checking a unit.

    A rule about one kind of file is left out where the file of that kind leaves it out; a rule about the job where
    one of its files names it under `ignore`, or all leave it out; a rule about any file where all of them do (what it
    finds on one that does is taken out later). Tables by path only ever narrow what holds everywhere.
    """
    tables = tuple((role, tuple(_tables(path, policy))) for role, path in unit.files())
    left_out = _rules_left_out(tables) if any(each for _, each in tables) else ()
    return policy.only, (*policy.ignore, *left_out)


@lru_cache(maxsize=1024)
def _rules_left_out(files: tuple[tuple[Role, tuple[PathRules, ...]], ...]) -> tuple[str, ...]:
    """Return what `rules_for` says, from the tables for each file: the same for very many units."""
    from lipready.rules.registry import RULES

    left_out = []
    for rule in RULES:
        own = [tables for role, tables in files if role == rule.subject] or [tables for _, tables in files]
        named = rule.subject == "job" and any(rule.id in table.ignored for tables in own for table in tables)
        if named or all(any(rule.id in table.dropped for table in tables) for tables in own):
            left_out.append(rule.id)
    return tuple(left_out)


def apply_policy(
    verdicts: Sequence[UnitVerdict], policy: Policy, today: date
) -> tuple[tuple[UnitVerdict, ...], tuple[Notice, ...]]:
    """Take what is ignored out of the reports, into `waived`; say which ignores have expired or are not used.

    `today` decides which ignores have expired; the day that they name is the last one on which they apply.
    """
    run = IgnoreRun(policy.ignores, policy.root, today)
    judged = tuple(_without_ignored(verdict, policy, run) for verdict in verdicts)
    return judged, tuple(run.notices(whole=policy.whole, failing=policy.strict_ignores))


def fail_on_for(unit: Unit, policy: Policy) -> FailOn:
    """Return what makes a unit fail: for each file the last table that matches decides, and the strictest file."""
    levels: list[FailOn] = [_fail_on(path, policy) for _, path in unit.files()] or [policy.fail_on]
    return "warning" if "warning" in levels else "error"


def fails(verdict: UnitVerdict, policy: Policy) -> bool:
    """Whether a unit, once the policy and the baseline are applied, keeps the gate shut."""
    failing = {"fail"} if fail_on_for(verdict.unit, policy) == "error" else {"fail", "warn"}
    return verdict.report.verdict in failing


def _without_ignored(verdict: UnitVerdict, policy: Policy, run: IgnoreRun) -> UnitVerdict:
    run.look(verdict)
    kept: list[Finding] = []
    waived: list[Waived] = []
    for finding in verdict.report.findings:
        away = run.waive(verdict, finding) or _left_out(verdict.unit, finding, policy)
        if away is None:
            kept.append(finding)
        else:
            waived.append(away)
    if not waived:
        return verdict
    report = replace(verdict.report, findings=tuple(kept))
    return replace(verdict, report=report, waived=(*verdict.waived, *waived))


def _left_out(unit: Unit, finding: Finding, policy: Policy) -> Waived | None:
    """Waive what a rule about any file found on one that leaves the rule out, since it ran for the others."""
    if finding.role == "job":
        return None
    tables = [table for path in paths_of(unit, finding.role) for table in _tables(path, policy)]
    table = next((table for table in tables if finding.rule in table.dropped), None)
    return None if table is None else Waived(finding, "ignore", f"left out by {table.place}")


def _tables(path: str, policy: Policy) -> list[PathRules]:
    whole = f"{policy.root.rstrip('/')}/{path}"
    return [table for table in policy.paths if table.match.matches(whole)]


def _fail_on(path: str, policy: Policy) -> FailOn:
    said = [table.fail_on for table in _tables(path, policy) if table.fail_on is not None]
    return said[-1] if said else policy.fail_on
