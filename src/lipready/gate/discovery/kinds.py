"""What a name promises: video, audio track or image."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from lipready.facts.file import Role

Kind = Literal["video", "audio", "image"]

ROLES: "dict[Kind, Role]" = {"video": "video", "audio": "audio", "image": "reference"}
_EXTENSIONS: dict[Kind, str] = {
    "video": "mp4 m4v mov qt avi mkv webm mpg mpeg ts mts m2ts 3gp 3g2 flv f4v wmv asf ogv mxf vob",
    "audio": "wav wave mp3 aac m4a m4b ogg oga opus flac wma aif aiff aifc amr ac3 eac3 caf au mka",
    "image": "jpg jpeg jpe jfif png bmp webp gif tif tiff heic heif avif jxl jp2",
}
_KINDS: dict[str, Kind] = {extension: kind for kind, known in _EXTENSIONS.items() for extension in known.split()}
# TypeScript has taken two names of MPEG transport streams.
_SHARED_WITH_CODE = (".ts", ".mts")
_HEAD_BYTES = 1024


def kind_by_extension(path: str) -> Kind | None:
    """Return the kind by the name."""
    # Half the time of PurePath, which counts with ten thousand names.
    return _KINDS.get(os.path.splitext(path)[1][1:].lower())  # noqa: PTH122


def kind_by_content(path: str) -> Kind | None:
    """Return the kind by the first bytes; None for a missing file, a Git LFS pointer, and what is no media."""
    from lipready.probe.containers.signature import kind_of

    try:
        return kind_of(path)
    except (OSError, ValueError):
        return None


def is_source_code(root: Path, name: str) -> bool:
    """Return whether a file of the root that is called like a transport stream is a text, and no Git LFS pointer."""
    if not name.lower().endswith(_SHARED_WITH_CODE):
        return False
    from lipready.probe.containers.signature import read_pointer

    path = root / name
    try:
        if not path.is_file():
            return False
        with path.open("rb") as file:
            head = file.read(_HEAD_BYTES)
    except OSError:
        return False
    return b"\0" not in head and read_pointer(head) is None
