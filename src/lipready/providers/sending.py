"""From a job to a task: its files are stored, then it is submitted."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit, urlunsplit

from lipready.errors import JournalError, LipreadyError, UsageError
from lipready.facts.address import is_address
from lipready.facts.file import Role
from lipready.providers.account import Account
from lipready.providers.bucket import Bucket
from lipready.providers.entry import Entry, Upload
from lipready.providers.journal import Journal
from lipready.providers.posting import close, note, post, recover
from lipready.providers.request import Submission
from lipready.providers.upload import Source, Stored, upload
from lipready.providers.wire import Flow

_SPARE_SECONDS = 3600.0
"""A stored file is used again only where it lives long enough for the provider to come for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """What is sent: files to store, addresses that the provider can fetch as they are, and where to store."""

    files: tuple[Source, ...]
    addresses: Mapping[Role, str] = field(default_factory=dict, repr=False)
    callback_url: str | None = field(default=None, repr=False)
    bucket: Bucket | None = None


def deliver(account: Account, journal: Journal, entry: Entry, parcel: Parcel | None = None) -> Flow[Entry]:
    """Store the files and submit the job, and give the entry with the task's id; see `post` for what it raises.

    What an earlier process has stored for this entry is used again, where the file has not changed since. Without a
    parcel it is what the entry says. Whatever fails before the paid request closes the entry: nothing was paid.
    """
    try:
        parcel = parcel or _parcel_of(entry)
        urls, entry = yield from _stored(account, journal, entry, parcel)
        if "video" not in urls or "audio" not in urls:
            raise UsageError("A job needs a video and an audio track to be submitted.")
    except JournalError:
        raise
    except LipreadyError as error:
        yield from close(journal, entry, error)
        raise
    submission = Submission(
        model=entry.model,
        video_url=urls["video"],
        audio_url=urls["audio"],
        reference_url=urls.get("reference"),
        video_extension=entry.video_extension,
        face_threshold=entry.face_threshold,
        callback_url=parcel.callback_url,
    )
    return (yield from post(account, journal, entry, submission))


def _stored(account: Account, journal: Journal, entry: Entry, parcel: Parcel) -> Flow[tuple[dict[Role, str], Entry]]:
    """Store what is not stored yet, and give all addresses, and the entry with what is stored now."""
    urls: dict[Role, str] = dict(parcel.addresses)
    for source in parcel.files:
        kept = _kept(entry, source)
        stored = kept or (yield from upload(account, entry.model, source, parcel.bucket))
        urls[source.role] = stored.url
        if kept is None and not has_secret(stored.url):
            entry = yield from note(journal, _with_upload(entry, source, stored))
    return urls, entry


def take_up(account: Account, journal: Journal, entry: Entry, *, submit: bool = True) -> Flow[Entry]:
    """Go on where an earlier process has stopped, and give the entry with the task's id, or with a candidate.

    A job that was never sent is submitted only with `submit`; one whose outcome is not known is looked up, and never
    sent. Raises UsageError where the job is at its end without a task, was not sent and is not to be, where a file of
    it is gone, or where an address of it is not known any more (nothing was paid); and like `post`.
    """
    if entry.task_id is not None:
        return entry
    if entry.stage == "posting":
        if entry.candidate is not None:
            return entry
        return (yield from recover(account, journal, entry))
    if not entry.open:
        raise UsageError(
            f"The job {entry.id} is at its end ({entry.stage}): submit it anew. {entry.message or ''}".strip()
        )
    if not submit:
        raise UsageError(f"The job {entry.id} was never sent: `lipready tasks resume {entry.id}` submits it.")
    return (yield from deliver(account, journal, entry))


def _parcel_of(entry: Entry) -> Parcel:
    if not entry.complete:
        raise UsageError(
            f"The job {entry.id} was not submitted, and nothing was paid. What stood behind the ? of its addresses is "
            "not kept, so it cannot be sent from here: submit it anew."
        )
    places: dict[Role, str | None] = {"video": entry.video, "audio": entry.audio, "reference": entry.reference}
    given = {role: place for role, place in places.items() if place is not None}
    return Parcel(
        files=tuple(Source.of(role, path) for role, path in given.items() if not is_address(path)),
        addresses={role: address for role, address in given.items() if is_address(address)},
        callback_url=entry.callback,
    )


def has_secret(url: str) -> bool:
    """Whether whoever knows this address may read what others may not: it has a query, or a user's name."""
    return url != without_secret(url)


def without_secret(text: str) -> str:
    """Cut an address down to what may be written down; a path stays as it is."""
    if not is_address(text):
        return text
    parts = urlsplit(text)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def _kept(entry: Entry, source: Source) -> Stored | None:
    for each in entry.uploads:
        same = (each.role, each.size, each.mtime_ns) == (source.role, source.size, source.mtime_ns)
        if same and each.expires > time.time() + _SPARE_SECONDS:
            return Stored(each.url, each.expires)
    return None


def _with_upload(entry: Entry, source: Source, stored: Stored) -> Entry:
    new = Upload(role=source.role, url=stored.url, expires=stored.expires, size=source.size, mtime_ns=source.mtime_ns)
    return replace(entry, uploads=(*(each for each in entry.uploads if each.role != source.role), new))
