"""Download the result video of a journal entry."""

import os
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from math import floor
from pathlib import Path
from random import random

from lipready.errors import AnswerError, DownloadError, NoAnswerError, NotSentError, OutcomeUnknownError
from lipready.facts.quantity import seconds
from lipready.facts.task import TaskState
from lipready.log import LOG
from lipready.providers.download.result_file import ResultFile, fault_of, is_another
from lipready.providers.download.saving import NOTHING_LEFT, PART, SLOW_BYTES, WHOLE, part_of, size_left_over
from lipready.providers.journal.entry import JournalEntry
from lipready.providers.journal.journal import Journal
from lipready.providers.submission.posting import note
from lipready.providers.transport.retry import pause_before, retry_after
from lipready.providers.transport.wire import Flow, HttpResponse, Pause, Save, call

MOST_BYTES = 2 << 30
"""Five minutes at fifty megabits a second."""

MOST_ATTEMPTS = 8
"""In a row that deliver nothing."""

_LINK_REFUSED = frozenset({400, 401, 403, 404, 410})
_TRY_AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})

_LINK_HOURS = 24
_EXPIRES = re.compile(r"[?&]Expires=(\d{9,11})(?:&|$)", re.IGNORECASE)

Refresh = Callable[[], Flow[str]]


def download(
    result_url: str,
    to: Path,
    *,
    task: str,
    expected_seconds: float | None = None,
    expected_size: str | None = None,
    posted: float | None = None,
    progress: Callable[[float], None] | None = None,
    refresh: Refresh | None = None,
) -> Flow[Path]:
    """Fetch the result video at `result_url` to the path `to`, and return that path.

    What has come lies in a file beside it that is named after the `task`, and stays there whatever happens, for the
    next attempt in this or another process. `expected_seconds` and `expected_size` are what was ordered (see
    `fault_of`), `progress` receives the share (0..1) that is there. Where the link is refused, `refresh` is asked for
    another, once. `posted` is when the task was ordered (seconds since 1970): no link of its result is older.

    Raises UsageError where the file cannot be written there, or exists; DownloadError where the link has expired, the
    server cannot be reached or the result video is not what was ordered (then it is kept beside `to` under a name with
    ".suspect"); AnswerError where the server contradicts itself.
    """
    LOG.info("downloading the result video of the task %s to %s", task, to)
    place = yield from call(lambda: ResultFile.at(to, task))
    fetch = _Fetch(place, result_url, posted, refresh, progress)
    try:
        fault = yield from fetch.judged(expected_seconds, expected_size)
        if fault is not None and fetch.resumed_blindly:
            # What an earlier process left may belong to something else: only a result video in one piece is to blame.
            kept = yield from call(place.set_aside)
            if kept != place.partial:
                fault = yield from fetch.judged(expected_seconds, expected_size)
                kept.unlink(missing_ok=True)
        if fault is not None:
            kept = yield from call(place.set_aside)
            error = DownloadError(
                f"The result video that was fetched {fault}. It is kept in {kept}: look at it before paying for "
                "another one."
            )
            error.kept = str(kept)
            raise error
        return (yield from call(place.finish))
    finally:
        place.sweep()


@dataclass(slots=True)
class _Fetch:
    """Fetches a file in pieces. `resumed_blindly`: nobody knows whether its first bytes belong to what followed."""

    place: ResultFile
    url: str = field(repr=False)
    posted: float | None
    refresh: Refresh | None
    progress: Callable[[float], None] | None
    resumed_blindly: bool = False
    _etag: str | None = None
    _total: int | None = None
    _failures: int = 0

    def judged(self, expected_seconds: float | None, expected_size: str | None) -> Flow[str | None]:
        """Fetch the whole file, and return what is wrong with it."""
        yield from self._whole()
        yield from call(self.place.settle)
        return (yield from call(lambda: fault_of(str(self.place.partial), expected_seconds, expected_size)))

    def _whole(self) -> Flow[None]:
        self._failures = 0
        while True:
            have = yield from call(self.place.size)
            self.resumed_blindly = have > 0 and (self.resumed_blindly or self._etag is None)
            try:
                answer: HttpResponse = yield Save(
                    url=self.url,
                    path=str(self.place.partial),
                    offset=have,
                    unchanged=self._etag if have else None,
                    most=MOST_BYTES,
                    progress=self.progress,
                    begun=partial(self._begun, have),
                )
            except (NotSentError, NoAnswerError) as error:
                yield from self._once_more(have, str(error), None)
                continue
            except AnswerError:
                if not have:
                    raise
                yield from call(self.place.begin_anew)  # a server that cannot do ranges right can send all of it
                yield from self._once_more(have, "", None)
                continue
            if (yield from self._complete(answer, have)):
                return

    def _complete(self, answer: HttpResponse, have: int) -> Flow[bool]:
        """Return whether an answer was the last; where another may help, see to it that it can come."""
        status = answer.status
        if status in (WHOLE, PART):
            size = yield from call(self.place.size)
            if self._total is None or size == self._total:
                return True
            yield from self._once_more(have, "the server sent only a part of the result video", None)
        elif status == NOTHING_LEFT and have:
            if size_left_over(answer.headers) == have:
                return True
            yield from call(self.place.begin_anew)
            yield from self._once_more(have, "the server has another result video than before", None)
        elif status in _TRY_AGAIN:
            after = retry_after(answer.headers, time.time())
            yield from self._once_more(have, f"the server answered with HTTP {status}", after)
        elif status in _LINK_REFUSED:
            if self.refresh is None:
                raise DownloadError(_why_refused(status, self.url, self.posted, time.time()))
            ask, self.refresh = self.refresh, None
            self.url = yield from ask()
        else:
            raise DownloadError(f"The server that holds the result video answered with HTTP {status}: try again later.")
        return False

    def _begun(self, have: int, answer: HttpResponse) -> None:
        part = part_of(answer.status, answer.headers, offset=have, host="")
        self._etag, self._total = answer.headers.get("etag"), part.total
        if part.start == 0:
            self.resumed_blindly = False

    def _once_more(self, had: int, why: str, after: float | None) -> Flow[None]:
        """Wait, longer after each attempt without data; raises DownloadError after the last."""
        have = yield from call(self.place.size)
        self._failures = 0 if have - had >= SLOW_BYTES else self._failures + 1
        if self._failures >= MOST_ATTEMPTS:
            raise DownloadError(
                f"The result video could not be fetched in {MOST_ATTEMPTS} attempts: {why.rstrip('.')}. What has come "
                "is kept; resume while the link lives (24 hours)."
            )
        yield Pause(pause_before(max(1, self._failures), after, random))


def _why_refused(status: int, url: str, posted: float | None, now: float) -> str:
    """Write why a link was refused: a signed one says until when it lives, else it outlives its order by 24 hours."""
    said = _EXPIRES.search(url)
    hours = None if posted is None else _LINK_HOURS - (now - posted) / 3600
    if said is not None:
        hours = (int(said[1]) - now) / 3600
    elif hours is None or hours < 0:
        return (
            f"The link to the result video has expired, or was refused (HTTP {status}): such a link lives 24 hours, "
            "and the provider has no other for this task."
        )
    if hours < 0:
        return f"The link to the result video has expired (HTTP {status}), and the provider has no other for this task."
    still = min(_LINK_HOURS, max(1, floor(hours)))
    return (
        f"The server refuses the link to the result video (HTTP {status}), though it has not expired: what has come is "
        f"kept, so resume within {still} h, and check that no proxy stands in between and that this "
        "machine's clock is right."
    )


def collect(
    journal: Journal,
    entry: JournalEntry,
    link: str | None,
    to: Path,
    *,
    refresh: Refresh,
    progress: Callable[[float], None] | None = None,
) -> Flow[Path]:
    """Download the result video at `link` to the path `to`, and write down that it is there; see `download`.

    Without a link `refresh` is asked for one, unless the video is there already. Where it will be is written down
    before it has its name: a process that is killed in between has downloaded it. The result of a candidate makes its
    task the job's own where it has the expected length and size; else it is kept apart: OutcomeUnknownError.
    """
    entry = yield from call(lambda: journal.find(entry.id))  # as it is by now
    if entry.task_id is None and (entry.expected_seconds is None or entry.expected_size is None):
        raise not_ours(entry, "could not be told from others: the expected length and size of its result are not known")
    if not (yield from call(lambda: is_downloaded(entry, to))):
        if entry.stage != "downloaded" and not os.path.lexists(to):
            entry = yield from note(journal, replace(entry, result=os.fspath(to.absolute())))
        try:
            yield from download(
                link or (yield from refresh()),
                to,
                task=entry.task_id or entry.id,
                expected_seconds=entry.expected_seconds,
                expected_size=_size_of(entry),
                posted=entry.posted,
                progress=progress,
                refresh=refresh,
            )
        except DownloadError as error:
            if entry.stage == "downloaded" and error.kept is None:
                raise DownloadError(
                    f"{error} It was downloaded before, to {entry.result}; "
                    "`lipready.submit(…, sending=Sending(again=True))` sends the job and pays anew."
                ) from error
            if entry.task_id is None and error.kept is not None:
                why = f"has another result than expected, which is kept in {error.kept}"
                raise (yield from reject(journal, entry, why)) from error
            raise
        entry = yield from call(lambda: journal.find(entry.id))
    candidate = entry.candidate
    if entry.task_id is None and candidate is not None:
        claimed = yield from call(lambda: journal.claim(entry.id, candidate))
        if claimed is None:
            raise (yield from reject(journal, entry, f"is that of another job, whose result is in {to}"))
        entry = claimed
    yield from note(journal, replace(entry, stage="downloaded", result=os.fspath(to.absolute())))
    return to


def is_downloaded(entry: JournalEntry, to: Path) -> bool:
    """Return whether the file at `to` is the result video of this job: that was its place, and it is whole."""
    if entry.result != os.fspath(to.absolute()) or not to.is_file():
        return False
    return fault_of(os.fspath(to), entry.expected_seconds, _size_of(entry)) is None


def require_expected(journal: Journal, entry: JournalEntry, state: TaskState) -> Flow[None]:
    """Reject a candidate before its result is downloaded, where the provider says that this is another one."""
    if entry.task_id is not None or state.status != "succeeded":
        return
    if is_another(state.seconds, state.size, entry.expected_seconds, entry.expected_size):
        said = " and ".join(filter(None, (None if state.seconds is None else seconds(state.seconds), state.size)))
        raise (yield from reject(journal, entry, f"has another result ({said}) than expected"))


def reject(journal: Journal, entry: JournalEntry, why: str) -> Flow[OutcomeUnknownError]:
    """Record that a candidate is not the job's, so that it is not compared again; return the error that says so."""
    error = not_ours(entry, why)
    if entry.candidate is not None:
        rejected = (*entry.rejected, entry.candidate)
        # What was heard of it, and what it has cost, is somebody else's as well.
        entry = replace(entry, candidate=None, said=None, seconds=None, credits=None)
        yield from note(journal, replace(entry, rejected=rejected, message=str(error)))
    return error


def not_ours(entry: JournalEntry, why: str) -> OutcomeUnknownError:
    """Make the error of a candidate that was not confirmed: why, and how to go on."""
    return OutcomeUnknownError(
        f"The answer to the job {entry.id} was lost, and the task {entry.candidate} of that moment {why}. Nothing was "
        f"sent again: `lipready.resume('{entry.id}', task='{entry.candidate}')` takes it all the same, "
        f"`lipready.forget('{entry.id}')` closes the job, "
        "`lipready.submit(…, sending=Sending(again=True))` sends it and pays anew."
    )


def _size_of(entry: JournalEntry) -> str | None:
    """Return the size that only a candidate has to have: what the provider makes of our own task is its affair."""
    return entry.expected_size if entry.task_id is None else None
