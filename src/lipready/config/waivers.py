"""Findings that somebody decided to live with: which, where, why, and until when."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime

from lipready.config.globs import Glob
from lipready.config.tables import Table
from lipready.config.unit import Notice, Unit, UnitVerdict, Waived
from lipready.facts.finding import Finding, Subject
from lipready.rules.wording import one_line

IGNORE_KEYS = ("rule", "path", "reason", "expires")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ignore:
    """One table of [[ignores]].

    `rule` is the selector as written, `rules` the ids that it means. `expires` is the last day on which it applies,
    None where it always does. `place` says where it stands.
    """

    rule: str
    rules: frozenset[str]
    path: Glob
    reason: str
    expires: date | None
    place: str

    def expired(self, today: date) -> bool:
        """Whether it does not apply any more."""
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


class IgnoreRun:
    """The ignores over one run of the gate: which of them were of use.

    `root` is the folder that the paths of units are relative to, absolute and with slashes.
    """

    def __init__(self, ignores: Iterable[Ignore], root: str, today: date) -> None:
        self._ignores, self._root, self._today = tuple(ignores), root.rstrip("/"), today
        self._used: set[int] = set()
        self._idle: set[int] = set()  # It applies to a file here, and every rule of it ran there.
        self._unsure: set[int] = set()

    def waive(self, verdict: UnitVerdict, finding: Finding) -> Waived | None:
        """Return the finding as waived where an ignore applies; the first one that does gives the reason."""
        paths = [f"{self._root}/{path}" for path in paths_of(verdict.unit, finding.role)]
        waived: Waived | None = None
        for number, ignore in enumerate(self._ignores):
            if finding.rule not in ignore.rules or not any(ignore.path.matches(path) for path in paths):
                continue
            self._used.add(number)
            if waived is None and not ignore.expired(self._today):
                waived = Waived(finding, "ignore", ignore.reason)
        return waived

    def look(self, verdict: UnitVerdict) -> None:
        """Note which ignores are about files of a verdict, and could have been of use."""
        files = [(role, f"{self._root}/{path}") for role, path in verdict.unit.files()]
        for number, ignore in enumerate(self._ignores):
            roles = {role for role, path in files if ignore.path.matches(path)}
            if not roles:
                continue
            silent = {entry.rule for entry in verdict.report.unchecked if entry.role in {"job", *roles}}
            (self._unsure if silent & ignore.rules else self._idle).add(number)

    def notices(self, *, whole: bool, failing: bool) -> Iterator[Notice]:
        """Report expired and unused ignores.

        Where only a part of the repository was looked at (`whole` is False), only an ignore that names one file which
        was looked at can be told to be unused.
        """
        for number, ignore in enumerate(self._ignores):
            used, known = number in self._used, whole or (ignore.path.literal and number in self._idle)
            unused = not used and number not in self._unsure and known
            if ignore.expired(self._today):
                text = f"{ignore.named} expired on {ignore.expires}"
                advice = "remove it" if unused else "repair the file, or decide anew"
                yield Notice(f"{text}: {advice}.", failing)
            elif unused:
                why = "finds nothing there" if number in self._idle else "matches no file"
                yield Notice(f"{ignore.named} is not used ({why}): remove it.", failing)
