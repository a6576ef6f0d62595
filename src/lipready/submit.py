"""Submit a job: check it, upload its files, post the request once, and return the task."""

import os
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from decimal import Decimal
from fractions import Fraction
from math import ceil
from pathlib import Path, PurePath
from secrets import token_hex

from lipready.cancel import Cancel
from lipready.check import (
    Progress,
    Settings,
    check_job,
    forget_places,
    require_inputs,
    settings_with,
)
from lipready.errors import LipreadyError, UsageError
from lipready.facts.address import is_address
from lipready.facts.cost import Cost
from lipready.facts.job import JobFacts
from lipready.facts.quantity import exactly
from lipready.facts.unmeasured import Unmeasured
from lipready.facts.video import VideoFacts
from lipready.job import Job
from lipready.probe.spool import Spooled, at_hand, require_spooled
from lipready.profiles.limit import Profile
from lipready.providers.account import Account, account_at
from lipready.providers.download.result_file import require_place
from lipready.providers.journal.entry import JournalEntry
from lipready.providers.journal.journal import Journal
from lipready.providers.submission.bucket import parse_bucket
from lipready.providers.submission.price import cost_of, is_free, require_affordable
from lipready.providers.submission.sending import (
    SubmissionInputs,
    fingerprint,
    has_secret,
    places_of,
    submit_anew,
    submit_once,
    without_secret,
)
from lipready.providers.transport.drive import run, run_async
from lipready.providers.transport.wire import Flow, call
from lipready.reports.count import totals
from lipready.reports.report import Report
from lipready.rules.rule import Rule
from lipready.task import Task, telling

_BYTES_A_SECOND = Fraction(500_000)
"""Four megabits a second, which is much for the sizes that the providers take."""

__all__ = ["Sending", "submit", "submit_async"]


class PreflightError(LipreadyError):
    """A job was not sent, since its check found errors; `report` holds them.

    >>> try:
    ...     lipready.submit(lipready.Job("raw.mkv", "speech.wav"), provider="sandbox")
    ... except lipready.PreflightError as error:
    ...     print([finding.rule for finding in error.report.errors])
    ['V101']
    """

    def __init__(self, message: str, report: Report) -> None:
        super().__init__(message)
        self.report: Report = report


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """How a job is sent, whatever the job.

    `force` sends in spite of errors; with `fail_on` "warning" a warning keeps a job back as well. `bucket`
    ("s3://NAME/PREFIX") stores the files in a bucket of the user's own instead of the provider's storage. `output` is
    where the result video shall be in the end; nothing is written there yet, but nothing is sent where that would not
    be possible. `again` sends and pays a job anew that was sent already, instead of attaching to its task. `store` lets
    EvoLink copy what is at an address into its storage first, for hosts that are slow and links that expire soon.
    `max_cost` is the most that a job may cost, in the currency of the provider's price.

    >>> from decimal import Decimal
    >>> sending = lipready.Sending(output="talk.mp4", max_cost=Decimal("1.50"))
    >>> job = lipready.Job("clip.mp4", "speech.wav")
    >>> lipready.submit(job, provider="sandbox", sending=sending).wait().status
    'succeeded'
    """

    force: bool = False
    fail_on: str = "error"
    bucket: str | None = None
    output: str | None = None
    again: bool = False
    store: bool = False
    max_cost: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A checked job that can be sent, and is written down nowhere yet.

    `sent_before` is the job of the journal whose task it attaches to instead of being sent, None where it is sent.
    """

    account: Account
    entry: JournalEntry
    inputs: SubmissionInputs = field(repr=False)
    sent_before: JournalEntry | None
    again: bool

    @property
    def cost(self) -> Cost:
        """What it costs to send it."""
        return cost_of(self.entry)


def submit(
    job: Job,
    *,
    provider: str = "dashscope",
    profile: Profile | None = None,
    api_key: str | None = None,
    settings: Settings | None = None,
    sending: Sending | None = None,
    rules: Sequence[Rule] = (),
    progress: Progress | None = None,
    cancel: Cancel | None = None,
) -> Task:
    """Return the task of a job: check it, store its files where the provider can fetch them, and submit it, once.

    `provider` is "dashscope", "evolink", or "sandbox" ("sandbox:evolink"): a server inside this process that behaves
    as they document and costs nothing. A `profile` object says by what the job is checked instead of the provider's
    own, and `rules` are the caller's own beside it. The key is `api_key`, or comes from the environment; see
    `account_at`. `progress` is called with the stage and the file ("checking clip.mp4", "uploading clip.mp4") and the
    share of it that is done (0..1); it goes before that of the settings.

    Bytes and file objects are uploaded as files are, and kept nowhere: where a process ends before they were sent, the
    job is submitted anew, since `resume` has nothing to send.

    The same job (inputs by content, options, account) is sent once: where it was sent from this machine already, the
    task is that one (`Task.attached`), unless `sending.again` is set.

    Raises PreflightError (with the report) where the check finds errors, UsageError without a video and an audio track,
    for a file that is not there or may not be read and for an output that cannot be written, CostError where it would
    cost more than `sending.max_cost`, ConfigurationError without a key, RefusedError where the provider does not want
    the job, NotSentError where it cannot be reached, OutcomeUnknownError where the answer was lost and nobody can tell
    what came of it, CancelledError where `cancel` ends it: where the request was sent already, the error says so and
    has its `job_id`; the journal keeps the job, and the same call or `resume` looks for its task, and pays nothing.

    >>> job = lipready.Job("clip.mp4", "speech.wav")
    >>> task = lipready.submit(job, provider="sandbox")  # without a provider it goes to DashScope, and costs money
    >>> task.wait().download("result.mp4").name
    'result.mp4'
    """
    require_inputs(job)
    account = _account(provider, api_key, profile)
    flow = _checked_and_sent(job, account, settings_with(settings, rules, progress), sending or Sending())
    return run(account, flow, cancel)


async def submit_async(
    job: Job,
    *,
    provider: str = "dashscope",
    profile: Profile | None = None,
    api_key: str | None = None,
    settings: Settings | None = None,
    sending: Sending | None = None,
    rules: Sequence[Rule] = (),
    progress: Progress | None = None,
    cancel: Cancel | None = None,
) -> Task:
    """Return what `submit` returns, on asyncio, with its arguments; raises what it raises.

    Where asyncio cancels it, what was already paid for is known to the journal, and the same call attaches to it.

    >>> import asyncio
    >>> async def result(job):
    ...     task = await lipready.submit_async(job, provider="sandbox")
    ...     return await (await task.wait_async()).download_async("result-async.mp4")
    >>> asyncio.run(result(lipready.Job("clip.mp4", "speech.wav"))).name
    'result-async.mp4'
    """
    require_inputs(job)
    account = _account(provider, api_key, profile)
    flow = _checked_and_sent(job, account, settings_with(settings, rules, progress), sending or Sending())
    return await run_async(account, flow, cancel)


def _account(provider: str, api_key: str | None, profile: Profile | None) -> Account:
    account = find_account(provider, api_key)
    return account if profile is None else replace(account, profile=profile)


def find_account(provider: str, api_key: str | None = None) -> Account:
    """Find whose account a job is sent from; the sandbox is started where it is asked for."""
    name, _, style = provider.partition(":")
    if name != "sandbox":
        return account_at(provider, api_key=api_key)
    from lipready.sandbox.serve import account_of_sandbox

    return account_of_sandbox(style or "dashscope")


def profile_for(account: Account, sending: Sending) -> Profile:
    """Return what a job is checked by: nothing is uploaded to the provider where the user has a bucket."""
    return account.profile if sending.bucket is None else account.profile.without_upload()


def ordered(job: Job, report: Report, account: Account, sending: Sending) -> Flow[Order]:
    """Make sure that a checked job can be sent, as far as can be known here. Nothing is sent; raises like `submit`."""
    require_storage(account, sending)
    require_sendable(job, report, sending)
    bucket = None if sending.bucket is None else parse_bucket(sending.bucket)
    inputs = replace(SubmissionInputs.of(job, job.options.callback_url), bucket=bucket, copies=sending.store)
    entry, journal = _entry(job, report, account, sending), Journal()
    yield from call(lambda: require_output(sending.output, _largest_result(report.facts, entry.expected_seconds)))
    mark = yield from call(lambda: fingerprint(account, entry, inputs))
    entry = replace(entry, fingerprint=mark)
    before = None if sending.again else (yield from call(lambda: journal.paid_before(entry)))
    if before is None and not is_free(account.provider):
        require_affordable(cost_of(entry), sending.max_cost, account.service.title)
    return Order(account=account, entry=entry, inputs=inputs, sent_before=before, again=sending.again)


def send_order(order: Order, progress: Progress | None = None) -> Flow[Task]:
    """Store the files of a job and submit it, or attach to its task where it was sent before. Raises like `submit`."""
    journal, account = Journal(), order.account
    inputs = telling(order.inputs, progress)
    if order.again:
        return Task.of(account, (yield from submit_anew(account, journal, order.entry, inputs)))
    sent, earlier = yield from submit_once(account, journal, order.entry, inputs)
    return Task.of(account, sent, attached=earlier)


def require_output(output: str | None, most: int = 0) -> None:
    """Require that a result video of up to so many bytes can be written to a path, unless a job has it there already.

    Raises UsageError where it cannot. Whether it is this very job that has it there is known only when its files have
    been read.
    """
    if output is None:
        return
    place = os.path.abspath(output)  # noqa: PTH100 - keeps links
    if os.path.lexists(place) and any(each.result == place for each in Journal().entries()):
        return
    require_place(Path(place), most)


def _checked_and_sent(job: Job, account: Account, settings: Settings, sending: Sending) -> Flow[Task]:
    require_storage(account, sending)
    yield from call(lambda: require_output(sending.output))
    profile = profile_for(account, sending)
    with ExitStack() as stack:
        local, unread = yield from call(lambda: stack.enter_context(at_hand(job, profile.largest)))
        report = yield from call(lambda: check_job(local, profile, settings, known=unread))
        require_sendable(local, forget_places(report), sending)
        require_spooled(unread)
        order = yield from ordered(local, report, account, sending)
        return (yield from send_order(order, settings.progress))


def require_storage(account: Account, sending: Sending) -> None:
    """Raise UsageError where inputs that are addresses cannot be stored as is wanted."""
    if sending.store and account.service.name != "evolink":
        raise UsageError(
            f"{account.service.title} stores nothing that is at an address: download it and submit the file, or leave "
            "out `Sending.store`."
        )
    if sending.store and sending.bucket is not None:
        raise UsageError(
            "What is at an address is stored by EvoLink, not in a bucket: leave out `Sending.store` or "
            "`Sending.bucket`."
        )


def require_sendable(job: Job, report: Report, sending: Sending) -> None:
    missing = [what for what, path in (("a video", job.video), ("an audio track", job.audio)) if path is None]
    if missing:
        raise UsageError(f"A job that is submitted has a video and an audio track: {' and '.join(missing)} is missing.")
    failing = {"error"} if sending.fail_on == "error" else {"error", "warning"}
    rules = [finding.rule for finding in report.findings if finding.severity in failing]
    if rules and not sending.force:
        raise PreflightError(
            f"The job was not sent: its check found {totals(report)} ({', '.join(dict.fromkeys(rules))}). "
            "Repair it (`lipready.prepare(…)`), or send it all the same (`Sending(force=True)`).",
            report,
        )


def _entry(job: Job, report: Report, account: Account, sending: Sending) -> JournalEntry:
    options, given = job.options, places_of(job)
    # Whoever takes the job up later may do so in another folder.
    places = {
        role: without_secret(path) if is_address(path) else os.path.abspath(path)  # noqa: PTH100 - keeps links
        for role, path in given.items()
    }
    # A temporary file is found by nobody; a name alone says that the input was one.
    spooled = {role: PurePath(str(each.name)).name for role, each in job.inputs() if isinstance(each, Spooled)}
    places |= spooled
    callback = options.callback_url
    price = account.profile.price
    now, length = time.time(), report.facts.result_length
    return JournalEntry(
        id=token_hex(6),
        created=now,
        updated=now,
        provider=account.provider,
        service=account.service.name,
        api=account.endpoints.api,
        files=account.endpoints.files,
        workspace=account.endpoints.workspace,
        model=account.profile.model,
        video=places.get("video"),
        audio=places.get("audio"),
        reference=places.get("reference"),
        video_extension=options.video_extension,
        face_threshold=options.face_threshold,
        callback=None if callback is None else without_secret(callback),
        copied=sending.store,
        complete=not spooled and not any(map(has_secret, (*given.values(), callback or ""))),
        output=None if sending.output is None else os.path.abspath(sending.output),  # noqa: PTH100 - keeps links
        expected_seconds=None if length is None else float(length),
        price_per_second=None if price is None else exactly(price.per_second),
        currency=None if price is None else price.currency,
        expected_size=_expected_size(report.facts),
        stage="intended",
        idempotency_key=f"lipready-{token_hex(16)}",
    )


def _largest_result(facts: JobFacts, expected_seconds: float | None) -> int:
    """Bound how many bytes the result video may have: as many a second as the video that is sent, or a good deal."""
    file, most = facts.video, _BYTES_A_SECOND
    length = None if file is None else file.length
    if expected_seconds is None or file is None:
        return 0
    if isinstance(file.media, VideoFacts) and not isinstance(file.bytes, Unmeasured) and length:
        most = max(most, file.bytes / length)
    return ceil(most * Fraction(expected_seconds))


def _expected_size(facts: JobFacts) -> str | None:
    """Return the expected size of the result picture: that of the video."""
    media = None if facts.video is None else facts.video.media
    return f"{media.width}*{media.height}" if isinstance(media, VideoFacts) else None
