"""Texts, numbers and facts as JSON knows them."""

from fractions import Fraction
from math import isfinite
from typing import Any

from lipready.facts.people import Box
from lipready.facts.unmeasured import Unmeasured

Plain = dict[str, Any]


def plain_text(text: str) -> str:
    """Escape what no encoding of JSON can carry: the stray halves of characters in paths that are not UTF-8."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def plain_number(value: Fraction | float | None) -> float | None:
    """Turn a number into a float that JSON knows; what is too large for one becomes null."""
    if value is None:
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if isfinite(number) else None


def plain_value(value: Any) -> Any:
    """Turn texts, numbers and places, however deep they lie, into what JSON knows."""
    match value:
        case str():
            return plain_text(value)
        case float() | Fraction():
            return plain_number(value)
        case Box():
            return [value.left, value.top, value.width, value.height]
        case list() | tuple():
            return [plain_value(each) for each in value]
        case dict():
            return {key: plain_value(each) for key, each in value.items()}
    return value


def picked(facts: object, *keys: str) -> Any:
    """Return some fields by name; what was not measured, or is not there at all, as it is."""
    if facts is None or isinstance(facts, Unmeasured):
        return facts
    return {key: getattr(facts, key) for key in keys}


def with_reasons(facts: Plain) -> Plain:
    """Write null for what was not measured, and its reason under `unmeasured`."""
    unmeasured = {key: value.reason for key, value in facts.items() if isinstance(value, Unmeasured)}
    return {**facts, **dict.fromkeys(unmeasured), "unmeasured": unmeasured}
