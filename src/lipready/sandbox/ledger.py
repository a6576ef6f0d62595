"""What the sandbox has counted: the proof that nothing was paid for twice."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

Style = Literal["dashscope", "evolink"]
STYLES: tuple[Style, ...] = ("dashscope", "evolink")


@dataclass(frozen=True, slots=True)
class LedgerTask:
    """One task that was accepted; `created` is seconds since 1970, `status` in the provider's own spelling.

    `account` tells the tasks of one key from those of another; it is not the key.
    """

    id: str
    style: Style
    created: float
    status: str
    account: str
    workspace: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """`submissions` counts paid submissions that were accepted, `requests` all requests by step, refused ones too.

    `tasks` is one task for each of the submissions, in their order; `foreign` is what colleagues submitted by the
    fault of that name, and counts nowhere else. `uploaded` is the bytes that were stored.
    """

    submissions: int
    tasks: tuple[LedgerTask, ...]
    foreign: tuple[LedgerTask, ...]
    requests: Mapping[str, int]
    uploaded: int

    def to_dict(self) -> dict[str, Any]:
        """Return the ledger as GET /sandbox/ledger gives it."""
        return asdict(self)
