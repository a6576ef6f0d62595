"""The sandbox's clock, which can be set ahead: what lasts a day there need not last one for whoever tests it."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta, timezone

BEIJING = timezone(timedelta(hours=8))
"""The time zone in which both providers write times."""


def level() -> float:
    """Return 0: the clock is ahead of this machine's by nothing."""
    return 0.0


@dataclass(slots=True, eq=False)
class Clock:
    """This machine's time, plus what `ahead` returns, plus `advanced`; all in seconds, and read at each look."""

    ahead: Callable[[], float] = level
    advanced: float = 0.0

    def now(self) -> float:
        """Return the seconds since 1970."""
        return time.time() + self.ahead() + self.advanced

    def steady(self) -> float:
        """Return the seconds of a clock that jumps only where it is set ahead."""
        return time.monotonic() + self.ahead() + self.advanced
