"""The result video of a task: fetched, and written down as being here."""

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from lipready.errors import DownloadError, OutcomeUnknownError
from lipready.facts.quantity import seconds
from lipready.facts.task import TaskState
from lipready.providers.download.result_file import partial_name
from lipready.providers.download.result_video import fault_of, is_another
from lipready.providers.download.transfer import download
from lipready.providers.journal.entry import JournalEntry
from lipready.providers.journal.journal import Journal
from lipready.providers.submission.posting import note
from lipready.providers.transport.wire import Flow, call


def collect(
    journal: Journal,
    entry: JournalEntry,
    link: str | None,
    to: Path,
    *,
    refresh: Callable[[], Flow[str]],
    progress: Callable[[float], None] | None = None,
) -> Flow[Path]:
    """Download the result video at `link` to the path `to`, and write down that it is there; see `download`.

    Without a link `refresh` is asked for one, unless the video is there already. Where it will be is written down
    before it has its name: a process that is killed in between has downloaded it.
    The result of a candidate has to have the length and the size that were foretold, and makes its task the job's own;
    otherwise it is kept apart, and never looked at again. Raises OutcomeUnknownError then.
    """
    entry = yield from call(lambda: journal.find(entry.id))  # as it is by now
    if entry.task_id is None and (entry.expected_seconds is None or entry.expected_size is None):
        raise not_ours(entry, "could not be told from others: the length and the size of its result are not foretold")
    if not (yield from call(lambda: was_brought(entry, to))):
        if entry.stage != "downloaded" and not os.path.lexists(to):
            entry = yield from note(journal, replace(entry, result=os.fspath(to.absolute())))
        try:
            yield from download(
                link or (yield from refresh()),
                to,
                partial_name=partial_name(entry.task_id or entry.id),
                expected_seconds=entry.expected_seconds,
                expected_size=_size_of(entry),
                posted=entry.posted,
                progress=progress,
                refresh=refresh,
            )
        except DownloadError as error:
            if entry.stage == "downloaded" and error.kept is None:
                raise _not_again(entry, error) from error
            if entry.task_id is None and error.kept is not None:
                why = f"has another result than was foretold, which is kept in {error.kept}"
                raise (yield from reject(journal, entry, why)) from error
            raise
        entry = yield from call(lambda: journal.find(entry.id))
    candidate = entry.candidate
    if entry.task_id is None and candidate is not None:
        claimed = yield from call(lambda: journal.claim(entry.id, candidate))
        if claimed is None:
            raise (yield from reject(journal, entry, f"is that of another job, whose result is in {to}"))
        entry = claimed
    yield from note(journal, replace(entry, stage="downloaded", result=os.fspath(to.absolute())))
    return to


def was_brought(entry: JournalEntry, to: Path) -> bool:
    """Whether the file at `to` is the result video of this job: that was its place, and it is whole."""
    if entry.result != os.fspath(to.absolute()) or not to.is_file():
        return False
    return fault_of(os.fspath(to), entry.expected_seconds, _size_of(entry)) is None


def _not_again(entry: JournalEntry, error: DownloadError) -> DownloadError:
    """Return where a result video is, or was, that cannot be downloaded once more."""
    return DownloadError(
        f"{error} It was downloaded before, to {entry.result}; `lipready submit --again` sends the job and pays anew."
    )


def require_foretold(journal: Journal, entry: JournalEntry, state: TaskState) -> Flow[None]:
    """Reject a candidate before its result is downloaded, where the provider says that this is another one."""
    if entry.task_id is not None or state.status != "succeeded":
        return
    if is_another(state.seconds, state.size, entry.expected_seconds, entry.expected_size):
        said = " and ".join(filter(None, (None if state.seconds is None else seconds(state.seconds), state.size)))
        raise (yield from reject(journal, entry, f"has another result ({said}) than was foretold"))


def reject(journal: Journal, entry: JournalEntry, why: str) -> Flow[OutcomeUnknownError]:
    """Write down that a candidate is not the job's, so that it is not compared again; return the error that says so."""
    error = not_ours(entry, why)
    if entry.candidate is not None:
        rejected = (*entry.rejected, entry.candidate)
        # What was heard of it, and what it has cost, is somebody else's as well.
        entry = replace(entry, candidate=None, said=None, seconds=None, credits=None)
        yield from note(journal, replace(entry, rejected=rejected, message=str(error)))
    return error


def not_ours(entry: JournalEntry, why: str) -> OutcomeUnknownError:
    """Report that a candidate was not confirmed, why, and how to go on."""
    return OutcomeUnknownError(
        f"The answer to the job {entry.id} was lost, and the task {entry.candidate} of that moment {why}. Nothing was "
        f"sent again: `lipready tasks resume {entry.id} --task {entry.candidate}` takes it all the same, `lipready "
        f"tasks forget {entry.id}` closes the job, `lipready submit --again` sends it and pays anew."
    )


def _size_of(entry: JournalEntry) -> str | None:
    """Return the size that only a candidate has to have: what the provider makes of our own task is its affair."""
    return entry.expected_size if entry.task_id is None else None
