"""Reports in files (`--report FORMAT=PATH`)."""

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from lipready.cli.options import ReportFile
from lipready.errors import UsageError
from lipready.facts.report import Report
from lipready.job import Job
from lipready.reports.page import Page
from lipready.reports.render import DOCUMENTS, render, render_all

Severity = Literal["error", "warning"]


def refuse_inputs(files: Sequence[ReportFile], jobs: Iterable[Job], root: Path = Path()) -> None:
    """Raise UsageError where a report would take the place of an input; `root` is what those are relative to."""
    taken = {os.path.realpath(path) for _form, path in files}
    for job in jobs:
        for source in (job.video, job.audio, job.reference):
            if taken and source is not None and os.path.realpath(root / source) in taken:
                raise UsageError(f"{source}: is an input; a report would overwrite it.")


def write_reports(files: Sequence[ReportFile], reports: Sequence[Report], fail_on: Severity = "error") -> None:
    """Write every report of a run to each file; a file appears whole or not at all.

    The summary of a job at GitHub (`--report markdown=$GITHUB_STEP_SUMMARY`) is added to instead. Raises UsageError
    where a file cannot be written.
    """
    plain = [report.to_dict() for report in reports] if any(form in DOCUMENTS for form, _path in files) else []
    for form, path in files:
        if form in DOCUMENTS:
            text = render_all(plain, form, Page(fail_on=fail_on))
        else:
            text = ("\n" if form == "full" else "").join(render(report, form, Page()) for report in reports)
        save(path, text)


def write_merged(
    files: Sequence[ReportFile], reports: Sequence[Mapping[str, Any]], fail_on: Severity = "error"
) -> None:
    """Write a run, of `lipready.report/1`, to each file; as `write_reports`, in any format but `full`."""
    for form, path in files:
        save(path, render_all(reports, form, Page(fail_on=fail_on)))


def save(path: Path, text: str) -> None:
    """Write one file, whole or not at all; raises UsageError where that cannot be."""
    summary = os.environ.get("GITHUB_STEP_SUMMARY")
    try:
        if summary and os.path.realpath(summary) == os.path.realpath(path):
            with path.open("ab") as file:
                file.write(text.encode("utf-8", "backslashreplace"))
        else:
            _write(Path(os.path.realpath(path)), text)
    except OSError as error:
        raise UsageError(f"{path}: the report cannot be written ({error.strerror}).") from error


def _write(path: Path, text: str) -> None:
    """Replace a file in one move; a pipe or a device (`/dev/stderr`) is written to and stays."""
    data = text.encode("utf-8", "backslashreplace")
    if path.exists() and not path.is_file():
        path.write_bytes(data)
        return
    partial = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        partial.write_bytes(data)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
