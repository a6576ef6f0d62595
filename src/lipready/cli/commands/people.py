"""`lipready people` and `lipready reference`: who is seen in a video, and the reference image of one of them."""

import json
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lipready.cli.input import completion
from lipready.cli.input.options import (
    PATH,
    config_option,
    every_frame_option,
    person_option,
    pick_option,
    provider_option,
    record_format_option,
    speaking,
)
from lipready.cli.output.session import CLEAN, FOUND, Session, of_verdict
from lipready.facts.people import PeopleFacts
from lipready.facts.quantity import seconds

if TYPE_CHECKING:
    from lipready.faces.reference.cutting import ReferenceFrame
    from lipready.facts.file import FileFacts
    from lipready.people import Reference
    from lipready.reports.page import Page

REFERENCE_SCHEMA = "lipready.reference/1"


@click.command
@click.argument("video", shell_complete=completion.files)
@click.option(
    "--sheet",
    type=PATH,
    metavar="JPEG",
    help="Also draw a contact sheet: for each person the best face, a strip of moments, and when it is seen.",
)
@pick_option
@record_format_option
@every_frame_option
@provider_option
@config_option
@speaking
def people(
    *, video: str, sheet: Path | None, pick: bool, form: str, every_frame: bool, provider: str, session: Session
) -> int:
    """Say who is seen in a video, when, where and how well.

    The numbers are those that --person takes. The star marks whom the provider would pick by itself. Who is in the
    background is said as well: too small or turned to be driven, as the provider's profile has it.

    \b
    Exit status: 0 somebody is seen, 1 nobody is, 2 usage, a missing component
    or a crash, 3 people could not be detected.
    """  # noqa: D301 - click's mark for a paragraph that is not to be wrapped
    from lipready.cli.input.files import require_file
    from lipready.cli.input.speaker import ask
    from lipready.cli.output.contact import require_free, write_sheet
    from lipready.cli.output.progress import progress_bars
    from lipready.people import people as look_at_people
    from lipready.people import require_picture_place
    from lipready.profiles.loader import load_profile
    from lipready.reports.people import as_json, as_text

    require_file(video)
    profile = load_profile(provider)
    if sheet is not None:
        require_picture_place(sheet, video, "drawn")
        require_free(sheet)
    with progress_bars(session) as progress:
        found = look_at_people(video, profile=profile, every_frame=every_frame, progress=progress)
    text = as_text(found.video, session.page(), found.front) if form == "full" else as_json(found.video, found.front)
    session.write(text)
    if sheet is not None and found.people:
        write_sheet(found.video, sheet, found.front)
        session.complain(f"The contact sheet is {sheet}.")
    if pick and len(found.people) > 1:
        number = ask(found.video, found.front, sheet, session, "page")
        if number is not None:
            clip = shlex.quote(video)
            session.complain(
                f"Person {number} speaks. The reference image, and the repair with it:\n"
                f"  lipready reference {clip} --person {number} -o person-{number}.jpg\n"
                f"  lipready prepare {clip} AUDIO --person {number} -o DIR"
            )
    return CLEAN if found.people else FOUND


@click.command
@click.argument("video", shell_complete=completion.files)
@click.option("-o", "--out", required=True, type=PATH, metavar="JPEG", help="Where to write it.")
@person_option(help="Whom to take, as `lipready people` counts them.")
@record_format_option
@provider_option
@config_option
@speaking
def reference(*, video: str, out: Path, person: int | None, form: str, provider: str, session: Session) -> int:
    """Take the reference image from a video: head and shoulders of one person, from the front.

    Only a frame that passes every gate is taken: size, direction, open eyes, a mouth that is not wide open, sharpness,
    light, nobody else in the picture, no finding of an image rule. The picture is checked in its turn. A picture of
    that name is replaced, but only by one that passes. Without --person the one person in front is taken, whoever is
    in the background.

    Exit status: 0 it passes, 1 it has findings, 2 there is no such picture to take, or any other trouble.
    """
    from lipready.check import Settings
    from lipready.cli.input.files import require_file
    from lipready.cli.output.progress import progress_bars
    from lipready.people import measured_video, require_picture_place, require_speaker, take
    from lipready.profiles.loader import load_profile
    from lipready.reports.render import render

    require_file(video)
    require_picture_place(out, video, advice="; name the picture that is to be written into it")
    profile = load_profile(provider)
    with progress_bars(session) as progress, measured_video(video, profile, Settings(progress=progress)) as file:
        pass  # a file of this machine stays where it is
    require_speaker(file, person, profile, "say with --person N which of them speaks (see `lipready people`)")
    taken = take(file, out, person, profile)
    alone = person is None and isinstance(file.people, PeopleFacts) and len(file.people.people) > 1
    if form == "full":
        session.write(_account(file, taken.frame, out, session.page(), alone=alone))
        session.write(render(taken.report, "full", session.page()))
    else:
        session.write(json.dumps(reference_document(file.path, taken, alone=alone), allow_nan=False) + "\n")
    return of_verdict(taken.report.verdict, "error")


def reference_document(video: str, taken: "Reference", *, alone: bool) -> dict[str, Any]:
    """Return plain data; `alone` as of `_account`. See reports/schema/reference-1.json."""
    from lipready.reports.values import plain_text

    frame = taken.frame
    box, match = frame.box, frame.match
    return {
        "schema": REFERENCE_SCHEMA,
        "path": plain_text(video),
        "out": plain_text(taken.path),
        "time": float(frame.time),
        "box": [box.left, box.top, box.width, box.height],
        "person": match.person,
        "in_front_alone": alone,
        "match": {"alike": match.alike, "distance": match.distance},
        "gates": [{"gate": each.gate, "measured": each.measured, "allowed": each.allowed} for each in frame.readings],
        "report": taken.report.to_dict(),
    }


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
