"""Answers of a server as JSON objects. Whatever is not exactly that is refused in one sentence."""

import json
from collections.abc import Mapping
from typing import NoReturn

from lipready.errors import AnswerError
from lipready.providers.transport.wire import HttpResponse

WHO = "The provider"


def read_object(answer: HttpResponse, who: str = WHO) -> Mapping[str, object]:
    """Read the JSON object in the body of an answer, whatever its status; `who` answered.

    Raises AnswerError for anything else: other bytes than UTF-8, a byte order mark, a broken or cut off text, a list
    or a plain value, the same key twice, NaN and Infinity, and brackets nested too deep.
    """
    return parse_object(answer.body, who)


def parse_object(body: bytes, who: str = WHO) -> Mapping[str, object]:
    """Read one JSON object from bytes; raises AnswerError as `read_object` does."""
    if not body.strip():
        raise _unreadable(who, "the answer is empty")
    try:
        # Without `parse_int` a number of 5000 digits is a ValueError too.
        value = json.loads(body.decode(), object_pairs_hook=_unique, parse_constant=_no_number)
    except UnicodeDecodeError:
        raise _unreadable(who, "it is no UTF-8 text") from None
    except RecursionError:
        raise _unreadable(who, "its brackets are nested too deep") from None
    except json.JSONDecodeError as error:
        # Without its cause: that one carries the whole text.
        raise _unreadable(who, f"{error.msg} at character {error.pos:,} of {len(error.doc):,}") from None
    except ValueError as error:
        raise _unreadable(who, str(error).partition(":")[0]) from None
    if not isinstance(value, dict):
        raise _unreadable(who, "a JSON object is expected")
    return value


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Refuse an object that says two things under one name: which one counts would be a guess."""
    values = dict(pairs)
    if len(values) != len(pairs):
        raise ValueError("it has the same key twice")
    return values


def _no_number(_: str) -> NoReturn:
    raise ValueError("it holds NaN or Infinity")


def _unreadable(who: str, reason: str) -> AnswerError:
    return AnswerError(
        f"{who} did not answer as documented ({reason}): check the provider's address in the settings, and any proxy "
        "on the way."
    )
