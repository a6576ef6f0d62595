"""Submit a job: upload its files, then post the request."""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from hashlib import sha256
from pathlib import Path
from secrets import token_hex
from typing import Self
from urllib.parse import urlsplit, urlunsplit

from lipready.errors import JournalError, LipreadyError, UsageError, concerning
from lipready.facts.address import is_address
from lipready.facts.file import Role
from lipready.job import Job
from lipready.probe.local_file import hash_of
from lipready.providers.account import Account
from lipready.providers.evolink.files import make_room
from lipready.providers.fields import printable
from lipready.providers.journal.entry import PAID, JournalEntry, Upload
from lipready.providers.journal.journal import Journal
from lipready.providers.journal.locks import Lock, acquired
from lipready.providers.service import DEFAULT_THRESHOLD, Submission
from lipready.providers.submission.bucket import Bucket, not_uploaded
from lipready.providers.submission.posting import close, note, post, recover, require_output_writable
from lipready.providers.submission.upload import UploadSource, upload
from lipready.providers.transport.wire import Flow, HttpRequest, call

_SPARE_SECONDS = 3600.0
"""A stored file is used again only where it lives long enough for the provider to come for it."""
_WORKSPACE = "x-dashscope-workspace"
_NO_KEY = "no-key-of-idempotency"
_THIS_PROCESS = token_hex(8)
"""The sandbox inside a process ends with it, and a later one may get its address."""


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

    @classmethod
    def of(cls, job: Job | JournalEntry, callback_url: str | None) -> Self:
        """Look at the files of a job. Raises UsageError where one is gone."""
        given, names = places_of(job), job.names() if isinstance(job, Job) else {}
        return cls(
            files=tuple(
                UploadSource.of(role, path, names.get(role)) for role, path in given.items() if not is_address(path)
            ),
            addresses={role: path for role, path in given.items() if is_address(path)},
            callback_url=callback_url,
        )


Told = Callable[[SubmissionInputs], SubmissionInputs]
"""Returns the inputs with whoever wants to hear of their uploads."""


def places_of(job: Job | JournalEntry) -> dict[Role, str]:
    """Return the paths and addresses of the inputs that a job has."""
    if isinstance(job, Job):
        return job.places()
    places: dict[Role, str | None] = {"video": job.video, "audio": job.audio, "reference": job.reference}
    return {role: place for role, place in places.items() if place is not None}


def fingerprint(account: Account, entry: JournalEntry, inputs: SubmissionInputs) -> str:
    """Return the fingerprint of a job: a hash of its paid request, in which contents stand instead of addresses.

    Two jobs have the same one where they would buy the same thing from the same account: provider, address, workspace,
    model, what is in each file, options, and where the callback goes. The key is not in it, since keys change and an
    account stays; neither are the names of files. An address stands for itself, hashed, since it may hold a secret.

    Raises UsageError where a file cannot be read.
    """
    contents: dict[Role, str] = {}
    for role, address in inputs.addresses.items():
        contents[role] = f"address {sha256(address.encode('utf-8', 'surrogatepass')).hexdigest()}"
    for source in inputs.files:
        try:
            with Path(source.path).open("rb") as file:
                contents[source.role] = f"file {hash_of(file)}"
        except OSError as error:
            raise not_uploaded(source.shown, error) from error
    submission = _submission(entry, inputs, contents)
    if submission.face_threshold is None:
        submission = replace(submission, face_threshold=DEFAULT_THRESHOLD)
    request = account.service.submit(account.endpoints, submission, _NO_KEY)
    headers = {name.lower(): value for name, value in request.headers.items()}
    told = (
        account.service.name,
        request.url,
        headers.get(_WORKSPACE),
        request.json,
        _THIS_PROCESS if account.provider.startswith("sandbox") else None,
    )
    return sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def request_of(account: Account, entry: JournalEntry, inputs: SubmissionInputs) -> HttpRequest:
    """Return the paid request of a job, in which names of files stand where their addresses will be.

    What stands behind the ? of an address is left out: it may open what others may not see.
    """
    scheme = "oss" if account.service.name == "dashscope" and inputs.bucket is None else "https"
    places = {role: _shown(address) for role, address in inputs.addresses.items()}
    for source in inputs.files:
        places[source.role] = f"{scheme}://<where {printable(Path(source.shown).name)} is stored>"
    callback = None if inputs.callback_url is None else _shown(inputs.callback_url)
    submission = _submission(entry, replace(inputs, callback_url=callback), places)
    request = account.service.submit(account.endpoints, submission, entry.idempotency_key)
    made = {"Idempotency-Key": "<made when it is sent>"} if "Idempotency-Key" in request.headers else {}
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
    refused, has failed, was cancelled or forgotten does not count. Raises like `post` and `recover`.
    """
    while True:
        known = yield from call(partial(journal.add_unless_known, entry))
        if known.task_id is not None:
            return known, True
        with concerning(job_id=known.id), (yield from acquired(job_lock(known))):
            now = yield from call(partial(journal.find, known.id))
            if now.stage == "intended":
                return (yield from _deliver(account, journal, now, inputs)), False
            if now.stage in PAID:
                if now.task_id is None and now.candidate is None:
                    now = yield from recover(account, journal, now)
                return now, True
        # Whoever had it came to nothing, which says nothing of us: the key may have been another one.
        entry = replace(entry, id=token_hex(6))


def submit_anew(
    account: Account, journal: Journal, entry: JournalEntry, inputs: SubmissionInputs
) -> Flow[JournalEntry]:
    """Submit a job whether or not it was submitted before, and return the entry with its task."""
    with (yield from acquired(job_lock(entry))):
        yield from call(lambda: journal.add(entry))
        return (yield from _deliver(account, journal, entry, inputs))


def job_lock(entry: JournalEntry) -> Lock:
    """Make the lock of whoever sends or downloads a job."""
    return Lock(f"job {entry.id}")


def _deliver(
    account: Account, journal: Journal, entry: JournalEntry, inputs: SubmissionInputs | Told
) -> Flow[JournalEntry]:
    """Store the files and submit the job, and return the entry with the task's id; see `post` for what it raises.

    What an earlier process has stored for this entry is used again, where the file has not changed since. Where the
    `inputs` are not at hand they are what the entry says, and handed to who wants to hear of their uploads. Whatever
    fails before the paid request closes the entry: nothing was paid.
    """
    with concerning(job_id=entry.id):
        return (yield from _sent(account, journal, entry, inputs))


def _sent(
    account: Account, journal: Journal, entry: JournalEntry, inputs: SubmissionInputs | Told
) -> Flow[JournalEntry]:
    yield from require_output_writable(journal, entry)
    try:
        if not isinstance(inputs, SubmissionInputs):
            inputs = inputs((yield from _recorded_inputs(account, entry)))
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
    sources = [*inputs.files]
    if inputs.copies:
        sources += (UploadSource(role=role, path=url, size=0, mtime_ns=0) for role, url in inputs.addresses.items())
    needed = [source for source in sources if _kept(entry, source) is None]
    if needed and account.service.name == "evolink" and inputs.bucket is None:
        yield from make_room(account, journal, len(needed))
    for source in sources:
        kept = _kept(entry, source)
        if kept is not None:
            urls[source.role] = kept
            continue
        with concerning(path=without_secret(source.shown)):
            stored = yield from upload(account, entry.model, source, inputs.bucket)
        urls[source.role] = stored.url
        if not has_secret(stored.url):
            new = Upload(
                role=source.role,
                url=stored.url,
                expires=time.time() + stored.seconds,
                size=source.size,
                mtime_ns=source.mtime_ns,
                file_id=stored.file_id,
            )
            others = (each for each in entry.uploads if each.role != source.role)
            entry = yield from note(journal, replace(entry, uploads=(*others, new)))
    return urls, entry


def take_up(
    account: Account, journal: Journal, entry: JournalEntry, *, told: Told = lambda given: given, submit: bool = True
) -> Flow[JournalEntry]:
    """Go on where an earlier process has stopped, and return the entry with the task's id, or with a candidate.

    A job that was never sent is submitted only with `submit`; one whose outcome is not known is looked up, and never
    sent. Raises UsageError where it cannot be taken up (nothing was paid then), and like `post`.
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
        raise UsageError(f"The job {entry.id} was never sent: `lipready.resume('{entry.id}')` submits it.")
    paid = yield from call(lambda: journal.paid_before(entry))
    if paid is not None:
        raise UsageError(
            f"The job {entry.id} was never sent, and the same one was: job {paid.id}. "
            f"`lipready.forget('{entry.id}')` closes it, "
            "`lipready.submit(…, sending=Sending(again=True))` sends and pays anew."
        )
    return (yield from _deliver(account, journal, entry, told))


def _recorded_inputs(account: Account, entry: JournalEntry) -> Flow[SubmissionInputs]:
    """Return the inputs of an entry, and require that they are all known and unchanged."""
    passed = [path for path in places_of(entry).values() if not is_address(path) and not Path(path).is_absolute()]
    if passed:
        raise UsageError(
            f"The job {entry.id} was not submitted, and nothing was paid. {' and '.join(passed)} came as bytes or as a "
            "file object and is not kept, so it cannot be sent from here: submit it anew."
        )
    if not entry.complete:
        raise UsageError(
            f"The job {entry.id} was not submitted, and nothing was paid. What stood behind the ? of its addresses is "
            "not kept, so it cannot be sent from here: submit it anew."
        )
    inputs = replace(SubmissionInputs.of(entry, entry.callback), copies=entry.copied)
    if entry.fingerprint is not None:
        now = yield from call(lambda: fingerprint(account, entry, inputs))
        if now != entry.fingerprint:
            raise UsageError(
                f"A file of the job {entry.id} was changed since the job was checked. Nothing was sent, and nothing "
                "was paid: submit it anew."
            )
    return inputs


def has_secret(url: str) -> bool:
    """Return whether whoever knows this address may read what others may not: it has a query, or a user's name."""
    return url != without_secret(url)


def without_secret(text: str) -> str:
    """Cut an address down to what may be written down; a path stays as it is."""
    if not is_address(text):
        return text
    parts = urlsplit(text)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def _kept(entry: JournalEntry, source: UploadSource) -> str | None:
    """Return the address of a file that is stored already, unchanged."""
    for each in entry.uploads:
        same = (each.role, each.size, each.mtime_ns) == (source.role, source.size, source.mtime_ns)
        if same and each.expires > time.time() + _SPARE_SECONDS:
            return each.url
    return None
