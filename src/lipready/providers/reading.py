"""Questions that cost nothing: asked politely, and again where the answer was lost."""

from collections.abc import Callable
from random import random

from lipready.errors import ProviderError, RefusedError
from lipready.providers.account import Account
from lipready.providers.dashscope_region import with_region
from lipready.providers.gate import reserve
from lipready.providers.retry import may_read_again, pause_before
from lipready.providers.wire import Answer, Flow, Pause, Request, T, call, send


def ask(account: Account, request: Request, read: Callable[[Answer], T]) -> Flow[T]:
    """Ask until an answer can be read, a few times at most; raises what came of the last time."""
    return repeated(lambda: ask_once(account, request, read))


def ask_once(account: Account, request: Request, read: Callable[[Answer], T]) -> Flow[T]:
    """Ask at the rate that the account is allowed."""
    yield from take_turn(f"read {account.name}", account.service.read_interval)
    answer = yield from send(request)
    return understood(account, answer, read)


def understood(account: Account, answer: Answer, read: Callable[[Answer], T]) -> T:
    """Read an answer; where the key or the model is refused, the error also says which region was asked."""
    try:
        return read(answer)
    except RefusedError as error:
        raise with_region(account.endpoints.api, account.endpoints.workspace, error) from None


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
    """Give the seconds to wait after so many failures, of which `error` is the last."""
    return pause_before(failures, error.after if isinstance(error, RefusedError) else None, random)


def take_turn(name: str, interval: float) -> Flow[None]:
    """Wait for this process's turn among all that share an account."""
    if interval > 0:
        pause = yield from call(lambda: reserve(name, interval))
        if pause > 0:
            yield Pause(pause)
