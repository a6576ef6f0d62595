"""One `[limits.…]` table of a profile file, read exactly and refused with a sentence where it is wrong."""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from difflib import get_close_matches
from fractions import Fraction
from typing import Any, get_args

from lipready.errors import ConfigurationError
from lipready.profiles.catalogue import CATALOGUE, RANGE_KEYS, CatalogueEntry
from lipready.profiles.limit import Limit, Price, Range, Strength, TaskTimes

Table = Mapping[str, Any]

_TASK_TIMES: Mapping[str, int] = {"lookup_seconds": 60, "unknown_seconds": 600, "unknown_sightings": 5}
_LONGEST_NUMBER = 64
_LARGEST_EXPONENT = 64


@dataclass(frozen=True, slots=True)
class Source:
    """A page that limits were read from, and when."""

    page: str
    url: str
    read: dt.date | None


@dataclass(frozen=True, slots=True)
class Place:
    """A key of a file, for messages: `file` as the user wrote it, `key` dotted."""

    file: str
    key: str = ""

    def at(self, key: str) -> "Place":
        """Return the place one level down."""
        return Place(self.file, f"{self.key}.{key}" if self.key else key)

    def error(self, what: str) -> ConfigurationError:
        """Build the exception that says what is wrong here."""
        return ConfigurationError(f"Profile {self.file}, key {self.key}: {what}")


def suggestion(wrong: str, known: Iterable[str]) -> str:
    """Return which of the known words may have been meant, or list them all."""
    words = list(known)
    close = get_close_matches(wrong, words, n=1, cutoff=0.6)
    return f"did you mean {close[0]}?" if close else f"known are {', '.join(words)}."


def refuse_unknown(table: Table, known: Iterable[str], place: Place) -> None:
    """Raise ConfigurationError for the first key that nobody reads."""
    words = tuple(known)
    for key in table:
        if key not in words:
            raise place.at(key).error(f"there is no such key here; {suggestion(key, words)}")


def text(value: object, place: Place) -> str:
    """Read a text that is not empty."""
    if not isinstance(value, str) or not value.strip():
        raise place.error(f"a text is expected, not {value!r}.")
    return value


def table(value: object, place: Place) -> Table:
    """Read a table."""
    if not isinstance(value, dict):
        raise place.error(f"a table is expected, not {value!r}.")
    return value


def date(value: object, place: Place) -> dt.date:
    """Read a date without a time of day."""
    if not isinstance(value, dt.date) or isinstance(value, dt.datetime):
        raise place.error(f"a date such as 2026-11-20 is expected, not {value!r}.")
    return value


def number(value: object, place: Place) -> Fraction:
    """Read an exact number: an integer, a decimal, or a text such as "119.9" or "60000/1001"."""
    wanted = place.error(f'an integer, a decimal or a fraction such as "60000/1001" is expected, not {value!s:.80}.')
    if isinstance(value, bool) or not isinstance(value, int | Decimal | str):
        raise wanted
    if isinstance(value, str):
        value = value.strip()
        # What Fraction makes of a space or an underscore inside depends on the release of Python.
        if len(value) > _LONGEST_NUMBER or "_" in value or len(value.split()) > 1:
            raise wanted
        if "/" not in value:
            try:
                value = Decimal(value)
            except ArithmeticError as error:
                raise wanted from error
    # A large exponent would make an integer that fills the memory.
    if isinstance(value, Decimal) and (not value.is_finite() or abs(value.adjusted()) > _LARGEST_EXPONENT):
        raise wanted
    try:
        return Fraction(value)
    except (ValueError, ZeroDivisionError) as error:
        raise wanted from error


def interval(value: object, place: Place) -> Range:
    """Read a range such as `{ minimum = 15, maximum = 60, inclusive = true }`."""
    raw = table(value, place)
    refuse_unknown(raw, ("minimum", "maximum", "inclusive"), place)
    inclusive = raw.get("inclusive", True)
    if not isinstance(inclusive, bool):
        raise place.at("inclusive").error(f"true or false is expected, not {inclusive!r}.")
    low, high = (number(raw[key], place.at(key)) if key in raw else None for key in ("minimum", "maximum"))
    if low is None and high is None:
        raise place.error("a minimum, a maximum or both are expected.")
    if low is not None and high is not None and (low > high or (low == high and not inclusive)):
        raise place.error(f"no number lies between the minimum {low} and the maximum {high}.")
    return Range(low, high, inclusive)


def read_price(raw: Table, sources: Mapping[str, Source], place: Place) -> Price:
    """Read the `[price]` table. Raises ConfigurationError for a key that is unknown, missing or of the wrong kind."""
    refuse_unknown(raw, ("per_second", "currency", "source", "read"), place)
    per_second = positive(raw, "per_second", place)
    currency = text(raw.get("currency"), place.at("currency"))
    source = _source(raw, sources, place)
    read = date(raw.get("read", source.read), place.at("read"))
    return Price(per_second=per_second, currency=currency, source=source.page, url=source.url, read=read)


def read_task_times(raw: Table, place: Place) -> TaskTimes:
    """Read the `[task]` table; what it leaves out is the default. Raises ConfigurationError like `read_price`."""
    known = {**_TASK_TIMES, **raw}
    refuse_unknown(raw, _TASK_TIMES, place)
    sightings = positive(known, "unknown_sightings", place)
    if sightings.denominator != 1:
        raise place.at("unknown_sightings").error("a whole number is expected.")
    return TaskTimes(
        lookup_seconds=positive(known, "lookup_seconds", place),
        unknown_seconds=positive(known, "unknown_seconds", place),
        unknown_sightings=int(sightings),
    )


def positive(raw: Table, key: str, place: Place) -> Fraction:
    """Read a number above 0 that has to be there."""
    value = number(raw.get(key), place.at(key))
    if value <= 0:
        raise place.at(key).error("a number above 0 is expected.")
    return value


def read_limit(rule: str, raw: Table, sources: Mapping[str, Source], place: Place) -> Limit:
    """Read the table of one rule.

    Raises ConfigurationError for a key that is unknown, missing or of the wrong kind, and for ranges that contradict
    each other.
    """
    entry = CATALOGUE[rule]
    refuse_unknown(raw, entry.keys(), place)
    _require(entry, raw, place)
    source = _source(raw, sources, place)
    read = date(raw.get("read", source.read), place.at("read"))
    strength = text(raw["strength"], place.at("strength"))
    if strength not in get_args(Strength):
        raise place.at("strength").error(f"{', '.join(get_args(Strength))} are expected, not {strength!r}.")
    accept, safe, aim = (interval(raw[key], place.at(key)) if key in raw else None for key in RANGE_KEYS)
    choices, safe_choices = (_choices(raw.get(key, []), place.at(key)) for key in ("choices", "safe_choices"))
    limit = Limit(
        rule=rule,
        strength=strength,  # type: ignore[arg-type]  # checked one line above
        source=source.page,
        url=source.url,
        read=read,
        unit=raw.get("unit", "") and text(raw["unit"], place.at("unit")),
        remote=text(raw["remote"], place.at("remote")) if "remote" in raw else None,
        note=raw.get("note", "") and text(raw["note"], place.at("note")),
        accept=accept,
        safe=safe,
        aim=aim or safe or accept,
        choices=choices,
        safe_choices=safe_choices,
        aim_choice=text(raw["aim_choice"], place.at("aim_choice"))
        if "aim_choice" in raw
        else next(iter(safe_choices or choices), None),
        bands=_bands(entry, raw, place),
    )
    _agree(limit, place)
    return limit


def _require(entry: CatalogueEntry, raw: Table, place: Place) -> None:
    wanted = ("strength", "source", *(("accept",) if entry.has_range else ()))
    for key in (*wanted, *(("choices",) if entry.has_choices else ())):
        if key not in raw:
            raise place.at(key).error("this key is missing.")


def _source(raw: Table, sources: Mapping[str, Source], place: Place) -> Source:
    key = text(raw.get("source"), place.at("source"))
    if key not in sources:
        raise place.at("source").error(f"no [sources.{key}] is there; {suggestion(key, sources)}")
    return sources[key]


def _bands(entry: CatalogueEntry, raw: Table, place: Place) -> dict[str, Fraction]:
    bands, here = table(raw.get("bands", {}), place.at("bands")), place.at("bands")
    refuse_unknown(bands, entry.bands, here)
    for key in entry.bands:
        if key not in bands:
            raise here.at(key).error("this number is missing.")
    return {key: number(value, here.at(key)) for key, value in bands.items()}


def _choices(value: object, place: Place) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise place.error(f"a list of texts is expected, not {value!r}.")
    return tuple(text(choice, place) for choice in value)


def _agree(limit: Limit, place: Place) -> None:
    """Refuse a safe range that reaches outside accept, and an aim that no reading accepts."""
    outer, outer_key = limit.accept, "accept"
    for key, inner in (("safe", limit.safe), ("aim", limit.aim)):
        if inner is not None:
            if outer is not None and not inner.within(outer):
                raise place.at(key).error(f"it reaches outside of {outer_key}.")
            outer, outer_key = inner, key
    allowed = limit.safe_choices or limit.choices
    if not set(limit.safe_choices) <= set(limit.choices):
        raise place.at("safe_choices").error("it names a choice that is not among choices.")
    if limit.aim_choice is not None and limit.aim_choice not in allowed:
        raise place.at("aim_choice").error(f"{limit.aim_choice!r} is not among {', '.join(allowed)}.")
