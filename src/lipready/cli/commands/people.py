"""`lipready people` and `lipready reference`: who is seen in a video, and the reference image of one of them."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lipready.cli.input.options import (
    PATH,
    config_option,
    every_frame_option,
    person_option,
    provider_option,
    record_format_option,
    speaking,
)
from lipready.cli.output.session import CLEAN, FOUND, Session, of_verdict
from lipready.errors import NothingCheckedError, UsageError
from lipready.facts.people import PeopleFacts, background, headcount
from lipready.facts.quantity import seconds
from lipready.facts.video import VideoFacts
from lipready.job import Job

if TYPE_CHECKING:
    from lipready.faces.reference.cutting import ReferenceFrame
    from lipready.facts.file import FileFacts
    from lipready.profiles.limit import Profile
    from lipready.reports.page import Page

_ENDINGS = (".jpg", ".jpeg")


@click.command
@click.argument("video")
@click.option(
    "--sheet",
    type=PATH,
    metavar="JPEG",
    help="Also draw a contact sheet: for each person the best face, a strip of moments, and when it is seen.",
)
@record_format_option
@every_frame_option
@provider_option
@config_option
@speaking
def people(*, video: str, sheet: Path | None, form: str, every_frame: bool, provider: str, session: Session) -> int:
    """Say who is seen in a video, when, where and how well.

    The numbers are those that --person takes. The star marks whom the provider would pick by itself. Who is in the
    background is said as well: too small or turned to be driven, as the provider's profile has it.

    \b
    Exit status: 0 somebody is seen, 1 nobody is, 2 usage, a missing component
    or a crash, 3 people could not be detected.
    """  # noqa: D301 - click's mark for a paragraph that is not to be wrapped
    from lipready.cli.input.files import require_file
    from lipready.cli.output.contact import require_free, write_sheet
    from lipready.profiles.loader import load_profile
    from lipready.reports.people import as_json, as_text

    require_file(video)
    front = load_profile(provider).front
    if sheet is not None:
        _require_place(sheet, video, "drawn")
        require_free(sheet)
    file = _measured(video, session, every_frame=every_frame)
    if not isinstance(file.people, PeopleFacts):
        why = f"{video}: people could not be detected: {file.people.reason}."
        raise NothingCheckedError(why if file.problem is None else f"{video} {file.problem.removesuffix('.')}.")
    seen = bool(file.people.people)
    session.write(as_text(file, session.page(), front) if form == "full" else as_json(file, front))
    if sheet is not None and seen:
        write_sheet(file, sheet, front)
        session.complain(f"The contact sheet is {sheet}.")
    return CLEAN if seen else FOUND


def _measured(video: str, session: Session, *, every_frame: bool = False) -> "FileFacts":
    from lipready.check import Settings, measure_file
    from lipready.cli.output.progress import progress_bars

    with progress_bars(session) as progress:
        return measure_file(video, "video", Settings(every_frame=every_frame, progress=progress), describe=True)


def _require_place(picture: Path, video: str, verb: str, advice: str = "") -> None:
    """Raise UsageError where no JPEG can be written."""
    if picture.suffix.lower() not in _ENDINGS:
        raise UsageError(f"{picture}: a JPEG is {verb}, so its name must end in .jpg or .jpeg.")
    if picture.is_dir():
        raise UsageError(f"{picture}: is a folder{advice}.")
    if not picture.absolute().parent.is_dir():
        raise UsageError(f"{picture}: the folder {picture.parent} does not exist.")
    if os.path.realpath(picture) == os.path.realpath(video):
        raise UsageError(f"{picture}: is the video itself.")


@click.command
@click.argument("video")
@click.option("-o", "--out", required=True, type=PATH, metavar="JPEG", help="Where to write it.")
@person_option(help="Whom to take, as `lipready people` counts them.")
@provider_option
@config_option
@speaking
def reference(*, video: str, out: Path, person: int | None, provider: str, session: Session) -> int:
    """Take the reference image from a video: head and shoulders of one person, from the front.

    Only a frame that passes every gate is taken: size, direction, open eyes, a mouth that is not wide open, sharpness,
    light, nobody else in the picture, no finding of an image rule. The picture is checked in its turn. A picture of
    that name is replaced, but only by one that passes. Without --person the one person in front is taken, whoever is
    in the background.

    Exit status: 0 it passes, 1 it has findings, 2 there is no such picture to take, or any other trouble.
    """
    from lipready.check import Settings, check_job
    from lipready.cli.input.files import require_file
    from lipready.profiles.loader import load_profile
    from lipready.reports.render import render

    require_file(video)
    _require_place(out, video, "written", "; name the picture that is to be written into it")
    profile = load_profile(provider)
    file = _measured(video, session)
    frame = _take(file, person, profile, out)
    alone = person is None and isinstance(file.people, PeopleFacts) and len(file.people.people) > 1
    session.write(_account(file, frame, out, session.page(), alone=alone))
    report = check_job(Job(reference=os.fspath(out)), profile, Settings())
    session.write(render(report, "full", session.page()))
    return of_verdict(report.verdict, "error")


def _take(file: "FileFacts", person: int | None, profile: "Profile", out: Path) -> "ReferenceFrame":
    """Write the picture, whole or not at all.

    Raises UsageError where one of several people is not named, FixError where no frame is good enough.
    """
    from lipready.prepare import take_reference
    from lipready.repair.run.folder import Partial

    people, media = file.people, file.media
    if person is None and isinstance(people, PeopleFacts) and people.turned is None and isinstance(media, VideoFacts):
        behind = background(people, media.height, profile.front)
        if len(people.people) - len(behind) > 1:
            raise UsageError(
                f"{file.path} shows {headcount(people, len(behind))}: say with --person N which of them speaks (see "
                "`lipready people`)."
            )
    partial = Partial.beside(Path(os.path.realpath(out)))
    try:
        frame = take_reference(file, person, profile, partial.path)
        partial.finish()
    finally:
        partial.discard()
    return frame


def _account(file: "FileFacts", frame: "ReferenceFrame", out: Path, page: "Page", *, alone: bool) -> str:
    """Return where the picture comes from, what each gate measured, and whom it shows.

    `alone` says that the person was not named, and is taken as the only one in front.
    """
    box, match = frame.box, frame.match
    lines = page.wrap(f"{file.path} at {seconds(frame.time)}, {box.width}×{box.height} px from ({box.left}, {box.top})")
    if alone:
        lines += page.wrap(f"person {match.person} is taken: the other faces are in the background", indent="  ")
    passed = [f"{reading.gate}: {reading.measured} ({reading.allowed})" for reading in frame.readings]
    passed.append(f"match: {match.alike} as person {match.person}, at a distance of {match.distance:.2f}")
    for text in [] if page.brief else passed:
        lines += page.wrap(f"✓ {text}", indent="  ", hanging="    ")
    return page.finish([*lines, *page.wrap(f"written to {out}"), ""])
