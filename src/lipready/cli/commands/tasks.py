"""`lipready tasks`."""

import os
import sys
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lipready.cli.input.options import PATH, Patience, patience_options, record_format_option, speaking
from lipready.cli.output.following import download_result
from lipready.cli.output.outcome import Outcome, outcome_document, outcome_writer
from lipready.cli.output.parts import join_what_is_whole
from lipready.cli.output.session import CLEAN, TROUBLE, Session
from lipready.cli.output.task_list import (
    UNCUT,
    entries_as_json,
    entry_as_json,
    entry_lines,
    list_lines,
    remote_as_json,
    remote_lines,
)
from lipready.errors import LipreadyError, UsageError
from lipready.facts.quantity import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lipready.facts.task import ListedTask, TaskState
    from lipready.providers.journal.entry import JournalEntry
    from lipready.providers.journal.journal import Journal
    from lipready.reports.page import Page


@click.group(invoke_without_command=True)
@click.pass_context
def tasks(ctx: click.Context) -> None:
    """Show what was submitted from this machine, and download what is not here yet.

    Without a command the tasks are listed. A task is named by the provider's id, by the journal's, or by at least four
    characters of the journal's.
    """
    if ctx.invoked_subcommand is None:
        ctx.invoke(list_tasks)


@tasks.command(name="list", short_help="List the jobs of the journal.")
@click.option("--remote", is_flag=True, help="Ask the providers for their own lists of the last 24 hours instead.")
@record_format_option
@speaking
def list_tasks(*, remote: bool = False, form: str = "full", session: Session) -> int:
    """List all jobs of the journal, the newest first; nobody is asked.

    With --remote every provider for which there is a key is asked for its own list: all tasks of the account, also
    those that were not submitted from here.
    """
    if remote:
        return _list_remote(form, session)
    entries = _journal().entries()
    if form == "full":
        page = _table_page(session)
        session.write(page.finish(list_lines(entries, page)))
    else:
        session.write(entries_as_json(entries) if form == "json" else "".join(map(entry_as_json, entries)))
    return CLEAN


def _list_remote(form: str, session: Session) -> int:
    """Show the lists of all providers that there is a key for; one that cannot be asked is said, and the rest shown."""
    from lipready.errors import ConfigurationError, ProviderError
    from lipready.providers.account import SERVICES, account_at
    from lipready.providers.submission.queries import listed
    from lipready.providers.transport.drive import run

    ours = {entry.task_id: entry for entry in _journal().entries() if entry.task_id is not None}
    found: list[tuple[str, Sequence[ListedTask], str | None]] = []
    for name in SERVICES:
        try:
            account = account_at(name)
        except ConfigurationError as error:
            session.complain(f"{name} is not asked: {error}")
            continue
        try:
            listing = run(account, listed(account))
            found.append((name, listing.tasks, None))
            if not listing.whole:
                session.complain(f"{name} has more tasks than were read: the oldest are not shown.")
        except ProviderError as error:
            session.complain(f"{name} could not be asked: {error}")
            found.append((name, (), str(error)))
    if form != "full":
        session.write(remote_as_json(found, ours))
    else:
        page = _table_page(session)
        for name, tasks, failure in found:
            if failure is None:
                head = page.paint(name, "strong") + f"  {counted(len(tasks), 'task')} in the last 24 hours"
                session.write(page.finish([head, *(remote_lines(tasks, ours, page) if tasks else []), ""]))
    return CLEAN if found and all(failure is None for _, _, failure in found) else TROUBLE


def _table_page(session: Session) -> "Page":
    """Describe stdout for a table; whoever reads it from a pipe gets whole lines."""
    return session.page() if sys.stdout.isatty() else replace(session.page(), width=UNCUT)


@tasks.command(name="show", short_help="Ask for the state of a task.")
@click.argument("task_id", metavar="ID")
@record_format_option
@speaking
def show_task(*, task_id: str, form: str, session: Session) -> int:
    """Ask the provider for the state of a task, and show all that is known of it."""
    from lipready.providers.submission.known_job import account_of
    from lipready.task import Task

    entry = _journal().find(task_id)
    if entry.task_id is not None and entry.open and not entry.provider.startswith("sandbox"):
        entry = Task.of(account_of(entry), entry).refresh().entry
    page = session.page()
    session.write(page.finish(entry_lines(entry, page)) if form == "full" else entry_as_json(entry))
    return CLEAN


@tasks.command(name="resume", short_help="Go on with a job, and download its result video.")
@click.argument("task_id", metavar="[ID]", required=False)
@click.option("-o", "--out", type=PATH, metavar="FILE", help="Path of the result video; it must not exist.")
@click.option("--task", "remote", metavar="TASK", help="The provider's id, where several may be the one of the job.")
@patience_options("looks")
@click.option("--verify", is_flag=True, help="Hold what is downloaded against what was sent, as `submit` does.")
@record_format_option
@speaking
def resume_task(
    *,
    task_id: str | None,
    out: Path | None,
    remote: str | None,
    patience: Patience,
    verify: bool,
    form: str,
    session: Session,
) -> int:
    """Go on with a job, wherever it was left: submit it where it was not, wait, and download its result video.

    Without ID every job of the journal that was sent and is not at its end, one after the other; nothing is submitted.
    Nothing is ever submitted twice: where it is not known whether a request arrived, the provider is asked for its
    tasks.
    """
    if task_id is None and (out is not None or remote is not None):
        raise click.UsageError("--out and --task belong to one job: say its ID.")
    journal = _journal()
    if task_id is not None:
        from lipready.providers.submission.known_job import account_of, claimed
        from lipready.providers.transport.drive import run

        entry = journal.find(task_id)
        if remote is not None:
            account = account_of(entry)
            entry = run(account, claimed(account, entry, remote))
        show = outcome_writer(form, session)
        show.verify = verify
        status = _resume(entry, out, patience, show)
        join_what_is_whole([journal.find(entry.id)], show)
        return status
    return _resume_all(journal, patience, form, session, verify=verify)


@tasks.command(name="cancel", short_help="Cancel a task that still waits.")
@click.argument("task_id", metavar="ID")
@speaking
def cancel_task(*, task_id: str, session: Session) -> int:
    """Cancel a task that still waits for its turn; DashScope only, and only while it is PENDING.

    A job that was never sent is closed.
    """
    from lipready.providers.submission.known_job import account_of, close
    from lipready.task import Task

    entry = _journal().find(task_id)
    if entry.task_id is None:
        close(entry, "canceled")
        session.write(f"{entry.id}: never sent, and closed; nothing was paid\n")
        return CLEAN
    task = Task.of(account_of(entry), entry).cancel()
    session.write(f"{task.id}: {task.state.said or task.status}\n")
    return CLEAN


@tasks.command(name="forget", short_help="Close a job, whatever became of it.")
@click.argument("task_id", metavar="ID")
@speaking
def forget_task(*, task_id: str, session: Session) -> int:
    """Close a job: it stays in the journal, and a `resume` without ID leaves it out.

    Nothing is cancelled at the provider, and what was paid stays paid.
    """
    from lipready.providers.submission.known_job import close

    before = close(_journal().find(task_id), "forgotten")
    if before.task_id is not None:
        paid = f"its task {before.task_id} was {before.stage}, and what it costs is paid all the same"
    elif before.stage == "posting":
        paid = "whether it was accepted is not known: it may have been paid"
    else:
        paid = "nothing was paid"
    session.write(f"{before.id}: closed; {paid}\n")
    return CLEAN


def _resume_all(journal: "Journal", patience: Patience, form: str, session: Session, *, verify: bool) -> int:
    """Go on with every open job; one that fails does not keep the others back."""
    still = [each for each in reversed(journal.entries()) if each.open and not each.provider.startswith("sandbox")]
    unsent = [entry for entry in still if entry.stage == "intended"]
    entries = [entry for entry in still if entry.stage != "intended"]
    for entry in unsent:
        session.complain(
            f"The job {entry.id} was never sent: `lipready tasks resume {entry.id}` submits it, "
            f"`lipready tasks cancel {entry.id}` closes it."
        )
    if not entries and not unsent:
        session.complain("Every job of the journal is at its end.")
    states = _looked_at_together(entries)
    # What has ended comes first: its result is deleted a day later, and another job may take hours.
    entries.sort(key=lambda entry: entry.id not in states or not states[entry.id].ended)
    worst = CLEAN
    with outcome_document(form, session) as write:
        show = outcome_writer(form, session, write=write)
        show.verify = verify
        for entry in entries:
            try:
                status = _resume(entry, None, patience, show, states.get(entry.id), submit=False)
            except LipreadyError as error:
                session.complain(f"Error: job {entry.id}: {error}")
                status = TROUBLE
            worst = max(worst, status)
        join_what_is_whole((journal.find(each.id) for each in entries), show)
    return worst


def _looked_at_together(entries: "Sequence[JournalEntry]") -> "dict[str, TaskState]":
    """Ask for several tasks at once where a provider allows that; return the states that it tells, by entry's id."""
    from lipready.errors import ConfigurationError
    from lipready.providers.submission.known_job import account_of
    from lipready.providers.submission.polling import look_at_all
    from lipready.providers.transport.drive import run

    states: dict[str, TaskState] = {}
    places = dict.fromkeys((each.service, each.api) for each in entries)
    for place in places:
        group = [each for each in entries if (each.service, each.api) == place and each.task_id is not None]
        if len(group) > 1:
            with suppress(ConfigurationError):
                account = account_of(group[0])
                states |= run(account, look_at_all(account, _journal(), group))
    return states


def _resume(
    entry: "JournalEntry",
    out: Path | None,
    patience: Patience,
    show: Outcome,
    state: "TaskState | None" = None,
    *,
    submit: bool = True,
) -> int:
    """Go on with a job; `state` is what was just said of its task.

    Its result video is named as asked for now, or when it was submitted, or after the job.
    """
    from lipready.providers.submission.known_job import account_of
    from lipready.providers.transport.drive import run
    from lipready.task import resumed

    result_video = (out or Path(entry.output or f"{entry.id}.mp4")).absolute()
    if entry.stage == "downloaded" and entry.result is not None and Path(entry.result).is_file():
        raise UsageError(f"The result video of the job {entry.id} is here already: {entry.result}.")
    # Named just before the process was killed: that it is here is written down below.
    if os.path.lexists(result_video) and entry.result != os.fspath(result_video):
        raise UsageError(f"{result_video} exists already: choose another name for the result video (-o).")
    if not result_video.parent.is_dir():
        raise UsageError(f"{result_video}: its folder does not exist; choose another one (-o).")
    account = account_of(entry)
    task = run(account, resumed(account, entry, submit=submit, output=os.fspath(result_video)))
    task = task if state is None else replace(task, state=state)
    return download_result(task, os.fspath(result_video), patience, show)


def _journal() -> "Journal":
    from lipready.providers.journal.journal import Journal
    from lipready.providers.journal.state import state_folder

    return Journal(state_folder())
