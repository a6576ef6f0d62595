"""`lipready gate`."""

import os
from dataclasses import dataclass, replace
from pathlib import Path

import click

from lipready.cli.input.completion import files
from lipready.cli.input.options import PATH, Shared, begin_in, gathered, judging_options
from lipready.cli.output.session import Session
from lipready.config.settings import FORMATS
from lipready.gate.discovery.root import Tree, tree_of


def _tree(ctx: click.Context, _param: click.Parameter, paths: tuple[str, ...]) -> Tree | None:
    """Find the tree before the configuration, which is the one of that tree; a shell that completes needs none."""
    if ctx.resilient_parsing:
        return None
    tree = tree_of(Path.cwd(), paths)
    begin_in(ctx, tree.folder)
    return tree


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What the command line asks for."""

    tree: Tree
    baseline: Path | None
    update_baseline: bool
    executor: str
    workers: int | None
    shard: str | None
    no_cache: bool
    fix: bool
    write: bool


_REQUEST = (
    click.argument("tree", nargs=-1, metavar="[PATH...]", is_eager=True, callback=_tree, shell_complete=files),
    click.option("--baseline", type=PATH, metavar="FILE", help="What is accepted as it is."),
    click.option("--update-baseline", is_flag=True, help="Accept what is found now, and write it to the baseline."),
    click.option(
        "--executor", default="local", metavar="local|dask=ADDRESS", help="Where files are measured.", show_default=True
    ),
    click.option(
        "--workers", type=click.IntRange(min=1), metavar="N", help="Processes on this machine (default: cores)."
    ),
    click.option("--shard", metavar="i/n", help="Do one part of the work: for a CI matrix."),
    click.option("--no-cache", is_flag=True, help="Measure every file, and remember nothing."),
    click.option("--fix", is_flag=True, help="Repair what needs no re-encoding, into lipready-fixed/."),
    click.option(
        "--write", is_flag=True, help="With --fix: in the place of the sources, where git can bring them back."
    ),
)


@click.command
@gathered("request", Request, _REQUEST)
@judging_options(FORMATS)
def gate(*, request: Request, shared: Shared, session: Session) -> int:
    """Check every asset below PATH: videos, audio tracks and reference images, as jobs where they belong together.

    PATH is a folder, a file or a glob; without any it is the current folder. It may lie in another repository or folder
    than yours: the configuration, ignore files and manifests of that one count then, as if you were there. Paths in
    reports are relative to the top of the repository that is checked, or where there is none to the folder; paths on
    the command line (--baseline, --report) are relative to your own.

    Jobs are those of lipready.jobs.toml, and files of one stem in one folder (anna.mp4, anna.wav, anna.ref.jpg). What
    was measured is remembered by content: only what changed costs time. Under GitHub Actions the format is github
    where none is named, and the job's summary is written. What the shards of a run write with --format jsonl,
    `lipready report merge` puts together.

    \b
    Exit status: 0 nothing at or above --fail-on, 1 findings (or --fix changed a
    file), 2 usage, configuration, a missing component, a report that could not
    be written or a crash, 3 nothing was checked.
    """  # noqa: D301 - click's mark for a paragraph that is not to be wrapped
    if request.write and not request.fix:
        raise click.UsageError("--write says where --fix repairs: say --fix as well.")
    if request.update_baseline and request.baseline is None:
        raise click.UsageError("--update-baseline writes to a file: say which (--baseline FILE).")
    from lipready.cli.commands.gate_run import run_gate

    chosen = click.get_current_context().get_parameter_source("form") is not click.core.ParameterSource.DEFAULT
    if not chosen and os.environ.get("GITHUB_ACTIONS") == "true":
        shared = replace(shared, form="github")
    return run_gate(request, shared, session)
