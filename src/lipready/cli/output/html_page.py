"""What is gathered for the page of a run (`--report html=FILE`) while it goes on: no more than the page will show."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from lipready.facts.pictures import Pictures

if TYPE_CHECKING:
    from collections.abc import Sequence

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

    def empty(self) -> Pictures:
        """Return what takes the pictures of the next job."""
        return Pictures(small=self.several)

    def add(self, report: "Report", pictures: Pictures | None, name: str = "") -> None:
        """Choose what the page shows of a job that was checked."""
        from lipready.reports.html.figures import figures_of_job, figures_of_unit

        figures = figures_of_unit(report, pictures, self.jobs) if self.several else figures_of_job(report, pictures)
        self._kept.append((report, figures, name))

    def html(self, reports: "Sequence[Report] | None" = None) -> str:
        """Write the page; `reports` are those of the same jobs with fewer findings."""
        from lipready.reports.html.content import PageEntry
        from lipready.reports.html.document import page_of

        entries: list[PageEntry] = []
        for number, (report, figures, name) in enumerate(self._kept):
            final = report if reports is None else reports[number]
            moved = figures if final is report else figures.moved(report.findings, final.findings)
            entries.append(PageEntry(report=final.to_dict(), figures=moved, name=name))
        return page_of(entries, run=self.several)


def entry_of_prepared(prepared: "Prepared", out: Path, kept: tuple[Pictures, Pictures]) -> "PageEntry":
    """Return what the page of a repaired job shows; `kept` are the pictures of the inputs, and of the outputs.

    What was not written anew looks as it did.
    """
    from lipready.cli.output.preparation import as_record
    from lipready.repair.run.receipt import read_receipt
    from lipready.reports.html.content import PageEntry
    from lipready.reports.html.figures import figures_of_job

    inputs, outputs = kept
    shown = Pictures(files={**inputs.files, **outputs.files})
    written = not prepared.dry_run and not prepared.speaker_open and bool(prepared.plan.files)
    before = PageEntry(report=prepared.before.to_dict(), figures=figures_of_job(prepared.before, inputs))
    return PageEntry(
        report=prepared.report.to_dict(),
        figures=figures_of_job(prepared.report, shown),
        before=before,
        prepared=as_record(prepared, None),
        receipt=read_receipt(out) if written else None,
    )


def page_of_prepared(prepared: "Prepared", out: Path, kept: tuple[Pictures, Pictures]) -> str:
    """Write the page of a repaired job."""
    from lipready.reports.html.document import page_of

    return page_of([entry_of_prepared(prepared, out, kept)])
