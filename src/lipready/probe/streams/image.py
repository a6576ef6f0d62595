"""Measure a still picture with Pillow."""

import os
import re
import struct
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from io import BufferedReader
from typing import TYPE_CHECKING, Any

from lipready.errors import LipreadyError, ProbeError
from lipready.facts.file import ImageFacts
from lipready.probe.local_file import LocalFile, NoReaderError, open_local

if TYPE_CHECKING:
    from PIL.Image import Image

# Formats whose readers are Pillow's own and decode one file. Not EPS, which runs Ghostscript.
_READERS = (
    "AVIF", "BMP", "DIB", "GIF", "HEIF", "ICO", "JPEG", "JPEG2000", "MPO", "PNG", "PPM", "PSD", "QOI", "TIFF", "WEBP",
)  # fmt: skip
_NAMES = {"mpo": "jpeg", "dib": "bmp", "heif": "heic", "jpeg2000": "jp2"}
_READER_OF = {"heic": "HEIF", "avif": "AVIF", "jp2": "JPEG2000", "webp": "WEBP", "jxl": "JPEG XL"}
"""The formats that not every installation reads, and how Pillow calls the reader of each."""
_INSTALLED_BY = {
    "heic": "pip install 'lipready[heif]'",
    **dict.fromkeys(("avif", "jp2", "webp"), "pip install --upgrade pillow"),
}
_ORIENTATION = 0x0112
_QUARTER_TURNS = {5, 6, 7, 8}
_PNG_SIGNATURE = 8
_MAX_CHUNKS = 10_000
# warnings.catch_warnings changes the filters of the whole process; two threads of ours must not undo each other's.
_warnings = threading.RLock()


def measure_image(file: LocalFile, *, quick: bool) -> tuple[str, ImageFacts]:
    """Return a picture's format and its facts; unless `quick` the picture is decoded to see that it is whole.

    Raises ProbeError, whose message continues the file's name.
    """
    with _opened(file) as image, _quiet():
        facts = _facts(file, image)
        if not quick:
            if image.format in {"JPEG", "MPO"}:
                # All of the data is read just the same, into an eighth of the memory.
                image.draft(None, (max(1, image.width // 8), max(1, image.height // 8)))
            image.load()
        name = (image.format or "").lower()
        return _NAMES.get(name, name), facts


def is_animated(file: LocalFile) -> bool:
    """Return whether a picture has a second frame. Raises ProbeError where it is no picture."""
    with _opened(file) as image, _quiet():
        return bool(getattr(image, "is_animated", False))


@contextmanager
def open_picture(path: str) -> "Iterator[Image]":
    """Open a picture by path, lazily, with Pillow's bomb check on and only the readers that decode one file.

    Errors while it is open, decoding included, become ProbeError, whose message continues the file's name; errors of
    the operating system and our own pass through.
    """
    with open_local(path) as file, _opened(file) as image, _quiet():
        yield image


@contextmanager
def _opened(file: LocalFile) -> "Iterator[Image]":
    from PIL import Image, UnidentifiedImageError

    _mute_libtiff()
    file.seek(0)
    reader = BufferedReader(file)
    # Pillow raises whatever a broken field leads to, from struct.error to ZeroDivisionError.
    try:
        with _quiet():
            image = _identified(reader)
        with image:
            yield image
    except LipreadyError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        claimed = re.search(r"\((\d+) pixels\)", str(error))
        pixels = f"{int(claimed[1]):,}" if claimed else "too many"
        raise ProbeError(f"claims to hold {pixels} pixels, more than can be decoded safely") from error
    except UnidentifiedImageError as error:
        raise _unidentified(file) from error
    except Exception as error:
        system = isinstance(error, OSError) and error.errno is not None
        if system or isinstance(error, MemoryError | ImportError):
            # The system's own word (a full disk, a lost mount) is not about the picture.
            raise
        if isinstance(error, OSError) and str(error).startswith("out of memory"):  # all that Pillow gives
            raise MemoryError(str(error)) from error
        raise ProbeError(_damage(error)) from error
    finally:
        # A buffer that is collected closes what it reads from.
        reader.detach()


@cache
def _mute_libtiff() -> None:
    """Keep libtiff, which Pillow decodes with, from writing to stderr; what is wrong comes as an exception too."""
    import ctypes

    from PIL import _imaging

    with suppress(OSError, AttributeError):  # linked so that it cannot be reached
        library = ctypes.CDLL(_imaging.__file__)
        library.TIFFSetErrorHandler(None)
        library.TIFFSetWarningHandler(None)


@contextmanager
def _quiet() -> Iterator[None]:
    """Ignore warnings of Pillow; that of a decompression bomb becomes an error."""
    from PIL import Image

    with _warnings, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        yield


def _forked() -> None:
    """Begin with a free lock in a fork: the thread that has it is not there."""
    global _warnings  # noqa: PLW0603
    _warnings = threading.RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)


def _identified(reader: "BufferedReader[LocalFile]") -> "Image":
    from PIL import Image, UnidentifiedImageError

    # The five commonest formats first: importing all of Pillow's readers takes longer than a quick check.
    Image.preinit()
    try:
        return Image.open(reader, formats=_available(Image))
    except UnidentifiedImageError:
        Image.init()
        with suppress(ImportError):
            import pillow_heif

            pillow_heif.register_heif_opener()
        reader.seek(0)
        return Image.open(reader, formats=_available(Image))


def _available(module: Any) -> tuple[str, ...]:
    return tuple(name for name in _READERS if name in module.OPEN)


def _facts(file: LocalFile, image: "Image") -> ImageFacts:
    orientation = _orientation(file, image)
    if min(image.size) < 1:
        raise ProbeError("is damaged: its picture has no width or no height")
    width, height = image.size[::-1] if orientation in _QUARTER_TURNS else image.size
    return ImageFacts(
        width=width,
        height=height,
        stored_width=image.width,
        stored_height=image.height,
        orientation=orientation,
        mode=image.mode,
        # The further pictures of an MPO are depth and gain maps, not frames.
        frames=1 if image.format == "MPO" else int(getattr(image, "n_frames", 1)),
    )


def _orientation(file: LocalFile, image: "Image") -> int:
    from PIL import Image

    try:
        # Without PngImageFile's own method, which decodes the picture in search of EXIF behind it.
        exif = Image.Image.getexif(image)
        if image.format == "PNG" and not exif:
            late = _png_exif(file)
            if late:
                exif.load(b"Exif\0\0" + late)
        value = exif.get(_ORIENTATION, 1)
    except (SyntaxError, struct.error, ValueError, OSError, KeyError, TypeError):
        return 1
    return value if isinstance(value, int) and 1 <= value <= 8 else 1  # noqa: PLR2004


def _png_exif(file: LocalFile) -> bytes:
    """Find the eXIf chunk, which may stand behind the picture (PNG 3rd edition, 11.3.2.8)."""
    position, at = file.tell(), _PNG_SIGNATURE
    try:
        for _ in range(_MAX_CHUNKS):
            header = file.read_at(at, 8)
            if len(header) < 8:  # noqa: PLR2004
                return b""
            length = int.from_bytes(header[:4], "big")
            if header[4:] == b"eXIf":
                return file.read_at(at + 8, length)
            at += length + 12
        return b""
    finally:
        file.seek(position)


def _unidentified(file: LocalFile) -> ProbeError:
    from PIL import Image

    from lipready.probe.containers.signature import HEAD_BYTES, recognise

    found = recognise(file.read_at(0, HEAD_BYTES))
    if found.name in _READER_OF and _READER_OF[found.name] not in _available(Image):
        advice = _INSTALLED_BY.get(found.name)
        how = f"which needs a reader of its own: {advice}" if advice else "and lipready knows no reader for it"
        return NoReaderError(f"is a {found.name.upper()} picture, {how}")
    if found.kind == "image":
        return ProbeError(f"is damaged: it begins like a {found.name.upper()} picture and cannot be read")
    return ProbeError("is not a picture that can be recognised")


def _damage(error: Exception) -> str:
    text = str(error)
    if "truncated" in text.lower() or isinstance(error, EOFError):
        return "ends before the picture is complete"
    return f"is damaged: its picture cannot be decoded ({text[:100] or type(error).__name__})"
