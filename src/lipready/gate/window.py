"""Work handed out in a bounded window, so that ten thousand files take no more memory than ten."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from typing import Generic, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


class Window(Generic[Item, Result]):
    """Futures of which no more than `size` are open at once. Iterate over it once, then close it."""

    def __init__(self, items: Iterable[Item], submit: Callable[[Item], "Future[Result]"], size: int) -> None:
        """Take items as there is room for them."""
        self._items, self._submit, self._size = iter(items), submit, size
        self._again: deque[Item] = deque()
        self._open: dict[Future[Result], Item] = {}

    def __iter__(self) -> Iterator[tuple[Item, "Future[Result]"]]:
        """Yield each item with its future, in the order in which they end."""
        self._fill()
        while self._open:
            for future in wait(self._open, return_when=FIRST_COMPLETED).done:
                item = self._open.pop(future)
                self._fill()
                yield item, future
            self._fill()

    def repeat(self, item: Item) -> None:
        """Hand an item out once more, before any new one."""
        self._again.append(item)

    def close(self) -> None:
        """Cancel what has not begun; nothing is waited for."""
        for future in self._open:
            future.cancel()
        self._open.clear()

    def _fill(self) -> None:
        while len(self._open) < self._size:
            if self._again:
                item = self._again.popleft()
            else:
                try:
                    item = next(self._items)
                except StopIteration:
                    return
            self._open[self._submit(item)] = item
