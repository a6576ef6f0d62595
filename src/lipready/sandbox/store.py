"""Where uploads lie: on the disk, by the names under which they were stored."""

import re
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from uuid import uuid4

_SUFFIX = re.compile(r"\.[A-Za-z0-9]{1,8}")


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredUpload:
    """One file. `name` is what it is called here, `created` and `expires` are seconds since 1970.

    `original` is what its sender calls it, `folder` where it was put; storage that knows neither has "".
    """

    id: str
    account: str
    path: Path
    name: str
    bytes: int
    kind: str
    created: float
    expires: float
    original: str = ""
    folder: str = ""


@dataclass(slots=True)
class UploadStore:
    """The files of one kind of storage, by their keys."""

    folder: Path
    files: dict[str, StoredUpload] = field(default_factory=dict)
    bytes: int = 0

    def room(self) -> Path:
        """Choose a place for a file that is being received."""
        self.folder.mkdir(parents=True, exist_ok=True)
        return self.folder / uuid4().hex

    def keep(self, key: str, stored: StoredUpload) -> StoredUpload:
        """Put a file that has arrived under its key."""
        self.files[key] = stored
        self.bytes += stored.bytes
        return stored

    def find(self, key: str, now: float) -> StoredUpload | None:
        """Find a file that is still kept."""
        stored = self.files.get(key)
        return stored if stored is not None and now < stored.expires else None

    def tidy(self, path: Path) -> None:
        """Remove what arrived at a path and was not kept."""
        if not any(stored.path == path for stored in self.files.values()):
            path.unlink(missing_ok=True)

    def drop(self, key: str) -> None:
        """Delete a file."""
        stored = self.files.pop(key, None)
        if stored is not None:
            stored.path.unlink(missing_ok=True)


def with_suffix(path: Path, name: str) -> Path:
    """Rename a file to the extension of `name`, by which formats are judged; nothing else of it is used."""
    suffix = PurePosixPath(name).suffix
    named = path.with_suffix(suffix.lower()) if _SUFFIX.fullmatch(suffix) else path
    return path if named == path else path.replace(named)
