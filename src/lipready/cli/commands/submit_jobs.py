"""`lipready submit --jobs`: all jobs of a list, checked first, sent one after the other, shown in one table."""

import asyncio
import os
from collections import Counter
from dataclasses import dataclass, field, replace
from fractions import Fraction
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

from lipready.check import stage
from lipready.cli.commands.submit import SubmitRun, check_and_repair, confirmed, fault_of_key
from lipready.cli.input.jobs import read_named_jobs
from lipready.cli.input.selection import chosen_rules, require_some_ran
from lipready.cli.output.following import Outcome, outcome_writer, outcomes_as_json
from lipready.cli.output.progress import job_table
from lipready.cli.output.report_files import refuse_inputs, write_reports
from lipready.cli.output.session import CLEAN, FOUND, TROUBLE
from lipready.errors import (
    JournalError,
    LipreadyError,
    NothingCheckedError,
    NotSentError,
    PreflightError,
    RefusedError,
    TaskFailedError,
    UsageError,
)
from lipready.facts.quantity import counted
from lipready.facts.report import Report
from lipready.job import Job, RequestOptions
from lipready.providers.submission.price import described, is_free, require_affordable
from lipready.submit import Order, Sending, ordered, profile_for, send_order

if TYPE_CHECKING:
    from lipready.check import Settings
    from lipready.cli.output.progress import JobTable
    from lipready.facts.task import TaskState
    from lipready.providers.transport.client import AsyncTransport
    from lipready.providers.transport.wire import Flow
    from lipready.task import Task

_AT_ONCE = 20
"""Jobs that are sent and not at their end: the next one is sent when there are fewer."""
_DOWNLOADS = 4

End = Literal["downloaded", "there already", "sent", "failed", "not at its end", "not sent"]
_STATUS: dict[End, int] = {"not sent": TROUBLE, "failed": FOUND, "not at its end": TROUBLE}


@dataclass(frozen=True, slots=True)
class Result:
    """What a job of the list is called, and where its result video will be."""

    name: str
    job: Job
    path: Path

    @property
    def there(self) -> bool:
        """Whether it is there already."""
        return self.path.is_file()


@dataclass(frozen=True, slots=True)
class Checked:
    """A job that was checked and can be sent."""

    result: Result
    job: Job
    report: "Report" = field(repr=False)
    sending: Sending
    show: Outcome
    order: "Order"


@dataclass(slots=True)
class Tally:
    """What came of each job so far, and the exit status of that; `records` are those of the JSON document."""

    run: SubmitRun
    ends: dict[str, End] = field(default_factory=dict)
    status: int = CLEAN
    records: list[dict[str, Any]] = field(default_factory=list)
    table: "JobTable | None" = None

    def show(self, name: str, state: str, share: float | None = None) -> None:
        """Show in the table, where there is one, how a job is."""
        if self.table is not None:
            self.table.show(name, state, share)

    def writer(self, name: str, report: "Report | None" = None, set_aside: str | None = None) -> Outcome:
        """Choose how to show what comes of a job."""
        form = self.run.shared.form
        write = self.records.append if form == "json" else None
        return outcome_writer(form, self.run.session, report, set_aside, write, name=name)

    def end(self, name: str, end: End, status: int | None = None) -> None:
        """Take down what came of a job."""
        self.ends[name] = end
        self.status = max(self.status, _STATUS.get(end, CLEAN) if status is None else status)


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
    results = [Result(each.name, each.job, folder / f"{each.name}.mp4") for each in listed]
    blocked = next((each.path for each in results if os.path.lexists(each.path) and not each.there), None)
    if blocked is not None:
        raise UsageError(f"{blocked} is no file, and in the way of a result: rename it, or the job.")
    return results


def submit_jobs(results: list[Result], settings: "Settings", run: SubmitRun, *, yes: bool, dry_run: bool) -> int:
    """Check every job whose result is not there, submit those without errors, and download their results.

    What comes of one job keeps none of the others back. Return the exit status: the worst of them.
    """
    refuse_inputs(run.shared.reports, [each.job for each in results])
    tally = Tally(run)
    results[0].path.parent.mkdir(exist_ok=True)
    try:
        for each in results:
            if each.there:
                tally.writer(each.name).there(each.path)
                tally.end(each.name, "there already")
        checked = _check_all([each for each in results if not each.there], settings, tally)
        if dry_run:
            for planned in checked:
                planned.show.dry(planned.order, fault_of_key(run.account))
        elif checked and _agreed(checked, tally, yes=yes):
            _send_all(checked, tally)
    except KeyboardInterrupt:
        _say_how_to_go_on(tally)
        raise
    finally:
        if run.shared.form == "json":
            order = [each.name for each in results]
            run.session.write(outcomes_as_json(sorted(tally.records, key=lambda record: order.index(record["name"]))))
    if not dry_run:
        _sum_up(results, tally)
    return tally.status


def _check_all(results: list[Result], settings: "Settings", tally: Tally) -> list[Checked]:
    """Check (and repair) jobs, show what was found, and return those that can be sent."""
    run = tally.run
    profile = profile_for(run.account, run.sending)
    chosen = chosen_rules(profile, run.shared)
    found, reports = list[Checked](), list[Report]()
    for each in results:
        sending = replace(run.sending, output=os.fspath(each.path), max_cost=None)  # which is for all of them
        try:
            job, report, set_aside = check_and_repair(each.job, profile, settings, replace(run, sending=sending))
        except LipreadyError as error:
            tally.writer(each.name).unsent(error)
            tally.end(each.name, "not sent")
        else:
            reports.append(report)
            show = tally.writer(each.name, report, set_aside)
            order = _order_of(each.name, ordered(job, report, run.account, sending), show, tally)
            if order is not None:
                found.append(Checked(each, job, report, sending, show, order))
    if reports or run.shared.reports:
        write_reports(run.shared.reports, reports, run.shared.fail_on)
    if reports:
        require_some_ran(reports, chosen)
    return found


def _order_of(name: str, flow: "Flow[Order]", show: Outcome, tally: Tally) -> "Order | None":
    """Make sure that a job can be sent; None where it cannot, which is shown."""
    from lipready.providers.transport.drive import run as carry_out

    try:
        return carry_out(tally.run.account, flow)
    except PreflightError as error:
        show.refused(error)
        tally.end(name, "not sent", FOUND)
    except LipreadyError as error:
        show.unsent(error)
        tally.end(name, "not sent")
    return None


def _agreed(checked: list[Checked], tally: Tally, *, yes: bool) -> bool:
    """Show the price of all jobs that are to be paid for, and ask whether they shall be sent, where anybody can be.

    Raises CostError where that is more than --max-cost.
    """
    run, session = tally.run, tally.run.session
    title, paid = run.account.service.title, [each.order.cost for each in checked if each.order.sent_before is None]
    if not paid or is_free(run.account.provider):
        return True
    lengths = [cost.seconds for cost in paid if cost.seconds is not None]
    total = replace(paid[0], seconds=sum(lengths, Fraction()) if len(lengths) == len(paid) else None)
    require_affordable(total, run.sending.max_cost, title)
    jobs, form = counted(len(paid), "job"), run.shared.form
    price = f"{jobs}: {described(total, title)}"
    if form == "full":
        session.write(session.page().finish([price, ""]))
    if yes or confirmed(f"Send {jobs}?", price, form, session):
        return True
    for each in checked:
        tally.end(each.result.name, "not sent")
    return False


def _send_all(checked: list[Checked], tally: Tally) -> None:
    with job_table(tally.run.session, len(checked)) as tally.table:
        asyncio.run(JobsRun(tally).carry_out(checked))


class JobsRun:
    """The way of all jobs from here to their results, on asyncio."""

    def __init__(self, tally: Tally) -> None:
        self._tally, self._run = tally, tally.run
        self._free, self._downloads = asyncio.Semaphore(_AT_ONCE), asyncio.Semaphore(_DOWNLOADS)

    async def carry_out(self, checked: list[Checked]) -> None:
        """Send jobs one after the other, while those that are sent are waited for and their results downloaded.

        After a refusal that concerns the account, or where the journal cannot be written, no other is sent.
        """
        from lipready.providers.transport.client import AsyncTransport

        account, stopped = self._run.account, False
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
                    self._end(each, "not sent")
                else:
                    each.show.sent(task)
                    group.create_task(self._follow(each, task, transport))

    async def _send(self, each: Checked, transport: "AsyncTransport") -> "Task":
        from lipready.providers.transport.drive import drive_async

        def uploading(what: str, share: float) -> None:
            self._show(each, what.partition(" ")[0], share)

        self._show(each, "sending")
        return await drive_async(send_order(each.order, uploading), transport)

    async def _follow(self, each: Checked, task: "Task", transport: "AsyncTransport") -> None:
        """Wait for a task and download its result, and show what came of it."""
        from lipready.providers.transport.drive import drive_async
        from lipready.task import downloaded, waited

        if self._run.no_wait:
            each.show.left(task)
            self._end(each, "sent")
            return

        def tell(state: "TaskState") -> None:
            self._show(each, state.said or state.status, None if state.progress is None else state.progress / 100)

        def downloading(_what: str, share: float) -> None:
            self._show(each, "downloading", share)

        patience, path = self._run.patience, each.result.path
        try:
            task = await drive_async(waited(task, patience.deadline, patience.poll_interval, tell), transport)
            async with self._downloads:
                progress = stage("downloading", os.fspath(path), downloading)
                result_video = await drive_async(downloaded(task, path, progress), transport)
        except TaskFailedError as error:
            each.show.failed(task, error)
            self._end(each, "failed")
        except LipreadyError as error:
            if self._run.shared.form == "full":
                self._run.session.complain(f"Error: {each.result.name}: {error}")
            each.show.kept(task, error)
            self._end(each, "not at its end")
        except asyncio.CancelledError:
            each.show.left(task)
            self._tally.end(each.result.name, "not at its end")
            raise
        else:
            each.show.show_result(task, result_video)
            self._end(each, "downloaded")

    def _show(self, each: Checked, state: str, share: float | None = None) -> None:
        self._tally.show(each.result.name, state, share)

    def _end(self, each: Checked, end: End) -> None:
        self._free.release()
        self._tally.end(each.result.name, end)
        if self._tally.table is not None:
            self._tally.table.end(each.result.name)


def _concerns_all(error: LipreadyError) -> bool:
    """Return whether what was said of one job will be said of each."""
    if isinstance(error, RefusedError):
        return error.retry == "account" or error.status == HTTPStatus.UNAUTHORIZED
    return isinstance(error, JournalError)


def _say_how_to_go_on(tally: Tally) -> None:
    """Say after an interruption what is open, and how to go on."""
    if tally.run.account.provider.startswith("sandbox"):
        return
    tally.run.session.complain(
        "What was sent is in the journal: `lipready tasks resume` waits for it and downloads the results, and the "
        "same command again goes on with all jobs of the list; nothing is paid twice."
    )


def _sum_up(results: list[Result], tally: Tally) -> None:
    """Report what came of all jobs, and where their results are."""
    run = tally.run
    if run.shared.form != "full" or run.session.quiet:
        return
    counts = Counter(tally.ends.values())
    parts = [f"{counts[end]:,} {end}" for end in get_args(End) if counts[end]]
    page, folder = run.session.page(), results[0].path.parent
    if folder.is_relative_to(Path.cwd()):
        folder = folder.relative_to(Path.cwd())
    lines = page.wrap(f"{counted(len(results), 'job')}: {', '.join(parts)} · {folder}")
    if counts["sent"]:
        lines += page.wrap("`lipready tasks resume` waits for what was sent, and downloads the results.")
    run.session.write(page.finish(["", *lines]))
