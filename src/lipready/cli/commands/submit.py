"""`lipready submit`."""

import os
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from lipready.check import Settings, check_job
from lipready.cli.input.options import (
    PATH,
    RECORD_FORMATS,
    JobFiles,
    Patience,
    Shared,
    allow_private_option,
    audio_track_option,
    job_files,
    job_list_option,
    judging_options,
    patience_options,
    person_option,
    request_options,
    verify_option,
)
from lipready.cli.output.following import download_result
from lipready.cli.output.outcome import Outcome, outcome_writer
from lipready.cli.output.progress import progress_bars
from lipready.cli.output.session import CLEAN, FOUND, TROUBLE, Session
from lipready.errors import ConfigurationError
from lipready.job import Job, RequestOptions
from lipready.submit import profile_for

if TYPE_CHECKING:
    from lipready.cli.output.html_page import JobPage
    from lipready.providers.account import Account
    from lipready.reports.report import Report
    from lipready.submit import Order, Sending

Written = TypeVar("Written")


def _amount(_ctx: click.Context, _param: click.Parameter, value: str | None) -> Decimal | None:
    """Read an exact amount of money."""
    if value is None:
        return None
    with suppress(InvalidOperation):
        amount = Decimal(value)
        if amount.is_finite() and amount >= 0:
            return amount
    raise click.BadParameter(f"{value!r} is no amount such as 2.50.")


@click.command
@click.option(
    "-o",
    "--out",
    type=PATH,
    metavar="FILE",
    help="Path of the result video; it must not exist. With --jobs: the folder of the results.",
)
@job_list_option(
    help="Submit every job of a list, as `lipready check --jobs` reads it; the results are named after the jobs.",
)
@job_files("VIDEO AUDIO [REFERENCE]")
@click.option(
    "--prepare", "repair", is_flag=True, help="Repair the files first, into a folder beside the result video."
)
@person_option(help="With --prepare: the person who speaks; takes precedence over a picture.")
@click.option("--salvage", is_flag=True, help="With --prepare: keep what can be decoded of a broken file.")
@click.option(
    "--split",
    is_flag=True,
    help="Repair the files, cut the job at pauses into parts that the provider takes, and join their results.",
)
@click.option("--force", is_flag=True, help="Send in spite of errors.")
@click.option("--again", is_flag=True, help="Send and pay anew what was sent already, instead of waiting for it.")
@click.option("--yes", is_flag=True, help="Do not ask before the job is sent and paid for.")
@click.option(
    "--max-cost",
    callback=_amount,
    metavar="AMOUNT",
    help="Send nothing that costs more, in the currency of the provider's price.",
)
@click.option("--dry-run", is_flag=True, help="Check, and show the price and the request; send nothing.")
@click.option("--no-wait", is_flag=True, help="Submit only; `lipready tasks resume` downloads the result video.")
@patience_options("looks at the task")
@verify_option
@click.option("--bucket", metavar="s3://NAME/PREFIX", help="Store the files in a bucket of your own.")
@click.option("--store", is_flag=True, help="Let EvoLink copy inputs that are addresses into its storage first.")
@audio_track_option
@allow_private_option
@request_options
@judging_options(RECORD_FORMATS)
def submit(  # noqa: C901, PLR0912, PLR0915 - a list of refusals
    *,
    given: JobFiles,
    out: Path | None,
    job_list: Path | None,
    repair: bool,
    person: int | None,
    salvage: bool,
    split: bool,
    force: bool,
    again: bool,
    yes: bool,
    max_cost: Decimal | None,
    dry_run: bool,
    no_wait: bool,
    patience: Patience,
    verify: bool,
    bucket: str | None,
    store: bool,
    audio_track: int | None,
    allow_private: bool,
    request: RequestOptions,
    shared: Shared,
    session: Session,
) -> int:
    """Check the files of one job, submit it once, wait for it and download the result video.

    The key comes from DASHSCOPE_API_KEY or EVOLINK_API_KEY (or the file that DASHSCOPE_API_KEY_FILE_PATH or
    EVOLINK_API_KEY_FILE_PATH names). With --provider sandbox (or sandbox:evolink) a server inside this process plays
    the provider: no key, no cost. Files may be public addresses, too.

    The same job (files by their content, options, account) is sent once from this machine: where it was sent already,
    its task is waited for, and its result video is downloaded. --again sends and pays anew.

    Before a job is sent its price is shown, and on a terminal you are asked; programs, pipes and --yes are not.
    --max-cost refuses what costs more, and what nobody knows the price of. --dry-run shows the request without the
    value of the key: it sends nothing, writes nothing down, and needs no key.

    With --jobs every job of a list (lipready.jobs.toml) is checked first, and then sent, one after the other, while
    those before it are waited for. The result of the job NAME is DIR/NAME.mp4 (-o DIR); a job whose result is there is
    left out. Jobs with errors are not sent and all others are; a job that fails keeps none of the others back.

    With --split a job that is too long becomes several: it is repaired, cut at pauses of the speech into parts (in a
    folder beside the result video), the price of all is shown, and each part is sent once. Their results are joined to
    the result video. Where a part fails or the process ends, the same command again sends only what was not sent.

    Whatever happens to this process, a task that was submitted is in the journal: `lipready tasks` lists it, and
    `lipready tasks resume` downloads its result video.

    \b
    Exit status: 0 the result video is there (with --no-wait: the task is submitted),
    1 the check found errors, or the provider's task failed, 2 usage, configuration,
    no connection, an unknown outcome, a missed deadline, a job that costs
    more than --max-cost or that you did not want to send, or a crash,
    3 nothing was checked.
    """  # noqa: D301 - click's mark for a paragraph that is not to be wrapped
    if job_list is not None:
        if given or person is not None or audio_track is not None:
            raise click.UsageError(
                "--jobs names the files of every job: give it alone, without files, --person and --audio-track."
            )
        if out is None:
            raise click.UsageError("Name the folder of the results (-o DIR).")
    if out is None and not no_wait and not dry_run:
        raise click.UsageError("Name the result video (-o result.mp4), or say --no-wait.")
    repair = repair or split
    if split and (job_list is not None or (out is None and not dry_run)):
        raise click.UsageError("--split joins the results of one job: name the result video (-o result.mp4).")
    if person is not None and not repair:
        raise click.UsageError("--person makes a reference image, which is a repair: say --prepare as well.")
    if salvage and not repair:
        raise click.UsageError("--salvage keeps what can be decoded, which is a repair: say --prepare as well.")
    if audio_track is not None and not repair:
        raise click.UsageError("--audio-track writes one track of several, which is a repair: say --prepare as well.")
    if no_wait and not dry_run and shared.provider.partition(":")[0] == "sandbox":
        raise click.UsageError("The sandbox inside this process ends with it: leave out --no-wait.")
    from lipready.cli.input.files import assign
    from lipready.cli.output.report_files import refuse_inputs
    from lipready.providers.account import account_without_key
    from lipready.providers.submission.price import described, is_free
    from lipready.submit import Sending, find_account, require_output, require_storage

    settings = shared.settings(allow_private=allow_private, audio_track=audio_track)
    output = None if out is None or job_list is not None else os.fspath(out.absolute())
    sending = Sending(
        force=force,
        fail_on=shared.fail_on,
        bucket=bucket,
        output=output,
        again=again,
        store=store,
        max_cost=max_cost,
    )
    results, job = [], Job()
    if job_list is not None and out is not None:
        from lipready.cli.commands.submit_jobs import plan_results, submit_jobs

        results = plan_results(job_list, out, request)
    else:
        job = assign(**asdict(given), options=request, say=session.complain)
        refuse_inputs(shared.reports, [job])
        require_output(output)
    find = account_without_key if dry_run and shared.provider.partition(":")[0] != "sandbox" else find_account
    account = find(shared.provider)
    require_storage(account, sending)
    if account.warning is not None:
        session.complain(f"Warning: {account.warning}")
    run = SubmitRun(
        account,
        sending,
        patience,
        no_wait,
        (person or 0) if repair else None,
        shared,
        session,
        salvage=salvage,
        verify=verify,
    )
    if results:
        return submit_jobs(results, settings, run, yes=yes, dry_run=dry_run)
    if split:
        from lipready.cli.commands.submit_jobs import submit_parts

        return submit_parts(job, settings, run, yes=yes, dry_run=dry_run)
    show, order = _ordered(job, settings, run)
    if order is None:
        return FOUND
    if dry_run:
        show.dry(order, fault_of_key(account))
        return CLEAN
    show.ordered(order)
    paid = order.sent_before is None and not is_free(account.provider)
    price = described(order.cost, account.service.title)
    if paid and not yes and not confirmed("Send it?", price, shared.form, session):
        return TROUBLE
    return _sent(order, show, run)


@dataclass(frozen=True, slots=True)
class SubmitRun:
    """How one run of `submit` goes, whatever the job. `person` is who speaks, 0 for nobody named; None: no repair.

    `page` takes what is found and done of one job.
    """

    account: "Account"
    sending: "Sending"
    patience: Patience
    no_wait: bool
    person: int | None
    shared: Shared
    session: Session
    salvage: bool = False
    verify: bool = True
    page: "JobPage | None" = None


def fault_of_key(account: "Account") -> str | None:
    """Return what is wrong with the key that a job would be sent with; None where there is one."""
    from lipready.providers.account import key_of
    from lipready.providers.submission.price import is_free

    try:
        if not is_free(account.provider):
            key_of(account.service)
    except ConfigurationError as error:
        return str(error)
    return None


def confirmed(question: str, price: str, form: str, session: Session) -> bool:
    """Ask whether something shall be sent and paid for, where somebody can be asked; the end of the input is a no."""
    if form != "full" or not (sys.stdin.isatty() and sys.stderr.isatty()):
        return True
    if session.quiet or not sys.stdout.isatty():  # else it was just shown there
        session.complain(price)
    # Not by click, which takes Ctrl-C for an exception of its own.
    sys.stderr.write(f"{question} [y/N] ")
    sys.stderr.flush()
    line = sys.stdin.readline()
    if not line:
        sys.stderr.write("\n")
    if line.strip().lower() in {"y", "yes"}:
        return True
    session.complain("Nothing was sent.")
    return False


def _ordered(job: Job, settings: Settings, run: SubmitRun) -> tuple[Outcome, "Order | None"]:
    """Check the job, and make sure that it can be sent; None where the check found errors, which are shown then."""
    from lipready.cli.input.selection import chosen_rules, require_some_ran
    from lipready.cli.output.html_page import JobPage
    from lipready.cli.output.report_files import write_page_again, write_report
    from lipready.providers.transport.drive import run as carry_out
    from lipready.submit import PreflightError, ordered

    chosen = chosen_rules(profile_for(run.account, run.sending), run.shared)
    page = JobPage() if run.shared.pictured else None
    job, report, set_aside = check_and_repair(job, settings, replace(run, page=page))
    show = outcome_writer(run.shared.form, run.session, report, set_aside)
    show.verify, show.quick = run.verify, run.shared.quick
    if page is not None:
        page.report = report
        # Written now, since nobody knows how the rest ends, and again with what came of it.
        show.witness = lambda record, came: write_page_again(run.shared.reports, page.with_task(record, came))
        show.pictures = page.came
    write_report(run.shared.reports, report, run.shared.fail_on, None if page is None else page.html)
    require_some_ran([report], chosen)
    try:
        return show, carry_out(run.account, ordered(job, report, run.account, run.sending))
    except PreflightError as error:
        show.refused(error)
        return show, None


def _sent(order: "Order", show: Outcome, run: SubmitRun) -> int:
    """Send the job, or attach to its task; wait for it, and download its result video."""
    from lipready.providers.transport.drive import run as carry_out
    from lipready.submit import send_order

    begun = time.time()
    try:
        with progress_bars(run.session) as progress:
            task = carry_out(run.account, send_order(order, progress))
    except KeyboardInterrupt:
        if not run.account.provider.startswith("sandbox"):
            _name_the_job(run, begun)
        raise
    show.sent(task)
    if run.no_wait:
        show.left(task)
        return CLEAN
    return download_result(task, run.sending.output, run.patience, show)


def _name_the_job(run: SubmitRun, begun: float) -> None:
    """Name the job that was interrupted, where it was written down already."""
    from lipready.providers.journal.journal import Journal
    from lipready.providers.journal.state import state_folder

    for entry in Journal(state_folder()).entries():
        ours = entry.output == run.sending.output and (entry.created >= begun or entry.output is not None)
        if ours and entry.open:
            run.session.complain(
                f"The job {entry.id} is not at its end; `lipready tasks resume {entry.id}` goes on with it, and "
                "nothing is paid twice."
            )
            return


def check_and_repair(job: Job, settings: Settings, run: SubmitRun) -> tuple[Job, "Report", str | None]:
    """Check the job; where it shall be repaired, repair it into a folder beside the result video, and check again.

    Returns the job to send, its report, and the picture that is set aside.
    """
    from lipready.cli.output.preparation import set_aside_lines
    from lipready.prepare import repair_job

    if run.person is None:
        return job, _checked(job, settings, run), None
    prepared, folder = check_and_write(repair_job, "ready", job, settings, run)
    if run.page is not None:
        run.page.repaired(prepared, folder)
    if prepared.plan.set_aside is not None and run.shared.form != "full":
        run.session.complain("\n".join(set_aside_lines(prepared, run.session.page())))
    return prepared.job, prepared.report, prepared.plan.set_aside


def check_and_write(
    step: Callable[..., Written], name: str, job: Job, settings: Settings, run: SubmitRun
) -> tuple[Written, Path]:
    """Check the job, settle who speaks, and do the step (`repair_job`, `split_job`).

    Returns what that did, and the folder in which it did it: `result-NAME` beside `result.mp4`.
    """
    from lipready.cli.input.speaker import settle_speaker
    from lipready.cli.output.preparation import plan_writer
    from lipready.repair.choices import Choices

    report, form = _checked(job, settings, run), run.shared.form
    beside = Path(run.sending.output or next(iter(job.places().values()), "job")).absolute()
    folder = beside.with_name(f"{beside.stem}-{name}")
    choices = Choices(person=run.person or None, salvage=run.salvage)
    choices, _ = settle_speaker(report, choices, folder, run.session, asking="terminal" if form == "full" else "nobody")
    with progress_bars(run.session) as progress:
        settings = replace(settings, progress=progress, pictures=None if run.page is None else run.page.outputs)
        profile, planned = profile_for(run.account, run.sending), plan_writer(form, run.session)
        return step(job, report, profile, settings, choices, out=folder, planned=planned), folder


def _checked(job: Job, settings: Settings, run: SubmitRun) -> "Report":
    with progress_bars(run.session) as progress:
        settings = replace(settings, progress=progress, pictures=None if run.page is None else run.page.inputs)
        return check_job(job, profile_for(run.account, run.sending), settings, describe=run.person is not None)
