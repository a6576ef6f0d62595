"""What `lipready gate` writes to stdout, and when; and on a terminal, how far it is."""

import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from lipready.cli.input.options import Shared
from lipready.cli.output.session import Session
from lipready.config.unit import Notice, UnitVerdict, Waived
from lipready.facts.finding import Finding
from lipready.facts.quantity import counted
from lipready.facts.report import Shard
from lipready.gate.fix import Change
from lipready.reports.page import Tone
from lipready.reports.render import DOCUMENTS, render, render_all


def output_of(shared: Shared, session: Session, shard: Shard | None) -> "Output":
    """Choose how to write: as it comes, or as one document at the end."""
    if shared.form in DOCUMENTS:
        return Document(session, shared, shard)
    return (Stream if shared.form == "jsonl" else Output)(session, shared, shard)


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

    def changed(self, changes: Sequence[Change]) -> None:
        """Report what was repaired."""
        for change in changes:
            rules = ", ".join(change.rules)
            self.session.complain(f"repaired: {change.source} → {change.output} ({rules})")

    def close(self, verdicts: Sequence[UnitVerdict], notices: Sequence[Notice]) -> None:
        """Report what is to be said of the configuration, and sum up."""
        self.notify(notices)
        page = self.session.page()
        if page.verbose:
            self.session.write("".join(page.finish(page.wrap(_waived(each))) for v in verdicts for each in v.waived))
        self.session.write(self.conclusion(verdicts))

    def empty(self) -> None:
        """Write nothing for a shard to which nothing falls: that is said on stderr."""

    def conclusion(self, verdicts: Sequence[UnitVerdict]) -> str:
        """Sum up: what is written last."""
        page = self.session.page()
        mark, tone = _mark(verdicts)
        line = f"{page.paint(mark, tone)}: {summary(verdicts)}"
        return ("\n" if self.shown and self.shared.form == "full" else "") + page.finish([line])

    def notify(self, notices: Sequence[Notice]) -> None:
        """Write notices to stderr."""
        for notice in notices:
            self.session.complain(f"Note: {notice.text}")


@dataclass(slots=True)
class Stream(Output):
    """`lipready.report/1`, one report per line, as they come."""

    def show(self, verdict: UnitVerdict) -> None:
        """Write one report."""
        self._write([verdict])

    def empty(self) -> None:
        """Write that the shard was there."""
        self._write([])

    def _write(self, verdicts: Sequence[UnitVerdict]) -> None:
        """Write reports as other programs read them."""
        reports = (verdict.report.to_dict() for verdict in verdicts)
        page = replace(self.session.page(), fail_on=self.shared.fail_on)
        self.session.write(render_all(reports, self.shared.form, page, self.shard))

    def close(self, verdicts: Sequence[UnitVerdict], notices: Sequence[Notice]) -> None:
        """Write nothing but notices."""
        del verdicts
        self.notify(notices)

    def conclusion(self, verdicts: Sequence[UnitVerdict]) -> str:
        """Give nothing: the reports are all."""
        del verdicts
        return ""


@dataclass(slots=True)
class Document(Stream):
    """One document for the whole run."""

    def show(self, verdict: UnitVerdict) -> None:
        """Write nothing yet."""

    def close(self, verdicts: Sequence[UnitVerdict], notices: Sequence[Notice]) -> None:
        """Write the document."""
        self.notify(notices)
        self._write(verdicts)


def summary(verdicts: Sequence[UnitVerdict]) -> str:
    """`12 files in 8 jobs and single files: 3 errors, 1 warning; 2 waived; 4 measured before`."""
    severities = Counter(finding.severity for verdict in verdicts for finding in verdict.report.findings)
    files = sum(len(verdict.unit.files()) for verdict in verdicts)
    states = Counter(verdict.report.verdict for verdict in verdicts)
    parts = [f"{states[state]} {state}" for state in ("fail", "warn", "pass") if states[state]]
    found = [counted(severities[each], each) for each in ("error", "warning") if severities[each]]
    waived: list[Waived] = [each for verdict in verdicts for each in verdict.waived]
    extra = [f"{len(waived)} waived"] if waived else []
    remembered = sum(verdict.remembered for verdict in verdicts)
    extra += [f"{remembered} known from earlier runs"] if remembered else []
    what = f"{counted(files, 'file')} in {counted(len(verdicts), 'unit')}: {', '.join(parts)}"
    return "; ".join([what, *([", ".join(found)] if found else []), *extra])


def _waived(waived: Waived) -> str:
    finding = waived.finding
    return f"waived: {finding.path or finding.role}: {finding.rule} {finding.name} ({waived.by}: {waived.reason})"


def _mark(verdicts: Sequence[UnitVerdict]) -> tuple[str, Tone]:
    states = {verdict.report.verdict for verdict in verdicts}
    if "fail" in states:
        return "✗ fail", "error"
    return ("▲ warn", "warning") if "warn" in states else ("✓ pass", "good")


_LONGEST = 36


@dataclass(frozen=True, slots=True)
class Progress:
    """`told` is called with each file that is known, `found` with whatever is wrong."""

    told: Callable[[str], None]
    found: Callable[[Finding], None]


@contextmanager
def file_progress(session: Session, files: int) -> Iterator[Progress]:
    """Return what is to be told; the bar vanishes at the end, so that results stand alone."""
    if session.quiet or not sys.stderr.isatty():
        yield Progress(lambda _path: None, lambda _finding: None)
        return
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn

    columns = (BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[rate]}"), TimeRemainingColumn())
    with session.bars(*columns, TextColumn("{task.description}")) as bars:
        bar = bars.add_task("", total=files, rate="")

        def told(_path: str) -> None:
            bars.advance(bar)
            speed = bars.tasks[0].finished_speed or bars.tasks[0].speed
            bars.update(bar, rate="" if not speed else f"{speed:.1f}/s")

        yield Progress(told, lambda finding: bars.update(bar, description=_label(finding)))


def _label(finding: Finding) -> str:
    """Write a finding so that neither the terminal nor rich obeys its path."""
    from rich.markup import escape

    from lipready.reports.page import plain

    path = plain(finding.path or finding.role)
    short = path if len(path) <= _LONGEST else f"…{path[1 - _LONGEST :]}"
    return escape(f"{finding.rule} {short}")
