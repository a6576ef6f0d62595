"""The options that commands share."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import wraps
from pathlib import Path
from typing import Any, Literal

import click

from lipready.cli.output.session import Session
from lipready.config.settings import FORMATS, Configuration, nearest_configuration, read_configuration
from lipready.errors import UsageError

_MEANT, _FOLDER = "lipready.configuration", "lipready.folder"


def apply_configuration(ctx: click.Context, param: click.Parameter, value: str | None) -> None:
    """Make the configuration the defaults of a command; an option on the command line replaces them."""
    del param
    path = Path(value) if value is not None else nearest_configuration(ctx.meta.get(_FOLDER) or Path.cwd())
    if path is None:
        return
    configuration = read_configuration(path)
    ctx.meta[_MEANT] = configuration
    known = {parameter.name: parameter for parameter in ctx.command.params}
    ctx.default_map = {
        name: default
        for name, default in configuration.defaults.items()
        if name in known and _offers(known[name], default)  # `prepare` has no concise format
    }


def begin_in(ctx: click.Context, folder: Path) -> None:
    """Look for the configuration of a command from `folder` upward; to be said before its options are read."""
    ctx.meta[_FOLDER] = folder


def configuration_of(ctx: click.Context) -> Configuration:
    """Return what the configuration of a command says beside its defaults; nothing where there is none."""
    configuration = ctx.meta.get(_MEANT)
    return configuration if isinstance(configuration, Configuration) else Configuration()


def _offers(parameter: click.Parameter, default: object) -> bool:
    return not isinstance(parameter.type, click.Choice) or default in parameter.type.choices


RECORD_FORMATS = ("full", "json", "jsonl")
"""Formats of commands that write records of their own kinds: `json` is one document, `jsonl` one record a line."""


class _Amount(click.ParamType[Decimal]):
    """An exact amount of money."""

    name = "amount"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Decimal:
        """Read a decimal of 0 or more."""
        if isinstance(value, Decimal):
            return value
        try:
            amount = Decimal(value)
        except InvalidOperation:
            amount = Decimal("NaN")
        if not amount.is_finite() or amount < 0:
            self.fail(f"{value!r} is no amount such as 2.50.", param, ctx)
        return amount


AMOUNT = _Amount()

Command = Callable[..., Any]
ReportFile = tuple[str, Path]


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


def judging_options(formats: Sequence[str]) -> Callable[[Command], Command]:
    """Add the options of every command that judges files; the command receives `session` and `shared`."""
    options: list[Callable[[Command], Command]] = [
        provider_option,
        click.option("--format", "form", type=click.Choice(formats), default="full", help="Format on stdout."),
        report_option(FORMATS),
        click.option(
            "--only",
            metavar="RULES",
            multiple=True,
            callback=_split_commas,
            help="Run only these rules: ids, beginnings of ids or names, with commas between.",
        ),
        click.option("--ignore", metavar="RULES", multiple=True, callback=_split_commas, help="Leave these rules out."),
        fail_on_option,
        click.option("--quick", is_flag=True, help="Read headers and indexes only: no faces, no speech."),
        click.option("--every-frame", is_flag=True, help="Look at every frame instead of a sample."),
        config_option,
        *speaking_options,
    ]

    def decorate(command: Command) -> Command:
        @wraps(command)
        def with_shared(**values: Any) -> Any:
            names = ("provider", "form", "reports", "only", "ignore", "fail_on", "quick", "every_frame")
            shared = Shared(*(values.pop(name) for name in names))
            if shared.quick and shared.every_frame:
                raise UsageError("--quick reads no frame and --every-frame reads them all: give one of them.")
            return command(shared=shared, **values)

        return _stack(options, with_shared)

    return decorate


def request_options(command: Command) -> Command:
    """Add the options of the request itself."""
    for option in reversed(_REQUEST):
        command = option(command)
    return command


def speaking(command: Command) -> Command:
    """Add --color, -q and -v, for commands that judge nothing; the command receives `session`."""
    return _stack(speaking_options, command)


def _stack(options: Sequence[Callable[[Command], Command]], command: Command) -> Command:
    for option in reversed(options):
        command = option(command)
    return _with_session(command)


def _with_session(command: Command) -> Command:
    @wraps(command)
    def speak(color: str, quiet: bool, verbose: bool, **values: Any) -> Any:  # noqa: FBT001 - click passes by name
        session = click.get_current_context().find_object(Session) or Session()
        session.color, session.quiet, session.verbose = color, quiet, verbose
        return command(session=session, **values)

    return speak


def _split_commas(ctx: click.Context, param: click.Parameter, values: Sequence[str]) -> tuple[str, ...]:
    del ctx, param
    return tuple(part.strip() for value in values for part in value.split(",") if part.strip())


def report_option(formats: Sequence[str]) -> Callable[[Command], Command]:
    """Add --report with some formats; the command receives `reports`, pairs of format and path."""
    return click.option(
        "--report",
        "reports",
        metavar="FORMAT=PATH",
        multiple=True,
        callback=lambda ctx, param, values: _report_files(formats, values, ctx, param),
        help=f"Also write a report to a file; repeatable. Formats: {', '.join(formats)}.",
    )


def _report_files(
    formats: Sequence[str], values: Sequence[str], ctx: click.Context, param: click.Parameter
) -> tuple[ReportFile, ...]:
    files = tuple(_report_file(formats, value, ctx, param) for value in values)
    places = [os.path.realpath(path) for _form, path in files if path.is_file() or not path.exists()]
    twice = next((place for place in places if places.count(place) > 1), None)
    if twice is not None and twice != os.path.realpath(os.environ.get("GITHUB_STEP_SUMMARY") or os.devnull):
        raise click.BadParameter(f"{twice!r} is named for two reports, and would hold the last alone.", ctx, param)
    return files


def _report_file(formats: Sequence[str], value: str, ctx: click.Context, param: click.Parameter) -> ReportFile:
    form, equals, path = value.partition("=")
    if not equals or not path or form not in formats:
        raise click.BadParameter(
            f"{value!r} is not FORMAT=PATH with one of the formats {', '.join(formats)}.", ctx, param
        )
    if not Path(path).absolute().parent.is_dir():
        raise click.BadParameter(f"the folder of {path!r} does not exist.", ctx, param)
    if Path(path).is_dir():
        raise click.BadParameter(f"{path!r} is a folder.", ctx, param)
    return form, Path(path)


record_format_option = click.option(
    "--format", "form", type=click.Choice(RECORD_FORMATS), default="full", help="Format on stdout."
)
provider_option = click.option(
    "--provider", metavar="NAME|PATH", default="dashscope", show_default=True, help="A profile's name, or its file."
)
fail_on_option = click.option(
    "--fail-on", type=click.Choice(("error", "warning")), default="error", help="What makes the exit status 1."
)
config_option = click.option(
    "--config",
    type=click.Path(dir_okay=False),
    callback=apply_configuration,
    expose_value=False,
    is_eager=True,
    help="Configuration file, instead of the nearest lipready.toml or pyproject.toml.",
)
_REQUEST = (
    click.option(
        "--face-threshold",
        type=int,
        metavar="N",
        help="query_face_threshold: how alike the reference image and a face must be (120 to 200, 170 if not given). "
        "Try 140 where no face matched, 190 where the wrong one moved.",
    ),
    click.option("--video-extension", is_flag=True, help="video_extension of the request."),
    click.option("--callback-url", metavar="URL", help="callback_url of the request (EvoLink)."),
)
allow_private_option = click.option(
    "--allow-private", is_flag=True, help="Fetch inputs from private networks too, where they are addresses."
)
audio_track_option = click.option(
    "--audio-track",
    type=click.IntRange(min=1),
    metavar="N",
    help="Which track of an audio file that holds several is spoken, counted from 1; else the one that speaks.",
)
speaking_options = [
    click.option("--color", type=click.Choice(("auto", "always", "never")), default="auto", help="Colours on stdout."),
    click.option("-q", "--quiet", is_flag=True, help="Say less: only what is wrong."),
    click.option("-v", "--verbose", is_flag=True, help="Say more; show the traceback of a crash."),
]
