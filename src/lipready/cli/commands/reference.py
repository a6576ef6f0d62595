"""`lipready reference`."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lipready.cli.input.options import config_option, provider_option, speaking
from lipready.cli.output.session import TROUBLE, Session, of_report
from lipready.errors import UsageError
from lipready.facts.people import PeopleFacts
from lipready.facts.quantity import seconds
from lipready.job import Job

if TYPE_CHECKING:
    from lipready.faces.reference.cutting import ReferenceFrame
    from lipready.facts.file import FileFacts
    from lipready.profiles.limit import Profile
    from lipready.reports.page import Page

_ENDINGS = (".jpg", ".jpeg")


@click.command(name="reference")
@click.argument("video")
@click.option("-o", "--out", required=True, type=click.Path(path_type=Path), metavar="JPEG", help="Where to write it.")
@click.option(
    "--person", type=click.IntRange(min=1), metavar="N", help="Whom to take, as `lipready people` counts them."
)
@provider_option
@config_option
@speaking
def command(*, video: str, out: Path, person: int | None, provider: str, session: Session) -> int:
    """Take the reference image from a video: head and shoulders of one person, from the front.

    Only a frame that passes every gate is taken: size, direction, open eyes, a mouth that is not wide open, sharpness,
    light, nobody else in the picture, no finding of an image rule. The picture is checked in its turn. A picture of
    that name is replaced, but only by one that passes.

    Exit status: 0 it passes, 1 it has findings, 2 there is no such picture to take, or any other trouble.
    """
    from lipready.check import Settings, check_job, measure
    from lipready.cli.input.files import require_file
    from lipready.cli.output.progress import progress_bars
    from lipready.profiles.loader import load_profile
    from lipready.reports.render import render

    require_file(video)
    if out.suffix.lower() not in _ENDINGS:
        raise UsageError(f"{out}: a JPEG is written, so its name must end in .jpg or .jpeg.")
    if out.is_dir():
        raise UsageError(f"{out}: is a folder; name the picture that is to be written into it.")
    if not out.absolute().parent.is_dir():
        raise UsageError(f"{out}: the folder {out.absolute().parent} does not exist.")
    if os.path.realpath(out) == os.path.realpath(video):
        raise UsageError(f"{out}: is the video itself.")
    profile = load_profile(provider)
    with progress_bars(session) as progress:
        file = measure(Job(video=video), Settings(progress=progress), describe=True).video
    if file is None:  # cannot be: the job has a video
        return TROUBLE
    frame = _take(file, person, profile, out)
    session.write(_account(file, frame, out, session.page()))
    report = check_job(Job(reference=os.fspath(out)), profile, Settings())
    session.write(render(report, "full", session.page()))
    return of_report(report, "error")


def _take(file: "FileFacts", person: int | None, profile: "Profile", out: Path) -> "ReferenceFrame":
    """Write the picture, whole or not at all.

    Raises UsageError where one of several people is not named, FixError where no frame is good enough.
    """
    from lipready.prepare import take_reference
    from lipready.repair.run.folder import Partial

    people = file.people
    if person is None and isinstance(people, PeopleFacts) and people.turned is None and len(people.people) > 1:
        raise UsageError(
            f"{file.path} shows {people.how_many}: say with --person N which of them speaks (see `lipready people`)."
        )
    partial = Partial.beside(Path(os.path.realpath(out)))
    try:
        frame = take_reference(file, person, profile, partial.path)
        partial.finish()
    finally:
        partial.discard()
    return frame


def _account(file: "FileFacts", frame: "ReferenceFrame", out: Path, page: "Page") -> str:
    """Return where the picture comes from, what each gate measured, and whom it shows."""
    box = frame.box
    where = f"{file.path} at {seconds(frame.time)}, {box.width}×{box.height} px from ({box.left}, {box.top})"
    lines = page.wrap(where)
    if not page.brief:
        for reading in frame.readings:
            lines += page.wrap(f"✓ {reading.gate}: {reading.measured} ({reading.allowed})", indent="  ", hanging="    ")
        match = frame.match
        verdict = f"{match.alike} as person {match.person}, at a distance of {match.distance:.2f}"
        lines += page.wrap(f"✓ match: {verdict}", indent="  ", hanging="    ")
    return page.finish([*lines, *page.wrap(f"written to {out}"), ""])
