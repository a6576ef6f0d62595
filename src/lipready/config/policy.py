"""What counts where: rules by path, ignores with a reason, and what makes a unit fail."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

from lipready.config.tables import Table
from lipready.config.unit import Notice, Unit, UnitVerdict, Waived
from lipready.facts.file import Role
from lipready.facts.finding import Finding, Subject
from lipready.rules.wording import one_line

if TYPE_CHECKING:
    from lipready.config.patterns import Glob

IGNORE_KEYS = ("rule", "path", "reason", "expires")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ignore:
    """One table of [[ignores]].

    `rule` is the selector as written, `rules` the ids that it means. `expires` is the last day on which it applies,
    None where it always does. `place` says where it stands.
    """

    rule: str
    rules: frozenset[str]
    path: "Glob"
    reason: str
    expires: date | None
    place: str

    def expired(self, today: date) -> bool:
        """Return whether it does not apply any more."""
        return self.expires is not None and today > self.expires

    @property
    def named(self) -> str:
        """What a notice calls it."""
        return f"{self.place}: the ignore of {one_line(self.rule)} in {one_line(self.path.pattern)}"


def read_ignore(table: Table) -> Ignore:
    """Read one table. Raises ConfigurationError for what is missing, unknown or of the wrong kind."""
    table.refuse_unknown(IGNORE_KEYS)
    expires = table.values.get("expires")
    # A date with a time is a date to Python, and a number of hours more than was meant.
    if "expires" in table.values and (not isinstance(expires, date) or isinstance(expires, datetime)):
        raise table.wrong("expires", "a date without quotes, such as 2027-01-31")
    return Ignore(
        rule=table.text("rule", 'a rule, such as "V202"'),
        rules=table.selection("rule"),
        path=table.glob("path"),
        reason=table.text("reason", "a text that says why the finding does not count"),
        expires=expires,
        place=f"{table.file.name}, {table.name}",
    )


def paths_of(unit: Unit, role: Subject) -> tuple[str, ...]:
    """Return the file of a role; of the job itself, every file of it."""
    return tuple(path for each, path in unit.files() if role in ("job", each))


FailOn = Literal["error", "warning"]
PATH_KEYS = ("match", "only", "ignore", "fail-on")


@dataclass(frozen=True, slots=True, kw_only=True)
class PathRules:
    """One table of [[paths]]: the ids of the rules that do not run on what matches, and what makes it fail.

    `ignored` are the ids that it names to leave out, `dropped` these and whatever its `only` does not name.
    """

    match: "Glob"
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
    run = _IgnoreRun(policy, today)
    return tuple(map(run.judge, verdicts)), tuple(run.notices())


class _IgnoreRun:
    """The ignores over one run of the gate: which of them were of use."""

    def __init__(self, policy: Policy, today: date) -> None:
        self._policy, self._today = policy, today
        self._used: set[Ignore] = set()
        self._idle: set[Ignore] = set()  # It applies to a file here, and every rule of it ran there.
        self._unsure: set[Ignore] = set()

    def judge(self, verdict: UnitVerdict) -> UnitVerdict:
        """Return a verdict without what is ignored; the first ignore that applies gives the reason."""
        about: list[tuple[Ignore, set[Role]]] = []
        for ignore in self._policy.ignores:
            if roles := {role for role, path in verdict.unit.files() if _applies(ignore.path, path, self._policy)}:
                about.append((ignore, roles))
                silent = {entry.rule for entry in verdict.report.unchecked if entry.role in {"job", *roles}}
                (self._unsure if silent & ignore.rules else self._idle).add(ignore)
        waived: list[Waived] = []
        for finding in verdict.report.findings:
            fits = [each for each, roles in about if finding.rule in each.rules and finding.role in {"job", *roles}]
            self._used.update(fits)
            reasons = (each.reason for each in fits if not each.expired(self._today))
            reason = next(reasons, None) or _left_out(verdict.unit, finding, self._policy)
            if reason is not None:
                waived.append(Waived(finding, "ignore", reason))
        return verdict.without(waived)

    def notices(self) -> Iterator[Notice]:
        """Report expired and unused ignores.

        Where only a part of the repository was looked at, only an ignore that names one file which was looked at can
        be told to be unused.
        """
        for ignore in self._policy.ignores:
            known = self._policy.whole or (ignore.path.literal and ignore in self._idle)
            unused = known and ignore not in self._used | self._unsure
            if ignore.expired(self._today):
                text = f"{ignore.named} expired on {ignore.expires}"
                advice = "remove it" if unused else "repair the file, or decide anew"
                yield Notice(f"{text}: {advice}.", self._policy.strict_ignores)
            elif unused:
                why = "finds nothing there" if ignore in self._idle else "matches no file"
                yield Notice(f"{ignore.named} is not used ({why}): remove it.", self._policy.strict_ignores)


def fail_on_for(unit: Unit, policy: Policy) -> FailOn:
    """Return what makes a unit fail: for each file the last table that matches decides, and the strictest file."""
    levels = [
        next((table.fail_on for table in reversed(_tables(path, policy)) if table.fail_on), policy.fail_on)
        for _, path in unit.files()
    ]
    return "warning" if "warning" in (levels or [policy.fail_on]) else "error"


def fails(verdict: UnitVerdict, policy: Policy) -> bool:
    """Return whether a unit, once the policy and the baseline are applied, makes the gate fail."""
    failing = {"fail"} if fail_on_for(verdict.unit, policy) == "error" else {"fail", "warn"}
    return verdict.report.verdict in failing


def _left_out(unit: Unit, finding: Finding, policy: Policy) -> str | None:
    """Return why a finding of a rule about any file does not count: its file leaves out the rule, which others ran."""
    if finding.role == "job":
        return None
    tables = (table for path in paths_of(unit, finding.role) for table in _tables(path, policy))
    return next((f"left out by {table.place}" for table in tables if finding.rule in table.dropped), None)


def _tables(path: str, policy: Policy) -> list[PathRules]:
    return [table for table in policy.paths if _applies(table.match, path, policy)]


def _applies(glob: "Glob", path: str, policy: Policy) -> bool:
    return glob.matches(f"{policy.root.rstrip('/')}/{path}")
