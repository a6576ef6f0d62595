"""Queries about tasks: one task, the list of an account, and the task of a submission whose answer was lost."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http import HTTPStatus
from itertools import count
from random import random

from lipready.errors import OutcomeUnknownError, ProviderError, RefusedError
from lipready.facts.quantity import counted, number, plural
from lipready.facts.task import ListedTask
from lipready.providers.account import Account
from lipready.providers.dashscope.region import with_region
from lipready.providers.journal.entry import JournalEntry
from lipready.providers.journal.journal import Journal
from lipready.providers.journal.rate_limiter import reserve
from lipready.providers.transport.retry import READ_ATTEMPTS, may_read_again, pause_before, server_time
from lipready.providers.transport.wire import PAID_SECONDS, Flow, HttpRequest, HttpResponse, Pause, T, call, send


def ask(account: Account, request: HttpRequest, read: Callable[[HttpResponse], T]) -> Flow[T]:
    """Ask until an answer can be read, a few times at most; raises what came of the last time."""
    return repeated(lambda: ask_once(account, request, read))


def ask_once(account: Account, request: HttpRequest, read: Callable[[HttpResponse], T]) -> Flow[T]:
    """Ask at the rate that the account is allowed."""
    yield from take_turn(f"read {account.name}", account.service.read_interval)
    answer = yield from send(request)
    return understood(account, answer, read)


def understood(account: Account, answer: HttpResponse, read: Callable[[HttpResponse], T]) -> T:
    """Read an answer; where the key or the model is refused, the error also says which region was asked."""
    try:
        return read(answer)
    except RefusedError as error:
        raise with_region(account.endpoints.api, account.endpoints.workspace, error) from None


def with_credits(account: Account, error: ProviderError) -> Flow[ProviderError]:
    """Add to the refusal of a job that cannot be paid what is left, where the provider tells it."""
    service = account.service
    if not isinstance(error, RefusedError) or error.status != HTTPStatus.PAYMENT_REQUIRED:
        return error
    if service.credits_left is None or service.read_credits is None:
        return error
    try:
        left = yield from ask_once(account, service.credits_left(account.endpoints), service.read_credits)
    except ProviderError:
        return error
    told = []
    if left.account is not None:
        told.append(f"The account has {number(left.account)} {plural(left.account, 'credit')} left.")
    if left.key is not None:
        told.append(f"This key may spend {number(left.key)} more: its limit is raised in the provider's console.")
    return error.followed_by(" ".join(told)) if told else error


def repeated(attempt: Callable[[], Flow[T]], most: int = READ_ATTEMPTS) -> Flow[T]:
    """Do again what costs nothing, after growing pauses, at most so many times in all."""
    failures = 0
    while True:
        try:
            return (yield from attempt())
        except ProviderError as error:
            failures += 1
            if not may_read_again(error, failures, most):
                raise
            yield Pause(pause_after(error, failures))


def pause_after(error: ProviderError | None, failures: int) -> float:
    """Return the seconds to wait after so many failures, of which `error` is the last."""
    return pause_before(failures, error.after if isinstance(error, RefusedError) else None, random)


def take_turn(name: str, interval: float) -> Flow[None]:
    """Wait for this process's turn among all that share an account."""
    if interval > 0:
        pause = yield from call(lambda: reserve(name, interval))
        if pause > 0:
            yield Pause(pause)


KEPT_SECONDS = 23 * 3600.0
"""Providers forget tasks after 24 h (providers.md A3): what is not in the list by then says nothing."""
_LATE_SECONDS = 10.0
"""What was sent may still be accepted so long after we have given it up."""
_LONGEST_PAUSE = 5.0
"""Seconds between two looks at the list; the first are closer together."""
_SLACK = 2.0
"""Seconds: dates in headers are whole seconds, of either clock."""
_MOST_PAGES = 20


@dataclass(frozen=True, slots=True)
class Listed:
    """What the list shows: its tasks, the provider's clock minus ours in seconds, and whether that was all of it."""

    tasks: tuple[ListedTask, ...]
    skew: float
    whole: bool


def look_up(account: Account, journal: Journal, entry: JournalEntry) -> Flow[ListedTask | None]:
    """Find the task that came of an entry's request; None where the list does not show it, which proves nothing.

    A task is taken for ours that was created while the request was out, that no other entry of the journal has, and
    that the entry has not rejected. Looks several times, for as long as the profile says: what was sent may still
    arrive, and the list may lag behind.

    Raises OutcomeUnknownError where several tasks may be ours, and ProviderError where the provider cannot be asked.
    """
    begun = entry.posted or entry.created
    if time.time() - begun > KEPT_SECONDS:
        raise OutcomeUnknownError(
            f"The answer of {account.service.title} was lost a day ago, and tasks are listed for 24 hours only: look "
            "at the provider's bill. "
            f"`lipready.resume('{entry.id}', task='TASK')` names the task, `lipready.forget('{entry.id}')` closes "
            "the job."
        )
    for pause in (*_pauses(float(account.profile.task.lookup_seconds)), None):
        look = yield from listed(account)
        known = yield from call(lambda: journal.known_tasks(entry.service, entry.api) | {*entry.rejected})
        over = begun + PAID_SECONDS + _LATE_SECONDS
        begin, end = begun + look.skew - _SLACK, min(time.time(), over) + look.skew + _SLACK
        tasks = (task for task in look.tasks if task.id not in known)
        ours = [task for task in tasks if task.created is None or begin <= task.created <= end]
        if len(ours) == 1:
            return ours[0]
        if ours:
            raise OutcomeUnknownError(
                f"The answer of {account.service.title} was lost, and {counted(len(ours), 'task')} of that moment may "
                f"be the one that came of it ({', '.join(task.id for task in ours[:5])}). Nothing was sent again. Say "
                f"which: `lipready.resume('{entry.id}', task='TASK')`."
            )
        if not look.whole:
            raise OutcomeUnknownError(
                f"{account.service.title} lists more tasks than can be searched for the one whose answer was lost. "
                f"Say which it is: `lipready.resume('{entry.id}', task='TASK')`."
            )
        if pause is None or time.time() > over:
            break
        yield Pause(pause)
    return None


def _pauses(seconds: float) -> Iterator[float]:
    """Yield the pauses between the looks, which come to so many seconds."""
    for attempt in count(1):
        if seconds <= 0:
            return
        pause = min(float(attempt), _LONGEST_PAUSE, seconds)
        yield pause
        seconds -= pause


def listed(account: Account) -> Flow[Listed]:
    """Read the list of an account's tasks; without a date of the provider the clocks are taken to agree."""
    tasks: dict[str, ListedTask] = {}  # a list that grows meanwhile shows some on two pages
    skew = 0.0

    def read(answer: HttpResponse) -> tuple[tuple[ListedTask, ...], bool, float]:
        theirs = server_time(answer.headers)
        return *account.service.read_list(answer), 0.0 if theirs is None else theirs - time.time()

    for page in count(1):
        rows, more, skew = yield from ask(account, account.service.list_tasks(account.endpoints, page), read)
        tasks |= {row.id: row for row in rows}
        if not more or page == _MOST_PAGES:
            break
    return Listed(tuple(tasks.values()), skew, whole=not more)
