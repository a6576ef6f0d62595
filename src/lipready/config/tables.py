"""Tables of a configuration, read with a sentence for whatever is wrong in them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lipready.errors import ConfigurationError, UsageError

if TYPE_CHECKING:
    from lipready.config.patterns import Glob


def unknown_key(key: str, known: Iterable[str]) -> str:
    """Return the phrase for a key that nobody reads, with the known one that may have been meant."""
    known = tuple(known)
    close = get_close_matches(key, known, n=1)
    meant = f"did you mean {close[0]!r}?" if close else f"known keys are {', '.join(known)}."
    return f"the key {key!r} is unknown; {meant}"


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

    def refuse_unknown(self, known: Sequence[str]) -> None:
        """Raise ConfigurationError for the first key that nobody reads."""
        for key in self.values:
            if key not in known:
                raise self.error(unknown_key(key, known))

    def text(self, key: str, expected: str) -> str:
        """Read a text that must be there, and not be empty."""
        value = self.values.get(key)
        if key not in self.values:
            raise self.error(f"{key} is missing: give {expected}.")
        if not isinstance(value, str) or not value.strip():
            raise self.wrong(key, expected)
        return value.strip()

    def glob(self, key: str) -> "Glob":
        """Read a pattern; it is relative to the folder of the file that holds it."""
        from lipready.config.patterns import Glob

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
