"""One run of `lipready gate`, from paths to an exit status."""

import os
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import Executor
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path

import click

from lipready.check import Settings
from lipready.cli.commands.gate import Request
from lipready.cli.input.options import Shared, configuration_of
from lipready.cli.input.selection import chosen_rules, require_some_ran
from lipready.cli.input.shards import parse_shard, shard
from lipready.cli.output.html_page import PageAlbum
from lipready.cli.output.progress import file_progress
from lipready.cli.output.report_files import refuse_inputs, write_reports
from lipready.cli.output.session import CLEAN, FOUND, Session
from lipready.config.unit import Notice, UnitVerdict
from lipready.errors import UsageError
from lipready.facts.quantity import counted, plural
from lipready.gate.cache.cache import FactsCache
from lipready.gate.discovery.pair import collect
from lipready.gate.discovery.selection import require_paths
from lipready.gate.evaluate import VerdictFilter, without_looks
from lipready.gate.fix import fix_units
from lipready.gate.gating import GateRun, covers_whole, known_baseline
from lipready.gate.workers.looking import Unseen, look_again
from lipready.gate.workers.run import dask_executor
from lipready.profiles.loader import load_profile
from lipready.reports.page import Tone
from lipready.reports.render import render, render_all, times_of
from lipready.reports.report import Shard

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

    def close(self, verdicts: Sequence[UnitVerdict]) -> None:
        """Sum up."""
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

    def close(self, verdicts: Sequence[UnitVerdict]) -> None:
        """Write the document."""
        if self.shared.form != "jsonl":
            self._write(verdicts)

    def _write(self, verdicts: Sequence[UnitVerdict]) -> None:
        reports = (verdict.report.to_dict() for verdict in verdicts)
        page = replace(self.session.page(), fail_on=self.shared.fail_on)
        times = times_of(verdict.report for verdict in verdicts)
        self.session.write(render_all(reports, self.shared.form, page, self.shard, times))


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


def run_gate(request: Request, shared: Shared, session: Session) -> int:
    """Examine everything, show it, write what was asked for, and give the exit status."""
    profile = load_profile(shared.provider)
    chosen = chosen_rules(profile, shared)
    configuration = configuration_of(click.get_current_context())
    root = request.tree.root
    require_paths(request.tree)
    paired = collect(root, request.tree.asked)
    units, part = tuple(paired.units), None
    if request.shard is not None:
        number, count = parse_shard(request.shard)
        units = tuple(shard(units, number, count))
        part = Shard(profile.name, f"{number}/{count}", len(units))  # as every machine writes it
    output = (Output if shared.form in ("full", "concise") else DataOutput)(session, shared, part)
    if not units:  # the other machines of the matrix check what there is
        there = len(paired.units)
        session.complain(
            f"Nothing falls to shard {request.shard}: there {plural(there, 'is')} {counted(there, 'thing')} to check."
        )
        output.empty()
        _write_files(shared, (), part)
        return CLEAN
    whole = request.shard is None and covers_whole(request.tree)
    policy = configuration.policy(root, only=shared.only, ignore=shared.ignore, fail_on=shared.fail_on, whole=whole)
    refuse_inputs(shared.reports, [unit.job for unit in units], root)
    cache = None if request.no_cache else FactsCache()
    run = GateRun(
        root=root,
        units=units,
        profile=profile,
        policy=policy,
        settings=Settings(quick=shared.quick, every_frame=shared.every_frame),
        baseline=known_baseline(request.baseline, profile, updated=request.update_baseline),
        cache=cache,
        workers=request.workers,
        pictured=shared.pictured,
    )
    verdict_filter, album = run.filter(), PageAlbum(several=True, jobs=len(units))
    with _executor(request.executor) as executor:
        verdicts = _examine(replace(run, executor=executor), verdict_filter, output, album)
    sifted, notices = verdict_filter.all(verdicts)
    require_some_ran([verdict.report for verdict in verdicts], chosen)
    accepted = False
    if request.update_baseline and request.baseline is not None:
        said, accepted = run.accept(verdicts, request.baseline)
        notices = (*notices, *said)
    notices = (*paired.notices, *notices, *(Notice(trouble) for trouble in (cache.troubles if cache else ())))
    for notice in notices:
        session.complain(f"Note: {notice.text}")
    output.close(sifted)
    _write_files(shared, sifted, part, album)
    changes = list(fix_units(sifted, root, profile, write=request.write)) if request.fix else []
    for change in changes:
        session.complain(f"repaired: {change.source} → {change.output} ({', '.join(change.rules)})")
    return CLEAN if run.passed(sifted, notices, changes, accepted=accepted) else FOUND


def _examine(run: GateRun, verdict_filter: VerdictFilter, output: Output, album: PageAlbum) -> tuple[UnitVerdict, ...]:
    """Examine every unit, and show each as soon as all before it are known."""
    shared, verdicts = output.shared, list[UnitVerdict]()
    every_fact = shared.form == "json" or any(form in ("json", "jsonl", "full") for form, _path in shared.reports)
    with file_progress(output.session, run.files()) as (told, found):
        for verdict in run.verdicts(told):
            sifted = verdict_filter.one(verdict)
            for finding in sifted.report.findings:
                found(finding)
            output.show(sifted)
            if run.pictured:
                album.add(without_looks(sifted).report, verdict.pictures, verdict.unit.name)
            kept = replace(verdict, pictures=None)
            verdicts.append(kept if every_fact else without_looks(kept))
    if run.pictured and not run.settings.quick:
        unseen = (Unseen(*each) for each in album.unseen())
        album.fill(look_again(unseen, os.fspath(run.root), run.executor, run.workers))
    return tuple(verdicts)


def _executor(text: str) -> AbstractContextManager[Executor | None]:
    kind, _, address = text.partition("=")
    if text == "local":
        return nullcontext()
    if kind == "dask" and address:
        return dask_executor(address)
    raise UsageError(f"--executor {text}: say local, or dask=ADDRESS such as dask=tcp://10.0.0.5:8786.")


def _write_files(
    shared: Shared, verdicts: Sequence[UnitVerdict], part: Shard | None, album: PageAlbum | None = None
) -> None:
    """Write what was asked for, and what GitHub shows of a job, unless that was asked for by name."""
    summary = os.environ.get("GITHUB_STEP_SUMMARY")
    named = any(os.path.realpath(path) == os.path.realpath(summary or "") for _form, path in shared.reports)
    more = [("markdown", Path(summary))] if summary and os.environ.get("GITHUB_ACTIONS") == "true" and not named else []
    if verdicts or shared.reports:
        files = [*shared.reports, *(more if verdicts else [])]
        reports = [verdict.report for verdict in verdicts]
        html = None if album is None else lambda: album.html(reports)
        write_reports(files, reports, shared.fail_on, part, html)
