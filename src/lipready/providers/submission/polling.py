"""Poll a task until it ends, within a time limit."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from http import HTTPStatus
from random import random

from lipready.errors import AnswerError, DeadlineError, ProviderError, RefusedError, TaskFailedError
from lipready.facts.quantity import counted
from lipready.facts.task import TaskState
from lipready.log import LOG
from lipready.providers.account import Account
from lipready.providers.codes import RemoteCode, both_codes
from lipready.providers.dashscope.codes import FACE_NOT_MATCHED
from lipready.providers.journal.entry import JournalEntry, Stage
from lipready.providers.journal.journal import Journal
from lipready.providers.service import DEFAULT_THRESHOLD
from lipready.providers.submission.posting import note
from lipready.providers.submission.queries import ask, ask_once, pause_after
from lipready.providers.transport.retry import may_read_again
from lipready.providers.transport.wire import Flow, HttpResponse, Pause, call

_UNANSWERED = 10
"""Failures in a row after which waiting ends: by then the pauses have come to more than a minute."""
_KEPT_SECONDS = 24 * 3600.0
"""Providers keep tasks and results for so long after their end."""
_APPEARS_SECONDS = 60.0
"""A task that was just accepted may not be known to every machine of the provider yet."""
_JITTER = 0.1
_LOWERED = 140
"""The threshold to try where no face was matched, as EvoLink's page has it."""

_STAGES: dict[str, Stage] = {"succeeded": "succeeded", "failed": "failed", "canceled": "canceled", "unknown": "unknown"}


@dataclass(slots=True)
class _Unseen:
    """How often in a row the provider did not know a task, and the seconds that were waited meanwhile."""

    sightings: int = 0
    seconds: float = 0.0

    def given_up(self, account: Account, entry: JournalEntry, state: TaskState) -> bool:
        """Take a look into account; whether there were enough of them. A task that is too old is gone at once."""
        if state.status != "unknown":
            self.sightings, self.seconds = 0, 0.0
            return False
        if not self.sightings:
            self.seconds = 0.0
        self.sightings += 1
        if time.time() - (entry.posted or entry.created) > account.service.longest_seconds + _KEPT_SECONDS:
            return True
        times = account.profile.task
        return self.sightings >= times.unknown_sightings and self.seconds >= times.unknown_seconds


def look(account: Account, journal: Journal, entry: JournalEntry) -> Flow[tuple[JournalEntry, TaskState]]:
    """Query a task once, and record its state."""
    query = account.service.query(account.endpoints, _task_of(entry))
    state = yield from ask(account, query, _reader(account, entry))
    return (yield from _noted(journal, entry, state))


def look_at_all(account: Account, journal: Journal, entries: Sequence[JournalEntry]) -> Flow[dict[str, TaskState]]:
    """Query many tasks with few requests, record their states, and return those that are told, by entry id."""
    service, states = account.service, dict[str, TaskState]()
    ours = {entry.task_id: entry for entry in entries if entry.task_id is not None}
    names = [*ours]
    for start in range(0, len(names), service.most_at_once):
        tasks = names[start : start + service.most_at_once]
        if service.query_all is None or service.read_tasks is None:
            break
        try:
            found = yield from ask_once(account, service.query_all(account.endpoints, tasks), service.read_tasks)
        except ProviderError:
            break
        for state in found:
            if state.id in tasks:
                _, states[ours[state.id].id] = yield from _noted(journal, ours[state.id], state)
    return states


def follow(
    account: Account,
    journal: Journal,
    entry: JournalEntry,
    interval: float,
    *,
    deadline: float | None = None,
    tell: Callable[[TaskState], None] | None = None,
) -> Flow[tuple[JournalEntry, TaskState]]:
    """Poll a task every `interval` seconds until it has ended; a failed query is repeated, and `tell` hears of each.

    Raises DeadlineError when the time is over, and ProviderError where nothing can be heard of the task any more: the
    task goes on in both cases. So does one that the provider says it does not know, until it has said so for as long
    as its profile names: then DeadlineError, and the job stays open.
    """
    LOG.info("polling the task %s at %s", _task_of(entry), account.service.title)
    begun, failures, unseen = time.monotonic(), 0, _Unseen()
    query = account.service.query(account.endpoints, _task_of(entry))
    while True:
        pause = interval * (1 + _JITTER * random())  # noqa: S311 - no secret, only not all at once
        try:
            state = yield from ask_once(account, query, _reader(account, entry))
        except ProviderError as error:
            failures += 1
            if not may_read_again(error, failures, _UNANSWERED):
                raise
            pause = max(pause, pause_after(error, failures))
        else:
            failures = 0
            entry, state = yield from _noted(journal, entry, state)
            if tell is not None:
                tell(state)
            if state.ended:
                return entry, state
            if unseen.given_up(account, entry, state):
                raise _given_up(
                    entry,
                    f"{account.service.title} said {counted(unseen.sightings, 'time')} in {round(unseen.seconds):,} s "
                    f"that it does not know the task {_task_of(entry)} ({entry.said}): tasks and results are kept for "
                    f"24 hours. The job stays open: `lipready.resume('{entry.id}')` asks again, "
                    f"`lipready.forget('{entry.id}')` closes it, "
                    "`lipready.submit(…, sending=Sending(again=True))` sends and pays anew.",
                )
        if deadline is not None:
            left = begun + deadline - time.monotonic()
            if left <= 0 or (failures and pause > left):
                raise _given_up(
                    entry,
                    f"The task {_task_of(entry)} has not ended within {deadline:g} s (last heard: "
                    f"{entry.said or 'nothing'}). It goes on at the provider; `lipready.resume('{entry.id}')` waits "
                    "for it and downloads the result.",
                )
            pause = min(pause, left)
        unseen.seconds += pause
        yield Pause(pause)


def require_success(account: Account, entry: JournalEntry, state: TaskState) -> TaskState:
    """Raise TaskFailedError where the task of a job has ended, and has failed or was cancelled."""
    if state.status == "succeeded":
        return state
    title, error = account.service.title, state.error
    if state.status == "failed":
        code, message = (error.code, error.message) if error else ("", "")
        known = account.service.explain(code, None, message)
        said = ": ".join(filter(None, (both_codes(code, known), message.rstrip(" .。")))) or "without a reason"
        raise TaskFailedError(
            f"{title} took the task {state.id}, and it failed ({said}). {_advice(known, entry)}",
            task_id=state.id,
            code=code,
            meaning=known.code,
            rules=known.rules,
            request_id=state.request_id or entry.request_id,
        )
    raise TaskFailedError(
        f"The task {state.id} at {title} was cancelled.", task_id=state.id, request_id=state.request_id
    )


def _advice(known: RemoteCode, entry: JournalEntry) -> str:
    """Return what to do now; speak of the face threshold only where there was a reference image to compare with."""
    if known.code != FACE_NOT_MATCHED.code:
        return known.advice
    if entry.reference is None:
        return "No reference image was sent: send one, taken from the video itself (`lipready.reference(…)` does)."
    threshold = DEFAULT_THRESHOLD if entry.face_threshold is None else entry.face_threshold
    if threshold <= _LOWERED:
        return f"{known.advice} The face threshold is low already ({threshold}): a wrong face may match below it."
    lower = f"lower the face threshold slightly (`RequestOptions(face_threshold={_LOWERED})`; it was {threshold})"
    return f"{known.advice} Where it is from there already, {lower}."


def _reader(account: Account, entry: JournalEntry) -> Callable[[HttpResponse], TaskState]:
    """Read what is said of our task, and of no other. That there is none of its id is no refusal, and no end."""

    def read(answer: HttpResponse) -> TaskState:
        try:
            state = account.service.read_task(answer)
        except RefusedError as error:
            if error.status != HTTPStatus.NOT_FOUND:
                raise
            state = TaskState(id=_task_of(entry), status="unknown", said=error.code or f"HTTP {error.status}")
        if state.id != _task_of(entry):
            raise AnswerError(
                f"{account.service.title} was asked for the task {_task_of(entry)}, and speaks of {state.id}."
            )
        if state.status == "unknown" and time.time() - (entry.posted or 0.0) < _APPEARS_SECONDS:
            return replace(state, status="queued")
        return state

    return read


def _noted(journal: Journal, entry: JournalEntry, state: TaskState) -> Flow[tuple[JournalEntry, TaskState]]:
    error = state.error
    new = replace(
        entry,
        # What becomes of a candidate says nothing of the job yet.
        stage=entry.stage if entry.task_id is None else _STAGES.get(state.status, "submitted"),
        said=state.said,
        code=error.code if error else entry.code,
        message=error.message if error else entry.message,
        request_id=state.request_id or entry.request_id,
        seconds=state.seconds if state.seconds is not None else entry.seconds,
        credits=state.credits if state.credits is not None else entry.credits,
    )
    if new != entry:
        # Another process may have downloaded the result, or closed the job, since this entry was read: that stays.
        kept = yield from call(lambda: journal.find(entry.id))
        entry = kept if kept.stage in {"downloaded", "forgotten"} else (yield from note(journal, new))
    return entry, state


def _task_of(entry: JournalEntry) -> str:
    task = entry.task_id or entry.candidate
    if task is None:
        raise ValueError(f"entry {entry.id} has no task yet")
    return task


def _given_up(entry: JournalEntry, message: str) -> DeadlineError:
    error = DeadlineError(message)
    error.task_id = _task_of(entry)
    return error
