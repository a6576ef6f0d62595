"""How often an account may ask."""

from collections import deque
from dataclasses import dataclass, field

SLACK = 0.05
"""Seconds: what a request may be held up on its way here, so that the next one seems to come too soon."""


@dataclass(slots=True)
class Rate:
    """So many requests in so many seconds; a request that is refused does not count."""

    count: int
    seconds: float
    _taken: deque[float] = field(default_factory=deque)

    def admits(self, now: float) -> bool:
        """Whether a request may pass at this time, in seconds of a clock that does not jump."""
        while self._taken and now - self._taken[0] >= self.seconds - SLACK:
            self._taken.popleft()
        if len(self._taken) >= self.count:
            return False
        self._taken.append(now)
        return True
