"""Profiles from TOML files: the shipped ones by name, a user's own by path."""

import os
import tomllib
from dataclasses import dataclass, replace
from decimal import Decimal
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from lipready.errors import ConfigurationError
from lipready.profiles.catalogue import CATALOGUE
from lipready.profiles.limit import Profile
from lipready.profiles.table import (
    Place,
    Source,
    Table,
    date,
    read_limit,
    read_price,
    read_task_times,
    refuse_unknown,
    suggestion,
    table,
    text,
)

SCHEMA = "lipready.profile/1"
TOP_KEYS = ("schema", "extends", "name", "title", "model", "read", "sources", "price", "task", "limits", "without")

_FOLDER = Path(__file__).parent
_LARGEST_FILE = 1 << 20
_LONGEST_CHAIN = 8
# Numbers that mean something only beside the ones that they were chosen for.
_DEPENDENT = {
    "accept": ("safe", "aim", "note"),
    "safe": ("aim",),
    "choices": ("safe_choices", "aim_choice", "note"),
    "safe_choices": ("aim_choice",),
}


def profile_names() -> tuple[str, ...]:
    """Return the names of the shipped profiles, in order of the alphabet."""
    return tuple(sorted(file.stem for file in _FOLDER.glob("*.toml")))


def load_profile(name_or_path: str) -> Profile:
    """Load a shipped profile by name, or a user's own by the path of its TOML file.

    A file may say `extends = "dashscope"` (a name, or a path relative to itself) and give only what differs: the
    keys of a limit replace those of the profile below it, a new `accept` or `choices` also drops the `safe` and `aim`
    that went with the old one, and `without = ["V207"]` takes rules away.

    Raises ConfigurationError, with the file and the key, for whatever is unknown, missing or wrong.
    """
    return _load(_locate(name_or_path, None))


def _locate(name_or_path: str, beside: Path | None) -> Path:
    """Find the file that a name or a path means; a path in a file is relative to the file."""
    if name_or_path in profile_names():
        return _FOLDER / f"{name_or_path}.toml"
    path = Path(name_or_path) if beside is None else beside.parent / name_or_path
    if path.suffix == ".toml" or os.sep in name_or_path or path.is_file():
        return path
    close = get_close_matches(name_or_path, profile_names(), n=1)
    hint = f"did you mean {close[0]}?" if close else f"shipped are {', '.join(profile_names())}."
    raise ConfigurationError(
        f"There is no profile {name_or_path!r}; {hint} A profile of your own is named by the path of its .toml file."
    )


def _read_toml(path: Path) -> Table:
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST_FILE + 1)
    except (OSError, ValueError) as error:
        from lipready.probe.missing import unreadable

        raise ConfigurationError(f"Profile {unreadable(path, error)}") from error
    if len(content) > _LARGEST_FILE:
        raise ConfigurationError(f"Profile {path}: the file is larger than {_LARGEST_FILE:,} bytes.")
    try:
        return tomllib.loads(content.decode(), parse_float=Decimal)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError, ValueError) as error:
        raise ConfigurationError(f"Profile {path}: this is not TOML ({error}).") from error


def _load(path: Path) -> Profile:
    """Lay the files of a chain over each other, then read what came out."""
    layers = _Layers({}, {}, {}, {}, {})
    chain = _chain(path)
    for file, content in chain:
        _lay(layers, file, content)
    for key in ("name", "title", "model"):
        if key not in layers.head:
            raise Place(str(path), key).error("this key is missing.")
    price = read_price(layers.price, layers.sources, Place(str(path), "price")) if layers.price else None
    limits = {}
    for rule in CATALOGUE:
        if rule in layers.limits:
            limit = read_limit(rule, layers.limits[rule][0], layers.sources, layers.limits[rule][1])
            limits[rule] = replace(limit, price=price) if CATALOGUE[rule].billed else limit
    base = chain[0][0]
    return Profile(
        **layers.head,
        limits=limits,
        path=str(path),
        task=read_task_times(layers.task, Place(str(path), "task")),
        base=base.stem if base.parent == _FOLDER else None,
        price=price,
    )


def _chain(path: Path) -> list[tuple[Path, Table]]:
    """Read the files that extend each other, the base first."""
    chain: list[tuple[Path, Table]] = []
    following: Path | None = path
    while following is not None:
        content = _read_toml(following)
        if len(chain) == _LONGEST_CHAIN or following.resolve() in [seen.resolve() for seen, _ in chain]:
            raise Place(str(path), "extends").error("the profiles extend each other in a circle, or too deep.")
        chain.insert(0, (following, content))
        base = content.get("extends")
        following = None if base is None else _locate(text(base, Place(str(following), "extends")), following)
    return chain


@dataclass(frozen=True, slots=True)
class _Layers:
    """What the files of a chain say so far; each limit with the place that spoke of it last."""

    head: dict[str, str]
    sources: dict[str, Source]
    limits: dict[str, tuple[dict[str, Any], Place]]
    price: dict[str, Any]
    task: dict[str, Any]


def _lay(layers: _Layers, path: Path, content: Table) -> None:
    place = Place(str(path))
    refuse_unknown(content, TOP_KEYS, place)
    if content.get("schema", SCHEMA) != SCHEMA:
        raise place.at("schema").error(f"{SCHEMA!r} is expected, not {content['schema']!r}.")
    if "extends" in content:
        # A profile of one's own is told apart from the one below it, even where it does not say its name.
        layers.head["name"] = path.stem
    layers.head.update({key: text(content[key], place.at(key)) for key in ("name", "title", "model") if key in content})
    here = place.at("sources")
    for key, value in table(content.get("sources", {}), here).items():
        layers.sources[key] = _read_source(table(value, here.at(key)), here.at(key))
    layers.price.update(table(content.get("price", {}), place.at("price")))
    layers.task.update(table(content.get("task", {}), place.at("task")))
    for rule in _rules(content.get("without", []), place.at("without")):
        layers.limits.pop(rule, None)
    here = place.at("limits")
    for key, value in table(content.get("limits", {}), here).items():
        rule, above = _rule(key, here.at(key)), table(value, here.at(key))
        below = layers.limits[rule][0] if rule in layers.limits else {}
        merged = _over(below, above)
        if "extends" in content and "source" not in above:
            merged |= _own_source(layers, path, content, below)
        layers.limits[rule] = merged, here.at(key)


def _own_source(layers: _Layers, path: Path, content: Table, below: Table) -> dict[str, str]:
    """Name the user's file as the source of the user's number; the date stays that of the page below if none is given.

    The source is keyed by file and by the source below it, since each of those has a date of its own.
    """
    inherited = layers.sources.get(str(below.get("source")))
    key = f"{path.name}, over {below.get('source')}"
    read = inherited.read if inherited is not None else None
    if "read" in content:
        read = date(content["read"], Place(str(path), "read"))
    layers.sources[key] = Source(f"profile file {path.name}", "", read)
    return {"source": key}


def _read_source(raw: Table, place: Place) -> Source:
    refuse_unknown(raw, ("page", "url", "read"), place)
    if "page" not in raw:
        raise place.at("page").error("this key is missing.")
    return Source(
        text(raw["page"], place.at("page")),
        text(raw["url"], place.at("url")) if "url" in raw else "",
        date(raw["read"], place.at("read")) if "read" in raw else None,
    )


def _over(below: Table, above: Table) -> dict[str, Any]:
    """Lay one limit over another; numbers that went with replaced ones go."""
    replaced = {name for key in above for name in _DEPENDENT.get(key, ())}
    merged: dict[str, Any] = {key: value for key, value in below.items() if key not in replaced}
    merged.update(above)
    if isinstance(above.get("bands"), dict):
        merged["bands"] = {**below.get("bands", {}), **above["bands"]}
    return merged


def _rule(key: str, place: Place) -> str:
    """Return the id of the rule that an id or a name means."""
    if key in CATALOGUE:
        return key
    names = {entry.name: rule for rule, entry in CATALOGUE.items()}
    if key in names:
        return names[key]
    raise place.error(f"there is no such rule; {suggestion(key, (*CATALOGUE, *names))}")


def _rules(value: object, place: Place) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise place.error(f"a list of rules is expected, not {value!r}.")
    return tuple(_rule(text(key, place), place) for key in value)
