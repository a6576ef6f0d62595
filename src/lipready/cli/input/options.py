"""The options that commands share."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from functools import partial, wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from lipready.cli.input import completion
from lipready.cli.output.session import Session
from lipready.config.settings import FORMATS, Configuration, nearest_configuration, read_configuration
from lipready.errors import UsageError
from lipready.job import RequestOptions

if TYPE_CHECKING:
    from lipready.check import Settings

_MEANT, _FOLDER, _NAMED = "lipready.configuration", "lipready.folder", "lipready.named"


def _apply_configuration(ctx: click.Context, _param: click.Parameter, value: str | None) -> None:
    """Make the configuration the defaults of a command; an option on the command line replaces them."""
    path = Path(value) if value is not None else nearest_configuration(ctx.meta.get(_FOLDER) or Path.cwd())
    if path is None:
        return
    configuration = read_configuration(path)
    ctx.meta[_MEANT], ctx.meta[_NAMED] = configuration, value
    known = {parameter.name: parameter.type for parameter in ctx.command.params}
    ctx.default_map = {
        name: default
        for name, default in configuration.defaults.items()
        # `prepare` has no concise format.
        if name in known and default in getattr(known[name], "choices", (default,))
    }


def begin_in(ctx: click.Context, folder: Path) -> None:
    """Look for the configuration of a command from `folder` upward; to be said before its options are read."""
    ctx.meta[_FOLDER] = folder


def configuration_of(ctx: click.Context) -> Configuration:
    """Return what the configuration of a command says beside its defaults; nothing where there is none."""
    configuration = ctx.meta.get(_MEANT)
    return configuration if isinstance(configuration, Configuration) else Configuration()


LIST_FORMATS = ("full", "json")
"""Formats of commands that list what lipready knows."""


def named_configuration(ctx: click.Context) -> str | None:
    """Return the configuration file that was named on the command line; None where none was."""
    named: str | None = ctx.meta.get(_NAMED)
    return named


RECORD_FORMATS = ("full", "json", "jsonl")
"""Formats of commands that write records of their own kinds: `json` is one document, `jsonl` one record a line."""

PAGE = "html"
"""The format that is written to files alone: nobody reads a page on a terminal."""

Command = Callable[..., Any]
Decorator = Callable[[Command], Command]
ReportFile = tuple[str, Path]
PATH = click.Path(path_type=Path)


@dataclass(frozen=True, slots=True)
class Shared:
    """What the shared options say. `reports` are pairs of format and path."""

    provider: str
    form: str
    reports: tuple[ReportFile, ...]
    only: tuple[str, ...]
    ignore: tuple[str, ...]
    fail_on: Literal["error", "warning"]
    quick: bool
    every_frame: bool

    def __post_init__(self) -> None:
        """Raise UsageError for options that contradict each other."""
        if self.quick and self.every_frame:
            raise UsageError("--quick reads no frame and --every-frame reads them all: give one of them.")

    @property
    def pictured(self) -> bool:
        """Whether a page is asked for, on which pictures are shown."""
        return any(form == PAGE for form, _path in self.reports)

    def settings(self, **more: Any) -> "Settings":
        """Return how files are checked; `more` as the settings have it."""
        from lipready.check import Settings

        return Settings(self.only, self.ignore, self.quick, self.every_frame, **more)


@dataclass(frozen=True, slots=True)
class JobFiles:
    """The files of one job as they were named: in any order, or each by its role."""

    files: tuple[str, ...]
    video: str | None
    audio: str | None
    reference: str | None

    def __bool__(self) -> bool:
        """Whether there is any."""
        return bool(self.files) or any(path is not None for path in (self.video, self.audio, self.reference))


def _stacked(decorators: Sequence[Decorator], command: Command) -> Command:
    for decorator in reversed(decorators):
        command = decorator(command)
    return command


def gathered(name: str, kind: type[Any], options: Sequence[Decorator]) -> Decorator:
    """Add options whose values a command receives together: as `name`, in a dataclass that has a field for each."""

    def decorate(command: Command) -> Command:
        @wraps(command)
        def gather(**values: Any) -> Any:
            together = kind(**{each.name: values.pop(each.name) for each in fields(kind)})
            return command(**{name: together}, **values)

        return _stacked(options, gather)

    return decorate


def job_files(metavar: str) -> Decorator:
    """Add the files of one job; the command receives `given`."""
    file_option = partial(click.option, metavar="FILE", shell_complete=completion.files)
    options = (
        click.argument("files", nargs=-1, metavar=metavar, shell_complete=completion.files),
        file_option("--video", help="The video, whatever its content looks like."),
        file_option("--audio", help="The audio track."),
        file_option("--ref", "reference", help="The reference image."),
    )
    return gathered("given", JobFiles, options)


def judging_options(formats: Sequence[str]) -> Decorator:
    """Add the options of every command that judges files; the command receives `session` and `shared`."""
    options = (
        provider_option,
        format_option(formats),
        report_option((*FORMATS, PAGE)),
        click.option(
            "--only",
            metavar="RULES",
            multiple=True,
            callback=_split_commas,
            shell_complete=completion.rules,
            help="Run only these rules: ids, beginnings of ids or names, with commas between.",
        ),
        click.option(
            "--ignore",
            metavar="RULES",
            multiple=True,
            callback=_split_commas,
            shell_complete=completion.rules,
            help="Leave these rules out.",
        ),
        fail_on_option,
        click.option("--quick", is_flag=True, help="Read headers and indexes only: no faces, no speech."),
        every_frame_option,
        config_option,
    )
    return lambda command: gathered("shared", Shared, options)(speaking(command))


def speaking(command: Command) -> Command:
    """Add --color, -q and -v; the command receives `session`."""

    @wraps(command)
    def speak(color: str, quiet: bool, verbose: bool, **values: Any) -> Any:  # noqa: FBT001 - click passes by name
        session = click.get_current_context().find_object(Session) or Session()
        session.color, session.quiet, session.verbose = color, quiet, verbose
        return command(session=session, **values)

    return _stacked(_SPEAKING, speak)


def _split_commas(_ctx: click.Context, _param: click.Parameter, values: Sequence[str]) -> tuple[str, ...]:
    return tuple(part.strip() for value in values for part in value.split(",") if part.strip())


def format_option(formats: Sequence[str], default: str = "full") -> Decorator:
    """Add --format; the command receives `form`."""
    return click.option("--format", "form", type=click.Choice(formats), default=default, help="Format on stdout.")


def report_option(formats: Sequence[str]) -> Decorator:
    """Add --report with some formats; the command receives `reports`, pairs of format and path."""

    def parse(_ctx: click.Context, _param: click.Parameter, values: Sequence[str]) -> tuple[ReportFile, ...]:
        files = tuple(map(parse_one, values))
        places = [os.path.realpath(path) for _form, path in files if path.is_file() or not path.exists()]
        twice = next((place for place in places if places.count(place) > 1), None)
        if twice is not None and twice != os.path.realpath(os.environ.get("GITHUB_STEP_SUMMARY") or os.devnull):
            raise click.BadParameter(f"{twice!r} is named for two reports, and would hold the last alone.")
        return files

    def parse_one(value: str) -> ReportFile:
        form, _, path = value.partition("=")
        if not path or form not in formats:
            raise click.BadParameter(f"{value!r} is not FORMAT=PATH with one of the formats {', '.join(formats)}.")
        if not Path(path).absolute().parent.is_dir():
            raise click.BadParameter(f"the folder of {path!r} does not exist.")
        if Path(path).is_dir():
            raise click.BadParameter(f"{path!r} is a folder.")
        return form, Path(path)

    return click.option(
        "--report",
        "reports",
        metavar="FORMAT=PATH",
        multiple=True,
        callback=parse,
        help=f"Also write a report to a file; repeatable. Formats: {', '.join(formats)}.",
    )


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds between two looks at a task, and in all; None for the provider's own."""

    poll_interval: float | None = None
    deadline: float | None = None


def patience_options(looks: str) -> Decorator:
    """Add --poll-interval and --deadline; the command receives `patience`."""
    options = (
        click.option(
            "--poll-interval", type=click.FloatRange(min=0.1), metavar="S", help=f"Seconds between two {looks}."
        ),
        click.option(
            "--deadline", type=click.FloatRange(min=0), metavar="S", help="Wait at most so long; the task goes on."
        ),
    )
    return gathered("patience", Patience, options)


verify_option = click.option(
    "--verify/--no-verify", default=True, help="Whether the result video is held against what was sent (`verify`)."
)
record_format_option = format_option(RECORD_FORMATS)
list_format_option = format_option(LIST_FORMATS)
provider_option = click.option(
    "--provider",
    metavar="NAME|PATH",
    default="dashscope",
    show_default=True,
    shell_complete=completion.profiles,
    help="A profile's name, or its file.",
)
fail_on_option = click.option(
    "--fail-on", type=click.Choice(("error", "warning")), default="error", help="What makes the exit status 1."
)
config_option = click.option(
    "--config",
    type=click.Path(dir_okay=False),
    callback=_apply_configuration,
    expose_value=False,
    is_eager=True,
    help="Configuration file, instead of the nearest lipready.toml or pyproject.toml.",
)
request_options = gathered(
    "request",
    RequestOptions,
    (
        click.option(
            "--face-threshold",
            type=int,
            metavar="N",
            help="query_face_threshold: how alike the reference image and a face must be (120 to 200, 170 if not "
            "given). Try 140 where no face matched, 190 where the wrong one moved.",
        ),
        click.option("--video-extension", is_flag=True, help="video_extension of the request."),
        click.option("--callback-url", metavar="URL", help="callback_url of the request (EvoLink)."),
    ),
)
every_frame_option = click.option("--every-frame", is_flag=True, help="Look at every frame instead of a sample.")
job_list_option = partial(click.option, "--jobs", "job_list", type=PATH, metavar="FILE")
pick_option = click.option(
    "--pick", is_flag=True, help="Show the faces of several people in the browser, and ask there who speaks."
)
person_option = partial(click.option, "--person", type=click.IntRange(min=1), metavar="N")
allow_private_option = click.option(
    "--allow-private", is_flag=True, help="Fetch inputs from private networks too, where they are addresses."
)
audio_track_option = click.option(
    "--audio-track",
    type=click.IntRange(min=1),
    metavar="N",
    help="Which track of an audio file that holds several is spoken, counted from 1; else the one that speaks.",
)
_SPEAKING = (
    click.option("--color", type=click.Choice(("auto", "always", "never")), default="auto", help="Colours on stdout."),
    click.option("-q", "--quiet", is_flag=True, help="Say less: only what is wrong."),
    click.option("-v", "--verbose", is_flag=True, help="Say more; show the traceback of a crash."),
)
