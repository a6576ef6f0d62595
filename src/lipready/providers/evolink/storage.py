"""Room in EvoLink's storage, which keeps 100 files of an account: asked for before an upload, given back after a job.

Only what the journal has stored itself is ever deleted, and only once nobody needs it any more.
"""

import logging
import time
from dataclasses import replace

from lipready.errors import LipreadyError, ProviderError, UsageError
from lipready.facts.quantity import counted
from lipready.providers.account import Account
from lipready.providers.evolink import files as evolink_files
from lipready.providers.evolink.files import Quota
from lipready.providers.journal.entry import JournalEntry, Stage, Upload
from lipready.providers.journal.journal import Journal
from lipready.providers.submission.queries import ask_once
from lipready.providers.transport.wire import Flow, call

_LOG = logging.getLogger("lipready")
_OVER: frozenset[Stage] = frozenset({"downloaded", "failed", "canceled", "refused"})
"""Not "forgotten": the task of such a job may still be at work on its files."""


def make_room(account: Account, journal: Journal, needed: int) -> Flow[None]:
    """See to it that `needed` files can be stored: where they cannot, files of jobs that are over are deleted.

    Raises UsageError where there is no room all the same. A quota that cannot be learnt keeps no upload back.
    """
    quota = yield from _quota(account)
    left = quota.left
    if left is None or left >= needed:
        return
    entries = yield from call(journal.entries)
    for entry in reversed(entries):
        if entry.stage in _OVER and _same_storage(account, entry):
            left += yield from remove_uploads(account, journal, entry)
        if left >= needed:
            return
    most = "" if quota.most is None else f" ({quota.most} at most)"
    raise UsageError(
        f"{account.service.title} has room for {counted(max(left, 0), 'more file')} of this account{most}, and the job "
        f"needs {needed}; no file of a finished job is left that could be deleted. Delete files that you do not need, "
        "wait until some expire (72 hours), name addresses, or use a bucket of your own (--bucket)."
    )


def remove_uploads(account: Account, journal: Journal, entry: JournalEntry) -> Flow[int]:
    """Delete what is stored for an entry whose job is over, and give how many files that were.

    What cannot be deleted is logged, and expires by itself.
    """
    if not _same_storage(account, entry):
        return 0
    gone: list[Upload] = []
    for upload in entry.uploads:
        if upload.file_id is None or upload.expires <= time.time():
            continue
        request = evolink_files.delete(account.endpoints, upload.file_id)
        try:
            yield from ask_once(account, request, evolink_files.read_deleted)
        except ProviderError as error:
            _LOG.warning("the stored file %s of the job %s was not deleted: %s", upload.file_id, entry.id, error)
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
        _LOG.warning("that files of the job %s were deleted was not written down: %s", entry.id, error)


def _quota(account: Account) -> Flow[Quota]:
    try:
        return (yield from ask_once(account, evolink_files.quota(account.endpoints), evolink_files.read_quota))
    except ProviderError as error:
        _LOG.warning("the quota of files was not learnt: %s", error)
        return Quota(None, None)


def _same_storage(account: Account, entry: JournalEntry) -> bool:
    return bool(entry.files) and (entry.service, entry.files) == (account.service.name, account.endpoints.files)
