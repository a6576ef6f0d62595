"""`lipready report`."""

from dataclasses import replace
from pathlib import Path
from typing import Literal

import click

from lipready.cli.input.options import (
    PAGE,
    PATH,
    ReportFile,
    config_option,
    fail_on_option,
    format_option,
    report_option,
    speaking,
)
from lipready.cli.output.session import NOTHING_CHECKED, Session, of_verdict
from lipready.config.settings import FORMATS
from lipready.errors import NothingCheckedError
from lipready.job import Job

_FORMATS = tuple(form for form in FORMATS if form != "full")


@click.group
def report() -> None:
    """Make one report out of several."""


@report.command(name="merge", short_help="Put the reports of shards together.")
@click.argument("files", nargs=-1, required=True, type=PATH, metavar="FILE...")
@format_option(_FORMATS, "concise")
@report_option((*_FORMATS, PAGE))
@fail_on_option
@config_option
@speaking
def merge(
    *,
    files: tuple[Path, ...],
    form: str,
    reports: tuple[ReportFile, ...],
    fail_on: Literal["error", "warning"],
    session: Session,
) -> int:
    """Put together what the shards of a run wrote with --format jsonl or --report jsonl=FILE; json does as well.

    Nothing is checked again: the verdict is the worst of them, in the order of paths.

    \b
    Exit status: as of `check`; 3 where a shard is missing, cut short, given
    twice or of another run.
    """  # noqa: D301 - click's mark for a paragraph that is not to be wrapped
    from lipready.cli.input.shards import IncompleteRunError, read_shards
    from lipready.cli.output.report_files import refuse_inputs, write_merged
    from lipready.reports.count import worst_verdict
    from lipready.reports.render import render_all

    refuse_inputs(reports, map(Job.of, files))
    try:
        merged = read_shards(files)
    except IncompleteRunError as error:
        session.complain(f"Not everything was checked: {error}")
        return NOTHING_CHECKED
    if not merged:
        raise NothingCheckedError("the files hold no report.")
    session.write(render_all(merged, form, replace(session.page(), fail_on=fail_on)))
    write_merged(reports, merged, fail_on)
    return of_verdict(worst_verdict(each["verdict"] for each in merged), fail_on)
