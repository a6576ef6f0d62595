"""EvoLink's files service: upload a file or name its address, get an address for 72 h; quota and deletion.

https://docs.evolink.ai/en/api-manual/file-series/upload-stream (-base64, -url) documents images only; EvoLink's own
client sends audio and video too, up to 100 MB. Quota and deletion are as that client has them (providers.md B4). Of
the 100 files of an account only those that the journal has stored are deleted, and only after their job has ended.
"""

import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from http import HTTPStatus

from lipready.errors import LipreadyError, ProviderError, RefusedError, UsageError
from lipready.facts.quantity import counted
from lipready.log import LOG
from lipready.providers.account import Account
from lipready.providers.evolink.requests import read_accepted, refused_or
from lipready.providers.fields import Table, asked_id, identifier, link, missing, number, table, whole
from lipready.providers.journal.entry import JournalEntry, Stage, Upload
from lipready.providers.journal.journal import Journal
from lipready.providers.service import Endpoints, Stored
from lipready.providers.submission.queries import ask_once
from lipready.providers.transport.wire import UPLOAD_SECONDS, Flow, Form, HttpRequest, HttpResponse, call

STORED_SECONDS = 72 * 3600.0
"""How long the service keeps a file at the most, and where it does not say."""

COPY_SECONDS = 600.0
"""So long the service may take to fetch what is at an address."""
DELETE_SECONDS = 10.0

LARGEST_IN_JSON = 16 * (1 << 20)
"""What goes into JSON is in memory as a whole."""
WITHOUT_FORMS = frozenset(
    {
        HTTPStatus.METHOD_NOT_ALLOWED,
        HTTPStatus.LENGTH_REQUIRED,
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        HTTPStatus.NOT_IMPLEMENTED,
    }
)
"""What proxies answer that let no forms with files through."""

_NOT_OF_THE_FILE = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})
_MILLISECONDS = 1e11
_LONGEST_TIME = 40


def file_upload(endpoints: Endpoints, path: str, name: str, content_type: str) -> HttpRequest:
    """Make the request that sends the file at `path` as `name`."""
    url = f"{endpoints.files}/api/v1/files/upload/stream"
    form = Form(fields=(("file_name", name),), path=path, file_name=name, content_type=content_type)
    return HttpRequest(method="POST", url=url, form=form, seconds=UPLOAD_SECONDS)


def base64_upload(endpoints: Endpoints, data: str, name: str) -> HttpRequest:
    """Make the request that sends a file inside JSON: `data` is its data URL."""
    url, body = f"{endpoints.files}/api/v1/files/upload/base64", {"base64_data": data, "file_name": name}
    return HttpRequest(method="POST", url=url, json=body, seconds=UPLOAD_SECONDS)


def url_upload(endpoints: Endpoints, address: str, name: str) -> HttpRequest:
    """Make the request that lets the service fetch and store what is at an address."""
    url, body = f"{endpoints.files}/api/v1/files/upload/url", {"file_url": address, "file_name": name}
    return HttpRequest(method="POST", url=url, json=body, seconds=COPY_SECONDS)


def quota(endpoints: Endpoints) -> HttpRequest:
    """Ask how many files the account may still store."""
    return HttpRequest(method="GET", url=f"{endpoints.files}/api/v1/files/quota")


def delete(endpoints: Endpoints, file_id: str) -> HttpRequest:
    """Ask to delete a file. Raises UsageError where the id cannot be one."""
    url = f"{endpoints.files}/api/v1/files/{asked_id(file_id)}"
    return HttpRequest(method="DELETE", url=url, seconds=DELETE_SECONDS)


@dataclass(frozen=True, slots=True)
class Quota:
    """How many more files the account may store, and how many it may have at once; None for what was not said."""

    left: int | None
    most: int | None


def read_file(answer: HttpResponse) -> Stored:
    """Read the answer to an upload. Raises RefusedError, also with HTTP 200, AnswerError without a proper address."""
    try:
        return read_copy(answer)
    except RefusedError as error:
        if error.retry != "no" or error.status in _NOT_OF_THE_FILE:
            raise
        raise error.followed_by(
            "EvoLink documents uploads of images only: put audio and video at public addresses if this stays."
        ) from None


def read_copy(answer: HttpResponse) -> Stored:
    """Read the answer to `url_upload`; raises like `read_file`."""
    data = _data(answer, "what is known of the file")
    return Stored(link(data.get("file_url"), "data.file_url"), _lifetime(data), identifier(data.get("file_id")))


def read_quota(answer: HttpResponse) -> Quota:
    """Read how many files may still be stored; raises like `read_file`."""
    data = _data(answer, "the quota")
    return Quota(whole(data, "remain_files"), whole(data, "max_files"))


def read_deleted(answer: HttpResponse) -> None:
    """Read the answer to a deletion; raises RefusedError where it is not, AnswerError where that is not said."""
    values = read_accepted(answer)
    if values.get("success") is not True:
        raise refused_or(answer, values, missing("success", "whether the file was deleted"))


def _data(answer: HttpResponse, what: str) -> Table:
    values = read_accepted(answer)
    if values.get("success") is False or not isinstance(values.get("data"), dict):
        raise refused_or(answer, values, missing("data", what))
    return table(values, "data")


def _lifetime(data: Table) -> float:
    """Take the difference of two times of the same clock, so that its zone does not matter; else 72 h."""
    begin, end = _time(data, "upload_time"), _time(data, "expires_at")
    if begin is None or end is None or end <= begin:
        return STORED_SECONDS
    return min(end - begin, STORED_SECONDS)


def _time(data: Table, key: str) -> float | None:
    """Read a time as seconds, milliseconds, or an ISO text; without a zone it is taken for UTC."""
    seconds = number(data, key)
    if seconds is not None:
        return seconds / 1000 if seconds > _MILLISECONDS else seconds
    value = data.get(key)
    if not isinstance(value, str) or len(value) > _LONGEST_TIME:
        return None
    try:
        moment = datetime.fromisoformat(value)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None


_OVER: frozenset[Stage] = frozenset({"downloaded", "failed", "canceled", "refused"})
"""Not "forgotten": the task of such a job may still be at work on its files."""


def make_room(account: Account, journal: Journal, needed: int) -> Flow[None]:
    """Delete files of jobs that are over where `needed` files could not be stored otherwise.

    Raises UsageError where there is no room all the same. A quota that cannot be learnt keeps no upload back.
    """
    try:
        room = yield from ask_once(account, quota(account.endpoints), read_quota)
    except ProviderError as error:
        LOG.warning("the quota of files was not learnt: %s", error)
        return
    left = room.left
    if left is None or left >= needed:
        return
    entries = yield from call(journal.entries)
    for entry in reversed(entries):
        if entry.stage in _OVER and _same_storage(account, entry):
            left += yield from remove_uploads(account, journal, entry)
        if left >= needed:
            return
    most = "" if room.most is None else f" ({room.most} at most)"
    raise UsageError(
        f"{account.service.title} has room for {counted(max(left, 0), 'more file')} of this account{most}, and the job "
        f"needs {needed}; no file of a finished job is left that could be deleted. Delete files that you do not need, "
        "wait until some expire (72 hours), name addresses, or use a bucket of your own (`Sending(bucket=…)`)."
    )


def remove_uploads(account: Account, journal: Journal, entry: JournalEntry) -> Flow[int]:
    """Delete what is stored for a job that is over, and return how many files; what cannot be deleted is logged."""
    if not _same_storage(account, entry):
        return 0
    gone: list[Upload] = []
    for upload in entry.uploads:
        if upload.file_id is None or upload.expires <= time.time():
            continue
        request = delete(account.endpoints, upload.file_id)
        try:
            yield from ask_once(account, request, read_deleted)
        except ProviderError as error:
            LOG.warning("the stored file %s of the job %s was not deleted: %s", upload.file_id, entry.id, error)
        else:
            gone.append(upload)
    if gone:
        yield from call(lambda: _strike_out(journal, entry, gone))
    return len(gone)


def _strike_out(journal: Journal, entry: JournalEntry, gone: list[Upload]) -> None:
    try:
        now = journal.find(entry.id)
        journal.write(replace(now, uploads=tuple(each for each in now.uploads if each not in gone)))
    except LipreadyError as error:
        LOG.warning("that files of the job %s were deleted was not written down: %s", entry.id, error)


def _same_storage(account: Account, entry: JournalEntry) -> bool:
    return bool(entry.files) and (entry.service, entry.files) == (account.service.name, account.endpoints.files)
