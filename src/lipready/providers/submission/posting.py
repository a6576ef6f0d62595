"""Post the paid request once, across failures and restarts."""

import time
from dataclasses import replace
from functools import partial
from http import HTTPStatus
from pathlib import Path

from lipready.cancel import checkpoint
from lipready.errors import (
    CancelledError,
    LipreadyError,
    NotSentError,
    OutcomeUnknownError,
    ProviderError,
    RefusedError,
    UsageError,
)
from lipready.facts.quantity import seconds
from lipready.facts.task import TaskState
from lipready.log import LOG
from lipready.providers.account import Account
from lipready.providers.download.result_file import require_place
from lipready.providers.journal.entry import JournalEntry
from lipready.providers.journal.journal import Journal
from lipready.providers.journal.locks import Lock, acquired
from lipready.providers.journal.rate_limiter import hold_back
from lipready.providers.service import Submission
from lipready.providers.submission.price import cost_of, written
from lipready.providers.submission.queries import look_up, pause_after, take_turn, understood, with_credits
from lipready.providers.transport.retry import PAID_ATTEMPTS
from lipready.providers.transport.wire import Flow, Pause, call, send

_REFUSALS = frozenset(range(400, 500)) - {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.CONFLICT}
"""The statuses that come with a certain refusal. 409: EvoLink has seen our key, and does not say with which task."""


def post(account: Account, journal: Journal, entry: JournalEntry, submission: Submission) -> Flow[JournalEntry]:
    """Submit, once, and return the entry with the task's id.

    Before the request leaves, and when it has come to something, that is written down. A request that certainly was
    not accepted (no connection, 429) is sent again. Where that is not certain it is never sent again, whatever the
    provider says of keys of idempotency: its list of tasks is asked what came of it, and what it shows is a candidate.

    Raises RefusedError where the provider does not want the job and NotSentError where it cannot be reached (the entry
    is closed, nothing was paid), UsageError where the result could not be written (as well), and OutcomeUnknownError
    where it stays open whether there is a task: then the entry stays at "posting". So it does where somebody cancels
    while the answer is awaited, and CancelledError says the same.
    """
    LOG.info("submitting the job %s to %s", entry.id, account.service.title)
    with (yield from acquired(_turn(account))):
        return (yield from _post(account, journal, entry, submission))


def recover(account: Account, journal: Journal, entry: JournalEntry) -> Flow[JournalEntry]:
    """Ask the provider what became of a request whose end nobody saw ("posting"), and give the entry with a candidate.

    Raises OutcomeUnknownError like `post`, also where the list shows no task: that is no proof that there is none.
    """
    with (yield from acquired(_turn(account))):
        return (yield from _look_it_up(account, journal, entry, None))


def _turn(account: Account) -> Lock:
    """Make the lock of whoever posts: then a task that appears meanwhile is ours, or that of another machine."""
    return Lock(f"submit {account.name}")


def close(journal: Journal, entry: JournalEntry, error: LipreadyError) -> Flow[JournalEntry]:
    """Record that a job came to nothing before anything was paid, and why."""
    code = error.code if isinstance(error, RefusedError) else None
    return (yield from note(journal, replace(entry, stage="refused", code=code, message=str(error))))


def _post(account: Account, journal: Journal, entry: JournalEntry, submission: Submission) -> Flow[JournalEntry]:
    request = account.service.submit(account.endpoints, submission, entry.idempotency_key)
    failures = 0
    while True:
        yield from take_turn(f"submit {account.name}", account.service.submit_interval)
        yield from require_output_writable(journal, entry)
        checkpoint()  # later it would not be known what came of the request
        entry = yield from note(journal, replace(entry, stage="posting", posted=time.time()))
        try:
            answer = yield from send(request)
            state = understood(account, answer, account.service.read_submitted)
        except CancelledError as error:
            raise CancelledError(f"{error} {_unknown(account, entry, None)}") from error
        except ProviderError as error:
            failures += 1
            if not _certainly_without_a_task(error):
                return (yield from _look_it_up(account, journal, entry, error))
            if not _may_follow(error, failures):
                yield from close(journal, entry, error)
                raise (yield from with_credits(account, error)) from None
            # Nothing is under way during the pause: whoever is stopped in it has sent nothing.
            entry = yield from note(journal, replace(entry, stage="intended"))
            if isinstance(error, RefusedError) and error.after is not None:  # which all processes keep
                yield from call(partial(hold_back, f"submit {account.name}", error.after))
            yield Pause(pause_after(error, failures))
        else:
            return (yield from _accepted(account, journal, entry, state))


def require_output_writable(journal: Journal, entry: JournalEntry) -> Flow[None]:
    """Close a job, and raise UsageError, where its result cannot be written where it shall be (any more)."""
    if entry.output is None:
        return
    place = Path(entry.output)
    try:
        yield from call(lambda: require_place(place))
    except UsageError as error:
        yield from close(journal, entry, error)
        raise


def _certainly_without_a_task(error: ProviderError) -> bool:
    """Return whether a failed request has certainly made no task: it did not arrive, or it was refused."""
    if isinstance(error, RefusedError):
        return error.status in _REFUSALS and error.retry != "ask"
    return isinstance(error, NotSentError)


def _may_follow(error: ProviderError, failures: int) -> bool:
    """Return whether a request that made no task may be sent again after so many failures."""
    if not isinstance(error, RefusedError):
        return failures < PAID_ATTEMPTS
    if error.retry == "once":
        return failures == 1
    return error.retry == "again" and failures < PAID_ATTEMPTS


def _look_it_up(
    account: Account, journal: Journal, entry: JournalEntry, cause: ProviderError | None
) -> Flow[JournalEntry]:
    try:
        task = yield from look_up(account, journal, entry)
    except OutcomeUnknownError:
        raise
    except ProviderError as failure:
        raise _unknown(account, entry, failure) from failure
    if task is None:
        raise _unknown(account, entry, cause)
    # Others use the account as well: only its result can show whose task it is (see `collect`).
    return (yield from note(journal, replace(entry, candidate=task.id)))


def _accepted(account: Account, journal: Journal, entry: JournalEntry, state: TaskState) -> Flow[JournalEntry]:
    """Take a task for our own, unless another job has it."""
    claimed = yield from call(lambda: journal.claim(entry.id, state.id))
    if claimed is None:
        raise _unknown(account, entry, None)
    taken = replace(
        claimed,
        stage="submitted",
        said=state.said,
        request_id=state.request_id,
        credits_reserved=state.credits_reserved,
        estimated_seconds=state.estimated_seconds,
    )
    return (yield from note(journal, taken))


def note(journal: Journal, entry: JournalEntry) -> Flow[JournalEntry]:
    """Write an entry down."""
    yield from call(lambda: journal.write(entry))
    return entry


def _unknown(account: Account, entry: JournalEntry, cause: ProviderError | None) -> OutcomeUnknownError:
    why = f" ({str(cause).rstrip('.')})" if cause is not None else ""
    cost, price = cost_of(entry), ""
    if cost.seconds is not None:
        paid = "" if cost.amount is None else f", {written(cost.amount, cost.currency)}"
        price = f" ({seconds(cost.seconds)} of video{paid})"
    return OutcomeUnknownError(
        f"Whether {account.service.title} has accepted the job {entry.id} is not known{why}. It may have been "
        f"paid{price}, so it was not sent again: `lipready.resume('{entry.id}')` looks for its task "
        f"once more, `lipready.resume('{entry.id}', task='TASK')` names it, `lipready.forget('{entry.id}')` closes "
        "the job, and `Sending(again=True)` pays anew."
    )
