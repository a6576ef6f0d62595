"""Questions that cost nothing: asked politely, and again where the answer was lost."""

from collections.abc import Callable
from http import HTTPStatus
from random import random

from lipready.errors import ProviderError, RefusedError
from lipready.facts.quantity import number, plural
from lipready.providers.account import Account
from lipready.providers.dashscope.region import with_region
from lipready.providers.journal.rate_limiter import reserve
from lipready.providers.transport.retry import may_read_again, pause_before
from lipready.providers.transport.wire import Flow, HttpRequest, HttpResponse, Pause, T, call, send


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
    told = (
        []
        if left.account is None
        else [f"The account has {number(left.account)} {plural(left.account, 'credit')} left."]
    )
    if left.key is not None:
        told.append(f"This key may spend {number(left.key)} more: its limit is raised in the provider's console.")
    return error.followed_by(" ".join(told)) if told else error


def repeated(attempt: Callable[[], Flow[T]], again: Callable[[Exception, int], bool] = may_read_again) -> Flow[T]:
    """Do again what costs nothing, after growing pauses, as long as `again` (error, failures so far) says so."""
    failures = 0
    while True:
        try:
            return (yield from attempt())
        except ProviderError as error:
            failures += 1
            if not again(error, failures):
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
