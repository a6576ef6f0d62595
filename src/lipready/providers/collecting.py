"""The film of a task: fetched, and written down as being here."""

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from lipready.errors import DownloadError, OutcomeUnknownError
from lipready.providers.download import download
from lipready.providers.entry import Entry
from lipready.providers.film import fault_of
from lipready.providers.journal import Journal
from lipready.providers.posting import note
from lipready.providers.result_file import partial_name
from lipready.providers.wire import Flow, call


def collect(
    journal: Journal,
    entry: Entry,
    link: str,
    to: Path,
    *,
    refresh: Callable[[], Flow[str]],
    progress: Callable[[float], None] | None = None,
) -> Flow[Path]:
    """Fetch the film at `link` to the path `to`, and write down that it is there; see `download`.

    Where it will be is written down before it has its name: a process that is killed in between has brought it home.
    The result of a candidate has to have the length and the size that were foretold, and makes its task the job's own;
    otherwise it is kept apart. Raises OutcomeUnknownError then.
    """
    entry = yield from call(lambda: journal.find(entry.id))  # as it is by now
    if entry.task_id is None and (entry.expected_seconds is None or entry.expected_size is None):
        raise not_ours(entry, "could not be told from others: the length and the size of its result are not foretold")
    if not (yield from call(lambda: was_brought(entry, to))):
        if not os.path.lexists(to):
            entry = yield from note(journal, replace(entry, result=os.fspath(to.absolute())))
        try:
            yield from download(
                link,
                to,
                partial_name=partial_name(entry.task_id or entry.id),
                expected_seconds=entry.expected_seconds,
                expected_size=_size_of(entry),
                posted=entry.posted,
                progress=progress,
                refresh=refresh,
            )
        except DownloadError as error:
            if entry.task_id is None and error.kept is not None:
                raise not_ours(entry, f"has another result than was foretold, which is kept in {error.kept}") from error
            raise
        entry = yield from call(lambda: journal.find(entry.id))
    candidate = entry.candidate
    if entry.task_id is None and candidate is not None:
        claimed = yield from call(lambda: journal.claim(entry.id, candidate))
        if claimed is None:
            raise not_ours(entry, f"is that of another job, whose result is in {to}")
        entry = claimed
    yield from note(journal, replace(entry, stage="downloaded", result=os.fspath(to.absolute())))
    return to


def was_brought(entry: Entry, to: Path) -> bool:
    """Whether the file at `to` is the film of this job: that was its place, and it is whole."""
    if entry.result != os.fspath(to.absolute()) or not to.is_file():
        return False
    return fault_of(os.fspath(to), entry.expected_seconds, _size_of(entry)) is None


def not_ours(entry: Entry, why: str) -> OutcomeUnknownError:
    """Say that a candidate was not confirmed, why, and how to go on."""
    return OutcomeUnknownError(
        f"The answer to the job {entry.id} was lost, and the task {entry.candidate} of that moment {why}. Nothing was "
        f"sent again: `lipready tasks resume {entry.id} --task {entry.candidate}` takes it all the same, `lipready "
        f"tasks forget {entry.id}` closes the job."
    )


def _size_of(entry: Entry) -> str | None:
    """Give the size that only a candidate has to have: what the provider makes of our own task is its affair."""
    return entry.expected_size if entry.task_id is None else None
