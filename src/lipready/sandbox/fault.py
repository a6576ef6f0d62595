"""Faults on demand: what goes wrong, at which step, and how often."""

import math
import re
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, Self

from lipready.errors import UsageError

STEPS = ("policy", "upload", "submit", "poll", "list", "cancel", "download")


@dataclass(frozen=True, slots=True)
class Kind:
    """One way to fail: what its value means, and the steps that can fail so (none: all of them)."""

    meaning: str
    value: Literal["", "SECONDS", "BYTES_PER_SECOND", "BYTES", "URL"] = ""
    steps: tuple[str, ...] = ()


KINDS: dict[str, Kind] = {
    "delay": Kind("answers later", "SECONDS"),
    "reset-before": Kind("the connection is reset before anything is done"),
    "reset-after": Kind("done, then the connection is reset without an answer"),
    "lost": Kind("reset-after by the name of what it means for a paid request", steps=("submit",)),
    "429": Kind("too many requests"),
    "429-after": Kind("too many requests, with Retry-After", "SECONDS"),
    "500": Kind("an internal error, nothing is done"),
    "500-after": Kind("done, then an internal error"),
    "503": Kind("out of service"),
    "truncated": Kind("done, then half of the answer under its whole Content-Length"),
    "half": Kind("done, then half of the answer, which is valid HTTP"),
    "expired": Kind("the policy is signed in the past", steps=("policy",)),
    "slow": Kind("a slow download", "BYTES_PER_SECOND", ("download",)),
    "broken": Kind("a download that breaks off after so many bytes", "BYTES", ("download",)),
    "quota": Kind("the account has nothing left"),
    "huge": Kind("JSON without an end"),
    "nested": Kind("JSON of 10,000 brackets"),
    "html": Kind("the error page of a proxy, with status 502"),
    "redirect": Kind("a redirect", "URL"),
}

_SHAPE = re.compile(r"(?P<step>[^:]*):(?P<kind>[^=*]*)(?:=(?P<value>.*?))?(?:\*(?P<count>\d*))?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault. `count` is how many requests of the step it hits, None all of them.

    Raises UsageError for a step or a kind that there is not, and for a value that does not belong to the kind.
    """

    step: str
    kind: str
    value: str = ""
    count: int | None = 1

    def __post_init__(self) -> None:
        """Refuse what cannot be done."""
        if self.step not in STEPS:
            raise UsageError(f"There is no step {self.step!r} for a fault: the steps are {', '.join(STEPS)}.")
        kind = KINDS.get(self.kind)
        if kind is None:
            raise UsageError(f"There is no fault {self.kind!r}: the kinds are {', '.join(KINDS)}.")
        if kind.steps and self.step not in kind.steps:
            raise UsageError(f"The fault {self.kind} belongs to {' and '.join(kind.steps)}, not to {self.step}.")
        if bool(kind.value) != bool(self.value):
            asks = f"needs a value: {self.kind}={kind.value}" if kind.value else "takes no value"
            raise UsageError(f"The fault {self.step}:{self.kind} {asks}.")
        if kind.value not in {"", "URL"} and not _counts(self.value, positive=kind.value == "BYTES_PER_SECOND"):
            raise UsageError(f"The fault {self.step}:{self.kind} needs a number for {kind.value}, not {self.value!r}.")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read STEP:KIND[=VALUE][*COUNT]; `*` without a number means always. Raises UsageError."""
        found = _SHAPE.fullmatch(text.strip())
        if found is None:
            raise UsageError(
                f"{text!r} is no fault: it is written STEP:KIND[=VALUE][*COUNT], with a step of {', '.join(STEPS)} and "
                f"a kind of {', '.join(KINDS)}."
            )
        count = found["count"]
        return cls(found["step"], found["kind"], found["value"] or "", 1 if count is None else int(count or 0) or None)

    @property
    def number(self) -> float:
        """The value as a number: seconds, bytes, or bytes a second."""
        return float(self.value)


class Faults:
    """The faults that are still to happen; safe to use from several threads."""

    def __init__(self, faults: Iterable[Fault] = ()) -> None:
        self._lock = threading.Lock()
        self._left: list[tuple[Fault, int | None]] = []
        for fault in faults:
            self.add(fault)

    def add(self, fault: Fault) -> None:
        """Let a fault happen, after those of the same step that are there already."""
        with self._lock:
            self._left.append((fault, fault.count))

    def take(self, step: str) -> Fault | None:
        """Find out what goes wrong with the next request of a step."""
        with self._lock:
            for place, (fault, left) in enumerate(self._left):
                if fault.step == step:
                    self._left[place : place + 1] = [] if left == 1 else [(fault, left and left - 1)]
                    return fault
        return None


def _counts(value: str, *, positive: bool) -> bool:
    try:
        number = float(value)
    except ValueError:
        return False
    return math.isfinite(number) and (number > 0 if positive else number >= 0)
