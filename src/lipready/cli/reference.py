"""`lipready reference`."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lipready.cli.options import config_option, provider_option, speaking
from lipready.cli.session import Session
from lipready.cli.status import of_report
from lipready.errors import FixError, UsageError
from lipready.job import Job

if TYPE_CHECKING:
    from lipready.check import Progress
    from lipready.faces.reference import ReferenceFrame
    from lipready.profiles.limit import Profile

_ENDINGS = (".jpg", ".jpeg")


@click.command(name="reference")
@click.argument("video")
@click.option("-o", "--out", required=True, type=click.Path(path_type=Path), metavar="JPEG", help="Where to write it.")
@click.option(
    "--person", type=click.IntRange(min=1), metavar="N", help="Whom to take, as `lipready check` counts them."
)
@provider_option
@config_option
@speaking
def command(*, video: str, out: Path, person: int | None, provider: str, session: Session) -> int:
    """Take the reference image from a video: head and shoulders of one person, from the front.

    The picture is checked in its turn. Exit status: 0 it passes, 1 it has findings, 2 there is no such
    picture to take, or any other trouble.
    """
    from lipready.check import Settings, check_job
    from lipready.cli.inputs import require_file
    from lipready.cli.progress import progress_bars
    from lipready.profiles.loader import load_profile
    from lipready.reports.render import render

    require_file(video)
    if out.suffix.lower() not in _ENDINGS:
        raise UsageError(f"{out}: a JPEG is written, so its name must end in .jpg or .jpeg.")
    if out.is_dir() or not out.absolute().parent.is_dir():
        raise UsageError(f"{out}: is a folder, or in a folder that does not exist.")
    if os.path.realpath(out) == os.path.realpath(video):
        raise UsageError(f"{out}: is the video itself.")
    profile = load_profile(provider)
    with progress_bars(session) as progress:
        frame = _find(video, person, progress)
    _write(frame, profile, out)
    page = session.page()
    box = frame.box
    where = f"{video} at {float(frame.time):.2f} s, {box.width}×{box.height} px from ({box.left}, {box.top})"
    session.write(page.finish([*page.wrap(where), *page.wrap(f"written to {out}"), ""]))
    report = check_job(Job(reference=os.fspath(out)), profile, Settings())
    session.write(render(report, "full", page))
    return of_report(report, "error")


def _find(video: str, person: int | None, progress: "Progress | None") -> "ReferenceFrame":
    """Look at the whole clip, then decode the best frame. Raises FixError where there is none."""
    from lipready.check import Settings, measure
    from lipready.faces.reference import find_reference
    from lipready.facts.people import PeopleFacts
    from lipready.facts.video import VideoFacts

    file = measure(Job(video=video), Settings(progress=progress)).video
    if file is None or file.problem is not None or not isinstance(file.media, VideoFacts):
        problem = file.problem if file is not None and file.problem else "is no video"
        raise FixError(f"{video} {problem}: no reference image can be taken from it.")
    if not isinstance(file.people, PeopleFacts):
        raise FixError(f"{video}: no reference image can be taken from it, since {file.people.reason}.")
    return find_reference(video, file.media, file.people, person)


def _write(frame: "ReferenceFrame", profile: "Profile", out: Path) -> None:
    from lipready.fixes.aims import aim
    from lipready.fixes.folder import Partial
    from lipready.fixes.picture import write_frame

    most = aim(profile, "I602").maximum
    partial = Partial.beside(Path(os.path.realpath(out)))
    try:
        write_frame(frame.image, None if most is None else int(most), partial.path)
        partial.finish()
    finally:
        partial.discard()
