"""What is gathered for the page of a run (`--report html=FILE`) while it goes on: no more than the page will show."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lipready.facts.pictures import Pictures

if TYPE_CHECKING:
    from collections.abc import Sequence
    from fractions import Fraction

    from lipready.facts.file import Role
    from lipready.prepare import Prepared
    from lipready.reports.html.content import PageEntry
    from lipready.reports.html.figures import Figures
    from lipready.reports.report import Report


@dataclass(slots=True)
class PageAlbum:
    """Chooses the pictures of one job after the other; `several` makes a table of `jobs` of them, also of one."""

    several: bool
    jobs: int
    _kept: "list[tuple[Report, Figures, str]]" = field(default_factory=list, init=False)
    _came: dict[str, dict[str, Any]] = field(default_factory=dict, init=False)

    def empty(self) -> Pictures:
        """Return what takes the pictures of the next job."""
        return Pictures(small=self.several)

    def add(self, report: "Report", pictures: Pictures | None, name: str = "") -> None:
        """Choose what the page shows of a job that was checked."""
        from lipready.reports.html.figures import figures_of_job, figures_of_unit

        figures = figures_of_unit(report, pictures, self.jobs) if self.several else figures_of_job(report, pictures)
        self._kept.append((report, figures, name))

    def came(self, name: str, pictures: Pictures, record: dict[str, Any], verified: "Report | None") -> None:
        """Take what came of the job of a name (`lipready.task/1`), and how its result was verified."""
        from lipready.reports.html.content import PageEntry
        from lipready.reports.html.figures import figures_of_unit

        self._came[name] = {"task": record}
        if verified is not None:
            figures = figures_of_unit(verified, pictures, self.jobs)
            self._came[name]["came"] = PageEntry(report=verified.to_dict(), figures=figures)
        pictures.files.clear()

    def unseen(self) -> "Iterator[tuple[int, Role, str, tuple[Fraction, ...]]]":
        """Yield what no picture was kept of, since it was known already: job, role, path and the moments wanted."""
        from lipready.reports.html.figures import moments_of

        for number, (report, figures, _) in enumerate(self._kept):
            if not figures.shots:
                files = {file.role: file.path for file in report.facts.files()}
                yield from ((number, role, files[role], times) for role, times in moments_of(report).items())

    def fill(self, kept: Mapping[int, Pictures]) -> None:
        """Take pictures that were made later, by the number of the job."""
        from lipready.reports.html.figures import figures_of_unit

        for number, pictures in kept.items():
            report, figures, name = self._kept[number]
            later = figures_of_unit(report, pictures, self.jobs)
            self._kept[number] = (report, replace(later, waves=figures.waves), name)

    def html(
        self,
        reports: "Sequence[Report] | None" = None,
        *,
        states: Mapping[str, str] | None = None,
        notes: "Sequence[tuple[str, str]]" = (),
    ) -> str:
        """Write the page; `reports` are those of the same jobs with fewer findings.

        `states` are how far the jobs that were to be sent have come, by name, and `notes` stand on top of the page.
        """
        from lipready.reports.html.content import PageEntry
        from lipready.reports.html.document import page_of

        entries: list[PageEntry] = []
        for number, (report, figures, name) in enumerate(self._kept):
            final = report if reports is None else reports[number]
            moved = figures if final is report else figures.moved(report.findings, final.findings)
            state = "" if states is None else states.get(name, "not sent")
            more = self._came.get(name, {})
            entries.append(PageEntry(report=final.to_dict(), figures=moved, name=name, state=state, **more))
        return page_of(entries, run=self.several, notes=notes)


@dataclass(slots=True)
class JobPage:
    """The page of a job that is repaired or sent, or both.

    `inputs` and `outputs` take the pictures of its files, `came` those of its result.
    """

    inputs: Pictures = field(default_factory=Pictures)
    outputs: Pictures = field(default_factory=Pictures)
    came: Pictures = field(default_factory=Pictures)
    report: "Report | None" = None
    _prepared: "tuple[Prepared, Path] | None" = None
    _task: dict[str, Any] | None = None
    _verified: "Report | None" = None

    def repaired(self, prepared: "Prepared", out: Path) -> None:
        """Take what was repaired into a folder."""
        self.report, self._prepared = prepared.report, (prepared, out)

    def with_task(self, record: dict[str, Any], verified: "Report | None" = None) -> Callable[[], str]:
        """Take what came of the job (`lipready.task/1`), and return what writes the page."""
        self._task, self._verified = record, verified
        return self.html

    @property
    def shown(self) -> Pictures:
        """What the job looks like now: what was not written anew as it did before."""
        return Pictures(files={**self.inputs.files, **self.outputs.files})

    def html(self) -> str:
        """Write the page."""
        from lipready.reports.html.document import page_of

        return page_of([self.entry()])

    def entry(self) -> "PageEntry":
        """Return what the page shows of the job."""
        from lipready.reports.html.content import PageEntry
        from lipready.reports.html.figures import figures_of_job

        if self.report is None:
            raise TypeError("no job was checked")
        entry = PageEntry(
            report=self.report.to_dict(), figures=figures_of_job(self.report, self.shown), task=self._task
        )
        if self._verified is not None:
            figures = figures_of_job(self._verified, self.came)
            entry = replace(entry, came=PageEntry(report=self._verified.to_dict(), figures=figures))
        return entry if self._prepared is None else replace(entry, **self._repair(*self._prepared))

    def _repair(self, prepared: "Prepared", out: Path) -> dict[str, Any]:
        from lipready.cli.output.preparation import as_record
        from lipready.repair.run.receipt import read_receipt
        from lipready.reports.html.content import PageEntry
        from lipready.reports.html.figures import figures_of_job

        written = not prepared.dry_run and not prepared.speaker_open and bool(prepared.plan.files)
        before = figures_of_job(prepared.before, self.inputs)
        return {
            "before": PageEntry(report=prepared.before.to_dict(), figures=before),
            "prepared": as_record(prepared, None),
            "receipt": read_receipt(out) if written else None,
        }
