"""`lipready check`, of what goes in, and `lipready verify`, of what came back."""

from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lipready.cli.input import completion
from lipready.cli.input.options import (
    JobFiles,
    Shared,
    allow_private_option,
    audio_track_option,
    job_files,
    job_list_option,
    judging_options,
    request_options,
)
from lipready.cli.output.session import CLEAN, Session, of_verdict
from lipready.config.settings import FORMATS
from lipready.errors import NothingCheckedError, UsageError
from lipready.facts.file import ROLES, Role
from lipready.facts.pictures import Pictures
from lipready.job import Job, RequestOptions

if TYPE_CHECKING:
    from lipready.check import Settings
    from lipready.reports.report import Report


@click.command
@job_files("[VIDEO] [AUDIO] [REFERENCE]")
@job_list_option(
    help="Check a list of jobs: JSON Lines, or TOML with [[jobs]]; keys: video, audio, reference, video_extension,"
    " face_threshold, callback_url. Paths are relative to the list.",
)
@audio_track_option
@request_options
@allow_private_option
@judging_options(FORMATS)
def check(
    *,
    given: JobFiles,
    job_list: Path | None,
    audio_track: int | None,
    request: RequestOptions,
    allow_private: bool,
    shared: Shared,
    session: Session,
) -> int:
    """Check the files of one job against what a provider accepts.

    Files are told apart by their content; a job need not have all three. For a folder, or for several files of a kind,
    there is `lipready gate`. A public http(s) address is fetched once and checked like a file; it is told by the name
    at its end.

    \b
    Exit status: 0 nothing at or above --fail-on, 1 findings, 2 usage,
    configuration, a missing component, a report that could not be written or a
    crash, 3 nothing was checked.
    """  # noqa: D301 - click's mark for a paragraph that is not to be wrapped
    if job_list is not None:
        if given or audio_track is not None:
            raise UsageError("--jobs names the files of every job: give it alone, without files and --audio-track.")
        from lipready.cli.input.jobs import read_jobs

        jobs = read_jobs(job_list, request)
        if not jobs:
            raise NothingCheckedError(f"{job_list} lists no job.")
    else:
        if not given:
            raise click.UsageError("There is no file to check: name a video, an audio track or a reference image.")
        from lipready.cli.input.files import assign

        jobs = [assign(**asdict(given), options=request, gate=True, say=session.complain)]
    settings = shared.settings(allow_private=allow_private, audio_track=audio_track)
    named = frozenset(role for role in ROLES if job_list is not None or getattr(given, role) is not None)
    return _check(jobs, settings, shared, session, named, several=job_list is not None)


def _check(
    jobs: list[Job], settings: "Settings", shared: Shared, session: Session, named: frozenset[Role], *, several: bool
) -> int:
    """Check jobs; a list of jobs has one document (`several`), however many they are. `named` as of `CheckedJob`."""
    from lipready.check import check_job
    from lipready.cli.input.selection import chosen_rules, require_some_ran
    from lipready.cli.output.html_page import PageAlbum
    from lipready.cli.output.progress import progress_bars
    from lipready.cli.output.repair_command import CheckedJob, repair_lines
    from lipready.cli.output.report_files import refuse_inputs, write_report, write_reports
    from lipready.profiles.loader import load_profile
    from lipready.reports.render import DOCUMENTS, render, render_all, times_of

    profile = load_profile(shared.provider)
    chosen = chosen_rules(profile, shared)
    refuse_inputs(shared.reports, jobs)
    reports: list[Report] = []
    status = CLEAN
    page = replace(session.page(), fail_on=shared.fail_on)
    at_the_end = several and shared.form in DOCUMENTS
    album = PageAlbum(several=several, jobs=len(jobs)) if shared.pictured else None
    for number, job in enumerate(jobs, start=1):
        pictures = None if album is None else album.empty()
        with progress_bars(session) as progress:
            report = check_job(job, profile, replace(settings, progress=progress, pictures=pictures))
        reports.append(report)
        if album is not None:
            album.add(report, pictures)
        if not at_the_end:
            gap = "\n\n" if number > 1 else ""
            head = f"{gap}job {number} of {len(jobs)}\n\n" if shared.form == "full" and len(jobs) > 1 else ""
            session.write(head + render(report, shared.form, page))
            if shared.form == "full" and not page.brief:
                checked = CheckedJob(job, report, named, number if several else None, settings.audio_track)
                lines = repair_lines(checked, shared, page)
                session.write(page.finish(["", *lines]) if lines else "")
        status = max(status, of_verdict(report.verdict, shared.fail_on))
        if session.abandoned and not shared.reports:
            return status
    if at_the_end:
        documents = [report.to_dict() for report in reports]
        session.write(render_all(documents, shared.form, page, times=times_of(reports)))
    html = None if album is None else album.html
    if several:
        write_reports(shared.reports, reports, shared.fail_on, html=html)
    else:
        write_report(shared.reports, reports[0], shared.fail_on, html)
    require_some_ran(reports, chosen)
    return status


@click.command
@click.argument("result", metavar="RESULT", shell_complete=completion.files)
@click.option(
    "--video", metavar="FILE", required=True, shell_complete=completion.files, help="The video that was sent."
)
@click.option(
    "--audio", metavar="FILE", required=True, shell_complete=completion.files, help="The audio that was sent."
)
@click.option(
    "--reference",
    "--ref",
    "reference",
    metavar="IMAGE",
    shell_complete=completion.files,
    help="The reference image that was sent.",
)
@audio_track_option
@click.option("--video-extension", is_flag=True, help="The video was to be lengthened to the audio.")
@allow_private_option
@judging_options(FORMATS)
def verify(
    *,
    result: str,
    video: str,
    audio: str,
    reference: str | None,
    audio_track: int | None,
    video_extension: bool,
    allow_private: bool,
    shared: Shared,
    session: Session,
) -> int:
    """Compare a result video with the files that it was made of.

    Is it whole, as long and as large as foretold, is its sound the speech that was sent, and in its place, is it black
    or frozen where the video is not, does the right mouth move with the speech, and was anything else changed? Only a
    result that is not whole is an error, all else are warnings. What went in is judged by `lipready check`.

    \b
    Exit status: 0 nothing at or above --fail-on, 1 findings, 2 usage,
    configuration, a missing component, a report that could not be written or a
    crash, 3 nothing was checked.
    """  # noqa: D301 - click's mark for a paragraph that is not to be wrapped
    from lipready.check import require_inputs
    from lipready.cli.input.selection import chosen_rules, require_some_ran
    from lipready.cli.output.progress import progress_bars
    from lipready.cli.output.report_files import refuse_inputs, write_report
    from lipready.profiles.loader import load_profile
    from lipready.reports.render import render
    from lipready.verify import verify_any

    profile = load_profile(shared.provider)
    chosen = [rule for rule in chosen_rules(profile, shared) if rule.subject == "result"]
    job = Job.of(video, audio, reference, RequestOptions(video_extension=video_extension))
    came = Job.of(result)
    for each in (job, came):
        require_inputs(each)
    refuse_inputs(shared.reports, (job, came))
    pictures = Pictures() if shared.pictured else None
    with progress_bars(session) as progress:
        settings = shared.settings(allow_private=allow_private, audio_track=audio_track, progress=progress)
        settings = replace(settings, pictures=pictures)
        report = verify_any(came, job, profile, settings)
    session.write(render(report, shared.form, session.page()))
    write_report(shared.reports, report, shared.fail_on, lambda: report.to_html(pictures))
    require_some_ran([report], chosen)
    return of_verdict(report.verdict, shared.fail_on)
