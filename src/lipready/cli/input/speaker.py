"""Who of several people speaks: shown on a contact sheet, and asked on a page in the browser or on a terminal."""

import sys
from dataclasses import replace
from pathlib import Path
from typing import Literal

from lipready.cli.output.session import Session
from lipready.facts.file import FileFacts
from lipready.facts.people import Front, PeopleFacts
from lipready.profiles.catalogue import SEVERAL_PEOPLE
from lipready.repair.choices import Choices
from lipready.repair.plan import SHEET_NAME
from lipready.reports.people import introductions
from lipready.reports.report import Report

Asking = Literal["nobody", "terminal", "page"]
"""Who is asked; the terminal is where there can be no page."""

_LEAVE = frozenset({"q", "quit"})
_MOST_NAMED = 20


def settle_speaker(
    report: Report, choices: Choices, folder: Path | None, session: Session, *, asking: Asking
) -> tuple[Choices, Path | None]:
    """Make sure that it is known who speaks, as far as somebody can be asked.

    Where a report finds several people and neither a reference image nor a number says who speaks, the contact sheet
    is drawn into `folder` (None: nowhere), and the number is asked for. Returns the choices with the answer, or
    unchanged without one, and the path of the sheet.

    Raises UsageError where another picture stands in the sheet's place.
    """
    video = report.facts.video
    if (
        choices.person is not None
        or video is None
        or all(f.rule != SEVERAL_PEOPLE or f.fix is None for f in report.findings)
    ):
        return choices, None
    sheet = None
    if folder is not None:
        from lipready.cli.output.contact import require_free, write_sheet
        from lipready.repair.run.folder import make_folder

        sheet = folder / SHEET_NAME
        require_free(sheet)
        make_folder(folder)
        write_sheet(video, sheet, report.front)
    number = ask(video, report.front, sheet, session, asking)
    return (choices if number is None else replace(choices, person=number)), sheet


def ask(video: FileFacts, front: Front | None, sheet: Path | None, session: Session, asking: Asking) -> int | None:
    """Return the number that somebody answers; None where nobody does. `sheet` shows who is who, where it was drawn."""
    if asking == "page":
        from lipready.cli.input.picker import pick

        opened, number = pick(video, front, session)
        if opened:
            return number
    if asking == "nobody" or session.quiet or not (sys.stdin.isatty() and sys.stderr.isatty()):
        return None
    return _ask_on_terminal(introductions(video, front), video, sheet, session)


def _ask_on_terminal(people: dict[int, str], video: FileFacts, sheet: Path | None, session: Session) -> int | None:
    """Ask until a number of the list, or `q`, is answered; None for `q` and at the end of the input."""
    lines = ["Several people are seen. Who speaks?", *(f"  {text}" for text in list(people.values())[:_MOST_NAMED])]
    if len(people) > _MOST_NAMED:
        lines.append(f"  and {len(people) - _MOST_NAMED} more")
    if isinstance(video.people, PeopleFacts) and video.people.suggestion:
        lines.append(video.people.suggestion)
    if sheet is not None:
        lines.append(f"{sheet} shows who is who.")
    session.complain("\n".join(lines))
    numbers = ", ".join(str(number) for number in list(people)[:_MOST_NAMED])
    while True:
        sys.stderr.write(f"Person ({numbers}; q to stop): ")
        sys.stderr.flush()
        line = sys.stdin.readline()
        answer = line.strip().lower()
        if not line or answer in _LEAVE:
            return None
        if answer.isascii() and answer.isdigit() and int(answer) in people:
            return int(answer)
        session.complain(f"{answer!r} is none of them." if answer else "One of them has to be chosen.")
