"""Make uploads as a service gets them: bytes with a name, no two of them the same."""

import struct
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lipready import Input, Job
from lipready.facts.file import Role
from studio.make import make

SOURCES: dict[str, Role] = {
    "anna.mp4": "video",
    "anna.wav": "audio",
    "anna.jpg": "reference",
    "grace.mp4": "video",
    "grace.wav": "audio",
    "grace.jpg": "reference",
}


@dataclass(frozen=True, slots=True)
class Upload:
    """One file of a job in memory."""

    role: Role
    name: str
    content: bytes

    @property
    def job(self) -> Job:
        """The job that has this file alone."""
        return Job(**{self.role: Input(self.content, self.name)})


def uploads(count: int) -> Iterator[Upload]:
    """Yield so many good videos, audio tracks and pictures in turn, each with a number in its name and its content."""
    fixtures = {name: path.read_bytes() for name, path in make(list(SOURCES)).items()}
    for number in range(count):
        name = list(SOURCES)[number % len(SOURCES)]
        suffix = Path(name).suffix
        yield Upload(SOURCES[name], f"{number:05}{suffix}", _NUMBERED[suffix](fixtures[name], number))


def _numbered_movie(content: bytes, number: int) -> bytes:
    """Add a box of free space."""
    return content + struct.pack(">I4sQ", 16, b"free", number)


def _numbered_wave(content: bytes, number: int) -> bytes:
    """Add a chunk that no reader knows."""
    chunk = struct.pack("<4sIQ", b"note", 8, number)
    return content[:4] + struct.pack("<I", len(content) + len(chunk) - 8) + content[8:] + chunk


def _numbered_picture(content: bytes, number: int) -> bytes:
    """Add a comment after the first marker of a JPEG."""
    return content[:2] + struct.pack(">HHQ", 0xFFFE, 10, number) + content[2:]


_NUMBERED = {".mp4": _numbered_movie, ".wav": _numbered_wave, ".jpg": _numbered_picture}
