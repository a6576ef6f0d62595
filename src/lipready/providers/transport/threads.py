"""What blocks, and an event loop."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Protocol, TypeVar

T = TypeVar("T")


class Blocking(Protocol):
    """A way to call something that blocks."""

    def __call__(self, function: Callable[[], T], /) -> Awaitable[T]:
        """Call it."""


async def at_once(function: Callable[[], T]) -> T:
    """Call it in the event loop itself, where nobody else waits for that loop: a thread for each piece costs time."""
    return function()


async def in_thread(function: Callable[[], T]) -> T:
    """Call in a thread and wait for it, also when cancelled: what is cleaned up next must not be in use any more."""
    thread = asyncio.ensure_future(asyncio.to_thread(_caught, function))
    try:
        result = await asyncio.shield(thread)
    except asyncio.CancelledError:
        await asyncio.wait([thread])
        raise
    if isinstance(result, _Failure):
        raise result.error
    return result


class _Failure:
    """An exception on its way out of a thread; as a result, nobody misses it where nobody waits any more."""

    def __init__(self, error: Exception) -> None:
        self.error = error


def _caught(function: Callable[[], T]) -> T | _Failure:
    try:
        return function()
    except Exception as error:  # noqa: BLE001  (raised again by the one who waits)
        return _Failure(error)
