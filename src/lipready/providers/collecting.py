"""The film of a task: fetched, and written down as being here."""

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

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
    """
    entry = yield from call(lambda: journal.find(entry.id))  # as it is by now
    if not (yield from call(lambda: was_brought(entry, to))):
        if not os.path.lexists(to):
            entry = yield from note(journal, replace(entry, result=os.fspath(to.absolute())))
        yield from download(
            link,
            to,
            partial_name=partial_name(entry.task_id or entry.id),
            expected_seconds=entry.expected_seconds,
            progress=progress,
            refresh=refresh,
        )
        entry = yield from call(lambda: journal.find(entry.id))
    yield from note(journal, replace(entry, stage="downloaded", result=os.fspath(to.absolute())))
    return to


def was_brought(entry: Entry, to: Path) -> bool:
    """Whether the file at `to` is the film of this job: that was its place, and it is whole."""
    if entry.result != os.fspath(to.absolute()) or not to.is_file():
        return False
    return fault_of(os.fspath(to), entry.expected_seconds) is None
