"""What `lipready tasks` shows of the journal."""

import json
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from lipready.facts.quantity import seconds
from lipready.reports.page import Page, Tone, plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lipready.providers.entry import Entry

SCHEMA, LIST_SCHEMA = "lipready.job/1", "lipready.jobs/1"
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
    "succeeded": "done, the film is not here yet",
    "failed": "failed at the provider",
    "canceled": "cancelled",
    "unknown": "the provider did not know it when it was last asked",
    "downloaded": "the film is here",
    "forgotten": "closed by you",
}


def list_lines(entries: "Sequence[Entry]", page: Page) -> list[str]:
    """One line for each job: ours and the provider's id, when, where, how it is, and its film."""
    if not entries:
        return ["No job was submitted from here yet."]
    return [
        f"{page.paint(f'{entry.id:12}', 'strong')}  {_when(entry.created)}  {plain(entry.provider):10}  "
        f"{_stage(entry, page)}  {plain(entry.task_id or '–')}"
        for entry in entries
    ]


def entry_lines(entry: "Entry", page: Page) -> list[str]:
    """All that people want to know of one job."""
    film = entry.result or entry.output
    known = {
        "task": entry.task_id,
        "candidate": entry.candidate if entry.task_id is None else None,
        "not ours": ", ".join(entry.rejected) if entry.task_id is None else None,
        "stage": f"{entry.stage} ({_MEANINGS[entry.stage]})",
        "said": entry.said,
        "error": _error(entry),
        "provider": f"{entry.provider} ({entry.api})",
        "submitted": None if entry.posted is None else _when(entry.posted),
        "video": entry.video,
        "audio": entry.audio,
        "reference": entry.reference,
        "film": film,
        "billed": None if entry.seconds is None else seconds(entry.seconds),
        "request": entry.request_id,
        "next": f"lipready tasks resume {entry.id}" if entry.open and not _is_gone(entry) else None,
    }
    head = page.paint(f"job {entry.id}", "strong")
    return [head, *(f"  {name:10} {plain(text)}" for name, text in known.items() if text), *_expiry(entry)]


def _error(entry: "Entry") -> str:
    """Write what the provider said of a job, with its code as it came and what that stands for."""
    from lipready.providers.account import SERVICES
    from lipready.providers.codes import both_codes

    code, service = entry.code or "", SERVICES.get(entry.service)
    if code and service is not None:
        code = both_codes(code, service.explain(code, None, entry.message or ""))
    return " ".join(filter(None, (code, entry.message)))


def entry_as_json(entry: "Entry") -> str:
    """One line, with the schema first."""
    return json.dumps({"schema": SCHEMA, **asdict(entry)}, allow_nan=False) + "\n"


def entries_as_json(entries: "Sequence[Entry]") -> str:
    """One document with all jobs, each as `entry_as_json` writes it."""
    jobs = [{"schema": SCHEMA, **asdict(entry)} for entry in entries]
    return json.dumps({"schema": LIST_SCHEMA, "jobs": jobs}, allow_nan=False) + "\n"


def _is_gone(entry: "Entry") -> bool:
    """Whether the server that had the job ended with its process."""
    return entry.provider.startswith("sandbox")


def _stage(entry: "Entry", page: Page) -> str:
    text = f"{entry.stage:10}"
    tone = _TONES.get(entry.stage)
    return text if tone is None else page.paint(text, tone)


def _when(moment: float) -> str:
    return f"{datetime.fromtimestamp(moment, UTC).astimezone():%Y-%m-%d %H:%M:%S}"


def _expiry(entry: "Entry") -> list[str]:
    """Say until when the film can be fetched: a day after the end of the task, which was seen at `updated`."""
    if entry.stage != "succeeded":
        return []
    return [f"  {'until':10} {_when(entry.updated + _KEPT_SECONDS)}, then the provider deletes the film"]
