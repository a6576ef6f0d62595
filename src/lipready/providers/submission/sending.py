"""Submit a job: upload its files, then post the request."""

import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from lipready.errors import JournalError, LipreadyError, UsageError
from lipready.facts.address import is_address
from lipready.facts.file import Role
from lipready.providers.account import Account
from lipready.providers.download.result_file import require_place
from lipready.providers.evolink.files import make_room
from lipready.providers.fields import printable
from lipready.providers.journal.entry import PAID, JournalEntry, Upload
from lipready.providers.journal.journal import Journal
from lipready.providers.journal.locks import Lock, acquired
from lipready.providers.service import Submission
from lipready.providers.submission.bucket import Bucket
from lipready.providers.submission.posting import close, note, post, recover
from lipready.providers.submission.upload import (
    Stored,
    UploadSource,
    content_behind,
    content_of,
    fingerprint_of,
    upload,
)
from lipready.providers.transport.wire import Flow, HttpRequest, call

_SPARE_SECONDS = 3600.0
"""A stored file is used again only where it lives long enough for the provider to come for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmissionInputs:
    """What is sent: files to store, addresses that the provider can fetch as they are, and where to store.

    With `copies` the provider stores what is at the addresses first (EvoLink).
    """

    files: tuple[UploadSource, ...]
    addresses: Mapping[Role, str] = field(default_factory=dict, repr=False)
    callback_url: str | None = field(default=None, repr=False)
    bucket: Bucket | None = None
    copies: bool = False


def fingerprint(account: Account, entry: JournalEntry, inputs: SubmissionInputs) -> str:
    """Return the fingerprint of a job that is to be sent; reads its files. Raises UsageError where one is gone."""
    contents = {role: content_behind(address) for role, address in inputs.addresses.items()}
    contents |= {source.role: content_of(source) for source in inputs.files}
    return fingerprint_of(account, _submission(entry, inputs, contents))


def request_of(account: Account, entry: JournalEntry, inputs: SubmissionInputs) -> HttpRequest:
    """Return the paid request of a job, in which names of files stand where their addresses will be.

    What stands behind the ? of an address is left out: it may open what others may not see.
    """
    scheme = "oss" if account.service.name == "dashscope" and inputs.bucket is None else "https"
    places = {
        source.role: f"{scheme}://<where {printable(Path(source.path).name)} is stored>" for source in inputs.files
    }
    places |= {role: _shown(address) for role, address in inputs.addresses.items()}
    callback = None if inputs.callback_url is None else _shown(inputs.callback_url)
    submission = _submission(entry, replace(inputs, callback_url=callback), places)
    request = account.service.submit(account.endpoints, submission, entry.idempotency_key)
    made = {name: "<made when it is sent>" for name in request.headers if name == "Idempotency-Key"}
    return replace(request, headers={**request.headers, **made})


def _shown(address: str) -> str:
    plain = without_secret(address)
    return plain if plain == address else f"{plain}?…"


def submit_once(
    account: Account, journal: Journal, entry: JournalEntry, inputs: SubmissionInputs
) -> Flow[tuple[JournalEntry, bool]]:
    """Submit a job unless it was submitted already; give the entry with its task, and whether it is an earlier one.

    `entry` is not written down yet. Of all threads and processes that submit the same job at once, one does; the
    others wait for it. One that was never sent is taken up, and one whose outcome is not known is looked up. What was
    refused, has failed, was cancelled or forgotten does not count. Raises like `deliver` and `recover`.
    """
    while True:
        known = yield from call(partial(journal.add_unless_known, entry))
        if known.task_id is not None:
            return known, True
        came = yield from _settled(account, journal, known, inputs)
        if came is not None:
            return came
        # Whoever had it came to nothing, which says nothing of us: the key may have been another one.
        entry = replace(entry, id=new_id())


def submit_anew(
    account: Account, journal: Journal, entry: JournalEntry, inputs: SubmissionInputs
) -> Flow[JournalEntry]:
    """Submit a job whether or not it was submitted before, and return the entry with its task."""
    lock = Lock(job_lock(entry))
    yield from acquired(lock)
    try:
        yield from call(lambda: journal.add(entry))
        return (yield from _deliver(account, journal, entry, inputs))
    finally:
        lock.release()


def _settled(
    account: Account, journal: Journal, known: JournalEntry, inputs: SubmissionInputs
) -> Flow[tuple[JournalEntry, bool] | None]:
    """Submit a job under its lock; None where another process has closed it meanwhile."""
    lock = Lock(job_lock(known))
    yield from acquired(lock)
    try:
        now = yield from call(lambda: journal.find(known.id))
        if now.stage == "intended":
            return (yield from _deliver(account, journal, now, inputs)), False
        if now.stage not in PAID:
            return None
        if now.task_id is None and now.candidate is None:
            now = yield from recover(account, journal, now)
        return now, True
    finally:
        lock.release()


def new_id() -> str:
    """Make the id of an entry."""
    return secrets.token_hex(6)


def job_lock(entry: JournalEntry) -> str:
    """Name the lock of whoever sends or downloads a job."""
    return f"job {entry.id}"


def _deliver(
    account: Account, journal: Journal, entry: JournalEntry, inputs: SubmissionInputs | None = None
) -> Flow[JournalEntry]:
    """Store the files and submit the job, and return the entry with the task's id; see `post` for what it raises.

    What an earlier process has stored for this entry is used again, where the file has not changed since. Without a
    inputs it is what the entry says. Whatever fails before the paid request closes the entry: nothing was paid.
    """
    try:
        if entry.output is not None:
            place = Path(entry.output)
            yield from call(lambda: require_place(place))
        inputs = inputs or (yield from _recorded_inputs(account, entry))
        urls, entry = yield from _stored(account, journal, entry, inputs)
        submission = _submission(entry, inputs, urls)
    except JournalError:
        raise
    except LipreadyError as error:
        yield from close(journal, entry, error)
        raise
    return (yield from post(account, journal, entry, submission))


def _submission(entry: JournalEntry, inputs: SubmissionInputs, urls: Mapping[Role, str]) -> Submission:
    if "video" not in urls or "audio" not in urls:
        raise UsageError("A job needs a video and an audio track to be submitted.")
    return Submission(
        model=entry.model,
        video_url=urls["video"],
        audio_url=urls["audio"],
        reference_url=urls.get("reference"),
        video_extension=entry.video_extension,
        face_threshold=entry.face_threshold,
        callback_url=inputs.callback_url,
    )


def _stored(
    account: Account, journal: Journal, entry: JournalEntry, inputs: SubmissionInputs
) -> Flow[tuple[dict[Role, str], JournalEntry]]:
    """Store what is not stored yet, and return all addresses, and the entry with what is stored now."""
    urls: dict[Role, str] = dict(inputs.addresses)
    sources = (*inputs.files, *(_copies(inputs) if inputs.copies else ()))
    needed = [source for source in sources if _kept(entry, source) is None]
    if needed and account.service.name == "evolink" and inputs.bucket is None:
        yield from make_room(account, journal, len(needed))
    for source in sources:
        kept = _kept(entry, source)
        stored = kept or (yield from upload(account, entry.model, source, inputs.bucket))
        urls[source.role] = stored.url
        if kept is None and not has_secret(stored.url):
            entry = yield from note(journal, _with_upload(entry, source, stored))
    return urls, entry


def _copies(inputs: SubmissionInputs) -> tuple[UploadSource, ...]:
    return tuple(UploadSource(role=role, path=url, size=0, mtime_ns=0) for role, url in inputs.addresses.items())


def take_up(account: Account, journal: Journal, entry: JournalEntry, *, submit: bool = True) -> Flow[JournalEntry]:
    """Go on where an earlier process has stopped, and return the entry with the task's id, or with a candidate.

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
    paid = yield from call(lambda: journal.paid_before(entry))
    if paid is not None:
        raise UsageError(
            f"The job {entry.id} was never sent, and the same one was: job {paid.id}. `lipready tasks cancel "
            f"{entry.id}` closes it, `lipready submit --again` sends and pays anew."
        )
    return (yield from _deliver(account, journal, entry))


def _recorded_inputs(account: Account, entry: JournalEntry) -> Flow[SubmissionInputs]:
    """Return the inputs of an entry, and require that they are unchanged."""
    inputs = _inputs_of(entry)
    if entry.fingerprint is not None:
        now = yield from call(lambda: fingerprint(account, entry, inputs))
        if now != entry.fingerprint:
            raise UsageError(
                f"A file of the job {entry.id} was changed since the job was checked. Nothing was sent, and nothing "
                "was paid: submit it anew."
            )
    return inputs


def _inputs_of(entry: JournalEntry) -> SubmissionInputs:
    if not entry.complete:
        raise UsageError(
            f"The job {entry.id} was not submitted, and nothing was paid. What stood behind the ? of its addresses is "
            "not kept, so it cannot be sent from here: submit it anew."
        )
    places: dict[Role, str | None] = {"video": entry.video, "audio": entry.audio, "reference": entry.reference}
    given = {role: place for role, place in places.items() if place is not None}
    return SubmissionInputs(
        files=tuple(UploadSource.of(role, path) for role, path in given.items() if not is_address(path)),
        addresses={role: address for role, address in given.items() if is_address(address)},
        callback_url=entry.callback,
        copies=entry.copied,
    )


def has_secret(url: str) -> bool:
    """Return whether whoever knows this address may read what others may not: it has a query, or a user's name."""
    return url != without_secret(url)


def without_secret(text: str) -> str:
    """Cut an address down to what may be written down; a path stays as it is."""
    if not is_address(text):
        return text
    parts = urlsplit(text)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def _kept(entry: JournalEntry, source: UploadSource) -> Stored | None:
    for each in entry.uploads:
        same = (each.role, each.size, each.mtime_ns) == (source.role, source.size, source.mtime_ns)
        if same and each.expires > time.time() + _SPARE_SECONDS:
            return Stored(each.url, each.expires, each.file_id)
    return None


def _with_upload(entry: JournalEntry, source: UploadSource, stored: Stored) -> JournalEntry:
    new = Upload(
        role=source.role,
        url=stored.url,
        expires=stored.expires,
        size=source.size,
        mtime_ns=source.mtime_ns,
        file_id=stored.file_id,
    )
    return replace(entry, uploads=(*(each for each in entry.uploads if each.role != source.role), new))
