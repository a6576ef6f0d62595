"""What a rule has to say."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from lipready.facts.people import Box

Severity = Literal["error", "warning", "info"]
"""How grave a finding is: the provider would refuse the job, the result may come out bad, or it is worth knowing.

>>> def breaks(finding: lipready.Finding) -> bool:
...     grave: lipready.Severity = "error"
...     return finding.severity == grave
>>> [breaks(finding) for finding in lipready.check("raw.mkv").findings]
[True]
"""
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "info")
"""The gravest first."""
FixLevel = Literal["lossless", "reencode", "editorial"]
"""What a repair costs: nothing, a generation of encoding, or a decision that only the user can take (`Choices`).

>>> harmless: lipready.FixLevel = "lossless"
>>> [finding.rule for finding in lipready.check("raw.mkv").findings if finding.fix and finding.fix.level == harmless]
['V101']
"""
Better = Literal["smaller", "larger"]
Subject = Literal["video", "audio", "reference", "result", "job"]
"""What a finding is about: a file of that role, or the job as a whole.

>>> def about(report: lipready.Report, what: lipready.Subject) -> list[str]:
...     return [finding.rule for finding in report.findings if finding.role == what]
>>> about(lipready.check("raw.mkv"), "video")
['V101']
"""


@dataclass(frozen=True, slots=True)
class Fix:
    """The repair that makes a finding go away: the name of a step of `lipready.prepare`, its level, one sentence.

    >>> fix = lipready.check("raw.mkv").errors[0].fix
    >>> fix.name, fix.level
    ('remux', 'lossless')
    """

    name: str
    level: FixLevel
    text: str


@dataclass(frozen=True, slots=True)
class Where:
    """A place in the file: seconds from the first frame, and a box in displayed pixels.

    >>> from fractions import Fraction
    >>> where = lipready.Where(start=Fraction(1), end=Fraction("2.5"))
    >>> float(where.end - where.start)
    1.5
    """

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

    >>> finding = lipready.check("raw.mkv").findings[0]
    >>> finding.rule, finding.severity, finding.role, finding.measured, finding.remote
    ('V101', 'error', 'video', 'mkv', 'InvalidFile.Format')
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
