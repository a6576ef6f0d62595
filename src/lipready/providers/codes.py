"""The meaning of the providers' error codes."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from http import HTTPStatus

from lipready.errors import Retry

_BY_STATUS: Mapping[int | None, tuple[Retry, str]] = {
    HTTPStatus.UNAUTHORIZED: ("no", "Check the API key, and that it belongs to this provider and region."),
    HTTPStatus.PAYMENT_REQUIRED: ("account", "Top up the account, then send the job again."),
    HTTPStatus.FORBIDDEN: ("no", "Check in the provider's console that the key may use this model."),
    HTTPStatus.NOT_FOUND: ("no", "Check the provider's address and the id; results are kept for 24 hours."),
    HTTPStatus.REQUEST_TIMEOUT: ("ask", "The provider did not finish in time: try again later."),
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: ("no", "Make the file or the request smaller."),
    HTTPStatus.TOO_MANY_REQUESTS: ("again", "The provider is busy: try again in a minute, with fewer jobs at once."),
}


# How the pages of both providers (zh, ja, ko, en) say that the face of the reference image was not found in the video.
_UNMATCHED = re.compile(
    r"(?:未|没有?|沒有?)能?(?:找到|检测到|檢測到).{0,8}匹配.{0,4}(?:人脸|人臉)"
    r"|(?:未|没有?|沒有?)能?匹配到?.{0,8}(?:人脸|人臉)|(?:人脸|人臉)匹配失[败敗]"
    r"|一致する顔が見つか(?:ら|り)|(?:매칭|일치).{0,8}얼굴.{0,8}없"
    r"|\bno match(?:ed|ing)? faces?\b|\bfaces? (?:does|do|did|was|were|is|are)? ?not match"
    r"|\bmatch(?:ed|ing) faces? (?:was |were )?not found",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class RemoteCode:
    """One documented code, in our one spelling: what helps, a sentence of advice, and our rules that look for it."""

    code: str
    retry: Retry
    advice: str
    rules: tuple[str, ...] = ()


def alike(retry: Retry, advice: str, *codes: str, rules: tuple[str, ...] = ()) -> dict[str, RemoteCode]:
    """Return the entries of codes that call for the same."""
    return {code: RemoteCode(code, retry, advice, rules) for code in codes}


def spelt(codes: Mapping[str, RemoteCode], spellings: Mapping[str, str]) -> Mapping[str, RemoteCode]:
    """Return a table that has each code in lower case, and under its other `spellings`."""
    lower = {code.lower(): entry for code, entry in codes.items()}
    return lower | {old.lower(): codes[new] for old, new in spellings.items()}


def find_code(codes: Mapping[str, RemoteCode], code: str) -> RemoteCode | None:
    """Find a code, or the nearest family that it belongs to ("InvalidFile.New" is of "InvalidFile")."""
    code = family = code.strip()
    while family:
        entry = codes.get(family.lower())
        if entry is not None:
            return entry if family == code else replace(entry, code=code)
        family = family.rpartition(".")[0]
    return None


def says_unmatched(message: str) -> bool:
    """Return whether a message, under any code, says that no face of the video matched the reference image."""
    return _UNMATCHED.search(message) is not None


def both_codes(code: str, meaning: RemoteCode) -> str:
    """Write the provider's code as it came, and beside it the documented one that it stands for."""
    if not code or not meaning.code or code == meaning.code:
        return code or meaning.code
    return f"{code}, that is {meaning.code}"


def by_status(code: str, status: int | None) -> RemoteCode:
    """Explain a code that is not documented by the status that came with it; a number is taken for a status itself."""
    if status is None and code.isascii() and code.isdigit() and len(code) == len("429"):
        status = int(code)
    if status in _BY_STATUS:
        return RemoteCode(code, *_BY_STATUS[status])
    if status is not None and status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return RemoteCode(code, "ask", "The provider has an internal error: try again later.")
    if status is not None and status >= HTTPStatus.BAD_REQUEST:
        return RemoteCode(code, "no", "Change the request as the provider says, then send it again.")
    return RemoteCode(code, "no", "This code is not documented: see the provider's console, or ask its support.")
