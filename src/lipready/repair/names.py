"""Under which names the outputs stand in the output folder."""

import re
import unicodedata
from collections.abc import Iterable, Sequence

from lipready.facts.file import Role

SHEET_NAME = "people.jpg"
"""The contact sheet that shows who is who."""

_UNSAFE = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*]+')
_LONGEST = 120
_LONGEST_EXTENSION = 12
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)


def output_names(wanted: Sequence[tuple[Role, str, str | None]], taken: Iterable[str] = ()) -> dict[Role, str]:
    """Name the outputs, given (role, path of the source, extension without dot or None for its own) for each.

    The name is the source's own without its extension, made safe for every file system; where two outputs would share
    a name, or one of the names that are `taken`, the later one gets its role as a suffix. The same sources always give
    the same names.
    """
    names: dict[Role, str] = {}
    used = {name.casefold() for name in taken}
    for role, source, extension in wanted:
        stem, own = _parts(source)
        stem, ending = stem or role, own if extension is None else f".{extension}"
        while f"{stem}{ending}".casefold() in used:
            stem = f"{stem}-{role}"
        names[role] = f"{stem}{ending}"
        used.add(names[role].casefold())
    return names


def _parts(source: str) -> tuple[str, str]:
    """Return the stem and the extension, with its dot, of a name that every file system takes."""
    base = _UNSAFE.sub("_", unicodedata.normalize("NFC", re.split(r"[/\\]", source)[-1])).rstrip(" .")
    # Surrogates stand for bytes that are no UTF-8; half the file systems refuse them.
    base = base.encode("utf-8", "replace").decode().replace("?", "_")
    stem, _, extension = base.rpartition(".")
    stem, ending = (stem, f".{extension}") if stem and len(extension) <= _LONGEST_EXTENSION else (base, "")
    stem = stem.strip(" .").lstrip("-")
    if _RESERVED.fullmatch(stem):
        stem = f"_{stem}"
    while len(stem.encode()) > _LONGEST:
        stem = stem[:-1]
    return stem, ending
