"""Uploads of the files of a job, and the fingerprint of a submission."""

import base64
import json
import mimetypes
import re
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from hashlib import file_digest, sha256
from pathlib import Path
from urllib.parse import urlsplit

from lipready.errors import UsageError
from lipready.facts.address import is_address
from lipready.facts.file import Role
from lipready.probe.containers.signature import HEAD_BYTES, recognise
from lipready.profiles.catalogue import UPLOAD_RULE
from lipready.providers.account import Account
from lipready.providers.dashscope import upload as dashscope_upload
from lipready.providers.evolink import files as evolink_files
from lipready.providers.service import Submission
from lipready.providers.submission.bucket import Bucket, store
from lipready.providers.submission.queries import ask_once, repeated
from lipready.providers.transport.retry import may_upload_again
from lipready.providers.transport.wire import Flow, HttpRequest, call, send

Tell = Callable[[float], None]

_ELSEWHERE = (
    "Let `lipready prepare` write it anew, put it into a bucket of your own (--bucket s3://NAME/PREFIX), or name its "
    "address."
)
_PLAIN_SUFFIX = re.compile(r"\.[a-z0-9]{1,8}")


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadSource:
    """A file that is to be uploaded, as it was when it was judged: its size in bytes and its time of change in ns.

    Where `path` is an address, the provider is to copy what is there; both numbers are 0 then.
    """

    role: Role
    path: str
    size: int
    mtime_ns: int
    tell: Tell | None = field(default=None, repr=False)

    @classmethod
    def of(cls, role: Role, path: str, tell: Tell | None = None) -> "UploadSource":
        """Look at a file. Raises UsageError where it is gone."""
        try:
            found = Path(path).stat()
        except OSError as error:
            raise UsageError(f"{path}: cannot be uploaded: {error.strerror}.") from error
        return cls(role=role, path=path, size=found.st_size, mtime_ns=found.st_mtime_ns, tell=tell)


@dataclass(frozen=True, slots=True)
class Stored:
    """Where a file is stored, until when (seconds since 1970), and its id in EvoLink's storage."""

    url: str = field(repr=False)
    expires: float
    file_id: str | None = None


def upload(account: Account, model: str, source: UploadSource, bucket: Bucket | None = None) -> Flow[Stored]:
    """Store one file: in the user's own bucket, else where the provider offers room. Free, so repeated where it fails.

    Raises UsageError for a file that is too large for the provider's storage, and ProviderError.
    """
    if bucket is not None:
        own = bucket
        stored = yield from call(lambda: store(own, source.path, _content_type(source.path), progress=source.tell))
        return Stored(stored.url, stored.expires)
    if account.service.name == "dashscope":
        return (yield from repeated(lambda: _to_dashscope(account, model, source), may_upload_again))
    return (yield from repeated(lambda: _to_evolink(account, source), may_upload_again))


def _to_dashscope(account: Account, model: str, source: UploadSource) -> Flow[Stored]:
    """Ask for a new policy each time: it lives for minutes, and forbids to overwrite what a lost upload has left."""
    policy = yield from ask_once(
        account, dashscope_upload.policy_request(account.endpoints, model), dashscope_upload.read_policy
    )
    most = _most_bytes(account) if policy.largest_bytes is None else policy.largest_bytes
    _require_room(account, source, most)
    form, url = dashscope_upload.upload_form(policy, source.path, _unguessable(source.path), _content_type(source.path))
    answer = yield from send(_telling(form, source))
    dashscope_upload.read_upload(answer)
    return Stored(url, time.time() + dashscope_upload.STORED_SECONDS)


def _to_evolink(account: Account, source: UploadSource) -> Flow[Stored]:
    if is_address(source.path):
        name = _unguessable(urlsplit(source.path).path)
        answer = yield from send(evolink_files.url_upload(account.endpoints, source.path, name))
        return _stored(evolink_files.read_copy(answer))
    _require_room(account, source, _most_bytes(account))
    _require_format(account, source, (yield from call(lambda: _format_of(source.path))))
    name = _unguessable(source.path)
    form = evolink_files.file_upload(account.endpoints, source.path, name, _content_type(source.path))
    answer = yield from send(_telling(form, source))
    if answer.status in evolink_files.WITHOUT_FORMS and source.size <= evolink_files.LARGEST_IN_JSON:
        data = yield from call(lambda: _data_url(source))
        answer = yield from send(evolink_files.base64_upload(account.endpoints, data, name))
    return _stored(evolink_files.read_file(answer))


def _stored(file: evolink_files.StoredFile) -> Stored:
    seconds = evolink_files.STORED_SECONDS if file.seconds is None else file.seconds
    return Stored(file.url, time.time() + seconds, file.id)


def _data_url(source: UploadSource) -> str:
    """Write a file as a data URL. Raises UsageError where it cannot be read, or has changed since it was judged."""
    now = UploadSource.of(source.role, source.path)
    try:
        data = Path(source.path).read_bytes()
    except OSError as error:
        raise UsageError(f"{source.path}: cannot be uploaded: {error.strerror}.") from error
    if (now.size, now.mtime_ns, len(data)) != (source.size, source.mtime_ns, source.size):
        raise UsageError(f"{source.path}: changed while it was being uploaded: start again when nothing writes to it.")
    return f"data:{_content_type(source.path)};base64,{base64.b64encode(data).decode('ascii')}"


def _telling(request: HttpRequest, source: UploadSource) -> HttpRequest:
    return replace(request, progress=source.tell)


def _most_bytes(account: Account) -> int | None:
    """Return what the profile says that an upload takes."""
    limit = account.profile.limits.get(UPLOAD_RULE)
    most = None if limit is None or limit.accept is None else limit.accept.maximum
    return None if most is None else int(most)


def _require_room(account: Account, source: UploadSource, most: int | None) -> None:
    if most is not None and source.size > most:
        raise UsageError(
            f"{source.path}: has {source.size / 1e6:.1f} MB, and {account.service.title} stores files of at most "
            f"{most / 1e6:.1f} MB. {_ELSEWHERE}"
        )


def _require_format(account: Account, source: UploadSource, found: str) -> None:
    """Refuse a picture of a format that the upload does not take; of audio and video no page says what it takes."""
    limit = account.profile.limits.get(UPLOAD_RULE)
    if source.role == "reference" and limit is not None and limit.choices and found not in ("", *limit.choices):
        raise UsageError(
            f"{source.path}: is {found} by content, and {account.service.title} stores pictures as "
            f"{', '.join(limit.choices)}. {_ELSEWHERE}"
        )


def _format_of(path: str) -> str:
    """Return the format of a file by its first bytes, "" where they do not tell."""
    try:
        with Path(path).open("rb") as file:
            return recognise(file.read(HEAD_BYTES)).name
    except OSError:  # whoever sends the file says so
        return ""


def _unguessable(path: str) -> str:
    """Name a stored file: nothing of the user's name for it, and no two alike."""
    suffix = Path(path).suffix.lower()
    return f"{secrets.token_hex(16)}{suffix if _PLAIN_SUFFIX.fullmatch(suffix) else ''}"


def _content_type(path: str) -> str:
    return mimetypes.guess_type(path)[0] or "application/octet-stream"


_DEFAULT_THRESHOLD = 170
"""What both providers take where none is sent (providers.md 0)."""
_WORKSPACE = "x-dashscope-workspace"
_NO_KEY = "no-key-of-idempotency"
_THIS_PROCESS = secrets.token_hex(8)
"""The sandbox inside a process ends with it, and a later one may get its address."""


def content_of(source: UploadSource) -> str:
    """Name the content of a file. Raises UsageError where the file cannot be read."""
    try:
        with Path(source.path).open("rb") as file:
            return f"file {file_digest(file, 'sha256').hexdigest()}"
    except OSError as error:
        raise UsageError(f"{source.path}: cannot be uploaded: {error.strerror}.") from error


def content_behind(address: str) -> str:
    """Name what an address stands for: the address itself, hashed, since it may hold a secret."""
    return f"address {sha256(address.encode('utf-8', 'surrogatepass')).hexdigest()}"


def fingerprint_of(account: Account, submission: Submission) -> str:
    """Return the fingerprint of a job: a hash of its paid request, in which contents stand instead of addresses.

    Two jobs have the same one where they would buy the same thing from the same account: provider, address, workspace,
    model, what is in each file, options, and where the callback goes. The key is not in it, since keys change and an
    account stays; neither are the names of files.
    """
    if submission.face_threshold is None:
        submission = replace(submission, face_threshold=_DEFAULT_THRESHOLD)
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
