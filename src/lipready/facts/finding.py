"""What a rule has to say."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from lipready.facts.people import Box

Severity = Literal["error", "warning", "info"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "info")
"""The gravest first."""
FixLevel = Literal["lossless", "reencode", "editorial"]
Better = Literal["smaller", "larger"]
Subject = Literal["video", "audio", "reference", "job"]


@dataclass(frozen=True, slots=True)
class Fix:
    """The repair that makes a finding go away: the name of a step of `lipready.repair`, its level, one sentence."""

    name: str
    level: FixLevel
    text: str


@dataclass(frozen=True, slots=True)
class Where:
    """A place in the file: seconds from the first frame, and a box in displayed pixels."""

    start: Fraction | None = None
    end: Fraction | None = None
    box: Box | None = None


@dataclass(frozen=True, slots=True, order=True)
class Reading:
    """An exact number that a finding is about, by name; `better` is the side of it on which nothing is worse."""

    name: str
    number: Fraction
    better: Better

    def meets(self, accepted: "Reading") -> bool:
        """Return whether it is equal to or better than another reading of the same name."""
        if (self.name, self.better) != (accepted.name, accepted.better):
            return False
        return self.number <= accepted.number if self.better == "smaller" else self.number >= accepted.number


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is wrong. `remote` is the provider's own error code that it prevents, `source` backs the limit.

    `readings` are the numbers behind it, in the order of their names; nothing where it is about no number. `help` is
    the address of the page about the rule, which the judge fills in.
    """

    rule: str
    name: str
    severity: Severity
    role: Subject
    path: str | None
    message: str
    measured: str
    limit: str
    remote: str | None
    where: Where | None = None
    fix: Fix | None = None
    source: str = ""
    readings: tuple[Reading, ...] = ()
    help: str | None = None


@dataclass(frozen=True, slots=True)
class Unchecked:
    """A rule that did not run on a file, and why.

    `required` says that the rule was asked for and that its limit is one that the provider enforces: a report with
    such a gap is no pass.
    """

    rule: str
    role: Subject
    reason: str
    required: bool = False
