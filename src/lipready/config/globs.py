"""Patterns for paths: relative to a folder, with slashes, upper and lower case told apart on every system."""

import re
from dataclasses import dataclass, field
from fnmatch import translate
from pathlib import Path

_LONGEST = 1000
_ANY_FOLDERS = "**"
_NOTHING = re.compile(r"(?!)")
_Segment = re.Pattern[str] | None


@dataclass(frozen=True, slots=True)
class Glob:
    """A pattern, and the folder (absolute, links resolved) that it is relative to.

    `*` stands for any characters but slashes, `?` for one, `[ab]` for one of these, `[!ab]` for any other; `**` for
    any number of folders, none included, or at the end for everything below. A slash at the end means the same.
    """

    pattern: str
    folder: str
    segments: tuple[_Segment, ...] = field(repr=False, compare=False)

    @classmethod
    def of(cls, pattern: str, folder: Path) -> "Glob":
        """Read a pattern. Raises ValueError, with a phrase that follows the pattern, for one that can match nothing."""
        if reason := _wrong(pattern):
            raise ValueError(reason)
        words = [word for word in pattern.split("/") if word != "."]
        if not words[-1]:
            words[-1] = _ANY_FOLDERS
        segments = tuple(None if word == _ANY_FOLDERS else re.compile(translate(word)) for word in words)
        return cls(pattern, folder.resolve().as_posix(), segments)

    @property
    def literal(self) -> bool:
        """Whether it names one file and nothing else."""
        return not set(self.pattern) & set("*?[") and not self.pattern.endswith("/")

    def matches(self, path: str) -> bool:
        """Tell whether an absolute path (with slashes) matches; nothing outside of the folder does."""
        below = f"{self.folder.rstrip('/')}/"
        return path.startswith(below) and _match(self.segments, path[len(below) :].split("/"))


def _wrong(pattern: str) -> str | None:
    words = pattern.split("/")
    faults = {
        "names nothing": not pattern.strip("./"),
        f"is longer than {_LONGEST} characters": len(pattern) > _LONGEST,
        "has a backslash: write slashes on every system": "\\" in pattern,
        "must lead from the configuration's folder downward": pattern.startswith("/") or ".." in words,
        "has two slashes in a row": "" in words[:-1],
        "has ** beside other characters: ** stands for whole folders only": any(
            _ANY_FOLDERS in word and word != _ANY_FOLDERS for word in words
        ),
    }
    return next((fault for fault, there in faults.items() if there), None)


def _match(segments: tuple[_Segment, ...], words: list[str]) -> bool:
    """Match word by word; from a dead end only the last ** is tried further, so that no pattern takes long."""
    at, word, star, tried = 0, 0, -1, 0
    while word < len(words):
        segment = segments[at] if at < len(segments) else _NOTHING
        if segment is None:
            star, tried = at, word
            at += 1
        elif segment.match(words[word]):
            at, word = at + 1, word + 1
        elif star >= 0:
            tried += 1
            at, word = star + 1, tried
        else:
            return False
    # What ends in ** is about what lies below a folder, not about a file of that name.
    return at == len(segments)
