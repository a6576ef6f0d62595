"""`lipready people`."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lipready.cli.input.options import config_option, record_format_option, speaking
from lipready.cli.output.session import CLEAN, FOUND, Session
from lipready.errors import NothingCheckedError, UsageError
from lipready.job import Job

if TYPE_CHECKING:
    from lipready.facts.file import FileFacts

_ENDINGS = (".jpg", ".jpeg")


@click.command(name="people")
@click.argument("video")
@click.option(
    "--sheet",
    type=click.Path(path_type=Path),
    metavar="JPEG",
    help="Also draw a contact sheet: for each person the best face, a strip of moments, and when it is seen.",
)
@record_format_option
@click.option("--every-frame", is_flag=True, help="Look at every frame instead of a sample.")
@config_option
@speaking
def command(*, video: str, sheet: Path | None, form: str, every_frame: bool, session: Session) -> int:
    """Say who is seen in a video, when, where and how well.

    The numbers are those that --person takes. The star marks whom the provider would pick by itself.

    \b
    Exit status: 0 somebody is seen, 1 nobody is, 2 usage, a missing component
    or a crash, 3 the video could not be looked at.
    """  # noqa: D301 - click's mark for a paragraph that is not to be wrapped
    from lipready.check import Settings, measure
    from lipready.cli.input.files import require_file
    from lipready.cli.output.contact import write_sheet
    from lipready.cli.output.progress import progress_bars
    from lipready.facts.people import PeopleFacts
    from lipready.reports.people import as_json, as_text

    require_file(video)
    if sheet is not None:
        _require_place(sheet, video)
    with progress_bars(session) as progress:
        file = measure(Job(video=video), Settings(every_frame=every_frame, progress=progress), describe=True).video
    if file is None or not isinstance(file.people, PeopleFacts):
        raise NothingCheckedError(_why(video, file))
    seen = bool(file.people.people)
    session.write(as_text(file, session.page()) if form == "full" else as_json(file))
    if sheet is not None and seen:
        write_sheet(file, sheet)
        session.complain(f"The contact sheet is {sheet}.")
    return CLEAN if seen else FOUND


def _require_place(sheet: Path, video: str) -> None:
    from lipready.cli.output.contact import require_free

    if sheet.suffix.lower() not in _ENDINGS:
        raise UsageError(f"{sheet}: a JPEG is drawn, so its name must end in .jpg or .jpeg.")
    if sheet.is_dir():
        raise UsageError(f"{sheet}: is a folder.")
    if not sheet.absolute().parent.is_dir():
        raise UsageError(f"{sheet}: the folder {sheet.parent} does not exist.")
    if os.path.realpath(sheet) == os.path.realpath(video):
        raise UsageError(f"{sheet}: is the video itself.")
    require_free(sheet)


def _why(video: str, file: "FileFacts | None") -> str:
    """Write one sentence: a problem is a phrase that follows the file's name, and may be a sentence with its advice."""
    from lipready.facts.unmeasured import Unmeasured

    if file is not None and file.problem is not None:
        return f"{video} {file.problem.removesuffix('.')}."
    reason = file.people.reason if file is not None and isinstance(file.people, Unmeasured) else "it is no video"
    return f"{video}: nobody could be looked for, since {reason}."
