"""Uploads of the files of a job."""

import base64
import mimetypes
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
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
from lipready.providers.service import Stored
from lipready.providers.submission.bucket import Bucket, not_uploaded, store
from lipready.providers.submission.queries import ask_once, repeated
from lipready.providers.transport.retry import UPLOAD_ATTEMPTS
from lipready.providers.transport.wire import Flow, call, send

_ELSEWHERE = (
    "Let `lipready.prepare(…)` write it anew, put it into a bucket of your own (`Sending(bucket=…)`), or name its "
    "address."
)
_PLAIN_SUFFIX = re.compile(r"\.[a-z0-9]{1,8}")


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadSource:
    """A file that is to be uploaded, as it was when it was judged: its size in bytes and its time of change in ns.

    Where `path` is an address, the provider is to copy what is there; both numbers are 0 then. `name` is what the user
    calls the file, where that is not its path.
    """

    role: Role
    path: str
    size: int
    mtime_ns: int
    tell: Callable[[float], None] | None = field(default=None, repr=False)
    name: str | None = None

    @classmethod
    def of(cls, role: Role, path: str, name: str | None = None) -> "UploadSource":
        """Look at a file. Raises UsageError where it is gone."""
        try:
            found = Path(path).stat()
        except OSError as error:
            raise not_uploaded(name or path, error) from error
        return cls(role=role, path=path, size=found.st_size, mtime_ns=found.st_mtime_ns, name=name)

    @property
    def shown(self) -> str:
        """What the user calls the file."""
        return self.name or self.path

    @property
    def labelled(self) -> str:
        """The name whose extension says what the file is: a temporary file has that of its content."""
        return self.shown if Path(self.shown).suffix else self.path


def upload(account: Account, model: str, source: UploadSource, bucket: Bucket | None = None) -> Flow[Stored]:
    """Store one file in the user's bucket, or with the provider; free, so repeated where it fails.

    Raises UsageError for a file that the provider does not store, and ProviderError.
    """
    if bucket is not None:
        kind = _content_type(source.labelled)
        return (yield from call(partial(store, bucket, source.path, kind, progress=source.tell)))
    if account.service.name == "dashscope":
        return (yield from repeated(lambda: _to_dashscope(account, model, source), UPLOAD_ATTEMPTS))
    return (yield from repeated(lambda: _to_evolink(account, source), UPLOAD_ATTEMPTS))


def _to_dashscope(account: Account, model: str, source: UploadSource) -> Flow[Stored]:
    """Ask for a new policy each time: it lives for minutes, and forbids to overwrite what a lost upload has left."""
    policy = yield from ask_once(
        account, dashscope_upload.policy_request(account.endpoints, model), dashscope_upload.read_policy
    )
    most = _most_bytes(account) if policy.largest_bytes is None else policy.largest_bytes
    _require_room(account, source, most)
    form, url = dashscope_upload.upload_form(
        policy, source.path, _unguessable(source.labelled), _content_type(source.labelled)
    )
    answer = yield from send(replace(form, progress=source.tell))
    dashscope_upload.read_upload(answer)
    return Stored(url, dashscope_upload.STORED_SECONDS)


def _to_evolink(account: Account, source: UploadSource) -> Flow[Stored]:
    if is_address(source.path):
        name = _unguessable(urlsplit(source.path).path)
        answer = yield from send(evolink_files.url_upload(account.endpoints, source.path, name))
        return evolink_files.read_copy(answer)
    _require_room(account, source, _most_bytes(account))
    yield from call(lambda: _require_format(account, source))
    name = _unguessable(source.labelled)
    form = evolink_files.file_upload(account.endpoints, source.path, name, _content_type(source.labelled))
    answer = yield from send(replace(form, progress=source.tell))
    if answer.status in evolink_files.WITHOUT_FORMS and source.size <= evolink_files.LARGEST_IN_JSON:
        data = yield from call(lambda: _data_url(source))
        answer = yield from send(evolink_files.base64_upload(account.endpoints, data, name))
    return evolink_files.read_file(answer)


def _data_url(source: UploadSource) -> str:
    """Write a file as a data URL. Raises UsageError where it cannot be read, or has changed since it was judged."""
    now = UploadSource.of(source.role, source.path, source.name)
    try:
        data = Path(source.path).read_bytes()
    except OSError as error:
        raise not_uploaded(source.shown, error) from error
    if (now.size, now.mtime_ns, len(data)) != (source.size, source.mtime_ns, source.size):
        raise UsageError(f"{source.shown}: changed while it was being uploaded: start again when nothing writes to it.")
    return f"data:{_content_type(source.labelled)};base64,{base64.b64encode(data).decode('ascii')}"


def _most_bytes(account: Account) -> int | None:
    """Return what the profile says that an upload takes."""
    limit = account.profile.limits.get(UPLOAD_RULE)
    most = None if limit is None or limit.accept is None else limit.accept.maximum
    return None if most is None else int(most)


def _require_room(account: Account, source: UploadSource, most: int | None) -> None:
    if most is not None and source.size > most:
        raise UsageError(
            f"{source.shown}: has {source.size / 1e6:.1f} MB, and {account.service.title} stores files of at most "
            f"{most / 1e6:.1f} MB. {_ELSEWHERE}"
        )


def _require_format(account: Account, source: UploadSource) -> None:
    """Refuse a picture of a format that the upload does not take; of audio and video no page says what it takes."""
    limit = account.profile.limits.get(UPLOAD_RULE)
    if source.role != "reference" or limit is None or not limit.choices:
        return
    try:
        with Path(source.path).open("rb") as file:
            found = recognise(file.read(HEAD_BYTES)).name
    except OSError:  # whoever sends the file says so
        return
    if found not in ("", *limit.choices):
        raise UsageError(
            f"{source.shown}: is {found} by content, and {account.service.title} stores pictures as "
            f"{', '.join(limit.choices)}. {_ELSEWHERE}"
        )


def _unguessable(path: str) -> str:
    """Name a stored file: nothing of the user's name for it, and no two alike."""
    suffix = Path(path).suffix.lower()
    return f"{secrets.token_hex(16)}{suffix if _PLAIN_SUFFIX.fullmatch(suffix) else ''}"


def _content_type(path: str) -> str:
    return mimetypes.guess_type(path)[0] or "application/octet-stream"
