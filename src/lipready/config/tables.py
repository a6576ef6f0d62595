"""Patterns and tables of a configuration, read with a sentence for whatever is wrong in them."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from difflib import get_close_matches
from fnmatch import translate
from pathlib import Path
from typing import Any

from lipready.errors import ConfigurationError, UsageError

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
        """Return whether an absolute path (with slashes) matches; nothing outside of the folder does."""
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


@dataclass(frozen=True, slots=True)
class Table:
    """One table of a file; `name` is what messages call it: "" for the file itself, "[[ignores]] 2"."""

    file: Path
    name: str
    values: dict[str, Any]

    def error(self, what: str) -> ConfigurationError:
        """Build the exception that says what is wrong here."""
        place = f", {self.name}" if self.name else ""
        return ConfigurationError(f"{self.file}{place}: {what}")

    def wrong(self, key: str, expected: str) -> ConfigurationError:
        """Build the exception for a value of the wrong kind."""
        return self.error(f"{key} = {_shown(self.values.get(key))} is not {expected}.")

    def refuse_unknown(self, known: Iterable[str]) -> None:
        """Raise ConfigurationError for the first key that nobody reads."""
        words = tuple(known)
        for key in self.values:
            if key not in words:
                close = get_close_matches(key, words, n=1)
                meant = f"did you mean {close[0]!r}?" if close else f"known keys are {', '.join(words)}."
                raise self.error(f"the key {key!r} is unknown; {meant}")

    def text(self, key: str, expected: str) -> str:
        """Read a text that must be there, and not be empty."""
        value = self.values.get(key)
        if key not in self.values:
            raise self.error(f"{key} is missing: give {expected}.")
        if not isinstance(value, str) or not value.strip():
            raise self.wrong(key, expected)
        return value.strip()

    def glob(self, key: str) -> Glob:
        """Read a pattern; it is relative to the folder of the file that holds it."""
        pattern = self.text(key, 'a pattern for paths, such as "assets/intro/**"')
        try:
            return Glob.of(pattern, self.file.parent)
        except ValueError as error:
            raise self.error(f"{key} = {_shown(pattern)} {error}.") from None

    def selection(self, key: str) -> frozenset[str]:
        """Read rules (ids, beginnings of ids or names; one, or a list), and return the ids of all that are meant."""
        from lipready.rules.registry import select

        value = self.values[key]
        words = [value] if isinstance(value, str) else value
        if not isinstance(words, list) or not words or not all(isinstance(word, str) for word in words):
            raise self.wrong(key, "a list of rules")
        try:
            return frozenset(rule for word in words for rule in select(word))
        except UsageError as error:
            raise self.error(f"{key}: {error}") from None


def _shown(value: object) -> str:
    """Write a value so that it breaks no line and no terminal."""
    return "".join(c if c.isprintable() else "?" for c in repr(value))[:80]


def tables_of(file: Path, key: str, value: object) -> tuple[Table, ...]:
    """Read an array of tables, such as every [[ignores]] of a file."""
    if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
        raise ConfigurationError(f"{file}: {key} is not an array of tables; write each one under [[{key}]].")
    return tuple(Table(file, f"[[{key}]] {number}", each) for number, each in enumerate(value, 1))
