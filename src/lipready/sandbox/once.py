"""What is costly is done once for equal inputs, also where several ask at the same time."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

T = TypeVar("T")


class Once(Generic[T]):
    """Results by key. Belongs to one event loop; a failure is not kept."""

    def __init__(self) -> None:
        self._known: dict[Hashable, asyncio.Future[T]] = {}

    async def get(self, key: Hashable, make: Callable[[], Awaitable[T]]) -> T:
        """Give the result of a key, which the first who asks makes."""
        known = self._known.get(key)
        if known is not None:
            return await asyncio.shield(known)
        future = self._known[key] = asyncio.get_running_loop().create_future()
        try:
            result = await make()
        except BaseException as error:
            del self._known[key]
            failure = error if isinstance(error, Exception) else RuntimeError("interrupted")
            future.set_exception(failure)
            future.exception()  # seen: nobody else may be waiting for it
            raise
        future.set_result(result)
        return result
