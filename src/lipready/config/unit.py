"""What the gate is made of: units in, verdicts out."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from lipready.facts.file import Role
from lipready.facts.finding import Finding
from lipready.facts.pictures import Pictures
from lipready.job import Job
from lipready.reports.report import Report


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """One thing that gets a verdict: a job of a manifest, files of one stem, or a single file.

    `name` is stable and unique: the manifest's name of the job, else the path of its first file. The paths of `job` are
    relative to the root of the gate, with slashes.
    """

    name: str
    job: Job

    def files(self) -> tuple[tuple[Role, str], ...]:
        """Return role and path of each file."""
        return files_of(self.job)


def files_of(job: Job) -> tuple[tuple[Role, str], ...]:
    """Return role and path of each file of a job: video, audio track, reference image."""
    return tuple(job.places().items())


@dataclass(frozen=True, slots=True)
class Waived:
    """A finding that does not count, and why: `by` an ignore of the configuration, or the baseline."""

    finding: Finding
    by: Literal["ignore", "baseline"]
    reason: str


@dataclass(frozen=True, slots=True)
class Notice:
    """Something about the configuration: an ignore that is unused or has expired, a stale entry of the baseline.

    With `failing` the gate does not pass for it.
    """

    text: str
    failing: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitVerdict:
    """The report of one unit, without what is waived; `remembered` says that nothing was measured for it.

    `pictures` are those that were kept while its files were measured, where somebody asked for them.
    """

    unit: Unit
    report: Report
    waived: tuple[Waived, ...] = ()
    remembered: bool = False
    pictures: Pictures | None = field(default=None, compare=False, repr=False)

    def without(self, waived: Sequence[Waived]) -> "UnitVerdict":
        """Return the verdict with some findings (also such as were waived before) taken out of the report."""
        if not waived:
            return self
        away = {id(each.finding) for each in waived}
        kept = tuple(finding for finding in self.report.findings if id(finding) not in away)
        earlier = tuple(each for each in self.waived if id(each.finding) not in away)
        return replace(self, report=replace(self.report, findings=kept), waived=(*earlier, *waived))
