"""Profiles from TOML files: the shipped ones by name, a user's own by path."""

import datetime as dt
import os
import tomllib
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from difflib import get_close_matches
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any, get_args

from lipready.errors import ConfigurationError
from lipready.profiles.catalogue import CATALOGUE, RANGE_KEYS
from lipready.profiles.limit import Limit, Price, Profile, Range, Strength, TaskTimes

SCHEMA = "lipready.profile/1"
TOP_KEYS = ("schema", "extends", "name", "title", "model", "read", "sources", "price", "task", "limits", "without")

_FOLDER = Path(__file__).parent
_LARGEST_FILE = 1 << 20
_LONGEST_CHAIN = 8
_HEAD = ("name", "title", "model")
# Numbers that mean something only beside the ones that they were chosen for.
_DEPENDENT = {
    "accept": ("safe", "aim", "note"),
    "safe": ("aim",),
    "choices": ("safe_choices", "aim_choice", "note"),
    "safe_choices": ("aim_choice",),
}
_TASK_TIMES = {"lookup_seconds": 60, "unknown_seconds": 600, "unknown_sightings": 5}
_LONGEST_NUMBER = 64
_LARGEST_EXPONENT = 64


@cache
def profile_names() -> tuple[str, ...]:
    """Return the names of the shipped profiles, in order of the alphabet."""
    return tuple(sorted(file.stem for file in _FOLDER.glob("*.toml")))


def load_profile(name_or_path: str) -> Profile:
    """Load a shipped profile by name, or a user's own by the path of its TOML file.

    A file may say `extends = "dashscope"` (a name, or a path relative to itself) and give only what differs: the
    keys of a limit replace those of the profile below it, a new `accept` or `choices` also drops the `safe` and `aim`
    that went with the old one, and `without = ["V207"]` takes rules away.

    A shipped profile is read once, and the same object returned each time: it must not be changed. A user's own may
    have changed meanwhile, and is read anew.

    Raises ConfigurationError, with the file and the key, for whatever is unknown, missing or wrong.
    """
    return _shipped(name_or_path) if name_or_path in profile_names() else _load(_locate(name_or_path, None))


@cache
def _shipped(name: str) -> Profile:
    return _load(_locate(name, None))


def _load(file: Path) -> Profile:
    chain = _chain(file)
    layers = _Layers()
    for content in chain:
        layers.lay(content)
    base, path = chain[0].file, chain[-1].file
    for key in _HEAD:
        if key not in layers.head:
            raise _Table(path, key, {}).wrong("this key is missing.")
    price = _price(_Table(path, "price", layers.price), layers.sources) if layers.price else None
    limits = {rule: _limit(rule, layers.limits[rule], layers.sources) for rule in CATALOGUE if rule in layers.limits}
    return Profile(
        **layers.head,
        limits={
            rule: replace(limit, price=price) if CATALOGUE[rule].billed else limit for rule, limit in limits.items()
        },
        path=str(path),
        task=_task_times(_Table(path, "task", layers.task)),
        base=base.stem if base.parent == _FOLDER else None,
        price=price,
    )


def _locate(name_or_path: str, beside: Path | None) -> Path:
    """Find the file that a name or a path means; a path in a file is relative to the file."""
    if name_or_path in profile_names():
        return _FOLDER / f"{name_or_path}.toml"
    path = Path(name_or_path) if beside is None else beside.parent / name_or_path
    if path.suffix == ".toml" or os.sep in name_or_path or path.is_file():
        return path
    hint = _suggestion(name_or_path, profile_names(), "shipped")
    raise ConfigurationError(
        f"There is no profile {name_or_path!r}; {hint} A profile of your own is named by the path of its .toml file."
    )


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST_FILE + 1)
    except (OSError, ValueError) as error:
        from lipready.probe.missing import unreadable

        raise ConfigurationError(f"Profile {unreadable(path, error)}", path=str(path)) from error
    if len(content) > _LARGEST_FILE:
        raise ConfigurationError(f"Profile {path}: the file is larger than {_LARGEST_FILE:,} bytes.", path=str(path))
    try:
        return tomllib.loads(content.decode(), parse_float=Decimal)
    except (RecursionError, ValueError) as error:
        raise ConfigurationError(f"Profile {path}: this is not TOML ({error}).", path=str(path)) from error


@dataclass(frozen=True, slots=True)
class _Table:
    """A table of a profile: its `file` as the user wrote it, its dotted `key`, and what it holds.

    Whatever is read of it is read exactly, and refused with a sentence where it is wrong.
    """

    file: Path
    key: str
    values: Mapping[str, Any]

    def wrong(self, what: str, *below: str) -> ConfigurationError:
        """Build the exception for this table, or a key in it."""
        return ConfigurationError(f"Profile {self.file}, key {self._key(*below)}: {what}", path=str(self.file))

    def _key(self, *below: str) -> str:
        return ".".join(filter(None, (self.key, *below)))

    def refuse_unknown(self, known: Collection[str]) -> None:
        """Raise ConfigurationError for the first key that nobody reads."""
        for key in self.values:
            if key not in known:
                raise self.wrong(f"there is no such key here; {_suggestion(key, known)}", key)

    def require(self, keys: Iterable[str], what: str = "key") -> None:
        """Raise ConfigurationError for the first key that is not there."""
        for key in keys:
            if key not in self.values:
                raise self.wrong(f"this {what} is missing.", key)

    def table(self, key: str) -> "_Table":
        """Read a table; one that is not there is empty."""
        value = self.values.get(key, {})
        if not isinstance(value, dict):
            raise self.wrong(f"a table is expected, not {value!r}.", key)
        return _Table(self.file, self._key(key), value)

    def text(self, key: str) -> str:
        """Read a text that is not empty."""
        return self._text(self.values.get(key), key)

    def _text(self, value: object, key: str) -> str:
        if not isinstance(value, str) or not value.strip():
            raise self.wrong(f"a text is expected, not {value!r}.", key)
        return value

    def texts(self, key: str, what: str = "texts") -> Iterator[str]:
        """Yield the texts of a list; of one that is not there, none."""
        value = self.values.get(key, [])
        if not isinstance(value, list):
            raise self.wrong(f"a list of {what} is expected, not {value!r}.", key)
        yield from (self._text(each, key) for each in value)

    def date(self, key: str, default: dt.date | None) -> dt.date:
        """Read a date without a time of day."""
        value = self.values.get(key, default)
        if not isinstance(value, dt.date) or isinstance(value, dt.datetime):
            raise self.wrong(f"a date such as 2026-11-20 is expected, not {value!r}.", key)
        return value

    def number(self, key: str) -> Fraction:
        """Read an exact number: an integer, a decimal, or a text such as "119.9" or "60000/1001"."""
        value = self.values.get(key)
        wanted = self.wrong(
            f'an integer, a decimal or a fraction such as "60000/1001" is expected, not {value!s:.80}.', key
        )
        if isinstance(value, bool) or not isinstance(value, int | Decimal | str):
            raise wanted
        try:
            if isinstance(value, str):
                value = value.strip()
                # What Fraction makes of a space or an underscore inside depends on the release of Python.
                if len(value) > _LONGEST_NUMBER or "_" in value or len(value.split()) > 1:
                    raise wanted
                value = value if "/" in value else Decimal(value)
            # A large exponent would make an integer that fills the memory.
            if isinstance(value, Decimal) and (not value.is_finite() or abs(value.adjusted()) > _LARGEST_EXPONENT):
                raise wanted
            return Fraction(value)
        except (ValueError, ArithmeticError) as error:
            raise wanted from error

    def positive(self, key: str) -> Fraction:
        """Read a number above 0 that has to be there."""
        value = self.number(key)
        if value <= 0:
            raise self.wrong("a number above 0 is expected.", key)
        return value

    def interval(self, key: str) -> Range | None:
        """Read a range such as `{ minimum = 15, maximum = 60, inclusive = true }`; None where there is none."""
        if key not in self.values:
            return None
        raw = self.table(key)
        raw.refuse_unknown(("minimum", "maximum", "inclusive"))
        inclusive = raw.values.get("inclusive", True)
        if not isinstance(inclusive, bool):
            raise raw.wrong(f"true or false is expected, not {inclusive!r}.", "inclusive")
        low, high = (raw.number(bound) if bound in raw.values else None for bound in ("minimum", "maximum"))
        if low is None and high is None:
            raise raw.wrong("a minimum, a maximum or both are expected.")
        if low is not None and high is not None and (low > high or (low == high and not inclusive)):
            raise raw.wrong(f"no number lies between the minimum {low} and the maximum {high}.")
        return Range(low, high, inclusive)


def _suggestion(wrong: str, known: Collection[str], all_of_them: str = "known") -> str:
    """Return which of the known words may have been meant, or list them all."""
    close = get_close_matches(wrong, known, n=1)
    return f"did you mean {close[0]}?" if close else f"{all_of_them} are {', '.join(known)}."


@dataclass(frozen=True, slots=True)
class _Source:
    """A page that limits were read from, and when."""

    page: str
    url: str
    read: dt.date | None


def _chain(path: Path) -> list[_Table]:
    """Read the files that extend each other, the base first."""
    chain: list[_Table] = []
    following = path
    while True:
        content = _Table(following, "", _read_toml(following))
        if len(chain) == _LONGEST_CHAIN or following.resolve() in [seen.file.resolve() for seen in chain]:
            raise _Table(path, "extends", {}).wrong("the profiles extend each other in a circle, or too deep.")
        chain.insert(0, content)
        if "extends" not in content.values:
            return chain
        following = _locate(content.text("extends"), following)


@dataclass(frozen=True, slots=True)
class _Layers:
    """What the files of a chain say so far; each limit with the place that spoke of it last."""

    head: dict[str, str] = field(default_factory=dict)
    sources: dict[str, _Source] = field(default_factory=dict)
    limits: dict[str, _Table] = field(default_factory=dict)
    price: dict[str, Any] = field(default_factory=dict)
    task: dict[str, Any] = field(default_factory=dict)

    def lay(self, content: _Table) -> None:
        """Lay one file over those below it."""
        content.refuse_unknown(TOP_KEYS)
        if content.values.get("schema", SCHEMA) != SCHEMA:
            raise content.wrong(f"{SCHEMA!r} is expected, not {content.values['schema']!r}.", "schema")
        if "extends" in content.values:
            # A profile of one's own is told apart from the one below it, even where it does not say its name.
            self.head["name"] = content.file.stem
        self.head.update({key: content.text(key) for key in _HEAD if key in content.values})
        sources = content.table("sources")
        self.sources.update({key: _read_source(sources.table(key)) for key in sources.values})
        self.price.update(content.table("price").values)
        self.task.update(content.table("task").values)
        for name in content.texts("without", "rules"):
            self.limits.pop(_rule(name, content, "without"), None)
        limits = content.table("limits")
        for key in limits.values:
            rule = _rule(key, limits, key)
            above = limits.table(key)
            below = self.limits[rule].values if rule in self.limits else {}
            merged = _over(below, above.values)
            if "extends" in content.values and "source" not in above.values:
                merged["source"] = self._own_source(content, str(below.get("source")))
            self.limits[rule] = replace(above, values=merged)

    def _own_source(self, content: _Table, below: str) -> str:
        """Make the user's file the source of the user's number; its date is the one below where none is given.

        The source is keyed by file and by the source below it, since each of those has a date of its own.
        """
        inherited = self.sources.get(below)
        read = inherited.read if inherited is not None else None
        if "read" in content.values:
            read = content.date("read", None)
        key = f"{content.file.name}, over {below}"
        self.sources[key] = _Source(f"profile file {content.file.name}", "", read)
        return key


def _read_source(raw: _Table) -> _Source:
    raw.refuse_unknown(("page", "url", "read"))
    raw.require(("page",))
    return _Source(
        raw.text("page"),
        raw.text("url") if "url" in raw.values else "",
        raw.date("read", None) if "read" in raw.values else None,
    )


def _over(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Lay one limit over another; numbers that went with replaced ones go."""
    replaced = {name for key in above for name in _DEPENDENT.get(key, ())}
    merged = {**{key: value for key, value in below.items() if key not in replaced}, **above}
    if isinstance(above.get("bands"), dict):
        merged["bands"] = {**below.get("bands", {}), **above["bands"]}
    return merged


def _rule(name: str, table: _Table, key: str) -> str:
    """Return the id of the rule that an id or a name means."""
    rules = {rule: rule for rule in CATALOGUE} | {entry.name: rule for rule, entry in CATALOGUE.items()}
    if name not in rules:
        raise table.wrong(f"there is no such rule; {_suggestion(name, rules)}", key)
    return rules[name]


def _price(raw: _Table, sources: Mapping[str, _Source]) -> Price:
    raw.refuse_unknown(("per_second", "currency", "source", "read"))
    per_second, currency = raw.positive("per_second"), raw.text("currency")
    source = _source(raw, sources)
    read = raw.date("read", source.read)
    return Price(per_second=per_second, currency=currency, source=source.page, url=source.url, read=read)


def _task_times(raw: _Table) -> TaskTimes:
    raw.refuse_unknown(_TASK_TIMES)
    known = replace(raw, values={**_TASK_TIMES, **raw.values})
    sightings = known.positive("unknown_sightings")
    if sightings.denominator != 1:
        raise raw.wrong("a whole number is expected.", "unknown_sightings")
    return TaskTimes(
        lookup_seconds=known.positive("lookup_seconds"),
        unknown_seconds=known.positive("unknown_seconds"),
        unknown_sightings=int(sightings),
    )


def _limit(rule: str, raw: _Table, sources: Mapping[str, _Source]) -> Limit:
    entry, given = CATALOGUE[rule], raw.values
    raw.refuse_unknown(entry.keys())
    raw.require(("strength", "source", *["accept"] * entry.has_range, *["choices"] * entry.has_choices))
    source = _source(raw, sources)
    read = raw.date("read", source.read)
    strength = raw.text("strength")
    if strength not in get_args(Strength):
        raise raw.wrong(f"{', '.join(get_args(Strength))} are expected, not {strength!r}.", "strength")
    accept, safe, aim = map(raw.interval, RANGE_KEYS)
    choices, safe_choices = tuple(raw.texts("choices")), tuple(raw.texts("safe_choices"))
    unit = given.get("unit", "") and raw.text("unit")
    remote = raw.text("remote") if "remote" in given else None
    note = given.get("note", "") and raw.text("note")
    aim_choice = raw.text("aim_choice") if "aim_choice" in given else next(iter(safe_choices or choices), None)
    bands = raw.table("bands")
    bands.refuse_unknown(entry.bands)
    bands.require(entry.bands, "number")
    limit = Limit(
        rule=rule,
        strength=strength,  # type: ignore[arg-type]  # it is one of them
        source=source.page,
        url=source.url,
        read=read,
        unit=unit,
        remote=remote,
        note=note,
        accept=accept,
        safe=safe,
        aim=aim or safe or accept,
        choices=choices,
        safe_choices=safe_choices,
        aim_choice=aim_choice,
        bands={key: bands.number(key) for key in bands.values},
    )
    found = limit.disagreement()
    if found is not None:
        raise raw.wrong(found[1], found[0])
    return limit


def _source(raw: _Table, sources: Mapping[str, _Source]) -> _Source:
    key = raw.text("source")
    if key not in sources:
        raise raw.wrong(f"no [sources.{key}] is there; {_suggestion(key, sources)}", "source")
    return sources[key]
