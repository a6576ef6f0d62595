"""`lipready prepare`."""

from pathlib import Path

import click

from lipready.cli.options import Shared, judging_options
from lipready.cli.session import Session
from lipready.cli.status import of_report
from lipready.job import RequestOptions


@click.command(name="prepare")
@click.argument("files", nargs=-1, metavar="[VIDEO] [AUDIO] [REFERENCE]")
@click.option("-o", "--out", required=True, type=click.Path(path_type=Path), metavar="DIR", help="The output folder.")
@click.option("--video", metavar="FILE", help="The video, whatever its content looks like.")
@click.option("--audio", metavar="FILE", help="The audio track.")
@click.option("--ref", "reference", metavar="FILE", help="The reference image.")
@click.option(
    "--trim",
    metavar="START:END|best",
    help="Keep this part of the video; `best` is the part that shows the face longest.",
)
@click.option("--trim-audio", metavar="START:END", help="Keep this part of the audio track.")
@click.option(
    "--extend", is_flag=True, help="Lengthen what is too short: the video plays forward and backward in turn."
)
@click.option("--person", type=click.IntRange(min=1), metavar="N", help="Whose lips shall move; makes the reference.")
@click.option("--dry-run", is_flag=True, help="Show the plan and the ffmpeg commands; write nothing.")
@click.option("--face-threshold", type=int, metavar="N", help="query_face_threshold of the request.")
@click.option("--video-extension", is_flag=True, help="video_extension of the request.")
@click.option("--callback-url", metavar="URL", help="callback_url of the request (EvoLink).")
@judging_options(("full", "json"))
def command(
    *,
    files: tuple[str, ...],
    out: Path,
    video: str | None,
    audio: str | None,
    reference: str | None,
    trim: str | None,
    trim_audio: str | None,
    extend: bool,
    person: int | None,
    dry_run: bool,
    face_threshold: int | None,
    video_extension: bool,
    callback_url: str | None,
    shared: Shared,
    session: Session,
) -> int:
    """Repair the files of one job into a new folder, and check the result.

    The inputs are never changed. What loses content is done only when asked for by its option.

    \b
    Exit status: 0 the prepared job has nothing at or above --fail-on,
    1 findings are left (in a dry run: findings that no plan answers), 2 usage,
    configuration, a missing component, a repair that failed or a crash,
    3 nothing was checked.
    """  # noqa: D301 - click's mark for a paragraph that is not to be wrapped
    if not files and video is audio is reference is None:
        raise click.UsageError("There is no file to prepare: name a video, an audio track or a reference image.")
    from lipready.check import Settings
    from lipready.cli.inputs import assign
    from lipready.cli.preparation import as_json, as_text, unanswered
    from lipready.cli.progress import progress_bars
    from lipready.cli.report_files import refuse_inputs, write_reports
    from lipready.cli.selection import chosen_rules, require_some_ran
    from lipready.fixes.choices import Choices, parse_span, parse_trim
    from lipready.prepare import prepare
    from lipready.profiles.loader import load_profile

    choices = Choices(
        trim=None if trim is None else parse_trim(trim),
        trim_audio=None if trim_audio is None else parse_span(trim_audio),
        extend=extend,
        person=person,
    )
    options = RequestOptions(video_extension, face_threshold, callback_url)
    job = assign(files, video=video, audio=audio, reference=reference, options=options)
    chosen = chosen_rules(load_profile(shared.provider), shared)
    refuse_inputs(shared.reports, [job])
    with progress_bars(session) as progress:
        prepared = prepare(
            job.video,
            job.audio,
            job.reference,
            out=out,
            provider=shared.provider,
            options=options,
            settings=Settings(shared.only, shared.ignore, shared.quick, shared.every_frame),
            choices=choices,
            dry_run=dry_run,
            progress=progress,
        )
    session.write(as_json(prepared) if shared.form == "json" else as_text(prepared, out, session.page()))
    write_reports(shared.reports, [prepared.report])
    require_some_ran([prepared.report], chosen)
    return unanswered(prepared, shared.fail_on) if dry_run else of_report(prepared.report, shared.fail_on)
