"""Text from a server, fit for a terminal, a log and a file: one line, of bounded length, without secrets."""

import re

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

    Providers repeat in their messages what they were sent: addresses whose query is a password, and now and then the
    key itself.
    """
    plain = "".join(character if character.isprintable() else " " for character in text[:_RAW])
    plain = _KEY.sub("[key]", _ADDRESS.sub(_without_query, " ".join(plain.split())))
    return plain if len(plain) <= longest else f"{plain[: longest - 1]}…"


def _without_query(found: re.Match[str]) -> str:
    return f"{found['start']}{found['path']}{'?…' if found['rest'] else ''}"
