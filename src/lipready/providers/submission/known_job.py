"""A job that the journal knows: its account, its lock, the task that is taken for its own, its end."""

import time
from contextlib import AbstractContextManager, suppress
from dataclasses import replace

from lipready.errors import ConfigurationError, UsageError, concerning
from lipready.profiles.limit import Profile
from lipready.profiles.loader import load_profile
from lipready.providers.account import Account, key_of, remembered, service_of
from lipready.providers.journal.entry import JournalEntry, Stage
from lipready.providers.journal.journal import Journal
from lipready.providers.journal.locks import Lock
from lipready.providers.service import Endpoints
from lipready.providers.submission.queries import ask
from lipready.providers.submission.sending import job_lock
from lipready.providers.transport.wire import Flow, call


def about(entry: JournalEntry) -> AbstractContextManager[None]:
    """Let errors carry which job and which task they are about."""
    return concerning(job_id=entry.id, task_id=entry.task_id)


def account_of(entry: JournalEntry, api_key: str | None = None) -> Account:
    """Find the account that a job was sent from. Raises UsageError for a sandbox, which ended with its process."""
    with about(entry):
        if entry.provider.startswith("sandbox"):
            running = remembered(entry.provider, entry.api)
            if running is None:
                raise UsageError(
                    f"The sandbox that had the job {entry.id} ended with its process: there is nothing to resume."
                )
            return running
        service = service_of(entry.service)
        return Account(
            provider=entry.provider,
            profile=_profile_of(entry),
            service=service,
            endpoints=Endpoints(entry.api, entry.files, entry.workspace),
            key=key_of(service, api_key),
        )


def _profile_of(entry: JournalEntry) -> Profile:
    """Load the profile that a job was checked by; where it has moved or changed its base, the one that it extended."""
    with suppress(ConfigurationError):
        profile = load_profile(entry.provider)
        if profile.base == entry.service:
            return profile
    return load_profile(entry.service)


def locked(entry: JournalEntry) -> Lock:
    """Keep every other process away from a job while it is sent or fetched. Raises UsageError where one is at it."""
    lock = job_lock(entry)
    with about(entry):
        if not lock.acquire(wait=False):
            raise UsageError(f"Another process is sending or fetching the job {entry.id}: wait for it.")
    return lock


def claimed(account: Account, entry: JournalEntry, remote: str) -> Flow[JournalEntry]:
    """Take a task of the provider for that of a job; a wrong id, once written down, could not be taken back."""
    with concerning(job_id=entry.id, task_id=remote):
        if entry.task_id is not None:
            raise UsageError(f"The job {entry.id} has its task already: {entry.task_id}.")
        service = account.service
        state = yield from ask(account, service.query(account.endpoints, remote), service.read_task)
        if state.id != remote or state.status == "unknown":
            raise UsageError(f"{service.title} does not know the task {remote}: nothing was changed.")
        taken = yield from call(lambda: Journal().claim(entry.id, remote))
        if taken is None:
            raise UsageError(f"The task {remote} belongs to another job of the journal.")
        return taken


def close(entry: JournalEntry, stage: Stage) -> JournalEntry:
    """Close a job, and return it as it was before: "forgotten" in any case, "canceled" only where nothing was sent.

    Raises UsageError where it cannot be cancelled without its task, and where another process is at it.
    """
    journal = Journal()
    with about(entry), locked(entry):
        now = journal.find(entry.id)
        if stage == "canceled" and now.stage == "posting":
            raise UsageError(
                f"The job {now.id} cannot be cancelled: whether it has a task is not known. "
                f"`lipready.resume('{now.id}')` looks for it, `lipready.forget('{now.id}')` closes the job."
            )
        if stage == "canceled" and now.stage != "intended":
            raise UsageError(f"The job {now.id} has no task that could be cancelled: it is {now.stage}.")
        journal.write(replace(now, stage=stage, updated=time.time()))
    return now
