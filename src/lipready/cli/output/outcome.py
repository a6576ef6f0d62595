"""What is shown of what comes of a job: for `submit`, `listen` and `tasks resume`."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lipready.cancel import in_thread
from lipready.check import Progress, Settings
from lipready.cli.output.progress import progress_bars
from lipready.cli.output.session import Session
from lipready.cli.output.task_list import cost_as_json
from lipready.errors import DeadlineError, LipreadyError, OutcomeUnknownError, TaskFailedError
from lipready.facts.pictures import Pictures
from lipready.facts.quantity import counted, number, plural, seconds
from lipready.providers.submission.price import described, is_free
from lipready.reports.full import brief_report, finding_lines
from lipready.reports.page import plain
from lipready.reports.summary import size
from lipready.reports.values import plain_text
from lipready.submit import PreflightError

if TYPE_CHECKING:
    from lipready.reports.report import Report
    from lipready.submit import Order
    from lipready.task import Task

Write = Callable[[dict[str, Any]], None]
SCHEMA, LIST_SCHEMA = "lipready.task/1", "lipready.tasks/1"


def outcome_writer(
    form: str,
    session: Session,
    report: "Report | None" = None,
    set_aside: str | None = None,
    write: Write | None = None,
    *,
    name: str | None = None,
) -> "Outcome":
    """Choose how to show what comes of a job: for people, or as one line of JSON, which is written by `write`."""
    if form == "full":
        return Outcome(session, report, set_aside, name)
    write = write or (lambda content: session.write(_line(content)))
    return JsonOutcome(session, report, set_aside, name, write=write)


@contextmanager
def outcome_document(form: str, session: Session, order: Sequence[str] = ()) -> Iterator[Write | None]:
    """Return what takes the record of each of several jobs, where the format is one document; it is written at the end.

    `order` are the names of the jobs, where they have some.
    """
    records: list[dict[str, Any]] = []
    try:
        yield records.append if form == "json" else None
    finally:
        if form == "json":
            records.sort(key=lambda record: order.index(record["name"]) if order else 0)
            session.write(_line({"schema": LIST_SCHEMA, "tasks": records}))


def _line(content: dict[str, Any]) -> str:
    return json.dumps(content, allow_nan=False) + "\n"


@dataclass(slots=True)
class Outcome:
    """Shows people what comes of a job, as it comes. `report` is that of the check, where there was one.

    `set_aside` is the picture that was handed in and is not sent. `name` is that of the job in a list of jobs.
    `witness` hears the record of the job at its end, whatever is shown, and how the result was verified; `pictures`
    takes what is shown of that. Without `verify` nobody looks at the result, and with `quick` at its headers alone.
    """

    session: Session
    report: "Report | None" = field(repr=False)
    set_aside: str | None = None
    name: str | None = None
    witness: "Callable[[dict[str, Any], Report | None], None] | None" = field(default=None, kw_only=True)
    pictures: Pictures | None = field(default=None, kw_only=True)
    verify: bool = field(default=True, kw_only=True)
    quick: bool = field(default=False, kw_only=True)

    def verified(self, task: "Task", result_video: Path, progress: Progress | None = None) -> "Report | None":
        """Hold a result against what was sent, unless that is not wanted; None where it could not be done.

        Without a `progress` of the caller's own, bars show how far it is.
        """
        if not self.verify:
            return None
        from lipready.verify import verify_download

        with progress_bars(self.session) if progress is None else nullcontext(progress) as told:
            settings = Settings(quick=self.quick, progress=told, pictures=self.pictures)
            return verify_download(task.entry.id, str(result_video), task.account.profile, settings)

    async def verify_beside(
        self, task: "Task", result_video: Path, alone: AbstractAsyncContextManager[Any], progress: Progress
    ) -> None:
        """Verify a result in a thread, while others are downloaded, and report it, whatever comes of that.

        `alone` lets in one after the other: each takes all cores.
        """
        verified = None
        try:
            async with alone:
                verified = await in_thread(partial(self.verified, task, result_video, progress))
        finally:
            self.show_result(task, result_video, verified)

    def refused(self, error: PreflightError) -> None:
        """Report that the check found errors, and show them all."""
        from lipready.reports.full import render

        self._note(None, status="not sent", error=_said(error))
        page = self.session.page()
        lines = [page.paint("not sent", "strong"), *page.wrap(_sentence(error), indent="  ")]
        if self.name is None:
            self.session.write(f"{render(error.report, page)}\n{page.finish(lines)}")
        else:
            self.session.write(page.finish([*brief_report(f"{self.name}: checked", error.report, page), *lines, ""]))

    def unsent(self, error: LipreadyError) -> None:
        """Report why a job of a list has no task, or none that is known."""
        self._note(None, status=_unsent(error), error=_said(error, meaning=""))
        self.session.complain(f"Error: {self._prefix()}{error}")

    def there(self, path: Path) -> None:
        """Report that the result video of a job of a list is there already, and the job was left out."""
        self._mark(f"{near(path)} is there already: not sent again")

    def joined(self, path: Path, parts: int) -> None:
        """Report where the video is that was joined of the results of the parts of a job."""
        where = "" if self.name is not None else f"{near(path)} · "
        self._mark(f"{where}{size(path.stat().st_size)} · joined of {counted(parts, 'part')}")

    def ordered(self, order: "Order") -> None:
        """Report what the check found, and what it costs to send the job."""
        page = self.session.page()
        title = f"{self._prefix()}checked"
        lines = [] if self.report is None or page.brief else [*brief_report(title, self.report, page), ""]
        if order.sent_before is None:
            quota = "" if order.cost.amount is None else ", without a free quota"
            price = f"{described(order.cost, order.account.service.title)}{quota}"
            if is_free(order.account.provider):
                price = "nothing, at the sandbox"
            head, *rest = page.wrap(price, indent="  price    ", hanging="           ")
            lines += [f"{page.paint('price', 'strong')}{head[7:]}", *(line[2:] for line in rest)]
        if lines:
            self.session.write(page.finish(lines))

    def dry(self, order: "Order", missing: str | None) -> None:
        """Show the request that would be sent; `missing` says what is wrong with the key."""
        self._note(None, order=order, status="not sent")
        self.ordered(order)
        page = self.session.page()
        if order.sent_before is not None:
            lines = page.wrap(
                f"The same job {order.sent_before.id} was sent already: `submit` waits for its task, `--again` pays "
                "anew."
            )
        else:
            request = _request_as_json(order)
            body = json.dumps(request["json"], indent=2, ensure_ascii=False).splitlines()
            lines = [page.paint("request", "strong") + f"  {request['method']} {plain(request['url'])}"]
            lines += [f"  {plain(name)}: {plain(value)}" for name, value in request["headers"].items()]
            lines += [f"  {plain(line)}" for line in body]
        lines += ["", *page.wrap(missing)] if missing else []
        self.session.write(page.finish(["", *lines, "", page.paint("dry run: nothing was sent", "strong")]))

    def sent(self, task: "Task") -> None:
        """Report that the job is on its way."""
        reserved, until = task.entry.credits_reserved, task.entry.estimated_seconds
        parts = [] if reserved is None else [f"{number(reserved)} {plural(reserved, 'credit')} (reserved, not spent)"]
        parts += [] if until is None else [f"{seconds(until)} until the end"]
        estimates = f"; it estimates {' and '.join(parts)}" if parts else ""
        sent = f"sent to {task.account.service.title}: {_told(task)}{estimates}"
        self._mark(_attached(task) if task.attached else sent)

    def left(self, task: "Task") -> None:
        """Report how to go on with a task that is not waited for; of a list that is said once."""
        self._note(task)
        if self.name is not None:
            return
        page = self.session.page()
        how = f"`lipready tasks resume {task.entry.id} -o FILE` downloads its result video"
        self.session.write(page.finish(page.wrap(f"{how}, until 24 hours after its end.", indent="  ")))

    def failed(self, task: "Task", error: TaskFailedError) -> None:
        """Report why a task failed, and where more stands about it."""
        self._note(task, status="failed", error=_said(error))
        page = self.session.page()
        lines = page.wrap(f"{error}", indent="  ")
        mark = page.paint("✗ failed", "error")
        found = {finding.rule for finding in self.report.findings} if self.report is not None else set()
        rules = [rule for rule in error.rules if rule in found] or error.rules
        more = [f"  More: {', '.join(f'`lipready explain {rule}`' for rule in rules)}"] if rules else []
        self.session.write(page.finish([f"{mark}: {plain(self._prefix())}task {plain(task.id)}", *lines, *more]))

    def kept(self, task: "Task", error: BaseException) -> None:
        """Report how to go on with a task whose result video was not downloaded, and is not lost."""
        self._note(task, error=_said(error, rules=[]))
        if not isinstance(error, (DeadlineError, OutcomeUnknownError)):  # which say so themselves
            self.session.complain(
                f"{self._prefix()}The task {task.id} is kept; `lipready tasks resume {task.entry.id}` goes on with it."
            )

    def show_result(self, task: "Task", result_video: Path | None, verified: "Report | None" = None) -> None:
        """Report where the result video is, and what is wrong with it."""
        self._note(task, result_video=result_video, verified=verified)
        if result_video is None:
            self._mark(f"task {task.id} has succeeded; `lipready tasks resume {task.entry.id} -o FILE` fetches it")
            return
        parts = [near(result_video), size(result_video.stat().st_size)]
        if task.state.seconds is not None:
            parts.append(f"{seconds(task.state.seconds)} billed")
        if task.state.credits is not None:
            parts.append(f"{number(task.state.credits)} {plural(task.state.credits, 'credit')}")
        self._mark(" · ".join(parts))
        page = self.session.page()
        if verified is not None and verified.findings:
            lines = [line for finding in verified.findings for line in finding_lines(finding, page)]
            self.session.write(page.finish(lines))

    def _note(self, task: "Task | None", *, verified: "Report | None" = None, **more: Any) -> None:
        if self.witness is not None:
            self.witness(self._record(task, verified=verified, **more), verified)

    def _record(
        self,
        task: "Task | None",
        *,
        status: str | None = None,
        result_video: Path | None = None,
        error: dict[str, Any] | None = None,
        order: "Order | None" = None,
        verified: "Report | None" = None,
    ) -> dict[str, Any]:
        """Return what came of the job, as `lipready.task/1`."""
        entry = order.entry if order is not None else None if task is None else task.entry
        return {
            "schema": SCHEMA,
            **({} if self.name is None else {"name": self.name}),
            "provider": None if task is None else task.entry.provider,
            "job": None if task is None else task.entry.id,
            "task": None if task is None else task.id,
            "attached": task is not None and task.attached,
            "status": status or (task.status if task is not None else None),
            "result": None if result_video is None else plain_text(str(result_video)),
            "seconds": None if task is None else task.state.seconds,
            "cost": None if entry is None else cost_as_json(entry),
            "request": None if order is None else _request_as_json(order),
            "error": error,
            "verified": None if verified is None else verified.to_dict(),
            "set_aside": None if self.set_aside is None else plain_text(self.set_aside),
            "report": None if self.report is None else self.report.to_dict(),
        }

    def _prefix(self) -> str:
        return "" if self.name is None else f"{self.name}: "

    def _mark(self, text: str) -> None:
        page = self.session.page()
        self.session.write(page.finish(page.beside(f"{page.paint('✓', 'good')} ", self._prefix() + text, 2)))


@dataclass(slots=True)
class JsonOutcome(Outcome):
    """Writes one record at the end."""

    write: Write = field(kw_only=True)

    def refused(self, error: PreflightError) -> None:
        """Write the report of a job that was not sent."""
        self._write(None, status="not sent", error=_said(error))

    def ordered(self, order: "Order") -> None:
        """Write nothing yet."""

    def dry(self, order: "Order", missing: str | None) -> None:
        """Write the request that would be sent; what is wrong with the key goes to stderr."""
        if missing:
            self.session.complain(missing)
        self._write(None, order=order, status="not sent")

    def unsent(self, error: LipreadyError) -> None:
        """Write why a job of a list has no task, or none that is known."""
        Outcome.unsent(self, error)
        self._write(None, status=_unsent(error), error=_said(error, meaning=""))

    def there(self, path: Path) -> None:
        """Write that the result video of a job of a list is there already."""
        self._write(None, status="there already", result_video=path)

    def joined(self, path: Path, parts: int) -> None:  # noqa: ARG002 - as it is for people
        """Write where the video is that was joined."""
        self._write(None, status="joined", result_video=path)

    def sent(self, task: "Task") -> None:
        """Write nothing yet."""

    def left(self, task: "Task") -> None:
        """Write the task that is not waited for."""
        self._write(task)

    def failed(self, task: "Task", error: TaskFailedError) -> None:
        """Write why the task failed."""
        self._write(task, status="failed", error=_said(error))

    def kept(self, task: "Task", error: BaseException) -> None:
        """Write what kept the result video from being downloaded."""
        Outcome.kept(self, task, error)
        self._write(task, error=_said(error, rules=[]))

    def show_result(self, task: "Task", result_video: Path | None, verified: "Report | None" = None) -> None:
        """Write where the result video is, and what is wrong with it."""
        self._write(task, result_video=result_video, verified=verified)

    def _write(self, task: "Task | None", **more: Any) -> None:
        self.write(self._record(task, **more))
        self._note(task, **more)


def _said(error: BaseException, **instead: object) -> dict[str, Any]:
    said = {name: getattr(error, name, "") for name in ("code", "meaning")}
    return {**said, "message": _sentence(error), "rules": list(getattr(error, "rules", ())), **instead}


def _unsent(error: LipreadyError) -> str:
    return "unknown" if isinstance(error, OutcomeUnknownError) else "not sent"


def _sentence(error: BaseException) -> str:
    """Return the message; what the library leaves to two calls, the command does in one."""
    said = str(error)
    if not isinstance(error, PreflightError):
        return said
    return said.replace("`lipready.prepare(…)`", "`lipready.prepare(…)`, or --prepare")


def _request_as_json(order: "Order") -> dict[str, Any]:
    """Return the paid request; the key is never in it."""
    from lipready.providers.submission.sending import request_of

    request = request_of(order.account, order.entry, order.inputs)
    headers = {"Authorization": "Bearer ***", **request.headers}
    return {"method": request.method, "url": request.url, "headers": headers, "json": request.json}


def _told(task: "Task") -> str:
    told = f"task {task.id} (job {task.entry.id})"
    return told if task.entry.task_id else f"the answer was lost; {told} may be ours, which its result will show"


def _attached(task: "Task") -> str:
    """Say that the job was sent earlier, what is done instead, and how to pay for it anew."""
    entry = task.entry
    sent = datetime.fromtimestamp(entry.posted or entry.created, UTC).astimezone()
    now = "waiting for it"
    if entry.stage == "downloaded" and entry.result is not None:
        now = f"its result video was downloaded to {near(Path(entry.result))}"
    return (
        f"this job was sent already, on {sent:%Y-%m-%d} at {sent:%H:%M}: {_told(task)}; {now}. `--again` sends "
        "and pays anew"
    )


def near(path: Path) -> str:
    """Write a path as seen from here, where it is not far."""
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)
