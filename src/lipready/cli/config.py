"""Defaults from `lipready.toml` or from `[tool.lipready]` in `pyproject.toml`, nearest upward."""

from collections.abc import Callable
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import click

from lipready.errors import ConfigurationError

_FORMATS = ("full", "concise", "json")


def apply_configuration(ctx: click.Context, param: click.Parameter, value: str | None) -> None:
    """Make the configuration the defaults of a command; an option on the command line replaces them."""
    del param
    path = Path(value) if value is not None else nearest_configuration(Path.cwd())
    if path is None:
        return
    defaults = read_configuration(path)
    known = {parameter.name: parameter for parameter in ctx.command.params}
    ctx.default_map = {
        name: default
        for name, default in defaults.items()
        if name in known and _offers(known[name], default)  # `prepare` has no concise format
    }


def nearest_configuration(folder: Path) -> Path | None:
    """Find the first file, from a folder upward, that configures lipready; `lipready.toml` goes first."""
    for place in (folder, *folder.parents):
        own, project = place / "lipready.toml", place / "pyproject.toml"
        if own.is_file():
            return own
        if project.is_file() and _own_table(project) is not None:
            return project
    return None


def read_configuration(path: Path) -> dict[str, Any]:
    """Read and check a configuration; keys are the names of click parameters.

    Raises ConfigurationError for a file that cannot be read, an unknown key or a value of the wrong kind.
    """
    table = _own_table(path) if path.name == "pyproject.toml" else _read_toml(path)
    if table is None:
        raise ConfigurationError(f"{path}: has no [tool.lipready].")
    if not isinstance(table, dict):
        raise ConfigurationError(f"{path}: [tool.lipready] is not a table.")
    return dict(_read_entry(path, key, value) for key, value in table.items())


def _own_table(project: Path) -> object:
    tools = _read_toml(project).get("tool")
    return tools.get("lipready") if isinstance(tools, dict) else None


def _read_entry(path: Path, key: str, value: object) -> tuple[str, Any]:
    if key not in _KEYS:
        close = get_close_matches(key, _KEYS, n=1)
        meant = f"did you mean {close[0]!r}?" if close else f"known keys are {', '.join(_KEYS)}."
        raise ConfigurationError(f"{path}: the key {key!r} is unknown; {meant}")
    name, read, expected = _KEYS[key]
    result = read(value, path)
    if result is None:
        raise ConfigurationError(f"{path}: {key} = {value!r} is not {expected}.")
    return name, result


def _read_toml(path: Path) -> dict[str, Any]:
    import tomllib

    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigurationError(f"{path}: cannot be read ({error.strerror}).") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path}: is not TOML: {error}.") from error


def _offers(parameter: click.Parameter, default: object) -> bool:
    return not isinstance(parameter.type, click.Choice) or default in parameter.type.choices


def _provider(value: object, path: Path) -> str | None:
    """Read a name, or a path to the configuration."""
    if not isinstance(value, str):
        return None
    return str(path.parent / value) if value.endswith(".toml") else value


def _choice(*choices: str) -> Callable[[object, Path], object]:
    return lambda value, _path: value if value in choices else None


def _rules(value: object, _path: Path) -> list[str] | None:
    values = [value] if isinstance(value, str) else value
    return values if isinstance(values, list) and all(isinstance(v, str) for v in values) else None


def _flag(value: object, _path: Path) -> bool | None:
    return value if isinstance(value, bool) else None


_KEYS: dict[str, tuple[str, Callable[[object, Path], object], str]] = {
    "provider": ("provider", _provider, "the name or the path of a profile"),
    "format": ("form", _choice(*_FORMATS), "one of full, concise, json"),
    "only": ("only", _rules, "a list of rules"),
    "ignore": ("ignore", _rules, "a list of rules"),
    "fail-on": ("fail_on", _choice("error", "warning"), '"error" or "warning"'),
    "quick": ("quick", _flag, "true or false"),
}
