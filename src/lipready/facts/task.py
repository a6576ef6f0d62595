"""What a provider says of a task."""

from dataclasses import dataclass, field
from typing import Literal

TaskStatus = Literal["queued", "running", "succeeded", "failed", "canceled", "unknown"]
"""How a task is. Unlisted words of a provider mean "running". "unknown": the provider does not know the task, or its
state, at the moment: that is no end.

>>> over: set[lipready.TaskStatus] = {"succeeded", "failed", "canceled"}
>>> lipready.submit(lipready.Job("clip.mp4", "speech.wav")).status in over
False
"""

ENDED: frozenset[TaskStatus] = frozenset({"succeeded", "failed", "canceled"})


@dataclass(frozen=True, slots=True)
class RemoteError:
    """What a provider reports in its own words; `code` is "" where it gave none."""

    code: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskState:
    """One look at a task.

    `said` is the status in the provider's own spelling. `progress` is in percent. `result_url` lives 24 h and is a
    secret of sorts: whoever has it can read the result video. `seconds` is the length that is billed, in seconds, and
    `size` what the provider says of the result's picture ("1280*720").
    `credits` is what was spent; `credits_reserved` and `estimated_seconds` (until the end) are estimates.
    """

    id: str
    status: TaskStatus
    said: str
    progress: int | None = None
    result_url: str | None = field(default=None, repr=False)
    error: RemoteError | None = None
    request_id: str | None = None
    seconds: float | None = None
    size: str | None = None
    credits: float | None = None
    credits_reserved: float | None = None
    estimated_seconds: float | None = None

    @property
    def ended(self) -> bool:
        """Whether the provider will not say anything else of it."""
        return self.status in ENDED


@dataclass(frozen=True, slots=True)
class ListedTask:
    """A row of the provider's own list of tasks.

    `created` is seconds since 1970 by the provider's clock, `said` the status in the provider's own spelling.
    """

    id: str
    created: float | None
    said: str = ""


@dataclass(frozen=True, slots=True)
class Credits:
    """The credits that an account has left, and those that the key may still spend; None where there is no limit.

    None as well where the provider does not say it.
    """

    account: float | None
    key: float | None
