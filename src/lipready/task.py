"""A task at a provider: its status, waiting for its end, the download of its result."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from functools import partial
from os import PathLike, fspath
from pathlib import Path
from typing import Self

from lipready.cancel import Cancel, async_twin, cancellable
from lipready.check import Progress, Settings, settings_with, stage
from lipready.errors import DownloadError, RefusedError, UsageError, concerning
from lipready.facts.task import TaskState, TaskStatus
from lipready.providers.account import Account
from lipready.providers.answer import parse_callback
from lipready.providers.download.collecting import collect, not_ours, require_expected
from lipready.providers.evolink.files import remove_uploads
from lipready.providers.journal.entry import JournalEntry
from lipready.providers.journal.journal import Journal
from lipready.providers.journal.locks import acquired
from lipready.providers.submission.known_job import about, account_of, claimed, close, locked
from lipready.providers.submission.polling import follow, look, require_success
from lipready.providers.submission.queries import ask
from lipready.providers.submission.sending import SubmissionInputs, job_lock, take_up
from lipready.providers.transport.drive import run, run_async
from lipready.providers.transport.wire import Flow, call
from lipready.reports.report import Report
from lipready.verify import verify_job

Tell = Callable[[TaskState], None]


@dataclass(frozen=True, slots=True)
class Task:
    """A task as it was last heard of. It is in the journal from before it was submitted: `lipready tasks` lists it.

    `id` is the provider's. `attached` says that the same job was submitted earlier, and nothing was sent now. Every
    method has a twin for asyncio, and gives a new Task; this one stays as it is.

    >>> import asyncio
    >>> task = lipready.submit(lipready.Job("clip.mp4", "speech.wav"), provider="sandbox")
    >>> task.wait(deadline=600).download("film.mp4").name
    'film.mp4'
    >>> task.verify("film.mp4").errors
    ()
    >>> async def once_more(task):
    ...     task = await (await task.refresh_async()).wait_async()
    ...     return await task.download_async("film-again.mp4")
    >>> asyncio.run(once_more(task)).name
    'film-again.mp4'
    """

    account: Account = field(repr=False)
    entry: JournalEntry = field(repr=False)
    state: TaskState
    attached: bool = False

    @classmethod
    def of(cls, account: Account, entry: JournalEntry, *, attached: bool = False) -> Self:
        """Return a task from what is written down of it; nobody is asked."""
        stages: dict[str, TaskStatus] = {"submitted": "queued", "posting": "queued", "downloaded": "succeeded"}
        status: TaskStatus = stages.get(entry.stage) or entry.stage  # type: ignore[assignment]
        name, said = entry.task_id or entry.candidate or "", entry.said or ""
        return cls(account, entry, TaskState(id=name, status=status, said=said, seconds=entry.seconds), attached)

    @property
    def id(self) -> str:
        """The provider's id."""
        return self.state.id

    @property
    def status(self) -> TaskStatus:
        """How the task is: queued, running, succeeded, failed, canceled, or unknown to the provider."""
        return self.state.status

    def refresh(self, *, cancel: Cancel | None = None) -> "Task":
        """Return the task as it is now. Raises ProviderError, and CancelledError where `cancel` ends the asking.

        >>> task = lipready.submit(lipready.Job("clip.mp4", "speech.wav"))
        >>> task.refresh().status
        'queued'
        """
        return run(self.account, looked(self), cancel)

    async def refresh_async(self, *, cancel: Cancel | None = None) -> "Task":
        """Return what `refresh` returns, on asyncio; raises what it raises."""
        return await run_async(self.account, looked(self), cancel)

    def wait(
        self,
        *,
        deadline: float | None = None,
        poll_interval: float | None = None,
        progress: Tell | None = None,
        cancel: Cancel | None = None,
    ) -> "Task":
        """Return the task once it has succeeded.

        `deadline` and `poll_interval` are in seconds: by default as long as the provider lets a task run, at the
        interval that it asks for. `progress` is called after each look. Raises TaskFailedError where it has ended
        otherwise, DeadlineError where it has not ended in time (it goes on), ProviderError where it cannot be asked,
        CancelledError where `cancel` ends the waiting (the task goes on).
        """
        return run(self.account, waited(self, deadline, poll_interval, progress), cancel)

    async def wait_async(
        self,
        *,
        deadline: float | None = None,
        poll_interval: float | None = None,
        progress: Tell | None = None,
        cancel: Cancel | None = None,
    ) -> "Task":
        """Return what `wait` returns, on asyncio; raises what it raises. Where asyncio cancels it, the task goes on."""
        return await run_async(self.account, waited(self, deadline, poll_interval, progress), cancel)

    def download(
        self, to: str | PathLike[str], *, progress: Callable[[float], None] | None = None, cancel: Cancel | None = None
    ) -> Path:
        """Write the result video; it gets its name only when it is whole, plays, and has the expected length.

        A download that broke off goes on where it was, also in a later process. `progress` is called with the share
        (0..1). Raises UsageError where `to` exists or cannot be written, DownloadError, TaskFailedError where there is
        no result video, CancelledError where `cancel` ends it (what has come is kept for the next call).
        """
        return run(self.account, downloaded(self, Path(fspath(to)), progress), cancel)

    async def download_async(
        self, to: str | PathLike[str], *, progress: Callable[[float], None] | None = None, cancel: Cancel | None = None
    ) -> Path:
        """Write what `download` writes, on asyncio; raises what it raises."""
        return await run_async(self.account, downloaded(self, Path(fspath(to)), progress), cancel)

    def verify(
        self,
        result: str | PathLike[str],
        *,
        settings: Settings | None = None,
        progress: Progress | None = None,
        cancel: Cancel | None = None,
    ) -> Report:
        """Hold a downloaded result against what was sent, as `lipready.verify` does; the journal keeps the verdict.

        Raises what that does (CancelledError by `cancel`), UsageError without a file as sent; `progress` is as there.
        """
        with cancellable(cancel):
            return verify_job(
                self.entry.id, fspath(result), self.account.profile, settings_with(settings, (), progress)
            )

    @async_twin(verify)
    def verify_async() -> None:
        """Do what `verify` does, on asyncio; raises what it raises."""

    def cancel(self, *, cancel: Cancel | None = None) -> "Task":
        """Cancel a task that still waits, at the provider; `cancel` ends the asking.

        Raises UsageError where nobody can, RefusedError where it is too late, ProviderError, CancelledError.

        >>> task = lipready.submit(lipready.Job("clip.mp4", "hello.wav"))
        >>> task.cancel().status
        'canceled'
        """
        return run(self.account, cancelled(self), cancel)

    async def cancel_async(self, *, cancel: Cancel | None = None) -> "Task":
        """Do what `cancel` does, on asyncio; raises what it raises."""
        return await run_async(self.account, cancelled(self), cancel)


def resume(
    task_id: str,
    *,
    task: str | None = None,
    api_key: str | None = None,
    progress: Progress | None = None,
    cancel: Cancel | None = None,
) -> Task:
    """Return the task of a job that was begun on this machine, in any process; what was not submitted is, once.

    `task_id` is the provider's id or ours (`lipready tasks`). `task` is the provider's id of the job's task, where the
    answer was lost (OutcomeUnknownError) and you know which it is. `progress` is called with "uploading clip.mp4" and
    the share (0..1). Raises UsageError where the journal knows no such job, nothing is left to do, or the task is none
    that could be the job's, and like `submit`, also where `cancel` ends it.

    >>> task = lipready.submit(lipready.Job("clip.mp4", "speech.wav"))
    >>> lipready.resume(task.id).status  # in a later process, for instance
    'queued'
    """
    account, flow = _resumption(task_id, task, api_key, progress)
    return run(account, flow, cancel)


async def resume_async(
    task_id: str,
    *,
    task: str | None = None,
    api_key: str | None = None,
    progress: Progress | None = None,
    cancel: Cancel | None = None,
) -> Task:
    """Return what `resume` returns, on asyncio; raises what it raises.

    >>> import asyncio
    >>> task = lipready.submit(lipready.Job("clip.mp4", "speech.wav"))
    >>> asyncio.run(lipready.resume_async(task.id)).id == task.id
    True
    """
    account, flow = _resumption(task_id, task, api_key, progress)
    return await run_async(account, flow, cancel)


def _resumption(
    task_id: str, remote: str | None, api_key: str | None, progress: Progress | None
) -> tuple[Account, Flow[Task]]:
    entry = Journal().find(task_id)
    account = account_of(entry, api_key)

    def flow() -> Flow[Task]:
        taken = entry if remote is None else (yield from claimed(account, entry, remote))
        return (yield from resumed(account, taken, progress=progress))

    return account, flow()


def forget(task_id: str) -> None:
    """Close a job of this machine's journal, by the provider's id or ours, whatever became of it.

    Nothing is cancelled at the provider, and what was paid stays paid. Raises UsageError where the journal knows no
    such job, or another process is at it.

    >>> job = lipready.Job("clip.mp4", "hello.wav")
    >>> lipready.forget(lipready.submit(job).id)
    >>> lipready.submit(job).attached  # it is sent anew
    False
    """
    close(Journal().find(task_id), "forgotten")


def resumed(
    account: Account,
    entry: JournalEntry,
    *,
    submit: bool = True,
    output: str | None = None,
    progress: Progress | None = None,
) -> Flow[Task]:
    """Take up a job (see `resume`), with its result at `output` from now on. Without `submit` nothing is sent."""
    journal = Journal()
    with about(entry), (yield from call(lambda: locked(entry))):
        # What another process has written in the meantime counts, not what was read before it was alone with the job.
        now = journal.find(entry.id)
        if output is not None and now.open and now.output != output:
            now = replace(now, output=output)
            journal.write(now)
        tell = partial(telling, progress=progress)
        return Task.of(account, (yield from take_up(account, journal, now, submit=submit, told=tell)))


def telling(inputs: SubmissionInputs, progress: Progress | None) -> SubmissionInputs:
    """Let the uploads of a job be heard of."""
    return replace(inputs, files=tuple(replace(f, tell=stage("uploading", f.shown, progress)) for f in inputs.files))


def get_task(task_id: str, *, api_key: str | None = None, cancel: Cancel | None = None) -> Task:
    """Return a task that was submitted from this machine, by the provider's id or ours, as it is now.

    Raises UsageError where the journal knows no such task, ProviderError where the provider cannot be asked, and
    CancelledError where `cancel` ends it.

    >>> task = lipready.submit(lipready.Job("clip.mp4", "speech.wav"))
    >>> lipready.get_task(task.id).status
    'queued'
    """
    return _kept(task_id, api_key).refresh(cancel=cancel)


async def get_task_async(task_id: str, *, api_key: str | None = None, cancel: Cancel | None = None) -> Task:
    """Return what `get_task` returns, on asyncio; raises what it raises.

    >>> import asyncio
    >>> async def cancelled(task_id):
    ...     return await (await lipready.get_task_async(task_id)).cancel_async()
    >>> task = lipready.submit(lipready.Job("clip.mp4", "hello.wav"))
    >>> asyncio.run(cancelled(task.id)).status
    'canceled'
    """
    return await _kept(task_id, api_key).refresh_async(cancel=cancel)


def receive_callback(body: bytes, *, api_key: str | None = None, cancel: Cancel | None = None) -> Task:
    """Parse the body of a callback, ask the provider itself how the task is, and return the task.

    Callbacks carry no signature: whoever knows the address can send one. So nothing but the task's id is taken from it,
    and that only where the journal knows the task. Callbacks may come more than once.

    Raises AnswerError for what is no callback, and like `get_task`, also where `cancel` ends it.

    >>> import json
    >>> task = lipready.submit(lipready.Job("clip.mp4", "speech.wav"), provider="evolink")
    >>> lipready.receive_callback(json.dumps({"id": task.id}).encode()).status
    'queued'
    """
    return get_task(parse_callback(body), api_key=api_key, cancel=cancel)


async def receive_callback_async(body: bytes, *, api_key: str | None = None, cancel: Cancel | None = None) -> Task:
    """Return what `receive_callback` returns, on asyncio; raises what it raises.

    >>> import asyncio
    >>> asyncio.run(lipready.receive_callback_async(b"{}"))
    Traceback (most recent call last):
    lipready.errors.AnswerError: ...
    """
    return await get_task_async(parse_callback(body), api_key=api_key, cancel=cancel)


def _kept(task_id: str, api_key: str | None) -> Task:
    entry = Journal().find(task_id)
    with about(entry):
        if entry.task_id is None:
            raise UsageError(f"The job {entry.id} has no task yet; `lipready.resume('{entry.id}')` goes on with it.")
    return Task.of(account_of(entry, api_key), entry)


def looked(task: Task) -> Flow[Task]:
    """Ask once how a task is."""
    with _about(task):
        entry, state = yield from look(task.account, Journal(), task.entry)
    return replace(task, entry=entry, state=state)


def waited(task: Task, deadline: float | None, poll_interval: float | None, progress: Tell | None) -> Flow[Task]:
    """Wait for a task to succeed; see `Task.wait`."""
    # Downloaded it may be forgotten by the provider; with an address it was just looked at, with others.
    if task.entry.stage == "downloaded" or task.state.result_url is not None:
        return task
    service = task.account.service
    interval = service.poll_seconds if poll_interval is None else poll_interval
    deadline = service.longest_seconds if deadline is None else deadline
    with _about(task):
        entry, state = yield from follow(
            task.account, Journal(), task.entry, interval, deadline=deadline, tell=progress
        )
        if entry.task_id is None and state.status != "succeeded":
            raise not_ours(entry, f"has ended without a result ({state.said})")
        yield from require_expected(Journal(), entry, state)
        return replace(task, entry=entry, state=require_success(task.account, entry, state))


def downloaded(task: Task, to: Path, progress: Callable[[float], None] | None) -> Flow[Path]:
    """Download the result video of a task; see `Task.download`."""

    def fresh_link() -> Flow[str]:
        state = (yield from looked(task)).state
        return _link(task, require_success(task.account, task.entry, state) if state.ended else state)

    with _about(task, to):
        journal, entry = Journal(), task.entry
        # The process that is at an attached job may be the one that has sent it.
        with (yield from acquired(job_lock(entry)) if task.attached else call(lambda: locked(entry))):
            path = yield from collect(journal, entry, task.state.result_url, to, refresh=fresh_link, progress=progress)
        if task.account.service.name == "evolink":  # which keeps 100 files of an account
            entry = yield from call(lambda: journal.find(entry.id))
            if entry.stage == "downloaded":
                yield from remove_uploads(task.account, journal, entry)
        return path


def cancelled(task: Task) -> Flow[Task]:
    """Cancel a task that still waits; see `Task.cancel`."""
    with _about(task):
        service = task.account.service
        if task.entry.task_id is None:
            raise UsageError(f"The task {task.id} may be somebody else's, and is not cancelled.")
        if service.cancel is None or service.read_cancel is None:
            raise UsageError(f"{service.title} offers no way to cancel a task: {task.id} goes on.")
        try:
            yield from ask(task.account, service.cancel(task.account.endpoints, task.id), service.read_cancel)
        except RefusedError:
            # Where the first answer was lost, the second says that there is nothing left to cancel.
            if (now := (yield from looked(task))).status != "canceled":
                raise
            return now
        return (yield from looked(task))


def _about(task: Task, to: Path | None = None) -> AbstractContextManager[None]:
    return concerning(path=None if to is None else str(to), job_id=task.entry.id, task_id=task.id or None)


def _link(task: Task, state: TaskState) -> str:
    if state.status == "unknown":
        raise DownloadError(
            f"{task.account.service.title} does not know the task {state.id} (any more): results are kept for 24 hours."
        )
    if state.result_url is None:
        raise DownloadError(f"The task {state.id} has no result video yet: it is {state.status}.")
    return state.result_url
