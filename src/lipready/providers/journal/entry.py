"""Entries of the journal, and their rows in its database."""

import json
import os
import re
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints
from urllib.parse import urlsplit

from lipready.facts.address import is_address
from lipready.providers.dashscope.region import is_workspace
from lipready.providers.fields import printable

Stage = Literal[
    "intended",
    "posting",
    "submitted",
    "refused",
    "succeeded",
    "failed",
    "canceled",
    "unknown",
    "downloaded",
    "forgotten",
]
"""How far a job has come. "posting": a paid request was begun, and its outcome is not known. "refused": it came to
nothing, at the provider or before, and nothing was paid. "unknown": the provider did not know the task when it was last
asked, and may know it again. "forgotten": the user has closed the job."""

STAGES: tuple[Stage, ...] = get_args(Stage)
OPEN: frozenset[Stage] = frozenset({"intended", "posting", "submitted", "succeeded", "unknown"})
PAID: frozenset[Stage] = OPEN - {"intended"} | {"downloaded"}
"""Where a job was paid for, or may have been, and its result is here or to be had: it is not sent once more."""

T = TypeVar("T")

_ID = re.compile(r"[0-9a-f]{12}")
_PRICE = re.compile(r"[0-9]{1,40}(?:\.[0-9]{1,60}|/[1-9][0-9]{0,60})?")
_KEY = re.compile(r"\b(?:sk-[\w-]{12,}|bearer\s+\S+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A file that is stored at `url` until `expires` (seconds since 1970), as it was: bytes, time of change in ns.

    Both are 0 for what the provider copied from an address. `file_id` is its id in EvoLink's storage.
    """

    role: str
    url: str
    expires: float
    size: int
    mtime_ns: int
    file_id: str | None = None

    def __post_init__(self) -> None:
        _require_plain("an upload", self.url)


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalEntry:
    """One job in the journal.

    `id` is ours (12 hexadecimal digits), `task_id` the provider's. `provider` is the name of a profile, or the path of
    the user's own. Times are seconds since 1970 by our clock. `api` and `files` are base addresses, `workspace` is the
    part of the account that was asked (DashScope). `video`, `audio` and `reference` are absolute paths, or addresses;
    `complete` says that no address had to be cut down to be stored, `copied` that the provider was to store what is at
    the addresses. `fingerprint` is the same for the same job, whenever it is submitted; None in entries of format 1.
    `candidate` is a task of the provider's list that may be this job's, and is so only once its result has shown it;
    `rejected` are those whose result has shown that they are not.
    `expected_seconds` and `expected_size` ("1280*720") are what the result should have, `price_per_second` (exact:
    "0.08", "1/3") and `currency` the price when it was sent, `seconds` and `credits` what was billed;
    `credits_reserved` and `estimated_seconds` (until the end) are what the provider estimated when it took the task.
    `said`, `code`, `message` and `request_id` are the provider's words. `result` is the path of the result video once
    it is downloaded, `verified` what was found wrong with it then ("pass", "warn: O808"); None where nobody looked.
    `part` of `parts` is which part of a job that was cut it is, and `whole` the path of the video that their results
    make; its result lies in the folder of the parts.

    Raises ValueError for an address that carries a query, a fragment or a user, and for what looks like a key;
    the provider's words are made `printable`, since some providers repeat what they were sent.
    """

    id: str
    created: float
    provider: str
    service: str
    api: str
    files: str = ""
    workspace: str | None = None
    model: str = ""
    video: str | None = None
    audio: str | None = None
    reference: str | None = None
    video_extension: bool = False
    face_threshold: int | None = None
    callback: str | None = field(default=None, repr=False)
    complete: bool = True
    copied: bool = False
    fingerprint: str | None = None
    output: str | None = None
    expected_seconds: float | None = None
    expected_size: str | None = None
    price_per_second: str | None = None
    currency: str | None = None
    stage: Stage = "intended"
    uploads: tuple[Upload, ...] = ()
    idempotency_key: str = ""
    posted: float | None = None
    task_id: str | None = None
    candidate: str | None = None
    rejected: tuple[str, ...] = ()
    said: str | None = None
    code: str | None = None
    message: str | None = None
    request_id: str | None = None
    seconds: float | None = None
    credits: float | None = None
    credits_reserved: float | None = None
    estimated_seconds: float | None = None
    result: str | None = None
    verified: str | None = None
    whole: str | None = None
    part: int | None = None
    parts: int | None = None
    updated: float = 0.0

    def __post_init__(self) -> None:
        if not _ID.fullmatch(self.id):
            raise ValueError("the id of an entry has twelve hexadecimal digits")
        if self.stage not in STAGES:
            raise ValueError("an entry is at a stage that does not exist")
        for name in ("api", "files", "video", "audio", "reference", "callback", "output", "result", "whole"):
            _require_plain(name, getattr(self, name))
        for name in ("provider", "service", "model", "idempotency_key"):
            own = name == "provider" and os.path.isabs(self.provider)  # noqa: PTH117 - a text
            if not own and _KEY.search(getattr(self, name) or ""):
                raise ValueError(f"{name} looks like a key, which no journal may hold")
        if self.price_per_second is not None and not _PRICE.fullmatch(self.price_per_second):
            raise ValueError("the price of an entry is no number")
        if self.workspace is not None and not is_workspace(self.workspace):
            raise ValueError("workspace is not the id of one")
        for name in ("said", "code", "message", "request_id"):
            said = getattr(self, name)
            object.__setattr__(self, name, None if said is None else printable(said))

    @property
    def open(self) -> bool:
        """Whether something is left to do."""
        return self.stage in OPEN

    @property
    def paid(self) -> bool:
        """Whether the job was paid for, or may have been: a task that failed was where its provider has billed it."""
        if self.stage == "forgotten":
            return self.posted is not None
        return self.stage in PAID or (self.stage == "failed" and (self.seconds or self.credits) is not None)


def _require_plain(name: str, text: str | None) -> None:
    """Raise ValueError, which does not repeat the address, for one that may open what others may not see."""
    if text is None or not is_address(text):
        return
    try:
        parts = urlsplit(text)
    except ValueError:
        raise ValueError(f"{name} is a malformed address") from None
    if "?" in text or "#" in text or "@" in parts.netloc:
        raise ValueError(f"{name} is an address with a query, a fragment or a user, which no journal may hold")


_FORMER = ("body", "skew")
"""What entries of format 1 had as well, and nobody read."""


def to_text(entry: JournalEntry) -> str:
    """Write an entry as JSON."""
    return json.dumps(asdict(entry), ensure_ascii=True, allow_nan=False)


def from_text(text: object) -> JournalEntry:
    """Read an entry. Raises ValueError for anything that `to_text` cannot have written."""
    try:
        value = json.loads(text) if isinstance(text, str) else None
    except RecursionError:
        value = None
    if not isinstance(value, dict) or not isinstance(value.get("uploads"), list):
        raise ValueError("an entry of the journal is no object")  # noqa: TRY004 - wrong data, not a wrong call
    for name in _FORMER:
        value.pop(name, None)
    rejected = value.get("rejected", [])
    if not isinstance(rejected, list) or not all(isinstance(each, str) for each in rejected):
        raise ValueError("the rejected tasks of an entry are no list of ids")
    uploads = tuple(_made(Upload, each) for each in value["uploads"])
    return _made(JournalEntry, {**value, "uploads": uploads, "rejected": tuple(rejected)})


def _made(kind: type[T], value: object) -> T:
    """Require the fields of a class, each of its type; those that an older lipready did not know may be missing."""
    if not isinstance(value, dict):
        raise ValueError(f"{kind.__name__} is no object")  # noqa: TRY004 - wrong data, not a wrong call
    hints = get_type_hints(kind)
    for name, each in value.items():
        if name in hints and not _fits(each, hints[name]):
            raise ValueError(f"{name} is of another type")
    try:
        return kind(**value)
    except TypeError as error:
        raise ValueError(f"{kind.__name__} is incomplete, or of a newer lipready: {error}") from error


def _fits(value: object, hint: Any) -> bool:
    kinds = (hint, get_origin(hint), *get_args(hint))
    return type(value) in kinds or (type(value) is int and float in kinds) or (hint is Stage and value in STAGES)
