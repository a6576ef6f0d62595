"""Under which names the outputs stand in the output folder."""

import re
import unicodedata
from collections.abc import Sequence

from lipready.facts.file import Role

_UNSAFE = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*]+')
_LONGEST = 120
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)


def output_names(wanted: Sequence[tuple[Role, str, str]]) -> dict[Role, str]:
    """Name the outputs, given (role, path of the source, extension without dot) for each.

    The name is the source's own without its extension, made safe for every file system; where two outputs would share
    a name, the later one gets its role as a suffix. The same sources always give the same names.
    """
    names: dict[Role, str] = {}
    taken: set[str] = set()
    for role, source, extension in wanted:
        stem = _stem(source) or role
        name = f"{stem}.{extension}"
        if name.casefold() in taken:
            name = f"{stem}-{role}.{extension}"
        taken.add(name.casefold())
        names[role] = name
    return names


def _stem(source: str) -> str:
    base = unicodedata.normalize("NFC", re.split(r"[/\\]", source)[-1])
    stem, dot, _ = base.rpartition(".")
    stem = _UNSAFE.sub("_", stem if dot and stem else base).strip(" .").lstrip("-")
    # Surrogates stand for bytes that are no UTF-8; half the file systems refuse them.
    stem = stem.encode("utf-8", "replace").decode().replace("?", "_")
    if _RESERVED.fullmatch(stem):
        stem = f"_{stem}"
    while len(stem.encode()) > _LONGEST:
        stem = stem[:-1]
    return stem
