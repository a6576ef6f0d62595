"""`lipready doctor`."""

from collections.abc import Iterator

import click

from lipready.cli.commands.components import Symptom, examine_machine
from lipready.cli.input.options import speaking
from lipready.cli.output.session import Session
from lipready.cli.output.status import CLEAN, TROUBLE
from lipready.reports.page import Page

_SUBJECT = 16


@click.command(name="doctor")
@click.option("--offline", is_flag=True, help="Fetch nothing; only look whether the face weights are there.")
@speaking
def command(*, offline: bool, session: Session) -> int:
    """Look at this machine: Python, libraries, ffmpeg, face weights, folders.

    The face weights are fetched where they are missing, so that a later check needs no network. Exit status 0 when
    all is well, 2 otherwise.
    """
    page = session.page()
    ill = False
    for symptom in examine_machine(fetch=not offline):
        ill = ill or not symptom.well
        if not (session.quiet and symptom.well):
            session.write(page.finish(list(_lines(symptom, page))))
    if not session.quiet:
        session.write(page.finish(["", "Something is missing; see above." if ill else "All is well."]))
    return TROUBLE if ill else CLEAN


def _lines(symptom: Symptom, page: Page) -> Iterator[str]:
    mark = page.paint("✓", "good") if symptom.well else page.paint("✗", "error")
    margin = " " * (_SUBJECT + 3)
    first, *rest = page.wrap(symptom.detail, indent=margin)
    yield f"{mark} {page.paint(symptom.subject.ljust(_SUBJECT), 'strong')} {first[len(margin) :]}"
    yield from rest
    if symptom.remedy:
        yield from page.wrap(f"→ {symptom.remedy}", indent=margin, hanging=f"{margin}  ")
