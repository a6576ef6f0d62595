"""Files that appear under their name only when they are whole."""

import os
from contextlib import suppress
from pathlib import Path
from secrets import token_hex


def write_whole(path: Path, content: bytes) -> None:
    """Write a file in one step: until all of it is on the disk, its name stands for what it did before.

    Raises OSError, and leaves nothing behind then.
    """
    partial = path.with_name(f".{path.name}.{token_hex(4)}.part")
    try:
        with partial.open("xb") as file:
            file.write(content)
        publish(partial, path)
    finally:
        with suppress(OSError):
            partial.unlink()


def publish(partial: Path, final: Path, *, overwrite: bool = True, synced: bool = False) -> None:
    """Write a finished file through to the disk, unless it is `synced`, and give it its final name in the same folder.

    Raises OSError; of that FileExistsError where the name is taken and must not be overwritten.
    """
    if not synced:
        sync_file(partial)
    if overwrite:
        partial.replace(final)
    else:
        _rename_to_free_name(partial, final)
    _sync_folder(final.parent)


def sync_file(path: Path) -> None:
    """Write the bytes of a file through to the disk. Raises OSError."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def _rename_to_free_name(source: Path, target: Path) -> None:
    try:
        os.link(source, target)  # fails where the name is taken, unlike a rename
    except FileExistsError:
        raise
    except OSError:  # a file system without links
        if os.path.lexists(target):
            raise FileExistsError(target) from None
        source.replace(target)
    else:
        source.unlink()


def _sync_folder(folder: Path) -> None:
    """Write a new name through to the disk; where folders cannot be opened (Windows) the system does so by itself."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
