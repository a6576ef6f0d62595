"""Reports in files (`--report FORMAT=PATH`)."""

import os
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal, TextIO

from lipready.atomic import write_whole
from lipready.cli.input.options import PAGE, ReportFile
from lipready.cli.output.streams import failure_of
from lipready.errors import UsageError
from lipready.job import Job
from lipready.reports.page import Page, with_options
from lipready.reports.render import render, render_all, times_of
from lipready.reports.report import Report, Shard

Severity = Literal["error", "warning"]
Html = Callable[[], str]
"""Makes the page, once somebody writes it."""


def refuse_inputs(files: Sequence[ReportFile], jobs: Iterable[Job], root: Path = Path()) -> None:
    """Raise UsageError where a report would take the place of an input; `root` is what those are relative to."""
    taken = {os.path.realpath(path) for _form, path in files}
    for job in jobs:
        for source in job.places().values():
            if taken and os.path.realpath(root / source) in taken:
                raise UsageError(f"{source}: is an input; a report would overwrite it.")


def write_report(
    files: Sequence[ReportFile], report: Report, fail_on: Severity = "error", html: Html | None = None
) -> None:
    """Write the report of one job to each file; as `write_reports`."""

    def text(form: str) -> str:
        if form == PAGE:
            return html() if html is not None else report.to_html()
        return render(report, form, Page(fail_on=fail_on))

    _save_all((path, text(form)) for form, path in files)


def write_reports(
    files: Sequence[ReportFile],
    reports: Sequence[Report],
    fail_on: Severity = "error",
    shard: Shard | None = None,
    html: Html | None = None,
) -> None:
    """Write every report of a run to each file; a file appears whole or not at all.

    `html` makes the page with the pictures that were kept; without it the page has none. The summary of a job at GitHub
    (`--report markdown=$GITHUB_STEP_SUMMARY`) is added to instead. Raises UsageError where files cannot be written,
    after all others are.
    """
    plain = [report.to_dict() for report in reports] if any(form != "full" for form, _path in files) else []
    page = Page(fail_on=fail_on)

    def text(form: str) -> str:
        if form == "full":
            return "\n".join(render(each, form, page) for each in reports)
        if form == PAGE:
            return html() if html is not None else _bare_page(plain)
        return render_all(plain, form, page, shard, times_of(reports))

    _save_all((path, text(form)) for form, path in files)


def write_page_again(files: Sequence[ReportFile], html: Html) -> None:
    """Write the page once more, now that more is known; what is no file (a pipe) has got it already."""
    _save_all((path, html()) for form, path in files if form == PAGE and path.is_file())


def _bare_page(reports: Iterable[Mapping[str, Any]]) -> str:
    from lipready.reports.html.content import PageEntry
    from lipready.reports.html.document import page_of

    return page_of([PageEntry(report=report) for report in reports], run=True)


def write_merged(
    files: Sequence[ReportFile], reports: Sequence[Mapping[str, Any]], fail_on: Severity = "error"
) -> None:
    """Write a run, of `lipready.report/1`, to each file; as `write_reports`, in any format but `full`."""
    page = Page(fail_on=fail_on)
    _save_all((path, _bare_page(reports) if form == PAGE else render_all(reports, form, page)) for form, path in files)


def _save_all(texts: Iterable[tuple[Path, str]]) -> None:
    """Write each text to its file; one that cannot be written keeps none of the others back."""
    troubles: list[str] = []
    for path, text in texts:
        try:
            save(path, text)
        except UsageError as error:
            troubles.append(str(error))
    if troubles:
        raise UsageError(" ".join(troubles))


def save(path: Path, text: str) -> None:
    """Write one file, whole or not at all; raises UsageError where that cannot be."""
    summary = os.environ.get("GITHUB_STEP_SUMMARY")
    text = with_options(text)
    data = text.encode("utf-8", "backslashreplace")
    try:
        if summary and os.path.realpath(summary) == os.path.realpath(path):
            _append(path, data)
        elif stream := _open_as(path):
            stream.write(text)
            stream.flush()
            # Of stdout it is said at the end of the run.
            if stream is sys.stderr and (failure := failure_of(stream)) is not None:
                raise failure
        elif path.exists() and not path.is_file():  # a pipe or a device is written to and stays
            path.write_bytes(data)
        else:
            write_whole(Path(os.path.realpath(path)), data)
    except OSError as error:
        raise UsageError(f"{path}: the report cannot be written ({error.strerror}).") from error


def _append(path: Path, data: bytes) -> None:
    before = path.stat().st_size if path.is_file() else None
    try:
        with path.open("ab") as file:
            file.write(data)
    except OSError:
        if before is not None:
            os.truncate(path, before)
        raise


def _open_as(path: Path) -> TextIO | None:
    """Find the stream that is open as a file: replaced by another, it would lose what is written to the stream."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):  # no such file yet, or no descriptor
            if os.path.samestat(path.stat(), os.fstat(stream.fileno())):
                return stream
    return None
