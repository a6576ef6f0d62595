"""What `lipready gate` writes to stdout, and when."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from lipready.cli.input.options import Shared
from lipready.cli.output.session import Session
from lipready.config.unit import Notice, UnitVerdict
from lipready.facts.quantity import counted
from lipready.facts.report import Shard
from lipready.reports.page import Tone
from lipready.reports.render import render, render_all

_MARKS: dict[str, tuple[str, Tone]] = {"fail": ("✗", "error"), "warn": ("▲", "warning"), "pass": ("✓", "good")}
"""From the worst verdict down."""


@dataclass(slots=True)
class Output:
    """For people: what is wrong as it is found, then one line that sums up."""

    session: Session
    shared: Shared
    shard: Shard | None
    shown: int = field(default=0, init=False)

    def show(self, verdict: UnitVerdict) -> None:
        """Write one unit, if something is to be said of it."""
        report = verdict.report
        if report.verdict == "pass" and not (report.findings and self.session.verbose):
            return
        page = self.session.page()
        if self.shared.form == "concise":
            text = render_all([report.to_dict()], "concise", replace(page, brief=True))
        else:
            text = ("\n\n" if self.shown else "") + render(report, self.shared.form, page)
        self.shown += 1
        self.session.write(text)

    def close(self, verdicts: Sequence[UnitVerdict], notices: Sequence[Notice]) -> None:
        """Report what is to be said of the configuration, and sum up."""
        self.notify(notices)
        page = self.session.page()
        for waived in (each for verdict in verdicts if page.verbose for each in verdict.waived):
            finding = waived.finding
            what = f"{finding.path or finding.role}: {finding.rule} {finding.name} ({waived.by}: {waived.reason})"
            self.session.write(page.finish(page.wrap(f"waived: {what}")))
        states = {verdict.report.verdict for verdict in verdicts}
        worst = next((state for state in _MARKS if state in states), "pass")
        mark, tone = _MARKS[worst]
        gap = [""] if self.shown and self.shared.form == "full" else []
        self.session.write(page.finish([*gap, f"{page.paint(f'{mark} {worst}', tone)}: {summary(verdicts)}"]))

    def empty(self) -> None:
        """Write nothing for a shard to which nothing falls: that is said on stderr."""

    def notify(self, notices: Sequence[Notice]) -> None:
        """Write notices to stderr."""
        for notice in notices:
            self.session.complain(f"Note: {notice.text}")


@dataclass(slots=True)
class DataOutput(Output):
    """For programs: `lipready.report/1`, one report per line as they come, or one document for the whole run."""

    def show(self, verdict: UnitVerdict) -> None:
        """Write one report, where it is not a part of a document."""
        if self.shared.form == "jsonl":
            self._write([verdict])

    def empty(self) -> None:
        """Write that the shard was there."""
        self._write([])

    def close(self, verdicts: Sequence[UnitVerdict], notices: Sequence[Notice]) -> None:
        """Write notices, and the document."""
        self.notify(notices)
        if self.shared.form != "jsonl":
            self._write(verdicts)

    def _write(self, verdicts: Sequence[UnitVerdict]) -> None:
        reports = (verdict.report.to_dict() for verdict in verdicts)
        page = replace(self.session.page(), fail_on=self.shared.fail_on)
        self.session.write(render_all(reports, self.shared.form, page, self.shard))


def summary(verdicts: Sequence[UnitVerdict]) -> str:
    """Write `12 files in 8 units: 1 fail, 7 pass; 3 errors, 1 warning; 2 waived; 4 known from earlier runs`."""
    severities = Counter(finding.severity for verdict in verdicts for finding in verdict.report.findings)
    files = sum(len(verdict.unit.files()) for verdict in verdicts)
    states = Counter(verdict.report.verdict for verdict in verdicts)
    parts = [f"{states[state]} {state}" for state in ("fail", "warn", "pass") if states[state]]
    found = [counted(severities[each], each) for each in ("error", "warning") if severities[each]]
    waived = sum(len(verdict.waived) for verdict in verdicts)
    remembered = sum(verdict.remembered for verdict in verdicts)
    extra = [f"{waived} waived"] * bool(waived) + [f"{remembered} known from earlier runs"] * bool(remembered)
    what = f"{counted(files, 'file')} in {counted(len(verdicts), 'unit')}: {', '.join(parts)}"
    return "; ".join(filter(None, (what, ", ".join(found), *extra)))
