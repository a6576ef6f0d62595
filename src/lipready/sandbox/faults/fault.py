"""Faults on demand: what goes wrong, at which step, and how often."""

import math
import re
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, Self

from lipready.errors import UsageError

Responder = Literal["dashscope", "evolink", "files", "oss", "sandbox"]
"""Who answers: each has an envelope of its own for errors. "files" is EvoLink's files API, "oss" Alibaba's storage."""

_STEPS = (
    ("GET", re.compile(r"/api/v1/uploads/?"), "policy"),
    ("POST", re.compile(r"/upload/?|/api/v1/files/upload/\w+"), "upload"),
    ("POST", re.compile(r"/api/v1/services/aigc/image2video/video-synthesis/?|/v1/videos/generations/?"), "submit"),
    ("GET", re.compile(r"(/api)?/v1/tasks/?"), "list"),
    ("GET", re.compile(r"(/api)?/v1/tasks/[^/]+/?"), "poll"),
    ("POST", re.compile(r"/v1/tasks/batch/?"), "poll"),
    ("POST", re.compile(r"/api/v1/tasks/[^/]+/cancel/?"), "cancel"),
    ("GET", re.compile(r"/results/.+"), "download"),
)
_RESPONDERS: tuple[tuple[str, Responder], ...] = (
    ("/api/v1/files", "files"),
    ("/api/", "dashscope"),
    ("/v1/", "evolink"),
    ("/files/", "oss"),
    ("/results/", "oss"),
)
_SECRET = re.compile(r"^/(results|files|api/v1/files/download)/[^/]+")


def step_of(method: str, path: str) -> str:
    """Return the step of a request, "other" where no fault can be asked for; HEAD counts as GET."""
    method = "GET" if method == "HEAD" else method
    return next((step for wanted, pattern, step in _STEPS if method == wanted and pattern.fullmatch(path)), "other")


def responder_of(method: str, path: str) -> Responder:
    """Return who answers a request."""
    if (method, path.removesuffix("/")) == ("POST", "/upload"):
        return "oss"
    return next((responder for start, responder in _RESPONDERS if path.startswith(start)), "sandbox")


def shown(path: str) -> str:
    """Write a path for the log: whoever knows the name of a stored file can read it, so that it is left out."""
    return _SECRET.sub(r"/\1/…", path)


STEPS = ("policy", "upload", "submit", "poll", "list", "cancel", "download")


@dataclass(frozen=True, slots=True)
class Kind:
    """One way to fail: what its value is, and the steps that can fail so (none: all of them)."""

    value: Literal["", "SECONDS", "BYTES_PER_SECOND", "BYTES", "URL"] = ""
    steps: tuple[str, ...] = ()
    count: int | None = 1
    """How many requests it hits where nothing is said; None is all of them."""
    beside: bool = False
    """Whether it changes what a request does beside any other fault, instead of waiting for its turn among them."""


KINDS: dict[str, Kind] = {
    "delay": Kind("SECONDS"),  # Done, and answered later
    "reset-before": Kind(),  # The connection is reset before anything is done
    "reset-after": Kind(),  # Done, then the connection is reset without an answer
    "lost": Kind(steps=("submit",)),  # Reset-after by the name of what it means for a paid request
    "429": Kind(),  # Too many requests
    "429-after": Kind("SECONDS"),  # Too many requests, with Retry-After
    "500": Kind(),  # An internal error, nothing is done
    "500-after": Kind(),  # Done, then an internal error
    "503": Kind(),  # Out of service
    "truncated": Kind(),  # Done, then half of the answer under its whole Content-Length
    "half": Kind(),  # Done, then half of the answer, which is valid HTTP
    "expired": Kind(steps=("policy",)),  # The policy is signed in the past
    "slow": Kind("BYTES_PER_SECOND", ("download",)),  # A slow download
    "broken": Kind("BYTES", ("download",)),  # A download that breaks off after so many bytes
    "quota": Kind(),  # The account has nothing left
    "huge": Kind(),  # JSON without an end
    "nested": Kind(),  # JSON of 10,000 brackets
    "html": Kind(),  # The error page of a proxy, with status 502
    "redirect": Kind("URL"),  # A redirect
    "lag": Kind("SECONDS", ("list",), count=None, beside=True),  # Tasks that are younger are not in the list
    # A colleague's task with another result, as old as the account's last submit
    "foreign": Kind(steps=("list",), beside=True),
    # Tasks are not known, for so long from the first poll on
    "unknown": Kind("SECONDS", ("poll",), count=None, beside=True),
    "ignore-key": Kind(steps=("submit",), count=None, beside=True),  # The Idempotency-Key is not looked at
    "fail": Kind(steps=("submit",), beside=True),  # The task fails, as by an error of the provider's own
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
        """Read STEP:KIND[=VALUE][*COUNT]; `*` without a number means always. Raises UsageError.

        Without a count, what lasts by its nature (lag, unknown, ignore-key) lasts, and anything else happens once.
        """
        found = _SHAPE.fullmatch(text.strip())
        if found is None:
            raise UsageError(
                f"{text!r} is no fault: it is written STEP:KIND[=VALUE][*COUNT], with a step of {', '.join(STEPS)} and "
                f"a kind of {', '.join(KINDS)}."
            )
        kind, count = KINDS.get(found["kind"]), found["count"]
        usual = 1 if kind is None else kind.count
        return cls(
            found["step"], found["kind"], found["value"] or "", usual if count is None else int(count or 0) or None
        )

    @property
    def number(self) -> float:
        """The value as a number: seconds, bytes, or bytes a second."""
        return float(self.value)


@dataclass(slots=True, eq=False)
class _Waiting:
    """A fault that is still to happen: how often, and since when it does."""

    fault: Fault
    left: int | None
    since: float | None = None

    def over(self, now: float) -> bool:
        """Return whether its time has passed; where it has one, that begins with the first request that it hits."""
        if self.fault.kind != "unknown":
            return False
        if self.since is None:
            self.since = now
        return now - self.since >= self.fault.number


class Faults:
    """The faults that are still to happen; safe to use from several threads."""

    def __init__(self, faults: Iterable[Fault] = ()) -> None:
        self._lock = threading.Lock()
        self._waiting = [_Waiting(fault, fault.count) for fault in faults]

    def add(self, fault: Fault) -> None:
        """Add a fault after those of the same step."""
        with self._lock:
            self._waiting.append(_Waiting(fault, fault.count))

    def take(self, step: str) -> Fault | None:
        """Return what goes wrong with the next request of a step."""
        with self._lock:
            found = (one for one in self._waiting if one.fault.step == step and not KINDS[one.fault.kind].beside)
            waiting = next(found, None)
            return None if waiting is None else self._hit(waiting)

    def take_beside(self, step: str, now: float) -> dict[str, Fault]:
        """Return what else is different with the next request of a step, by kind; `now` is the sandbox's clock."""
        with self._lock:
            found = [one for one in self._waiting if one.fault.step == step and KINDS[one.fault.kind].beside]
            self._waiting = [one for one in self._waiting if one not in found or not one.over(now)]
            return {one.fault.kind: self._hit(one) for one in found if one in self._waiting}

    def _hit(self, waiting: _Waiting) -> Fault:
        if waiting.left is not None:
            waiting.left -= 1
            if waiting.left == 0:
                self._waiting.remove(waiting)
        return waiting.fault


def _counts(value: str, *, positive: bool) -> bool:
    try:
        number = float(value)
    except ValueError:
        return False
    return math.isfinite(number) and (number > 0 if positive else number >= 0)
