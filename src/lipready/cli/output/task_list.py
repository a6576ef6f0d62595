"""What `lipready tasks` shows of the journal."""

import json
import time
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from lipready.facts.quantity import exactly, number, plural, seconds
from lipready.providers.submission.price import cost_of, is_free, written
from lipready.reports.page import Page, Tone, plain

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lipready.facts.task import ListedTask
    from lipready.providers.journal.entry import JournalEntry

SCHEMA, LIST_SCHEMA, REMOTE_SCHEMA = "lipready.job/1", "lipready.jobs/1", "lipready.remote-tasks/1"
UNCUT = 10_000
"""The width of a page that is no terminal: there each row is one whole line."""
_WIDE = 100
"""Columns from which on the files of a job have a column of their own."""
_KEPT_SECONDS = 24 * 3600
_TONES: dict[str, Tone] = {
    "downloaded": "good",
    "succeeded": "good",
    "failed": "error",
    "refused": "error",
    "unknown": "warning",
    "posting": "warning",
}
_MEANINGS = {
    "intended": "not submitted yet",
    "posting": "whether it was submitted is not known",
    "submitted": "at the provider",
    "refused": "refused, or failed before it was sent; nothing was paid",
    "succeeded": "done, the result video is not here yet",
    "failed": "failed at the provider",
    "canceled": "cancelled",
    "unknown": "the provider did not know it when it was last asked",
    "downloaded": "the result video is here",
    "forgotten": "closed by you",
}


def list_lines(entries: "Sequence[JournalEntry]", page: Page) -> list[str]:
    """Write a table: job, when, provider, state, files, cost, and until when the result can be downloaded."""
    if not entries:
        return ["No job was submitted from here yet."]
    rows = [
        (
            entry.id,
            _minute(entry.created),
            plain(entry.provider),
            page.paint(entry.stage, _TONES[entry.stage]) if entry.stage in _TONES else entry.stage,
            plain(_files(entry)),
            _cost(entry),
            _expires(entry),
        )
        for entry in entries
    ]
    return _table(("job", "when", "provider", "state", "files", "cost", "expires"), rows, page)


def _table(head: tuple[str, ...], rows: "Sequence[tuple[str, ...]]", page: Page) -> list[str]:
    """Align the columns of a table. The files are broken into lines, and on a narrow page stand below their row."""
    if page.width >= _WIDE:
        return _aligned([head, *rows], page)
    from rich.console import Console
    from rich.text import Text

    files, console = head.index("files"), Console(width=page.width)
    first, *lines = _aligned([(*row[:files], *row[files + 1 :]) for row in (head, *rows)], page)
    below = (Text(row[files]).wrap(console, page.width - 2, overflow="fold") for row in rows)
    blocks = ([line, *(f"  {each.plain.rstrip()}" for each in more)] for line, more in zip(lines, below, strict=True))
    return [first, *(line for block in blocks for line in block)]


def _aligned(rows: "Sequence[tuple[str, ...]]", page: Page) -> list[str]:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for name in rows[0]:
        table.add_column(Text.from_ansi(page.paint(name, "strong")), no_wrap=name != "files", overflow="fold")
    for row in rows[1:]:
        table.add_row(*map(Text.from_ansi, row))
    console = Console(width=page.width, force_terminal=page.color, no_color=not page.color, legacy_windows=False)
    with console.capture() as capture:
        console.print(table)
    return [line.rstrip() for line in capture.get().splitlines()]


def _files(entry: "JournalEntry") -> str:
    given = (entry.video, entry.audio, entry.reference)
    names = " + ".join(place.rsplit("/", 1)[-1] or place for place in given if place is not None)
    return names if entry.part is None else f"{names} (part {entry.part} of {entry.parts})"


def _cost(entry: "JournalEntry") -> str:
    """Write what a job costs: money ("~" where it is rounded up), credits or seconds; "–" where it was not paid for."""
    cost = cost_of(entry)
    if not entry.paid:
        return "–"
    if is_free(entry.provider):
        return "nothing"
    if cost.amount is not None:
        return written(cost.amount, cost.currency).replace("about ", "~")
    if entry.credits is not None:
        return f"{number(entry.credits)} {plural(entry.credits, 'credit')}"
    return "–" if cost.seconds is None else seconds(cost.seconds)


def _expires(entry: "JournalEntry") -> str:
    """Write until when the result can be downloaded: a day after the end of the task, which was seen at `updated`."""
    if entry.stage != "succeeded":
        return "–"
    end = entry.updated + _KEPT_SECONDS
    return _minute(end) if end > time.time() else "expired"


def _minute(moment: float) -> str:
    return f"{_local(moment):%m-%d %H:%M}"


def _local(moment: float) -> datetime:
    return datetime.fromtimestamp(moment, UTC).astimezone()


def remote_lines(tasks: "Sequence[ListedTask]", ours: "Mapping[str, JournalEntry]", page: Page) -> list[str]:
    """Write a table of a provider's own list of tasks, each with the job of this machine that it belongs to."""
    rows = [
        (
            plain(task.id),
            "–" if task.created is None else _minute(task.created),
            plain(task.said) or "–",
            ours[task.id].id if task.id in ours else "not from here",
            plain(_files(ours[task.id])) if task.id in ours else "",
        )
        for task in tasks
    ]
    return _table(("task", "when", "state", "job", "files"), rows, page)


def remote_as_json(
    listed: "Sequence[tuple[str, Sequence[ListedTask], str | None]]", ours: "Mapping[str, JournalEntry]"
) -> str:
    """Write one document with what each provider lists, and why one could not be asked."""
    providers = [
        {
            "provider": provider,
            "error": error,
            "tasks": [
                {
                    "task": task.id,
                    "created": task.created,
                    "status": task.said,
                    "job": ours[task.id].id if task.id in ours else None,
                }
                for task in tasks
            ],
        }
        for provider, tasks, error in listed
    ]
    return json.dumps({"schema": REMOTE_SCHEMA, "providers": providers}, allow_nan=False) + "\n"


def entry_lines(entry: "JournalEntry", page: Page) -> list[str]:
    """Write all that people want to know of one job."""
    until = None
    if entry.stage == "succeeded":
        end = _local(entry.updated + _KEPT_SECONDS)
        until = f"{end:%Y-%m-%d %H:%M:%S}, then the provider deletes the result video"
    gone = entry.provider.startswith("sandbox")  # with its process
    known = {
        "task": entry.task_id,
        "candidate": entry.candidate if entry.task_id is None else None,
        "not ours": ", ".join(entry.rejected) if entry.task_id is None else None,
        "stage": f"{entry.stage} ({_MEANINGS[entry.stage]})",
        "said": entry.said,
        "error": _error(entry),
        "provider": f"{entry.provider} ({entry.api})",
        "submitted": None if entry.posted is None else f"{_local(entry.posted):%Y-%m-%d %H:%M:%S}",
        "video": entry.video,
        "audio": entry.audio,
        "reference": entry.reference,
        "result": entry.result or entry.output,
        "verified": entry.verified,
        "part": None if entry.part is None else f"{entry.part} of {entry.parts} of {entry.whole}",
        "billed": None if entry.seconds is None else seconds(entry.seconds),
        "cost": _cost(entry),
        "request": entry.request_id,
        "next": f"lipready tasks resume {entry.id}" if entry.open and not gone else None,
        "until": until,
    }
    head = page.paint(f"job {entry.id}", "strong")
    return [head, *(f"  {name:10} {plain(text)}" for name, text in known.items() if text)]


def _error(entry: "JournalEntry") -> str:
    """Write what the provider said of a job, with its code as it came and what that stands for."""
    from lipready.providers.account import SERVICES
    from lipready.providers.codes import both_codes

    code, service = entry.code or "", SERVICES.get(entry.service)
    if code and service is not None:
        code = both_codes(code, service.explain(code, None, entry.message or ""))
    return " ".join(filter(None, (code, entry.message)))


def entry_as_json(entry: "JournalEntry") -> str:
    """Write one line, with the schema first."""
    return json.dumps(_as_dict(entry), allow_nan=False) + "\n"


def entries_as_json(entries: "Sequence[JournalEntry]") -> str:
    """Write one document with all jobs, each as `entry_as_json` writes it."""
    return json.dumps({"schema": LIST_SCHEMA, "jobs": list(map(_as_dict, entries))}, allow_nan=False) + "\n"


def _as_dict(entry: "JournalEntry") -> dict[str, object]:
    return {"schema": SCHEMA, **asdict(entry), "cost": cost_as_json(entry)}


def cost_as_json(entry: "JournalEntry") -> dict[str, object]:
    """Return what a job costs: seconds, and an exact amount where a price is published."""
    cost = cost_of(entry)
    return {
        "seconds": None if cost.seconds is None else float(cost.seconds),
        "amount": None if cost.amount is None else exactly(cost.amount),
        "currency": cost.currency or None,
        "credits": entry.credits,
        "billed": entry.seconds is not None or entry.credits is not None,
    }
