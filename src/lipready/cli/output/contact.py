"""Write a contact sheet, whole or not at all, and never over somebody else's picture."""

import os
from pathlib import Path

from lipready.errors import UsageError
from lipready.facts.file import FileFacts
from lipready.repair.names import SHEET_NAME

MARK = b"lipready contact sheet"
_QUALITY = 88


def write_sheet(file: FileFacts, target: Path) -> None:
    """Draw the people of a video into a JPEG. Raises FixError where that is impossible."""
    from lipready.faces.reference.contact import contact_sheet
    from lipready.repair.run.folder import Partial, unwritable

    image = contact_sheet(file)
    partial = Partial.beside(Path(os.path.realpath(target)))
    try:
        image.save(partial.path, "JPEG", quality=_QUALITY, comment=MARK)
        partial.finish()
    except OSError as error:
        raise unwritable(target, error) from error
    finally:
        partial.discard()


def require_free(target: Path) -> None:
    """Raise UsageError where a file stands that is no contact sheet of lipready's."""
    if os.path.lexists(target) and not is_sheet(target):
        raise UsageError(f"{target} was not written by lipready: choose another name or folder, or move it.")


def write_sheet_into(file: FileFacts, folder: Path) -> Path:
    """Draw the people of a video into the output folder of `prepare`, and return where.

    Raises UsageError where another picture of that name stands there.
    """
    from lipready.repair.run.folder import make_folder

    target = folder / SHEET_NAME
    require_free(target)
    make_folder(folder)
    write_sheet(file, target)
    return target


def is_sheet(path: Path) -> bool:
    """Whether a file is a contact sheet that lipready drew: a JPEG comment says so."""
    from PIL import Image

    try:
        with Image.open(path, formats=("JPEG",)) as picture:
            return picture.info.get("comment") == MARK
    except (OSError, ValueError, SyntaxError):
        return False
