"""Settings from `lipready.toml` or from `[tool.lipready]` in `pyproject.toml`, nearest upward."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from lipready.config.tables import Table, tables_of
from lipready.errors import ConfigurationError
from lipready.facts.quantity import counted

if TYPE_CHECKING:
    from lipready.config.policy import FailOn, Ignore, PathRules, Policy


def read_small_text(path: Path, most: int) -> str:
    """Read a regular file of at most `most` bytes of UTF-8.

    Raises ConfigurationError for whatever else it is: a pipe would never end, and a device may not either.
    """
    try:
        if path.exists() and not path.is_file():
            raise ConfigurationError(f"{path}: is not a regular file.", path=str(path))
        with path.open("rb") as file:
            content = file.read(most + 1)
    except (OSError, ValueError) as error:
        from lipready.probe.missing import unreadable

        raise ConfigurationError(unreadable(path, error), path=str(path)) from error
    if len(content) > most:
        raise ConfigurationError(f"{path}: is larger than {counted(most, 'byte')}.", path=str(path))
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        raise ConfigurationError(
            f"{path}: is not UTF-8 text ({error.reason} at byte {error.start}).", path=str(path)
        ) from error


# Every command looks for a configuration, and few of them meet one that speaks of rules: what knows rules comes late.

FORMATS = ("full", "concise", "json", "jsonl", "junit", "sarif", "github", "gitlab", "markdown")
_LARGEST = 1 << 20
_LONGEST_CHAIN = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """What a configuration says.

    `files` are the file itself and what it extends, nearest first. `defaults` are values by the names of click's
    parameters; `paths` and `ignores` are those of every file, the ones of the nearest last.
    """

    files: tuple[Path, ...] = ()
    defaults: dict[str, Any] = field(default_factory=dict)
    paths: "tuple[PathRules, ...]" = ()
    ignores: "tuple[Ignore, ...]" = ()
    strict_ignores: bool = False

    def policy(
        self,
        root: Path,
        *,
        only: tuple[str, ...] = (),
        ignore: tuple[str, ...] = (),
        fail_on: "FailOn" = "error",
        whole: bool = True,
    ) -> "Policy":
        """Return the policy of a run over `root`; the arguments are the fields of that name."""
        from lipready.config.policy import Policy

        return Policy(
            root=root.resolve().as_posix(),
            only=only,
            ignore=ignore,
            fail_on=fail_on,
            paths=self.paths,
            ignores=self.ignores,
            strict_ignores=self.strict_ignores,
            whole=whole,
        )


def nearest_configuration(folder: Path) -> Path | None:
    """Return the first file, from a folder upward, that configures lipready; `lipready.toml` goes first."""
    for place in (folder, *folder.parents):
        own, project = place / "lipready.toml", place / "pyproject.toml"
        if own.is_file():
            return own
        if project.is_file() and _own_table(project) is not None:
            return project
    return None


def read_configuration(path: Path) -> Configuration:
    """Read and check a configuration, and what it extends.

    Raises ConfigurationError for a file that cannot be read, an unknown key, a value of the wrong kind, and a chain of
    `extend` that is a ring or longer than eight files.
    """
    files = list(_chain(path))
    settings = Configuration(files=tuple(table.file for table in files))
    for table in reversed(files):
        settings = _lay(settings, table)
    return settings


def _chain(path: Path) -> Iterator[Table]:
    seen: list[Path] = []
    while True:
        if path.resolve() in seen:
            raise ConfigurationError(
                f"{path}: extend leads in a ring; take one of the extend keys out.", path=str(path)
            )
        if len(seen) == _LONGEST_CHAIN:
            raise ConfigurationError(f"{path}: extend leads through more than {_LONGEST_CHAIN} files.", path=str(path))
        seen.append(path.resolve())
        table = _read_table(path)
        yield table
        if "extend" not in table.values:
            return
        expected = 'the path of another configuration from this file on, such as "../base.toml"'
        name = table.text("extend", expected)
        if not name.endswith(".toml") or not name.isprintable() or PurePosixPath(name).is_absolute() or "\\" in name:
            raise table.wrong("extend", expected)
        path = path.parent / name


def _read_table(path: Path) -> Table:
    values = _own_table(path) if path.name == "pyproject.toml" else _read_toml(path)
    if values is None:
        raise ConfigurationError(f"{path}: has no [tool.lipready].", path=str(path))
    if not isinstance(values, dict):
        raise ConfigurationError(f"{path}: [tool.lipready] is not a table.", path=str(path))
    table = Table(path, "", values)
    table.refuse_unknown((*_KEYS, *_OWN_KEYS))
    return table


def _own_table(project: Path) -> object:
    tools = _read_toml(project).get("tool")
    return tools.get("lipready") if isinstance(tools, dict) else None


def _read_toml(path: Path) -> dict[str, Any]:
    return parse_toml(read_small_text(path, _LARGEST), path)


def parse_toml(text: str, path: Path | str) -> dict[str, Any]:
    """Parse TOML; raises ConfigurationError with `path` for anything else."""
    import tomllib

    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise ConfigurationError(f"{path}: is not TOML: {error}.", path=str(path)) from error


def _lay(settings: Configuration, table: Table) -> Configuration:
    """Lay the settings of one file over those that it extends: values replace, tables add."""
    values = table.values
    strict = values.get("strict-ignores", settings.strict_ignores)
    if not isinstance(strict, bool):
        raise table.wrong("strict-ignores", "true or false")
    paths = tables_of(table.file, "paths", values.get("paths", []))
    ignores = tables_of(table.file, "ignores", values.get("ignores", []))
    defaults = {**settings.defaults, **dict(_default(table, key) for key in values if key in _KEYS)}
    settings = replace(settings, defaults=defaults, strict_ignores=strict)
    if not paths and not ignores:
        return settings
    from lipready.config.policy import read_ignore, read_path_rules

    return replace(
        settings,
        paths=(*settings.paths, *map(read_path_rules, paths)),
        ignores=(*settings.ignores, *map(read_ignore, ignores)),
    )


def _default(table: Table, key: str) -> tuple[str, Any]:
    name, read, expected = _KEYS[key]
    result = read(table.values[key], table.file)
    if result is None:
        raise table.wrong(key, expected)
    return name, result


def _provider(value: object, path: Path) -> str | None:
    """Read a name, or a path to the configuration."""
    if not isinstance(value, str):
        return None
    return str(path.parent / value) if value.endswith(".toml") else value


def _below(value: object, path: Path) -> str | None:
    """Read the path of a file that is written to: below the configuration, also after links are followed."""
    if not isinstance(value, str) or not value.endswith(".json") or not value.isprintable():
        return None
    folder = path.parent.resolve()
    return str(path.parent / value) if (folder / value).resolve().is_relative_to(folder) else None


def _choice(*choices: str) -> Callable[[object, Path], object]:
    return lambda value, _path: value if value in choices else None


def _rules(value: object, _path: Path) -> list[str] | None:
    values = [value] if isinstance(value, str) else value
    return values if isinstance(values, list) and all(isinstance(v, str) for v in values) else None


def _flag(value: object, _path: Path) -> bool | None:
    return value if isinstance(value, bool) else None


_KEYS: dict[str, tuple[str, Callable[[object, Path], object], str]] = {
    "provider": ("provider", _provider, "the name or the path of a profile"),
    "format": ("form", _choice(*FORMATS), f"one of {', '.join(FORMATS)}"),
    "only": ("only", _rules, "a list of rules"),
    "ignore": ("ignore", _rules, "a list of rules"),
    "fail-on": ("fail_on", _choice("error", "warning"), '"error" or "warning"'),
    "quick": ("quick", _flag, "true or false"),
    "baseline": ("baseline", _below, "the path of a .json file below the configuration"),
}
_OWN_KEYS = ("extend", "strict-ignores", "paths", "ignores")
