"""`lipready submit --jobs`: all jobs of a list, checked first, sent one after the other, shown in one table."""

import asyncio
import os
from collections import Counter
from dataclasses import dataclass, replace
from functools import partial, reduce
from http import HTTPStatus
from operator import add
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

from lipready.check import stage
from lipready.cli.commands.submit import SubmitRun, check_and_repair, check_and_write, confirmed, fault_of_key
from lipready.cli.input.jobs import read_named_jobs
from lipready.cli.input.selection import chosen_rules, require_some_ran
from lipready.cli.output.html_page import JobPage, PageAlbum
from lipready.cli.output.outcome import Outcome, Write, near, outcome_document, outcome_writer
from lipready.cli.output.parts import joined, parts_lines
from lipready.cli.output.progress import JobTable, job_table
from lipready.cli.output.report_files import refuse_inputs, write_page_again, write_reports
from lipready.cli.output.session import CLEAN, FOUND, TROUBLE
from lipready.errors import (
    JournalError,
    LipreadyError,
    NothingCheckedError,
    NotSentError,
    RefusedError,
    TaskFailedError,
    UsageError,
)
from lipready.facts.quantity import counted
from lipready.job import Job, RequestOptions
from lipready.prepare import require_files
from lipready.providers.journal.journal import Journal
from lipready.providers.submission.price import described, is_free, require_affordable
from lipready.reports.report import Report
from lipready.split import SplitPart, split_job
from lipready.submit import Order, PreflightError, ordered, profile_for, require_sendable, send_order

if TYPE_CHECKING:
    from lipready.check import Settings
    from lipready.facts.task import TaskState
    from lipready.providers.transport.client import AsyncTransport
    from lipready.task import Task

_AT_ONCE = 20
"""Jobs that are sent and not at their end: the next one is sent when there are fewer."""
_DOWNLOADS = 4

End = Literal["downloaded", "there already", "sent", "failed", "not at its end", "not sent"]
_STATUS: dict[End, int] = {"not sent": TROUBLE, "failed": FOUND, "not at its end": TROUBLE}


@dataclass(frozen=True, slots=True)
class Result:
    """What a job of the list is called, and where its result video will be.

    A `part` of a job that was cut was checked already.
    """

    name: str
    job: Job
    path: Path
    part: SplitPart | None = None


@dataclass(frozen=True, slots=True)
class Checked:
    """A job that was checked and can be sent."""

    result: Result
    show: Outcome
    order: Order


def plan_results(path: Path, folder: Path, options: RequestOptions) -> list[Result]:
    """Read a list of jobs, and name the result video of each; `options` are those that a job does not name itself.

    Raises UsageError where nothing can be written to the folder or something is in a result's way, and like
    `read_named_jobs`.
    """
    listed = read_named_jobs(path, options)
    if not listed:
        raise NothingCheckedError(f"{path} lists no job.")
    folder = folder.absolute()
    near = folder if os.path.lexists(folder) else folder.parent
    if not near.is_dir():
        what = "is no folder" if near is folder else f"the folder {near} does not exist"
        raise UsageError(f"{folder}: {what}; name the folder of the results (-o DIR).")
    if not os.access(near, os.W_OK | os.X_OK):
        raise UsageError(f"Nothing can be written to the folder {near}: name another one for the results (-o DIR).")
    results = [Result(name, job, folder / f"{name}.mp4") for name, job in listed.items()]
    blocked = next((each.path for each in results if os.path.lexists(each.path) and not each.path.is_file()), None)
    if blocked is not None:
        raise UsageError(f"{blocked} is no file, and in the way of a result: rename it, or the job.")
    return results


def submit_parts(job: Job, settings: "Settings", run: SubmitRun, *, yes: bool, dry_run: bool) -> int:
    """Cut a job into parts, submit each of them once, and join their results. Return the exit status."""
    output, session = Path(run.sending.output or next(iter(job.places().values()))).absolute(), run.session
    require_files(job)
    refuse_inputs(run.shared.reports, [job])
    found, folder = check_and_write(split_job, "parts", job, settings, run)
    if not found.parts:
        try:
            require_sendable(job, found.whole.report, replace(run.sending, force=False))
        except PreflightError as error:
            outcome_writer(run.shared.form, session, found.whole.report).refused(error)
            return FOUND
        raise UsageError("Several people are seen, and nothing says who speaks: say --person N, or hand in a picture.")
    parts = found.parts
    if len(parts) == 1:
        results = [Result(output.name, parts[0].job, output, parts[0])]
        return submit_jobs(results, settings, run, yes=yes, dry_run=dry_run)
    if run.shared.form == "full" and not session.quiet:
        session.write(session.page().finish([*parts_lines(parts, folder, session.page()), ""]))
    results = [Result(f"part {each.number}", each.job, each.result, each) for each in parts]
    return submit_jobs(results, settings, run, yes=yes, dry_run=dry_run, whole=output)


def submit_jobs(
    results: list[Result],
    settings: "Settings",
    run: SubmitRun,
    *,
    yes: bool,
    dry_run: bool,
    whole: Path | None = None,
) -> int:
    """Check every job whose result is not there, submit those without errors, and download their results.

    What comes of one job keeps none of the others back. The results of the parts of a job are joined to the `whole`,
    where all of them are there. Return the exit status: the worst of them.
    """
    refuse_inputs(run.shared.reports, [each.job for each in results])
    results[0].path.parent.mkdir(exist_ok=True)
    left: list[Result] = []
    names = [each.name for each in results] + ([] if whole is None else [whole.name])
    with outcome_document(run.shared.form, run.session, names) as write:
        jobs = JobsRun(run, write, whole, len(results))
        try:
            for each in results:
                if each.path.is_file():
                    jobs.writer(each.name).there(each.path)
                    jobs.end(each.name, "there already")
                else:
                    left.append(each)
            checked = jobs.check(left, settings)
            if dry_run:
                for planned in checked:
                    planned.show.dry(planned.order, fault_of_key(run.account))
            elif checked and jobs.agreed(checked, yes=yes):
                jobs.send(checked)
            if not dry_run:
                _sum_up(results, jobs)
                jobs.join(results)
        except KeyboardInterrupt:
            if not run.account.provider.startswith("sandbox"):
                rest = "all jobs of the list" if whole is None else "all parts, and joins their results"
                run.session.complain(
                    "What was sent is in the journal: `lipready tasks resume` waits for it and downloads the results, "
                    f"and the same command again goes on with {rest}; nothing is paid twice."
                )
            raise
        finally:
            if not dry_run:
                jobs.write_page()
    return jobs.status


class JobsRun:
    """The way of all jobs to their results: what came of each so far, and the exit status of that."""

    def __init__(self, run: SubmitRun, write: Write | None, whole: Path | None, jobs: int) -> None:
        self.run, self._write, self._whole, self._jobs = run, write, whole, jobs
        self.what = "job" if whole is None else "part"
        self.ends: dict[str, End] = {}
        self.status = CLEAN
        self._joined = "not joined"
        self._table = JobTable(None, 0)
        self._album: PageAlbum | None = None
        self._free, self._downloads = asyncio.Semaphore(_AT_ONCE), asyncio.Semaphore(_DOWNLOADS)
        self._verifying = asyncio.Lock()

    def writer(self, name: str, report: Report | None = None, set_aside: str | None = None) -> Outcome:
        """Choose how to show what comes of a job."""
        show = outcome_writer(self.run.shared.form, self.run.session, report, set_aside, self._write, name=name)
        show.verify, show.quick = self.run.verify, self.run.shared.quick
        if self._album is not None:
            show.pictures = self._album.empty()
            show.witness = partial(self._album.came, name, show.pictures)
        return show

    def end(self, name: str, end: End, status: int | None = None) -> None:
        """Take down what came of a job."""
        self.ends[name] = end
        self.status = max(self.status, _STATUS.get(end, CLEAN) if status is None else status)
        self._table.end(name)

    def join(self, results: list[Result]) -> None:
        """Join the results of the parts of a job, where all of them are there."""
        parts = [each.part for each in results if each.part is not None]
        if self._whole is None or self.run.sending.output is None or not all(each.path.is_file() for each in results):
            return
        joined(parts, self._whole, self.writer(self._whole.name))
        self._joined = near(self._whole)

    def told(self) -> str:
        """Say how many jobs have come how far."""
        counts = Counter(self.ends.values())
        return ", ".join(f"{counts[end]:,} {end}" for end in get_args(End) if counts[end])

    def write_page(self) -> None:
        """Write the page once more, with what came of the jobs: after the check nobody knew how the rest ends."""
        if self._album is None:
            return
        notes = [("Results", self.told() or "nothing was sent")]
        notes += [] if self._whole is None else [("Joined video", self._joined)]
        write_page_again(self.run.shared.reports, partial(self._album.html, states=self.ends, notes=notes))

    def check(self, results: list[Result], settings: "Settings") -> list[Checked]:
        """Check (and repair) jobs, show what was found, and return those that can be sent."""
        from lipready.providers.transport.drive import run as carry_out

        run = self.run
        chosen = chosen_rules(profile_for(run.account, run.sending), run.shared)
        found, reports = list[Checked](), list[Report]()
        album = self._album = PageAlbum(several=True, jobs=len(results)) if run.shared.pictured else None
        for each in results:
            sending = replace(run.sending, output=os.fspath(each.path), max_cost=None)  # which is for all of them
            show = self.writer(each.name)
            try:
                page = None if album is None else JobPage(album.empty(), album.empty())
                one = replace(run, sending=sending, page=page)
                if each.part is None or each.part.report is None:
                    job, report, set_aside = check_and_repair(each.job, settings, one)
                else:
                    job, report, set_aside = each.job, each.part.report, None
                reports.append(report)
                if album is not None and page is not None:
                    album.add(report, page.shown, each.name)
                show = self.writer(each.name, report, set_aside)
                order = self._placed(each, carry_out(run.account, ordered(job, report, run.account, sending)))
            except PreflightError as error:
                show.refused(error)
                self.end(each.name, "not sent", FOUND)
            except LipreadyError as error:
                show.unsent(error)
                self.end(each.name, "not sent")
            else:
                found.append(Checked(each, show, order))
        if reports or run.shared.reports:
            html = None if album is None else album.html
            write_reports(run.shared.reports, reports, run.shared.fail_on, html=html)
        if reports:
            require_some_ran(reports, chosen)
        return found

    def _placed(self, result: Result, order: Order) -> Order:
        """Write down which part of the whole a job is."""
        if self._whole is None or result.part is None:
            return order
        whole, part = os.fspath(self._whole), result.part.number
        return replace(order, entry=replace(order.entry, whole=whole, part=part, parts=self._jobs))

    def agreed(self, checked: list[Checked], *, yes: bool) -> bool:
        """Show the price of all jobs that are to be paid for, and ask whether to send them, where anybody can be.

        Raises CostError where that is more than --max-cost.
        """
        run, session, form = self.run, self.run.session, self.run.shared.form
        paid = [each.order.cost for each in checked if each.order.sent_before is None]
        if not paid or is_free(run.account.provider):
            return True
        title, total, jobs = run.account.service.title, reduce(add, paid), counted(len(paid), self.what)
        require_affordable(total, run.sending.max_cost, title)
        price = f"{jobs}: {described(total, title)}"
        if form == "full":
            session.write(session.page().finish([price, ""]))
        if yes or confirmed(f"Send {jobs}?", price, form, session):
            return True
        for each in checked:
            self.end(each.result.name, "not sent")
        return False

    def send(self, checked: list[Checked]) -> None:
        """Send all jobs, and download their results.

        Of a job that was cut all parts are in the journal before the first of them is sent.
        """
        if self._whole is not None and not self.run.sending.again:
            for each in checked:
                Journal().add_unless_known(each.order.entry)
        with job_table(self.run.session, len(checked)) as self._table:
            asyncio.run(self._send_all(checked))

    async def _send_all(self, checked: list[Checked]) -> None:
        """Send jobs one after the other, while those that are sent are waited for and their results downloaded.

        After a refusal that concerns the account, or where the journal cannot be written, no other is sent.
        """
        from lipready.providers.transport.client import AsyncTransport

        account, stopped = self.run.account, False
        async with AsyncTransport(account.key, account.origins) as transport, asyncio.TaskGroup() as group:
            for each in checked:
                await self._free.acquire()
                try:
                    if stopped:
                        raise NotSentError("It was not sent, for the same reason as the job before it.")
                    task = await self._send(each, transport)
                except LipreadyError as error:
                    stopped = stopped or _concerns_all(error)
                    each.show.unsent(error)
                    self.end(each.result.name, "not sent")
                    self._free.release()
                else:
                    each.show.sent(task)
                    group.create_task(self._follow(each, task, transport))

    async def _send(self, each: Checked, transport: "AsyncTransport") -> "Task":
        from lipready.providers.transport.drive import drive_async

        name = each.result.name
        self._table.show(name, "sending")
        self.ends[name] = "not at its end"
        return await drive_async(
            send_order(each.order, lambda what, share: self._table.show(name, what.partition(" ")[0], share)), transport
        )

    async def _follow(self, each: Checked, task: "Task", transport: "AsyncTransport") -> None:
        """Wait for a task and download its result, and show what came of it."""
        from lipready.providers.transport.drive import drive_async
        from lipready.task import downloaded, waited

        name, path, patience = each.result.name, each.result.path, self.run.patience

        def tell(state: "TaskState") -> None:
            share = None if state.progress is None else state.progress / 100
            self._table.show(name, state.said or state.status, share)

        end: End = "not at its end"
        try:
            if self.run.no_wait:
                each.show.left(task)
                end = "sent"
                return
            task = await drive_async(waited(task, patience.deadline, patience.poll_interval, tell), transport)
            async with self._downloads:
                show = stage(
                    "downloading", os.fspath(path), lambda _, share: self._table.show(name, "downloading", share)
                )
                result_video = await drive_async(downloaded(task, path, show), transport)
            end = "downloaded"
            await each.show.verify_beside(task, result_video, self._verifying, partial(self._tell_part, name))
        except TaskFailedError as error:
            each.show.failed(task, error)
            end = "failed"
        except LipreadyError as error:
            if self.run.shared.form == "full":
                self.run.session.complain(f"Error: {name}: {error}")
            each.show.kept(task, error)
        except asyncio.CancelledError:
            if end != "downloaded":
                each.show.left(task)
            raise
        finally:
            self.end(name, end)
            self._free.release()

    def _tell_part(self, name: str, _what: str, share: float) -> None:
        self._table.show(name, "verifying", share)


def _concerns_all(error: LipreadyError) -> bool:
    """Return whether what was said of one job will be said of each."""
    if isinstance(error, RefusedError):
        return error.retry == "account" or error.status == HTTPStatus.UNAUTHORIZED
    return isinstance(error, JournalError)


def _sum_up(results: list[Result], jobs: JobsRun) -> None:
    """Report to people what came of all jobs, and where their results are."""
    session = jobs.run.session
    if jobs.run.shared.form != "full" or session.quiet:
        return
    page = session.page()
    lines = page.wrap(f"{counted(len(results), jobs.what)}: {jobs.told()} · {near(results[0].path.parent)}")
    if "sent" in jobs.ends.values():
        lines += page.wrap("`lipready tasks resume` waits for what was sent, and downloads the results.")
    session.write(page.finish(["", *lines]))
