"""The configuration as the defaults of a command."""

from pathlib import Path

import click

from lipready.config.settings import Configuration, nearest_configuration, read_configuration

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
