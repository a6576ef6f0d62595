"""Facts as plain dicts, lists, numbers and texts that every JSON writer takes."""

from fractions import Fraction
from math import isfinite
from typing import Any

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


class PlainFacts:
    """Facts by key; what was not measured is null, and its reason stands under `unmeasured`."""

    def __init__(self) -> None:
        self.known: Plain = {}
        self.unmeasured: dict[str, str] = {}

    def add(self, key: str, value: object) -> None:
        """Add one fact that is plain already, or that was not measured."""
        if isinstance(value, Unmeasured):
            self.unmeasured[key] = plain_text(value.reason)
            value = None
        self.known[key] = plain_text(value) if isinstance(value, str) else value

    def plain(self) -> Plain:
        """Return everything as one dict."""
        return {**self.known, "unmeasured": self.unmeasured}
