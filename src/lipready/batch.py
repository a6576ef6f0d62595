"""Check many jobs: here one after the other, or on any `concurrent.futures.Executor`."""

import logging
from collections import deque
from collections.abc import AsyncIterator, Callable, Generator, Iterable, Iterator, Sequence, Sized
from concurrent.futures import (
    BrokenExecutor,
    Executor,
    Future,
    ThreadPoolExecutor,
    wait,
)
from concurrent.futures import CancelledError as FutureCancelledError
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import islice
from typing import TypeAlias

from lipready.cancel import Cancel, cancellable, checkpoint, in_thread
from lipready.check import Settings, check_any, check_job, settings_with
from lipready.errors import ComponentError, LipreadyError
from lipready.facts.address import shown
from lipready.facts.file import FileFacts, Role, unread_file
from lipready.facts.unmeasured import Unmeasured
from lipready.job import Job, Source, name_of
from lipready.probe.decoding.processors import side_by_side
from lipready.probe.spool import extension_by
from lipready.profiles.limit import Profile
from lipready.profiles.loader import load_profile
from lipready.reports.report import Report
from lipready.rules.rule import Rule

JobsDone: TypeAlias = Callable[[int, int | None], None]
"""Hears how many jobs are done, and of how many; None where the jobs do not say how many they are."""

LOOK_AHEAD = 32
"""Jobs that are handed to an executor at once: not every one can be asked how many workers it has."""

_TICK = 0.25
_LOG = logging.getLogger("lipready.batch")

_LOST = (BrokenExecutor, FutureCancelledError, ConnectionError, EOFError)
_LOST_NAMES = {"KilledWorker", "CommClosedError", "FutureCancelledError", "WorkerCrashedError", "ActorDiedError"}
"""What the executors of other libraries raise when a worker is gone; they are not imported for their names."""


def is_lost(error: BaseException) -> bool:
    """Return whether an error of an executor means that the worker is gone, with whatever it was at."""
    return isinstance(error, _LOST) or type(error).__name__ in _LOST_NAMES


def check_many(
    jobs: Iterable[Job],
    *,
    provider: str = "dashscope",
    profile: Profile | None = None,
    settings: Settings | None = None,
    rules: Sequence[Rule] = (),
    executor: Executor | None = None,
    progress: JobsDone | None = None,
    cancel: Cancel | None = None,
) -> Iterator[Report]:
    """Return an iterator that checks jobs: one report per job, in their order.

    `provider`, `profile`, `settings` and `rules` are as for `check`. A file that is not there is a finding (F001) of
    its own job, and stops no other; so is a check that crashes. Without an `executor` (`concurrent.futures`, or
    anything with its `submit`) jobs are checked one after the other in this thread. With one they are checked there, at
    most 32 of them before the report on the first is taken; it is not shut down. Checks on one of `concurrent.futures`
    share the cores among them. In other processes `settings.progress` is not called, and jobs, profile and rules have
    to be such as can be pickled. `progress` hears how many jobs are done, and of how many (None where `jobs` has no
    length).

    Jobs are taken as there is room for them. Closing the iterator ends what has begun in threads; in other processes
    that goes on to its end, and nothing else begins.

    Raises UsageError at the first job whose audio file does not have the track that the settings name, ComponentError
    where the face models are missing or the executor does not work, CancelledError where `cancel` ends it.

    >>> jobs = [lipready.Job("clip.mp4", "speech.wav"), lipready.Job("missing.mp4", "speech.wav")]
    >>> [report.verdict for report in lipready.check_many(jobs)]
    ['pass', 'fail']
    """
    total = len(jobs) if isinstance(jobs, Sized) else None
    batch = _Batch(profile or load_profile(provider), settings_with(settings, rules), cancel, total)
    checked = batch.here(iter(jobs)) if executor is None else batch.there(iter(jobs), executor)
    with closing(checked):
        for done, report in enumerate(checked, start=1):
            if progress is not None:
                progress(done, total)
            yield report


async def check_many_async(
    jobs: Iterable[Job],
    *,
    provider: str = "dashscope",
    profile: Profile | None = None,
    settings: Settings | None = None,
    rules: Sequence[Rule] = (),
    executor: Executor | None = None,
    progress: JobsDone | None = None,
    cancel: Cancel | None = None,
) -> AsyncIterator[Report]:
    """Return what `check_many` returns, on asyncio: an asynchronous iterator of the reports, in the order of the jobs.

    What blocks, `jobs` included, goes on in a thread of the loop's executor, in which `progress` is called as well.
    Where asyncio cancels it, what has begun is ended and waited for. Raises what `check_many` raises.

    >>> import asyncio
    >>> async def verdicts(jobs):
    ...     return [report.verdict async for report in lipready.check_many_async(jobs)]
    >>> asyncio.run(verdicts([lipready.Job("clip.mp4", "speech.wav")]))
    ['pass']
    """
    checked = check_many(
        jobs,
        provider=provider,
        profile=profile,
        settings=settings,
        rules=rules,
        executor=executor,
        progress=progress,
        cancel=cancel,
    )
    try:
        while (report := await in_thread(partial(next, checked, None))) is not None:
            yield report
    finally:
        if isinstance(checked, Generator):
            await in_thread(checked.close, always=True)


@dataclass(slots=True)
class _Batch:
    """How the jobs of one call are checked; `stop` ends what has begun in threads of an executor.

    `total` is how many jobs there are, None where nobody knows.
    """

    profile: Profile
    settings: Settings
    cancel: Cancel | None
    total: int | None
    stop: Cancel = field(default_factory=Cancel)

    def here(self, jobs: Iterator[Job]) -> Generator[Report, None, None]:
        """Check one job after the other in this thread."""
        for job in jobs:
            # Not around the yield: what the caller does between two reports is not ours to cancel.
            yield self._result(job, _checked(job, self.profile, self.settings, self.cancel))

    def there(self, jobs: Iterator[Job], executor: Executor) -> Generator[Report, None, None]:
        """Check jobs on an executor, and yield the reports in their order."""
        work = self._work(executor)
        ahead: deque[tuple[Job, Future[Report | str] | None]] = deque()
        try:
            while True:
                ahead.extend(
                    (job, _submitted(executor, partial(work, job))) for job in islice(jobs, LOOK_AHEAD - len(ahead))
                )
                if not ahead:
                    return
                job, future = ahead[0]
                answer = self._answer(future)
                if answer is None:  # its worker is gone: once more
                    answer = self._answer(_submitted(executor, partial(work, job)))
                if answer is None:
                    answer = self._alone(partial(work, job), executor)
                ahead.popleft()
                yield self._result(job, answer)
        finally:
            self.stop.cancel()
            begun = [future for _, future in ahead if future is not None and not future.cancel()]
            if isinstance(executor, ThreadPoolExecutor):
                wait(begun)

    def _work(self, executor: Executor) -> Callable[[Job], "Report | str"]:
        """Return what an executor does with a job: no callback and no token leads into another process."""
        work = partial(_checked, profile=self.profile, beside=self._at_once(executor))
        if isinstance(executor, ThreadPoolExecutor):
            return partial(work, settings=self.settings, cancel=self.cancel, stop=self.stop)
        return partial(work, settings=replace(self.settings, progress=None))

    def _at_once(self, executor: Executor) -> int:
        """Return how many jobs are checked at once on the machine of an executor, 1 where nobody knows."""
        workers = getattr(executor, "_max_workers", None)  # of concurrent.futures, which has no public name for it
        if not isinstance(workers, int):
            return 1
        return workers if self.total is None else min(workers, self.total)

    def _answer(self, future: "Future[Report | str] | None") -> "Report | str | None":
        """Wait for a report, or for the words on why there is none; None where the worker is lost."""
        if future is None:
            return None
        with cancellable(self.cancel):
            while not wait([future], timeout=_TICK).done:
                checkpoint()
        try:
            return future.result()
        except LipreadyError:
            raise
        except (Exception, FutureCancelledError) as error:
            if is_lost(error):
                return None
            raise ComponentError(
                f"The executor could not run the check of a job ({type(error).__name__}: {str(error)[:200]}): jobs, "
                "profile and rules must be such as can be pickled, and its workers must have the same version of "
                "lipready."
            ) from error

    def _alone(self, work: Callable[[], "Report | str"], executor: Executor) -> "Report | str":
        """Check a job in a process of its own, after its worker was lost: with which job is not known before."""
        from concurrent.futures import ProcessPoolExecutor  # which imports multiprocessing

        context = getattr(executor, "_mp_context", None)  # how the caller's processes begin
        single = ProcessPoolExecutor(1, mp_context=context)
        try:
            answer = self._answer(_submitted(single, work))
        finally:
            single.shutdown(wait=False, cancel_futures=True)
        return "could not be checked: the process that checked it has ended" if answer is None else answer

    def _result(self, job: Job, answer: "Report | str") -> Report:
        """Return the report; where there is none, one that says so of each file."""
        if isinstance(answer, Report):
            return answer
        known = {role: _unchecked(role, source, answer) for role, source in job.inputs()}
        return check_job(job, self.profile, replace(self.settings, rules=()), known=known)


def _checked(
    job: Job,
    profile: Profile,
    settings: Settings,
    cancel: Cancel | None = None,
    stop: Cancel | None = None,
    *,
    beside: int = 1,
) -> "Report | str":
    """Check a job, of which `beside` are checked at once; return what went wrong where nobody has foreseen it."""
    try:
        with cancellable(cancel), cancellable(stop), side_by_side(beside):
            return check_any(job, profile, settings)
    except LipreadyError:
        raise
    except Exception as error:  # noqa: BLE001  (one job does not cost the others)
        _LOG.debug("the check of %s failed", job, exc_info=True)
        return f"could not be checked: {type(error).__name__} ({str(error)[:100]})"


def _submitted(executor: Executor, work: Callable[[], "Report | str"]) -> "Future[Report | str] | None":
    """Hand a job to an executor; None where that is broken."""
    try:
        return executor.submit(work)
    except BrokenExecutor:
        return None
    except Exception as error:
        raise ComponentError(
            f"The executor takes no more work ({type(error).__name__}: {str(error)[:200]}): start it again."
        ) from error


def _unchecked(role: Role, source: Source, problem: str) -> FileFacts:
    """Return the facts of a file whose check has crashed."""
    reason = Unmeasured(problem, transient=True)
    facts = unread_file(role, shown(name_of(source)), extension_by(source), reason, reason)
    return replace(facts, problem=problem)
