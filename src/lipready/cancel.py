"""Cancel what goes on in another thread: a token, the places that ask for it, and asyncio's way of doing both."""

import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar, copy_context
from functools import partial, wraps
from threading import Lock, Thread
from typing import Any, ParamSpec, TypeVar, cast

from lipready.errors import CancelledError

P = ParamSpec("P")
T = TypeVar("T")


class Cancel:
    """A token that ends the verbs it was handed to (`cancel=`), from any thread.

    >>> stop = lipready.Cancel()
    >>> stop.cancel()
    >>> stop.cancelled
    True
    >>> list(lipready.check_many([lipready.Job("clip.mp4")], cancel=stop))
    Traceback (most recent call last):
    lipready.errors.CancelledError: The work was cancelled.

    A verb notices within about a second, raises CancelledError where it was called, and leaves no thread, no process
    and nothing half-written behind, but for a thread in which the system's resolver or boto3 waits for a server, and
    which ends with that. A token serves any number of calls at once, and is not used again once it is
    cancelled.
    """

    __slots__ = ("_cancelled",)

    def __init__(self) -> None:
        self._cancelled = False

    def cancel(self) -> None:
        """End what was given this token. May be called more than once, from any thread or signal handler."""
        self._cancelled = True

    @property
    def cancelled(self) -> bool:
        """Whether `cancel` was called."""
        return self._cancelled

    def __repr__(self) -> str:
        return f"<Cancel: {'cancelled' if self._cancelled else 'not cancelled'}>"


_TICK = 0.25
"""Seconds after which a wait asks whether anybody cancels."""

_tokens: ContextVar[tuple[Cancel, ...]] = ContextVar("lipready_cancel", default=())
"""Those of all verbs that the running code is part of; a thread has them where it runs in a copy of the context."""


@contextmanager
def cancellable(token: Cancel | None) -> Iterator[None]:
    """Let `checkpoint` ask for one token more in this block. Raises CancelledError where it is cancelled already."""
    before = _tokens.set(_tokens.get() if token is None else (*_tokens.get(), token))
    try:
        checkpoint()
        yield
    finally:
        _tokens.reset(before)


def checkpoint() -> None:
    """Raise CancelledError where somebody has cancelled what is going on; called by whatever lasts."""
    for token in _tokens.get():
        if token.cancelled:
            raise CancelledError("The work was cancelled.")


def is_cancellable() -> bool:
    """Return whether there is anybody who could cancel what is going on."""
    return bool(_tokens.get())


def checkpoint_elsewhere() -> Callable[[], None]:
    """Return this moment's `checkpoint`, for the threads of another library."""
    tokens = _tokens.get()

    def check() -> None:
        if any(token.cancelled for token in tokens):
            raise CancelledError("The work was cancelled.")

    return check


def left_alone(function: Callable[[], T], seconds: float | None = None) -> T:
    """Call, in a thread of its own, what cannot be interrupted (the system's resolver, boto3), and wait for it.

    Where somebody cancels, Ctrl-C included, the thread is left to itself: it ends at its next `checkpoint`, or when
    what it waits for is over. So it is after so many `seconds`: raises TimeoutError.
    """
    token, outcome = Cancel(), list[T | _Failure]()

    def work() -> None:
        _tokens.set((*_tokens.get(), token))  # in the thread's own copy of the context
        try:
            outcome.append(function())
        except Exception as error:  # noqa: BLE001  (raised again by the one who waits)
            outcome.append(_Failure(error))

    thread = Thread(target=copy_context().run, args=(work,), name="lipready-left-alone", daemon=True)
    thread.start()
    end = None if seconds is None else time.monotonic() + seconds
    try:
        while thread.is_alive():
            checkpoint()
            left = _TICK if end is None else end - time.monotonic()
            if left <= 0:
                raise TimeoutError  # noqa: TRY301  (the thread is told below)
            thread.join(min(left, _TICK))
    except BaseException:
        token.cancel()
        raise
    result = outcome[0]
    if isinstance(result, _Failure):
        raise result.error
    return result


async def in_thread(function: Callable[[], T], *, always: bool = False) -> T:
    """Call in a thread of the loop's executor, and wait for it.

    Where asyncio cancels this, the function is cancelled as by a token and waited for all the same: what is cleaned up
    next must not be in use any more. One that has not begun never does, unless it has to be done `always`.
    """
    import asyncio

    token, taken = Cancel(), Lock()

    def work() -> "T | _Failure | None":
        if not taken.acquire(blocking=False):
            return None
        try:
            _tokens.set((*_tokens.get(), token))  # in the thread's own copy of the context
            return function()
        except Exception as error:  # noqa: BLE001  (raised again by the one who waits)
            return _Failure(error)

    thread = asyncio.ensure_future(asyncio.to_thread(work))
    try:
        result = await asyncio.shield(thread)
    except asyncio.CancelledError:
        token.cancel()
        if not always and taken.acquire(blocking=False):
            thread.cancel()
            raise
        while not thread.done():
            with suppress(asyncio.CancelledError):  # a second one does not end the thread any sooner
                await asyncio.wait([thread])
        raise
    if isinstance(result, _Failure):
        raise result.error
    return cast("T", result)


def async_twin(verb: Callable[P, T]) -> Callable[[Callable[[], None]], Callable[P, Coroutine[Any, Any, T]]]:
    """Turn a function that holds a name and a docstring alone into the verb for asyncio, with the verb's arguments.

    It is done in a thread of the loop's executor: the loop is never blocked, `progress` is called in that thread. Where
    asyncio cancels it, the work is ended and waited for, as by a token, and then asyncio's own CancelledError goes on.
    """

    def named(described: Callable[[], None]) -> Callable[P, Coroutine[Any, Any, T]]:
        @wraps(verb)
        async def twin(*args: P.args, **kwargs: P.kwargs) -> T:
            return await in_thread(partial(verb, *args, **kwargs))

        twin.__name__, twin.__qualname__ = described.__name__, described.__qualname__
        twin.__doc__ = described.__doc__
        return twin

    return named


class _Failure:
    """An exception on its way out of a thread; as a result, nobody misses it where nobody waits any more."""

    def __init__(self, error: Exception) -> None:
        self.error = error
