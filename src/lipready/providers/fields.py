"""Typed fields of a JSON object that a server has sent, and its texts as one printable line without secrets.

What decides about money or files is required, and AnswerError where it is missing or odd. What merely informs is None
there: a task that was paid for is not given up for a strange progress number.
"""

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from lipready.errors import AnswerError, UsageError

LONGEST = 2000

_RAW = 20_000
"""Characters that are looked at; what a provider means to say stands in front of them."""

_ADDRESS = re.compile(
    r"""(?P<start>\b[a-z][a-z0-9+.-]{1,15}://)([^\s/?#@]*@)?(?P<path>[^\s?#"'<>]*)(?P<rest>[?#][^\s"'<>]*)?""",
    re.IGNORECASE,
)
_KEY = re.compile(r"\b(?:sk-[\w*.-]{4,}|Bearer\s+[^\s\"',;]+)", re.IGNORECASE)


def printable(text: str, longest: int = LONGEST) -> str:
    """Return the text without control characters, line breaks, signatures of addresses, and keys.

    Providers repeat what they were sent: addresses whose query is a password, and now and then the key itself.
    """
    plain = "".join(character if character.isprintable() else " " for character in text[:_RAW])
    plain = " ".join(plain.split())
    plain = _ADDRESS.sub(lambda found: f"{found['start']}{found['path']}{'?…' if found['rest'] else ''}", plain)
    plain = _KEY.sub("[key]", plain)
    return plain if len(plain) <= longest else f"{plain[: longest - 1]}…"


Table = Mapping[str, object]

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
_NUMBER = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,15})?")
_LARGEST = 10**15
_LONGEST_CODE = 100
_LONGEST_LINK = 8192


def table(values: Table, key: str) -> Table:
    """Return the object under `key`; an empty one where there is none."""
    value = values.get(key)
    return value if isinstance(value, dict) else {}


def rows(values: Table, key: str) -> list[Table]:
    """Return the list of objects under `key`. Raises AnswerError where it is not exactly that."""
    found = values.get(key)
    if not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
        raise missing(key, "a list of objects")
    return found


def text(values: Table, key: str) -> str:
    """Return the text under `key`, fit for people (see `printable`); "" where there is none."""
    value = values.get(key)
    return printable(value) if isinstance(value, str) else ""


def code(values: Table, key: str = "code") -> str:
    """Return an error code, which may be a text or a whole number; "" where there is none."""
    value = values.get(key)
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < _LARGEST:
        return str(value)
    return printable(value, _LONGEST_CODE) if isinstance(value, str) else ""


def number(values: Table, key: str) -> float | None:
    """Return the finite number under `key`, also where it is written as a text; None where there is none."""
    value = values.get(key)
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        return float(value)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return float(value) if abs(value) < _LARGEST else None


def whole(values: Table, key: str) -> int | None:
    """Return the whole number under `key`, also where it is written as a text or as 3.0; None where there is none."""
    value = number(values, key)
    return int(value) if value is not None and value.is_integer() else None


def identifier(value: object) -> str | None:
    """Return an id that may stand in an address, a file name and on a terminal; None for any other value."""
    return value if isinstance(value, str) and _ID.fullmatch(value) else None


def task_id(value: object, what: str) -> str:
    """Return the id of a task, which stands in `what`. Raises AnswerError where there is none, or an odd one."""
    found = identifier(value)
    if found is None:
        raise missing(what, "the id of a task")
    return found


def asked_id(value: str) -> str:
    """Check the id of a task that is to be asked for. Raises UsageError where it cannot be one."""
    found = identifier(value)
    if found is None:
        raise UsageError(
            f"{printable(value, _LONGEST_CODE)!r} cannot be the id of a task: ids are letters, digits, dots and dashes."
        )
    return found


def link(value: object, what: str) -> str:
    """Return an http(s) address with a host and no user. Raises AnswerError for others, which repeats nothing of it."""
    if not isinstance(value, str) or not value or len(value) > _LONGEST_LINK:
        raise missing(what, "an http or https address")
    fault = None
    try:
        parts = urlsplit(value)
        _ = parts.port
    except ValueError:
        fault = "is malformed"
    else:
        if parts.scheme not in {"http", "https"}:
            fault = "is no http or https address"
        elif not parts.hostname:
            fault = "names no host"
        elif "@" in parts.netloc:
            fault = "carries a user or a password"
    # A backslash, a space or a control character is read differently by different readers of addresses.
    if "\\" in value or any(character.isspace() or not character.isprintable() for character in value):
        fault = "has characters that do not belong there"
    if fault is not None:
        raise AnswerError(
            f"The provider did not answer as documented: the address in {what} {fault}; it is not followed."
        )
    return value


def missing(what: str, expected: str) -> AnswerError:
    """Make the error of an answer that lacks what it must have."""
    return AnswerError(f"The provider did not answer as documented: {what} should be {expected}, and is not.")
