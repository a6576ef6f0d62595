"""Patterns for paths, read by pathspec: those of ignore files, of PATH arguments and of a configuration."""

import re
import warnings
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from pathspec import GitIgnoreSpec
from pathspec.pattern import RegexPattern
from pathspec.patterns.gitignore.spec import GitIgnoreSpecPattern

from lipready.errors import ConfigurationError

_LONGEST = 1000
# What pathspec writes for a ** at the beginning, for one further on, for * and for the end of a pattern.
_ANY_ABOVE, _ANY_BETWEEN, _STAR, _END = "^(?:.+/)?", "(?:/.+)?", "[^/]*", "(?:(?P<ps_d>/)|$)"
_OPEN = re.compile(r"(\[[!^]?\]?+[^\]]*\])|\[")
_SET = re.compile(r"\\.|\[\^/\]|(\[\^?\]?+[^\]]*\])", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Glob:
    """A pattern, and the folder (absolute, links resolved) that it is relative to.

    `*` stands for any characters but slashes, `?` for one, `[ab]` for one of these, `[!ab]` for any other; `**` for
    any number of folders, none included, or at the end for everything below. A slash at the end means the same.
    """

    pattern: str
    folder: str
    regex: re.Pattern[str] = field(repr=False, compare=False)

    @classmethod
    def of(cls, pattern: str, folder: Path) -> "Glob":
        """Read a pattern. Raises ValueError, with a phrase that follows the pattern, for one that can match nothing."""
        if reason := _wrong(pattern):
            raise ValueError(reason)
        words = "/".join(word for word in pattern.split("/") if word != ".")
        whole = f"/{words}**" if words.endswith("/") else f"/{words}"
        # A bracket that nothing closes stands for itself; what lies below a file or folder of the name is not meant.
        regex, _ = GitIgnoreSpecPattern.pattern_to_regex(_OPEN.sub(lambda found: found[1] or r"\[", whole))
        try:
            compiled = _compiled(re.sub(f"{re.escape(_END)}$", r"\\Z", str(regex)))
        except re.error as error:
            raise ValueError(f"has brackets that stand for no character ({error.msg})") from None
        return cls(pattern, folder.resolve().as_posix(), compiled)

    @property
    def literal(self) -> bool:
        """Whether it names one file and nothing else."""
        return not set(self.pattern) & set("*?[") and not self.pattern.endswith("/")

    def matches(self, path: str) -> bool:
        """Return whether an absolute path (with slashes) matches; nothing outside of the folder does."""
        below = f"{self.folder.rstrip('/')}/"
        return path.startswith(below) and self.regex.search(path[len(below) :]) is not None


def _wrong(pattern: str) -> str | None:
    words = pattern.split("/")
    faults = {
        "names nothing": not pattern.strip("./"),
        f"is longer than {_LONGEST} characters": len(pattern) > _LONGEST,
        "has a backslash: write slashes on every system": "\\" in pattern,
        "must lead from the configuration's folder downward": pattern.startswith("/") or ".." in words,
        "has two slashes in a row": "" in words[:-1],
        "has ** beside other characters: ** stands for whole folders only": any(
            "**" in word and word != "**" for word in words
        ),
    }
    return next((fault for fault, there in faults.items() if there), None)


def compile_patterns(lines: Iterable[str], place: str) -> GitIgnoreSpec:
    """Compile patterns as those of `.gitignore`; raises ConfigurationError with `place` where one is none."""
    try:
        # The other back ends know neither names that are not UTF-8 nor the same syntax.
        return GitIgnoreSpec.from_lines(lines, _pattern, backend="simple")
    except (ValueError, re.error) as error:
        raise ConfigurationError(f"{place}: holds what is no pattern: {error}.") from error


def _pattern(line: str) -> RegexPattern:
    if len(line) > _LONGEST:
        raise ValueError(f"{line[:60]!r} goes on for more than {_LONGEST} characters")
    regex, include = GitIgnoreSpecPattern.pattern_to_regex(line)
    return RegexPattern(None if regex is None else _compiled(regex), include)


def _compiled(regex: str) -> re.Pattern[str]:
    """Compile an expression of pathspec so that the time to match grows with the lengths alone.

    What stands between two ** need be looked for no further than where it is found first, nor what stands between two
    stars of a name: whatever can follow a later place can follow the first one.
    """
    if regex.startswith("^"):
        *before, last = regex.removeprefix(_ANY_ABOVE).removeprefix("^").split(_ANY_BETWEEN)
        folders = ["(?:[^/]++/)*" if regex.startswith(_ANY_ABOVE) else "", *["(?:/[^/]++)*"] * len(before)]
        first = (
            f"(?>{any_of and any_of + '?'}{_once(f'{part}(?=/)')})"
            for any_of, part in zip(folders, before, strict=False)
        )
        regex = f"^{''.join(first)}{folders[-1]}{_once(last)}"
    # pathspec lets a set of characters stand for a slash, other than Git.
    regex = _SET.sub(lambda found: f"(?!/){found[1]}" if found[1] else found[0], regex)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # [[] is a set that holds a bracket
        return re.compile(regex, re.DOTALL)


def _once(regex: str) -> str:
    begin, *rest = regex.split(_STAR)
    return begin + "".join(f"(?>[^/]*?{part})" for part in rest)
