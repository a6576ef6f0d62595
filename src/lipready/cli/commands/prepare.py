"""`lipready prepare`."""

from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lipready.cli.input.options import (
    PATH,
    RECORD_FORMATS,
    JobFiles,
    Shared,
    audio_track_option,
    gathered,
    job_files,
    judging_options,
    person_option,
    pick_option,
    request_options,
)
from lipready.cli.output.session import FOUND, Session, of_verdict
from lipready.job import RequestOptions
from lipready.repair.choices import Choices, parse_trim

if TYPE_CHECKING:
    from lipready.cli.output.html_page import JobPage


def _trim(_ctx: click.Context, _param: click.Parameter, value: str | None) -> object:
    return None if value is None else parse_trim(value)


_CHOICES = (
    click.option(
        "--trim",
        callback=_trim,
        metavar="START:END|best",
        help="Keep this part of the video; `best` is the part in which the speaker's face is best seen.",
    ),
    click.option(
        "--trim-audio",
        callback=_trim,
        metavar="START:END|best",
        help="Keep this part of the audio track; `best` ends one that is too long in a pause.",
    ),
    click.option(
        "--trim-silence", is_flag=True, help="Cut off the silence before and after the speech, but for 0.2 s."
    ),
    click.option("--denoise", is_flag=True, help="Lower a steady noise behind the speech, learnt in a pause."),
    click.option("--salvage", is_flag=True, help="Keep what can be decoded of a broken video or audio file."),
    click.option(
        "--extend", is_flag=True, help="Lengthen what is too short: the video plays forward and backward in turn."
    ),
    person_option(help="The person who speaks; makes the reference image, whatever picture is given."),
    click.option(
        "--crop", is_flag=True, help="Cut the picture to the speaker, where the face is small or others are in it."
    ),
)


@click.command
@click.option("-o", "--out", required=True, type=PATH, metavar="DIR", help="The output folder.")
@job_files("[VIDEO] [AUDIO] [REFERENCE]")
@gathered("choices", Choices, _CHOICES)
@click.option(
    "--for-upload/--no-for-upload",
    default=True,
    help="Make the files fit the provider's own upload as well as the model (the default), or the model alone.",
)
@click.option(
    "--no-copy", is_flag=True, help="Leave files that are fine where they are, instead of linking them into DIR."
)
@pick_option
@click.option(
    "--compare", is_flag=True, help="Also draw DIR/compare.jpg: frames, loudness and waveform before and after."
)
@click.option(
    "--split",
    is_flag=True,
    help="Then cut the job at pauses into parts that the provider takes: DIR/part-1, DIR/part-2 …",
)
@click.option("--dry-run", is_flag=True, help="Show the plan and the ffmpeg commands; write nothing.")
@audio_track_option
@request_options
@judging_options(RECORD_FORMATS)
def prepare(
    *,
    given: JobFiles,
    out: Path,
    choices: Choices,
    for_upload: bool,
    no_copy: bool,
    pick: bool,
    compare: bool,
    split: bool,
    dry_run: bool,
    audio_track: int | None,
    request: RequestOptions,
    shared: Shared,
    session: Session,
) -> int:
    """Repair the files of one job into a new folder, and check the result.

    The folder then holds the whole job, ready for `lipready submit DIR/*`: a file that is fine stands in it as a hard
    link, or else as a copy. The inputs are never changed. What loses content is done only when asked for by its option.
    Where several people are seen and there is no reference image, nothing is done until it is known who speaks: on a
    terminal you are asked, with --pick on a page in the browser, else say --person N; DIR/people.jpg shows who is who.
    --person N also takes precedence over a picture that is handed in.

    \b
    Exit status: 0 the prepared job has nothing at or above --fail-on,
    1 findings are left (in a dry run: findings that no plan answers), or it is not
    known who speaks, 2 usage, configuration, a missing component, a repair that
    failed or a crash,
    3 nothing was checked.
    """  # noqa: D301 - click's mark for a paragraph that is not to be wrapped
    _require_sense(given, choices, pick=pick, compare=compare, dry_run=dry_run)
    if split and (dry_run or no_copy):
        raise click.UsageError("--split cuts what it has written into DIR: leave --dry-run and --no-copy out.")
    from lipready.check import check_job
    from lipready.cli.input.files import assign
    from lipready.cli.input.selection import chosen_rules, require_some_ran
    from lipready.cli.input.speaker import Asking, settle_speaker
    from lipready.cli.output.comparison import NAME as COMPARISON
    from lipready.cli.output.contact import require_free
    from lipready.cli.output.html_page import JobPage
    from lipready.cli.output.preparation import as_json, as_text, plan_writer, unanswered
    from lipready.cli.output.progress import progress_bars
    from lipready.cli.output.report_files import refuse_inputs, write_report
    from lipready.prepare import repair_job, require_files
    from lipready.profiles.loader import load_profile
    from lipready.repair.run.folder import require_folder
    from lipready.split import WHOLE, Split, split_job

    require_folder(out)
    job = assign(**asdict(given), options=request, say=session.complain)
    require_files(job)
    refuse_inputs(shared.reports, [job])
    settings = shared.settings(audio_track=audio_track)
    profile = load_profile(shared.provider)
    profile = profile if for_upload else profile.without_upload()
    chosen = chosen_rules(profile, shared)
    if compare:
        require_free(out / COMPARISON)
    job_page = JobPage() if compare or shared.pictured else None
    with progress_bars(session) as progress:
        settings = replace(settings, progress=progress, pictures=None if job_page is None else job_page.inputs)
        before = check_job(job, profile, settings, describe=True)
    full = shared.form == "full"
    asking: Asking = "page" if pick else "terminal" if full and not dry_run else "nobody"
    choices, sheet = settle_speaker(before, choices, None if dry_run else out, session, asking=asking)
    with progress_bars(session) as progress:
        settings = replace(settings, progress=progress, pictures=None if job_page is None else job_page.outputs)
        planned = plan_writer(shared.form, session)
        found = (
            split_job(job, before, profile, settings, choices, out=out, planned=planned)
            if split
            else Split(
                whole=repair_job(
                    job, before, profile, settings, choices, out=out, copy=not no_copy, dry_run=dry_run, planned=planned
                ),
                parts=(),
            )
        )
    prepared, out = found.whole, out / WHOLE if split else out
    session.write(
        as_text(prepared, out, session.page(), sheet, found.parts) if full else as_json(prepared, sheet, found.parts)
    )
    if job_page is not None:
        job_page.repaired(prepared, out)
        if compare and not prepared.speaker_open:
            _compare(job_page, out / COMPARISON, session)
    write_report(shared.reports, prepared.report, shared.fail_on, None if job_page is None else job_page.html)
    require_some_ran([prepared.report], chosen)
    if prepared.speaker_open:
        return FOUND
    if dry_run:
        return unanswered(prepared, shared.fail_on)
    reports = [prepared.report, *(part.report for part in found.parts if part.report is not None)]
    return max(of_verdict(report.verdict, shared.fail_on) for report in reports)


def _require_sense(given: JobFiles, choices: Choices, *, pick: bool, compare: bool, dry_run: bool) -> None:
    """Raise UsageError for options that contradict each other, and without any file."""
    if not given:
        raise click.UsageError("There is no file to prepare: name a video, an audio track or a reference image.")
    if pick and choices.person is not None:
        raise click.UsageError("--person says who speaks already: leave --pick out.")
    if compare and dry_run:
        raise click.UsageError("--compare shows what was written, and --dry-run writes nothing: leave one of them out.")


def _compare(job_page: "JobPage", target: Path, session: Session) -> None:
    from lipready.cli.output.comparison import write_comparison

    drawn = write_comparison(job_page.entry(), target)
    session.complain(f"{target} shows it before and after." if drawn else "Nothing to compare: no file was changed.")
