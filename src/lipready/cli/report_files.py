"""Reports in files (`--report FORMAT=PATH`)."""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from lipready.cli.options import ReportFile
from lipready.errors import UsageError
from lipready.facts.report import Report
from lipready.job import Job
from lipready.reports.page import Page
from lipready.reports.render import render


def refuse_inputs(files: Sequence[ReportFile], jobs: Iterable[Job]) -> None:
    """Raise UsageError where a report would take the place of an input."""
    taken = {os.path.realpath(path) for _form, path in files}
    for job in jobs:
        for source in (job.video, job.audio, job.reference):
            if taken and source is not None and os.path.realpath(source) in taken:
                raise UsageError(f"{source}: is an input; a report would overwrite it.")


def write_reports(files: Sequence[ReportFile], reports: Sequence[Report]) -> None:
    """Write every report of a run to each file; a file appears whole or not at all.

    Raises UsageError where a file cannot be written.
    """
    for form, path in files:
        text = ("\n" if form == "full" else "").join(render(report, form, Page()) for report in reports)
        try:
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
