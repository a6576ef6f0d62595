"""Which repairs the findings on one file ask for."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from lipready.facts.file import FileFacts
from lipready.facts.finding import Finding, FixLevel, Subject
from lipready.facts.plan import Step
from lipready.facts.unmeasured import Unmeasured

Undecided = tuple[str, str, str]
_LENGTHS = frozenset({"trim", "extend", "pad"})
_UNUSABLE = frozenset({"F001", "F002"})


@dataclass(frozen=True, slots=True)
class Wanted:
    """The findings on one file that can be repaired, in the order of the report."""

    findings: tuple[Finding, ...]

    @classmethod
    def of(cls, findings: Sequence[Finding], role: Subject) -> Self:
        """Take the findings of one role that name a repair."""
        return cls(tuple(f for f in findings if f.role == role and f.fix is not None))

    def has(self, *names: str) -> bool:
        """Whether one of these repairs is asked for."""
        return any(f.fix is not None and f.fix.name in names for f in self.findings)

    def only(self, *names: str) -> tuple[Finding, ...]:
        """Take the findings that ask for one of these repairs."""
        return tuple(f for f in self.findings if f.fix is not None and f.fix.name in names)

    def level(self, level: FixLevel) -> bool:
        """Whether a repair of this level is asked for."""
        return any(f.fix is not None and f.fix.level == level for f in self.findings)

    def rules(self, *names: str) -> tuple[str, ...]:
        """Return the rules that ask for one of these repairs."""
        return tuple(dict.fromkeys(f.rule for f in self.findings if f.fix is not None and f.fix.name in names))

    def step(self, level: FixLevel, text: str, *names: str) -> Step:
        """Make the step that answers these repairs; the first name is its own."""
        return Step(names[0], level, text, self.rules(*names))

    def undecided(self, flags: dict[str, str], given: frozenset[str]) -> tuple[Undecided, ...]:
        """List the editorial repairs whose flag was not given: rule, flag, sentence."""
        return tuple(
            (f.rule, flags.get(f.fix.name, f"--{f.fix.name}"), f.fix.text)
            for f in self.findings
            if f.fix is not None and f.fix.level == "editorial" and f.fix.name not in given
        )

    def blocked(self, given: frozenset[str]) -> bool:
        """Whether an error about the length stays whatever else is done, so that encoding would be for nothing."""
        repairs = [f.fix for f in self.findings if f.fix is not None and f.severity == "error"]
        return any(fix.level == "editorial" and fix.name in _LENGTHS and fix.name not in given for fix in repairs)


def usable(file: FileFacts, findings: Sequence[Finding], *, salvage: bool = False) -> bool:
    """Whether there is media that can be repaired at all: not missing, broken, or a Git LFS pointer.

    With `salvage` what decodes of a broken file is enough.
    """
    broken = any(f.rule in _UNUSABLE and f.role == file.role and f.severity == "error" for f in findings)
    broken = broken and not (salvage and file.salvage is not None)
    nothing = isinstance(file.media, Unmeasured) or isinstance(file.format, Unmeasured)
    return not (broken or nothing or file.problem is not None or file.lfs is not None)
