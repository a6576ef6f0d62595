"""What is shown of a job that was cut into parts, and the joining of their results."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lipready.cli.output.outcome import Outcome, near
from lipready.cli.output.progress import progress_bars
from lipready.facts.quantity import clock
from lipready.join import join_parts
from lipready.reports.full import ROLE_WIDTH, finding_lines, verdict_line
from lipready.reports.page import Page, plain
from lipready.split import NAME, SplitPart, read_parts

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lipready.providers.journal.entry import JournalEntry


def parts_lines(parts: Sequence[SplitPart], out: Path, page: Page) -> list[str]:
    """Write for people from when to when each part goes, where it lies, and what was found in it."""
    lines = [page.paint("parts", "strong")]
    for part in parts:
        times = f"{clock(part.start, 2)} to {clock(part.end, 2)}"
        lines.append(f"  {part.number:<{ROLE_WIDTH}}{times}  {plain(near(out.absolute() / f'part-{part.number}'))}")
        if part.report is not None and part.report.findings:
            lines += [line for finding in part.report.findings for line in finding_lines(finding, page)]
            lines.append(f"  {verdict_line(part.report, page)}")
    return lines


def parts_as_json(parts: Sequence[SplitPart]) -> list[dict[str, Any]]:
    """Return what each part is: when it begins and ends in the whole (seconds), its files, and its report."""
    return [
        {
            "number": part.number,
            "start": float(part.start),
            "end": float(part.end),
            "job": part.job.names(),
            "result": os.fspath(part.result),
            "report": None if part.report is None else part.report.to_dict(),
        }
        for part in parts
    ]


def joined(parts: Sequence[SplitPart], to: Path, show: Outcome) -> None:
    """Join the results of a job that was cut, and show where the video is."""
    with progress_bars(show.session) as progress:
        join_parts(parts, to, progress=progress)
    show.joined(to, len(parts))


def join_what_is_whole(entries: "Iterable[JournalEntry]", show: Outcome) -> None:
    """Join the results of each job of which these are parts, where all of them are there and it was not joined yet."""
    wholes = {each.whole: Path(each.output).parent for each in entries if each.whole is not None and each.output}
    for whole, folder in wholes.items():
        if not (folder / NAME).is_file() or os.path.lexists(whole):  # without the file the result was put elsewhere
            continue
        parts = read_parts(folder)
        if all(part.result.is_file() for part in parts):
            joined(parts, Path(whole), show)
