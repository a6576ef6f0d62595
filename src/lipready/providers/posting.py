"""The paid request: sent once, whatever happens to it or to us."""

import time
from collections.abc import Callable
from dataclasses import replace

from lipready.errors import NotSentError, OutcomeUnknownError, ProviderError, RefusedError
from lipready.facts.task import TaskState
from lipready.providers.account import Account
from lipready.providers.entry import Entry
from lipready.providers.gate import hold_back
from lipready.providers.journal import Journal
from lipready.providers.locks import Lock, acquired
from lipready.providers.lookup import look_up
from lipready.providers.reading import pause_after, take_turn
from lipready.providers.request import Submission
from lipready.providers.retry import PAID_ATTEMPTS
from lipready.providers.wire import Flow, Pause, T, call, send

_CERTAINLY_REFUSED = frozenset({"no", "account"})
_CERTAINLY_NOT_ACCEPTED = frozenset({"again", "once"})
_KEY_IN_USE = frozenset({"idempotency_conflict", "paid_outcome_unknown"})
"""EvoLink has seen our key, and does not say with which task (evolink-mcp, services/api-client.ts)."""


def post(account: Account, journal: Journal, entry: Entry, submission: Submission) -> Flow[Entry]:
    """Submit, once, and give the entry with the task's id.

    Before the request leaves, and when it has come to something, that is written down. A request that certainly was
    not accepted (no connection, 429) is sent again. Where that is not certain, a provider that honours keys of
    idempotency gets the same request under the same key; any other is asked for its tasks first.

    Raises RefusedError where the provider does not want the job, NotSentError where it cannot be reached, and
    OutcomeUnknownError where it stays open whether there is a task: then the entry stays at "posting".
    """
    return (yield from _alone(account, lambda: _post(account, journal, entry, submission)))


def recover(account: Account, journal: Journal, entry: Entry) -> Flow[Entry]:
    """Ask the provider what became of a request whose end nobody saw ("posting").

    Gives the entry with its task, or at "intended" where there is none. Raises OutcomeUnknownError like `post`.
    """
    _, entry = yield from _alone(account, lambda: _look_it_up(account, journal, entry))
    return entry


def _alone(account: Account, work: Callable[[], Flow[T]]) -> Flow[T]:
    """One at a time: then a task that appears while our request is out is ours, or that of another machine."""
    if account.service.idempotent:
        return (yield from work())
    lock = Lock(f"submit {account.name}")
    yield from acquired(lock)
    try:
        return (yield from work())
    finally:
        lock.release()


def _post(account: Account, journal: Journal, entry: Entry, submission: Submission) -> Flow[Entry]:
    error: ProviderError | None = None
    for failures in range(1, PAID_ATTEMPTS + 1):
        yield from take_turn(f"submit {account.name}", account.service.submit_interval)
        # An earlier request under the same key, of which nobody knows what it came to: it may have left a task.
        unclear = entry.stage == "posting"
        posted = entry.posted if unclear else time.time()
        entry = yield from note(journal, replace(entry, stage="posting", posted=posted))
        try:
            answer = yield from send(account.service.submit(account.endpoints, submission, entry.idempotency_key))
            state = account.service.read_submitted(answer)
        except ProviderError as failure:
            error = failure
        else:
            return (yield from _accepted(account, journal, entry, state))
        found, entry = yield from _what_became_of(account, journal, entry, error, unclear=unclear)
        if found:
            return entry
        once = isinstance(error, RefusedError) and error.retry == "once"
        if failures == PAID_ATTEMPTS or (once and failures > 1):
            break
        yield Pause(pause_after(error, failures))
    if entry.stage == "posting":
        raise _unknown(account, entry, error)
    raise error or AssertionError("an attempt ends with a task or with an error")


def _what_became_of(
    account: Account, journal: Journal, entry: Entry, error: ProviderError, *, unclear: bool
) -> Flow[tuple[bool, Entry]]:
    """After a failure, find the task, or make sure that there is none.

    Leaves the entry at "posting" only where the same request may follow under the same key. What this failure says
    holds for its own request: with `unclear`, an earlier one may have been accepted all the same.
    """
    refused = error if isinstance(error, RefusedError) else None
    key_in_use = refused is not None and refused.code in _KEY_IN_USE
    if refused is not None and refused.retry in _CERTAINLY_REFUSED and not key_in_use:
        if unclear:
            found, entry = yield from _look_it_up(account, journal, entry)
            if found:
                return True, entry
        yield from note(journal, replace(entry, stage="refused", code=refused.code, message=str(refused)))
        raise refused
    if isinstance(error, NotSentError) or (refused is not None and refused.retry in _CERTAINLY_NOT_ACCEPTED):
        if refused is not None and refused.after is not None:
            after = refused.after
            yield from call(lambda: hold_back(f"submit {account.name}", after))
        return False, (entry if unclear else (yield from note(journal, replace(entry, stage="intended"))))
    if account.service.idempotent and not key_in_use:
        return False, entry
    return (yield from _look_it_up(account, journal, entry))


def _look_it_up(account: Account, journal: Journal, entry: Entry) -> Flow[tuple[bool, Entry]]:
    try:
        task = yield from look_up(account, journal, entry)
    except OutcomeUnknownError:
        raise
    except ProviderError as failure:
        raise _unknown(account, entry, failure) from failure
    if task is None:
        return False, (yield from note(journal, replace(entry, stage="intended")))
    return True, (yield from _accepted(account, journal, entry, TaskState(id=task.id, status="queued", said="")))


def _accepted(account: Account, journal: Journal, entry: Entry, state: TaskState) -> Flow[Entry]:
    """Take a task for our own, unless another job has it."""
    claimed = yield from call(lambda: journal.claim(entry.id, state.id))
    if claimed is None:
        raise _unknown(account, entry, None)
    return (yield from note(journal, replace(claimed, stage="submitted", said=state.said, request_id=state.request_id)))


def note(journal: Journal, entry: Entry) -> Flow[Entry]:
    """Write an entry down."""
    yield from call(lambda: journal.write(entry))
    return entry


def _unknown(account: Account, entry: Entry, cause: ProviderError | None) -> OutcomeUnknownError:
    why = f" ({cause})" if cause is not None else ""
    return OutcomeUnknownError(
        f"Whether {account.service.title} has accepted the job is not known{why}. It was not sent again, so that it "
        f"cannot be paid twice; `lipready tasks resume {entry.id}` asks once more."
    )
