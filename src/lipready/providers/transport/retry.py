"""When to send something again, and after which pause. Pure: no clock, no dice of its own."""

import re
from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime
from math import isfinite

from lipready.errors import AnswerError, NoAnswerError, NotSentError, RefusedError

READ_ATTEMPTS = 6
UPLOAD_ATTEMPTS = 4
PAID_ATTEMPTS = 8
"""How often a request is sent in all, the first time included."""

FIRST_PAUSE = 0.5
LONGEST_PAUSE = 8.0
LONGEST_AFTER = 120.0
"""Seconds. A server may ask for a longer pause than LONGEST_AFTER; it gets this one."""

_NUMBER = re.compile(r"[0-9]{1,12}(\.[0-9]{1,9})?")
_LONGEST_DATE = 64


def pause_before(attempt: int, after: float | None, random: Callable[[], float]) -> float:
    """Return the seconds to wait before the next attempt, of which `attempt` (from 1) have failed.

    They double from 0.5 s to 8 s, less up to a quarter at random (0 <= x < 1), so that clients do not come together.
    Where the server asked for a pause (`after`, in seconds) it is at least that long, up to 120 s.
    """
    pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** min(max(attempt - 1, 0), 16))
    if after is None or not isfinite(after):
        return pause * (1.0 - random() / 4)
    return min(max(after, 0.0), LONGEST_AFTER) + random() * pause / 4


def retry_after(headers: Mapping[str, str], now: float) -> float | None:
    """Return the seconds that a server asks to be left alone; None where it does not say, or says nonsense.

    Reads `retry-after-ms`, and `retry-after` in seconds or as a date after `now` (since 1970). At most 120 s.
    """
    milliseconds = headers.get("retry-after-ms", "").strip()
    if _NUMBER.fullmatch(milliseconds):
        return min(float(milliseconds) / 1000, LONGEST_AFTER)
    value = headers.get("retry-after", "").strip()
    if _NUMBER.fullmatch(value):
        return min(float(value), LONGEST_AFTER)
    date = _date(value)
    return None if date is None else min(max(date - now, 0.0), LONGEST_AFTER)


def server_time(headers: Mapping[str, str]) -> float | None:
    """Return the seconds since 1970 by the server's clock, from its `date`; None where it does not say."""
    return _date(headers.get("date", "").strip())


def may_read_again(error: Exception, attempt: int, most: int = READ_ATTEMPTS) -> bool:
    """Return whether to repeat a read, or an upload under a new name, of which `attempt` (from 1) have failed."""
    if attempt >= most:
        return False
    if isinstance(error, RefusedError):
        return error.retry in {"again", "ask"} or (error.retry == "once" and attempt == 1)
    return isinstance(error, (NotSentError, NoAnswerError, AnswerError))


def _date(value: str) -> float | None:
    if not value or len(value) > _LONGEST_DATE:
        return None
    try:
        return parsedate_to_datetime(value).timestamp()
    except (ValueError, TypeError, IndexError, OverflowError, OSError):
        return None
